"""Known PACS, studies fetched from them, documents sent to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pacs_node",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("ae_title", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("calling_ae", sa.String(length=16), nullable=False),
        sa.Column("retrieve", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_pacs_node_port_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pacs_node")),
        sa.UniqueConstraint("name", name=op.f("uq_pacs_node_name")),
    )
    op.create_table(
        "pacs_fetch",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_date", sa.Date(), nullable=True),
        sa.Column("modalities", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("patient_key", sa.String(length=64), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'done' OR expected IS NOT NULL", name=op.f("ck_pacs_fetch_done_was_counted")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_pacs_fetch_case_id_case")),
        sa.ForeignKeyConstraint(["node_id"], ["pacs_node.id"], name=op.f("fk_pacs_fetch_node_id_pacs_node")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pacs_fetch")),
        sa.UniqueConstraint("batch", name=op.f("uq_pacs_fetch_batch")),
        sa.UniqueConstraint(
            "case_id", "study_instance_uid", name=op.f("uq_pacs_fetch_case_id_study_instance_uid")
        ),
    )
    with op.batch_alter_table("pacs_fetch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pacs_fetch_node_id"), ["node_id"], unique=False)
        batch_op.create_index("ix_pacs_fetch_state_next", ["state", "next_try_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_pacs_fetch_study_instance_uid"), ["study_instance_uid"], unique=False
        )

    op.create_table(
        "pacs_sending",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("sent >= 0", name=op.f("ck_pacs_sending_sent_not_negative")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_pacs_sending_case_id_case")),
        sa.ForeignKeyConstraint(
            ["node_id"], ["pacs_node.id"], name=op.f("fk_pacs_sending_node_id_pacs_node")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["opinion_version.id"], name=op.f("fk_pacs_sending_version_id_opinion_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pacs_sending")),
    )
    with op.batch_alter_table("pacs_sending", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pacs_sending_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pacs_sending_node_id"), ["node_id"], unique=False)
        batch_op.create_index("ix_pacs_sending_state_next", ["state", "next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pacs_sending_version_id"), ["version_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("pacs_sending", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pacs_sending_version_id"))
        batch_op.drop_index("ix_pacs_sending_state_next")
        batch_op.drop_index(batch_op.f("ix_pacs_sending_node_id"))
        batch_op.drop_index(batch_op.f("ix_pacs_sending_case_id"))

    op.drop_table("pacs_sending")
    with op.batch_alter_table("pacs_fetch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pacs_fetch_study_instance_uid"))
        batch_op.drop_index("ix_pacs_fetch_state_next")
        batch_op.drop_index(batch_op.f("ix_pacs_fetch_node_id"))

    op.drop_table("pacs_fetch")
    op.drop_table("pacs_node")
