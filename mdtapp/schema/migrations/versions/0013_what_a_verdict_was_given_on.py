"""What the home hospital's record said when a verdict on it was given; each discipline's word on a settlement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = ("judged_claim", "finding_confirmation")


def upgrade() -> None:
    op.create_table(
        "judged_claim",
        sa.Column("input_id", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=120), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("said", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("judged_by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["input_id"], ["discipline_input.id"], name=op.f("fk_judged_claim_input_id_discipline_input")
        ),
        sa.ForeignKeyConstraint(
            ["judged_by_id"], ["user.id"], name=op.f("fk_judged_claim_judged_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judged_claim")),
    )
    op.create_index(op.f("ix_judged_claim_input_id"), "judged_claim", ["input_id"])
    op.create_table(
        "finding_confirmation",
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["conflict_finding.id"],
            name=op.f("fk_finding_confirmation_finding_id_conflict_finding"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_finding_confirmation_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_confirmation")),
        sa.UniqueConstraint(
            "finding_id", "discipline", name=op.f("uq_finding_confirmation_finding_id_discipline")
        ),
    )
    op.create_index(op.f("ix_finding_confirmation_finding_id"), "finding_confirmation", ["finding_id"])
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            if op.get_bind().dialect.name == "sqlite":
                rest = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
            else:
                rest = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            trigger = f"CREATE TRIGGER {table}_{verb}_refused BEFORE {verb.upper()} ON {table} {rest}"
            op.execute(sa.text(trigger))


def downgrade() -> None:
    op.drop_table("finding_confirmation")
    op.drop_table("judged_claim")
