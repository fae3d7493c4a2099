"""Every act at the desk is a version; comments on statements; who has the desk open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# Columns without a batch: SQLite would make the table anew, and others point at it.
def upgrade() -> None:
    op.add_column("statement", sa.Column("audience", sa.String(length=12), nullable=False, server_default=""))
    op.add_column("statement", sa.Column("frame", sa.Text(), nullable=True))
    op.create_table(
        "opinion_step",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_opinion_step_number_from_one")),
        sa.CheckConstraint(
            "undoes IS NULL OR undoes < number", name=op.f("ck_opinion_step_undoes_an_earlier_one")
        ),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_opinion_step_opinion_id_opinion")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_opinion_step_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_step")),
        sa.UniqueConstraint("opinion_id", "number", name=op.f("uq_opinion_step_opinion_id_number")),
    )
    op.create_index(op.f("ix_opinion_step_opinion_id"), "opinion_step", ["opinion_id"])
    op.create_table(
        "statement_comment",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_statement_comment_says_something")),
        sa.CheckConstraint(
            "(resolved_by_id IS NULL) = (resolved_at IS NULL)",
            name=op.f("ck_statement_comment_resolved_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_comment_statement_id_statement")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_statement_comment_author_id_user")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["user.id"], name=op.f("fk_statement_comment_resolved_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_comment")),
    )
    op.create_index(op.f("ix_statement_comment_statement_id"), "statement_comment", ["statement_id"])
    op.create_table(
        "desk_presence",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_desk_presence_opinion_id_opinion")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_desk_presence_user_id_user")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_desk_presence_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("opinion_id", "user_id", name=op.f("pk_desk_presence")),
    )


def downgrade() -> None:
    op.drop_table("desk_presence")
    op.drop_table("statement_comment")
    op.drop_table("opinion_step")
    for column in ("frame", "audience"):
        op.drop_column("statement", column)
