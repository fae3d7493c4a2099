"""A PACS may take what is sent to it by STOW-RS; a sending may be a series that was made here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


# Without a batch: SQLite would make the table anew, which fetches and sendings point to.
def upgrade() -> None:
    for name, kind, default in (
        ("send_by", sa.String(length=40), "store"),
        ("stow_url", sa.String(length=300), ""),
        ("stow_auth", sa.String(length=40), "none"),
        ("stow_sealed", sa.Text(), ""),
        ("stow_plain", sa.Boolean(), sa.false()),
    ):
        op.add_column("pacs_node", sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table("pacs_sending") as table:
        table.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_pacs_sending_series_id_imaging_series"), "imaging_series", ["series_id"], ["id"]
        )
        table.create_index(op.f("ix_pacs_sending_series_id"), ["series_id"])


def downgrade() -> None:
    with op.batch_alter_table("pacs_sending") as table:
        table.drop_index(op.f("ix_pacs_sending_series_id"))
        table.drop_constraint(op.f("fk_pacs_sending_series_id_imaging_series"), type_="foreignkey")
        table.drop_column("series_id")
    for name in ("stow_plain", "stow_sealed", "stow_auth", "stow_url", "send_by"):
        op.drop_column("pacs_node", name)
