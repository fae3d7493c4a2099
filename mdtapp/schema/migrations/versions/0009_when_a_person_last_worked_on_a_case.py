"""When a person last worked on a case; why the chair opened the inputs to each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("independence_reason", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "visit",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_visit_user_id_user")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_visit_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("user_id", "case_id", name=op.f("uq_visit_user_id_case_id")),
    )
    op.create_index(op.f("ix_visit_case_id"), "visit", ["case_id"])


def downgrade() -> None:
    op.drop_table("visit")
    op.drop_column("case", "independence_reason")
