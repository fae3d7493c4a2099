"""A frozen text keeps why it was sent back and by whom, and both of its released documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# Without a batch: SQLite would make the table anew and lose the triggers that guard its rows.
def upgrade() -> None:
    op.add_column("opinion_version", sa.Column("void_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "opinion_version", sa.Column("voided_by", sa.String(120), nullable=False, server_default="")
    )
    op.add_column("opinion_version", sa.Column("pdf_zh_sha256", sa.String(64), nullable=True))
    op.create_index(op.f("ix_opinion_version_pdf_zh_sha256"), "opinion_version", ["pdf_zh_sha256"])


def downgrade() -> None:
    op.drop_index(op.f("ix_opinion_version_pdf_zh_sha256"), "opinion_version")
    for column in ("pdf_zh_sha256", "voided_by", "void_reason"):
        op.drop_column("opinion_version", column)
