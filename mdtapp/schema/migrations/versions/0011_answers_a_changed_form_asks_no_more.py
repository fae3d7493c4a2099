"""Answers a draft leaves behind when its form changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("discipline_input", sa.Column("set_aside", sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("discipline_input", "set_aside")
