"""Key images of a case; and a column of the opinion nobody read is gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("rendered_sha256", sa.String(length=64), nullable=False),
        sa.Column("key_object_uid", sa.String(length=64), nullable=False),
        sa.Column("chosen_by_id", sa.Integer(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("frame >= 1", name=op.f("ck_key_image_frames_count_from_one")),
        sa.CheckConstraint("length(rendered_sha256) = 64", name=op.f("ck_key_image_rendered_is_sha256")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_key_image_case_id_case")),
        sa.ForeignKeyConstraint(["chosen_by_id"], ["user.id"], name=op.f("fk_key_image_chosen_by_id_user")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["imaging_instance.id"], name=op.f("fk_key_image_instance_id_imaging_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_image")),
        sa.UniqueConstraint(
            "case_id",
            "instance_id",
            "frame",
            "chosen_by_id",
            name=op.f("uq_key_image_case_id_instance_id_frame_chosen_by_id"),
        ),
    )
    op.create_index(op.f("ix_key_image_case_id"), "key_image", ["case_id"])
    op.drop_column("opinion", "nothing_to_add")


def downgrade() -> None:
    op.add_column("opinion", sa.Column("nothing_to_add", sa.Text(), nullable=False, server_default="[]"))
    op.drop_index(op.f("ix_key_image_case_id"), "key_image")
    op.drop_table("key_image")
