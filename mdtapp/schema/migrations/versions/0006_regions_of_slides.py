"""Regions that people draw on slides and cite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slide_region",
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("outline", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_slide_region_name_given")),
        sa.CheckConstraint("number > 0", name=op.f("ck_slide_region_number_positive")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_slide_region_author_id_user")),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_slide_region_material_id_material")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["imaging_series.id"], name=op.f("fk_slide_region_series_id_imaging_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slide_region")),
        sa.UniqueConstraint("material_id", "number", name=op.f("uq_slide_region_material_id_number")),
    )


def downgrade() -> None:
    op.drop_table("slide_region")
