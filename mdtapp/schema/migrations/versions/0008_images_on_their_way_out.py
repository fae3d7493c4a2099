"""Whose pixels a person has cleared, and which images were handed out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pixel_clearance",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cleared_by", sa.String(length=120), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_pixel_clearance_reason_given")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["imaging_instance.id"],
            name=op.f("fk_pixel_clearance_instance_id_imaging_instance"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_pixel_clearance_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pixel_clearance")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_pixel_clearance_instance_id")),
    )
    op.create_index(op.f("ix_pixel_clearance_case_id"), "pixel_clearance", ["case_id"])
    op.create_table(
        "image_export",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("instances > 0", name=op.f("ck_image_export_instances_positive")),
        sa.CheckConstraint(
            "form <> 'received' OR length(reason) > 0", name=op.f("ck_image_export_reason_given")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_image_export_case_id_case")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["imaging_study.id"], name=op.f("fk_image_export_study_id_imaging_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_export")),
    )
    op.create_index(op.f("ix_image_export_case_id"), "image_export", ["case_id"])
    op.create_index(op.f("ix_image_export_study_id"), "image_export", ["study_id"])


def downgrade() -> None:
    op.drop_table("image_export")
    op.drop_table("pixel_clearance")
