"""A key by which every case can be ordered, the undated last, and indexes that lists read from their head."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("due_key", sa.Date(), nullable=False, server_default="9999-12-31"))
    op.execute(sa.text('UPDATE "case" SET due_key = due_on WHERE due_on IS NOT NULL'))
    op.drop_index(op.f("ix_case_worklist"), "case")
    op.create_index(op.f("ix_case_open_due"), "case", ["open_to_coordinators", "due_key", "id"])
    op.create_index(
        op.f("ix_case_open_status_due"), "case", ["open_to_coordinators", "status", "due_key", "id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_case_open_status_due"), "case")
    op.drop_index(op.f("ix_case_open_due"), "case")
    op.create_index(op.f("ix_case_worklist"), "case", ["status", "due_on", "id"])
    op.drop_column("case", "due_key")
