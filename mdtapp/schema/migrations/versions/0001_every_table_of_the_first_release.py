"""Every table of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arriving_identity",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("patient_name", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.String(length=200), nullable=False),
        sa.Column("birth_date", sa.String(length=40), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("other_names", sa.Text(), nullable=False),
        sa.Column("other_patient_ids", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arriving_identity")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_arriving_identity_fingerprint")),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_event_seq_positive")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_event_hash")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_event"), ["event"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_subject"), ["subject"], unique=False)

    op.create_table(
        "event_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_event_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_head")),
    )
    op.create_table(
        "form_definition",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_form_definition")),
    )
    op.create_table(
        "imaging_study",
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_date", sa.Date(), nullable=True),
        sa.Column("study_time", sa.String(length=16), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("accession_number", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_study")),
        sa.UniqueConstraint("study_instance_uid", name=op.f("uq_imaging_study_study_instance_uid")),
    )
    op.create_table(
        "patient",
        sa.Column("pseudonym", sa.String(length=40), nullable=False),
        sa.Column("sex", sa.String(length=40), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("home_country", sa.String(length=2), nullable=False),
        sa.Column("home_language", sa.String(length=20), nullable=False),
        sa.Column("other_languages", sa.Text(), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("menopausal", sa.String(length=20), nullable=False),
        sa.Column("home_physician", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "birth_year IS NULL OR birth_year BETWEEN 1900 AND 2100",
            name=op.f("ck_patient_birth_year_plausible"),
        ),
        sa.CheckConstraint("length(home_country) = 2", name=op.f("ck_patient_country_is_iso_3166")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_patient_pseudonym")),
    )
    op.create_table(
        "user",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("practice_since", sa.Date(), nullable=True),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_email_lower")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_user_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "api_token",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "case",
        sa.Column("case_no", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("situation", sa.String(length=40), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("inviting_party", sa.String(length=40), nullable=False),
        sa.Column("primary_site", sa.String(length=40), nullable=False),
        sa.Column("site_family", sa.String(length=40), nullable=False),
        sa.Column("laterality", sa.String(length=20), nullable=False),
        sa.Column("setting", sa.String(length=40), nullable=False),
        sa.Column("diagnosed_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("next_home_treatment_on", sa.Date(), nullable=True),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("labs", sa.Text(), nullable=False),
        sa.Column("summaries", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("held_from", sa.String(length=40), nullable=True),
        sa.Column("open_to_coordinators", sa.Boolean(), nullable=False),
        sa.Column("independence_lifted", sa.Boolean(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'on_hold') = (held_from IS NOT NULL)", name=op.f("ck_case_held_from_known")
        ),
        sa.CheckConstraint(
            "primary_site NOT IN ('breast','lung','kidney','ovary') OR laterality <> ''",
            name=op.f("ck_case_paired_organ_has_side"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_case_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("case_no", name=op.f("uq_case_case_no")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index("ix_case_worklist", ["status", "due_on", "id"], unique=False)

    op.create_table(
        "discipline_membership",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_discipline_membership_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discipline_membership")),
        sa.UniqueConstraint(
            "user_id", "discipline", name=op.f("uq_discipline_membership_user_id_discipline")
        ),
    )
    op.create_table(
        "imaging_series",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("laterality", sa.String(length=16), nullable=False),
        sa.Column("frame_of_reference_uid", sa.String(length=64), nullable=False),
        sa.Column("preview_state", sa.String(length=40), nullable=False),
        sa.Column("preview_sha256", sa.String(length=64), nullable=True),
        sa.Column("preview_reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(preview_state = 'made') = (preview_sha256 IS NOT NULL)",
            name=op.f("ck_imaging_series_preview_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["imaging_study.id"], name=op.f("fk_imaging_series_study_id_imaging_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_series")),
        sa.UniqueConstraint(
            "study_id", "series_instance_uid", name=op.f("uq_imaging_series_study_id_series_instance_uid")
        ),
    )
    with op.batch_alter_table("imaging_series", schema=None) as batch_op:
        batch_op.create_index("ix_imaging_series_preview_state", ["preview_state"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("video_link", sa.String(length=500), nullable=False),
        sa.Column("chair_id", sa.Integer(), nullable=False),
        sa.Column("coordinator_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'cancelled' OR cancellation_reason <> ''", name=op.f("ck_meeting_cancelled_has_reason")
        ),
        sa.CheckConstraint("minutes BETWEEN 5 AND 480", name=op.f("ck_meeting_minutes_plausible")),
        sa.ForeignKeyConstraint(["chair_id"], ["user.id"], name=op.f("fk_meeting_chair_id_user")),
        sa.ForeignKeyConstraint(["coordinator_id"], ["user.id"], name=op.f("fk_meeting_coordinator_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("uid", name=op.f("uq_meeting_uid")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_chair_id"), ["chair_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_coordinator_id"), ["coordinator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "password_reset",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_reset_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    op.create_table(
        "sealed_identity",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_sealed_identity_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_identity")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_sealed_identity_patient_id")),
    )
    op.create_table(
        "agenda_item",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("planned_minutes", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("result_class", sa.String(length=40), nullable=False),
        sa.Column("also", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("votes_for", sa.Integer(), nullable=False),
        sa.Column("votes_against", sa.Integer(), nullable=False),
        sa.Column("votes_abstain", sa.Integer(), nullable=False),
        sa.Column("dissent_asked", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deferral_reason", sa.String(length=40), nullable=False),
        sa.Column("deferral_note", sa.Text(), nullable=False),
        sa.Column("minutes_used", sa.Integer(), nullable=True),
        sa.Column("prompts", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'concluded' OR (decided_at IS NOT NULL AND result_class <> '' AND dissent_asked)",
            name=op.f("ck_agenda_item_concluded_is_decided"),
        ),
        sa.CheckConstraint(
            "status <> 'deferred' OR deferral_reason <> ''", name=op.f("ck_agenda_item_deferred_has_reason")
        ),
        sa.CheckConstraint(
            "votes_for >= 0 AND votes_against >= 0 AND votes_abstain >= 0",
            name=op.f("ck_agenda_item_votes_counted"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_agenda_item_case_id_case")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_agenda_item_meeting_id_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint("meeting_id", "case_id", name=op.f("uq_agenda_item_meeting_id_case_id")),
    )
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agenda_item_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_agenda_item_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "case_member",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conflict_of_interest", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(role = 'author') = (discipline IS NOT NULL)", name=op.f("ck_case_member_author_has_discipline")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_member_case_id_case")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_case_member_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_member")),
        sa.UniqueConstraint("case_id", "user_id", "role", name=op.f("uq_case_member_case_id_user_id_role")),
    )
    with op.batch_alter_table("case_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_member_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_member_user_id"), ["user_id"], unique=False)

    op.create_table(
        "case_step",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_step_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
    )
    with op.batch_alter_table("case_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_step_case_id"), ["case_id"], unique=False)

    op.create_table(
        "conflict_finding",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("chosen", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("resolved_by_id", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'resolved' OR (resolution <> '' AND resolved_at IS NOT NULL)",
            name=op.f("ck_conflict_finding_resolved_says_how"),
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> resolved_by_id",
            name=op.f("ck_conflict_finding_second_person"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_conflict_finding_case_id_case")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user.id"], name=op.f("fk_conflict_finding_confirmed_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["user.id"], name=op.f("fk_conflict_finding_resolved_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_finding")),
    )
    with op.batch_alter_table("conflict_finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_finding_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "uq_conflict_finding_current",
            ["case_id", "rule"],
            unique=True,
            sqlite_where=sa.text("status <> 'obsolete'"),
            postgresql_where=sa.text("status <> 'obsolete'"),
        )

    op.create_table(
        "consent",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_consent_case_id_case")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user.id"], name=op.f("fk_consent_recorded_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_case_id"), ["case_id"], unique=False)

    op.create_table(
        "discipline_input",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.String(length=64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "revision = 1 OR reason <> ''", name=op.f("ck_discipline_input_revision_has_reason")
        ),
        sa.CheckConstraint(
            "status NOT IN ('submitted','locked') OR signed_at IS NOT NULL",
            name=op.f("ck_discipline_input_signed_has_time"),
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_discipline_input_revision_from_one")),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_discipline_input_author_id_user")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_discipline_input_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discipline_input")),
        sa.UniqueConstraint(
            "case_id", "discipline", "revision", name=op.f("uq_discipline_input_case_id_discipline_revision")
        ),
    )
    with op.batch_alter_table("discipline_input", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_discipline_input_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_discipline_input_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "uq_discipline_input_current",
            ["case_id", "discipline"],
            unique=True,
            sqlite_where=sa.text("status NOT IN ('amended','declined')"),
            postgresql_where=sa.text("status NOT IN ('amended','declined')"),
        )

    op.create_table(
        "imaging_instance",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_class_uid", sa.String(length=64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(length=64), nullable=False),
        sa.Column("instance_number", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("columns", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("has_pixels", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_imaging_instance_sha256_length")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["arriving_identity.id"],
            name=op.f("fk_imaging_instance_identity_id_arriving_identity"),
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["imaging_series.id"], name=op.f("fk_imaging_instance_series_id_imaging_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imaging_instance")),
        sa.UniqueConstraint("sop_instance_uid", name=op.f("uq_imaging_instance_sop_instance_uid")),
    )
    with op.batch_alter_table("imaging_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imaging_instance_identity_id"), ["identity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_imaging_instance_series_id"), ["series_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_imaging_instance_sha256"), ["sha256"], unique=False)

    op.create_table(
        "intake_batch",
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("peer", sa.String(length=120), nullable=False),
        sa.Column("vouch", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_intake_batch_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_batch")),
        sa.UniqueConstraint("token", name=op.f("uq_intake_batch_token")),
    )
    with op.batch_alter_table("intake_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_batch_case_id"), ["case_id"], unique=False)

    op.create_table(
        "material",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("legible", sa.Boolean(), nullable=False),
        sa.Column("pseudonymised_by", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("file_kind", sa.String(length=40), nullable=True),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(title) > 0", name=op.f("ck_material_title_given")),
        sa.CheckConstraint("number > 0", name=op.f("ck_material_number_positive")),
        sa.CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name=op.f("ck_material_sha256_length")),
        sa.CheckConstraint(
            "supersedes_id IS NULL OR supersedes_id <> id", name=op.f("ck_material_not_its_own_successor")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_material_case_id_case")),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["material.id"], name=op.f("fk_material_supersedes_id_material")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_material_case_id_number")),
    )
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_material_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_material_sha256"), ["sha256"], unique=False)

    op.create_table(
        "opinion",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("result_class", sa.String(length=40), nullable=False),
        sa.Column("also", sa.Text(), nullable=False),
        sa.Column("nothing_to_add", sa.Text(), nullable=False),
        sa.Column("language_checked_by_id", sa.Integer(), nullable=True),
        sa.Column("language_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'opinion') = (number = 0)", name=op.f("ck_opinion_addenda_are_numbered")),
        sa.CheckConstraint("kind = 'opinion' OR reason <> ''", name=op.f("ck_opinion_addendum_has_reason")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_opinion_case_id_case")),
        sa.ForeignKeyConstraint(
            ["language_checked_by_id"], ["user.id"], name=op.f("fk_opinion_language_checked_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
        sa.UniqueConstraint("case_id", "kind", "number", name=op.f("uq_opinion_case_id_kind_number")),
    )
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_case_id"), ["case_id"], unique=False)

    op.create_table(
        "outside_opinion",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=2), nullable=False),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("diagnosis_text", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("transcribed_by_id", sa.Integer(), nullable=True),
        sa.Column("checked_by_id", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "checked_by_id IS NULL OR checked_by_id <> transcribed_by_id",
            name=op.f("ck_outside_opinion_two_people"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_outside_opinion_case_id_case")),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["user.id"], name=op.f("fk_outside_opinion_checked_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["transcribed_by_id"], ["user.id"], name=op.f("fk_outside_opinion_transcribed_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_opinion")),
        sa.UniqueConstraint("case_id", "label", name=op.f("uq_outside_opinion_case_id_label")),
    )
    with op.batch_alter_table("outside_opinion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_opinion_case_id"), ["case_id"], unique=False)

    op.create_table(
        "patient_question",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 10", name=op.f("ck_patient_question_one_to_ten")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_patient_question_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_question")),
        sa.UniqueConstraint("case_id", "key", name=op.f("uq_patient_question_case_id_key")),
    )
    with op.batch_alter_table("patient_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_question_case_id"), ["case_id"], unique=False)

    op.create_table(
        "recipient",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sealed_contact", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_recipient_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient")),
    )
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recipient_case_id"), ["case_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("presence", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_item.id"], name=op.f("fk_attendance_item_id_agenda_item")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_attendance_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("item_id", "user_id", name=op.f("uq_attendance_item_id_user_id")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_item_id"), ["item_id"], unique=False)

    op.create_table(
        "dissent",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("to_patient", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_dissent_item_id_agenda_item")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_dissent_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dissent")),
        sa.UniqueConstraint("item_id", "user_id", name=op.f("uq_dissent_item_id_user_id")),
    )
    with op.batch_alter_table("dissent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dissent_item_id"), ["item_id"], unique=False)

    op.create_table(
        "input_save",
        sa.Column("input_id", sa.Integer(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["input_id"], ["discipline_input.id"], name=op.f("fk_input_save_input_id_discipline_input")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["user.id"], name=op.f("fk_input_save_saved_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_input_save")),
    )
    with op.batch_alter_table("input_save", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_input_save_input_id"), ["input_id"], unique=False)

    op.create_table(
        "intake_file",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("arrival", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=True),
        sa.Column("material_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by = '')",
            name=op.f("ck_intake_file_decision_whole"),
        ),
        sa.CheckConstraint(
            "(outcome IN ('accepted', 'duplicate')) OR reason_code <> ''",
            name=op.f("ck_intake_file_refusal_has_a_reason"),
        ),
        sa.CheckConstraint(
            "sha256 IS NULL OR length(sha256) = 64", name=op.f("ck_intake_file_sha256_length")
        ),
        sa.CheckConstraint("size >= 0", name=op.f("ck_intake_file_size_not_negative")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["intake_batch.id"], name=op.f("fk_intake_file_batch_id_intake_batch")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_intake_file_case_id_case")),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_intake_file_material_id_material")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_file")),
        sa.UniqueConstraint("arrival", "position", name=op.f("uq_intake_file_arrival_position")),
    )
    with op.batch_alter_table("intake_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_file_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index("ix_intake_file_case_outcome", ["case_id", "outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_intake_file_material_id"), ["material_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_intake_file_sha256"), ["sha256"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_intake_file_sop_instance_uid"), ["sop_instance_uid"], unique=False
        )

    op.create_table(
        "opening",
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_opening_material_id_material")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_opening_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        sa.UniqueConstraint("material_id", "user_id", name=op.f("uq_opening_material_id_user_id")),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_user_id"), ["user_id"], unique=False)

    op.create_table(
        "opinion_version",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by_id", sa.Integer(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("verify_code", sa.String(length=20), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(content_hash) = 64", name=op.f("ck_opinion_version_hash_is_sha256")),
        sa.ForeignKeyConstraint(
            ["frozen_by_id"], ["user.id"], name=op.f("fk_opinion_version_frozen_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("fk_opinion_version_opinion_id_opinion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_version")),
        sa.UniqueConstraint("opinion_id", "version", name=op.f("uq_opinion_version_opinion_id_version")),
        sa.UniqueConstraint("verify_code", name=op.f("uq_opinion_version_verify_code")),
    )
    with op.batch_alter_table("opinion_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opinion_version_content_hash"), ["content_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_version_opinion_id"), ["opinion_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opinion_version_pdf_sha256"), ["pdf_sha256"], unique=False)

    op.create_table(
        "statement",
        sa.Column("opinion_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.String(length=20), nullable=False),
        sa.Column("question", sa.String(length=10), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("needs_translation", sa.Text(), nullable=False),
        sa.Column("edited_by_id", sa.Integer(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_reason", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("provenance <> '[]'", name=op.f("ck_statement_has_provenance")),
        sa.ForeignKeyConstraint(["edited_by_id"], ["user.id"], name=op.f("fk_statement_edited_by_id_user")),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_statement_opinion_id_opinion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_opinion_id"), ["opinion_id"], unique=False)

    op.create_table(
        "study_link",
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_study_link_decision_dated")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (ground IS NULL)", name=op.f("ck_study_link_decision_grounded")
        ),
        sa.CheckConstraint(
            "ground IS NULL OR ground = 'identity' OR length(reason) > 0",
            name=op.f("ck_study_link_reason_given"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_study_link_case_id_case")),
        sa.ForeignKeyConstraint(
            ["identity_id"],
            ["arriving_identity.id"],
            name=op.f("fk_study_link_identity_id_arriving_identity"),
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_study_link_material_id_material")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["imaging_study.id"], name=op.f("fk_study_link_study_id_imaging_study")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_link")),
        sa.UniqueConstraint(
            "study_id", "case_id", "identity_id", name=op.f("uq_study_link_study_id_case_id_identity_id")
        ),
    )
    with op.batch_alter_table("study_link", schema=None) as batch_op:
        batch_op.create_index("ix_study_link_case_state", ["case_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_study_link_material_id"), ["material_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'acknowledged' OR acknowledged_at IS NOT NULL",
            name=op.f("ck_delivery_acknowledged_has_time"),
        ),
        sa.CheckConstraint(
            "status <> 'revoked' OR revocation_reason <> ''", name=op.f("ck_delivery_revoked_has_reason")
        ),
        sa.CheckConstraint("wrong_codes BETWEEN 0 AND 5", name=op.f("ck_delivery_five_tries")),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"], ["user.id"], name=op.f("fk_delivery_prepared_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recipient.id"], name=op.f("fk_delivery_recipient_id_recipient")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["opinion_version.id"], name=op.f("fk_delivery_version_id_opinion_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_delivery_token_hash")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_recipient_id"), ["recipient_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_version_id"), ["version_id"], unique=False)

    op.create_table(
        "signature",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("discipline", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("meaning", sa.String(length=40), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_signature_user_id_user")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["opinion_version.id"], name=op.f("fk_signature_version_id_opinion_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("version_id", "user_id", name=op.f("uq_signature_version_id_user_id")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_version_id"), ["version_id"], unique=False)

    op.create_table(
        "statement_edit",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("edited_by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edited_by_id"], ["user.id"], name=op.f("fk_statement_edit_edited_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_edit_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_edit")),
    )
    with op.batch_alter_table("statement_edit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_edit_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_attempt_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
    )
    with op.batch_alter_table("delivery_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_attempt_delivery_id"), ["delivery_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("delivery_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_attempt_delivery_id"))

    op.drop_table("delivery_attempt")
    with op.batch_alter_table("statement_edit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statement_edit_statement_id"))

    op.drop_table("statement_edit")
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signature_version_id"))

    op.drop_table("signature")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_version_id"))
        batch_op.drop_index(batch_op.f("ix_delivery_recipient_id"))

    op.drop_table("delivery")
    with op.batch_alter_table("study_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_link_material_id"))
        batch_op.drop_index("ix_study_link_case_state")

    op.drop_table("study_link")
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_statement_opinion_id"))

    op.drop_table("statement")
    with op.batch_alter_table("opinion_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opinion_version_pdf_sha256"))
        batch_op.drop_index(batch_op.f("ix_opinion_version_opinion_id"))
        batch_op.drop_index(batch_op.f("ix_opinion_version_content_hash"))

    op.drop_table("opinion_version")
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_user_id"))

    op.drop_table("opening")
    with op.batch_alter_table("intake_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intake_file_sop_instance_uid"))
        batch_op.drop_index(batch_op.f("ix_intake_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_intake_file_material_id"))
        batch_op.drop_index("ix_intake_file_case_outcome")
        batch_op.drop_index(batch_op.f("ix_intake_file_batch_id"))

    op.drop_table("intake_file")
    with op.batch_alter_table("input_save", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_input_save_input_id"))

    op.drop_table("input_save")
    with op.batch_alter_table("dissent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dissent_item_id"))

    op.drop_table("dissent")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_item_id"))

    op.drop_table("attendance")
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recipient_case_id"))

    op.drop_table("recipient")
    with op.batch_alter_table("patient_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_question_case_id"))

    op.drop_table("patient_question")
    with op.batch_alter_table("outside_opinion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outside_opinion_case_id"))

    op.drop_table("outside_opinion")
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opinion_case_id"))

    op.drop_table("opinion")
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_material_sha256"))
        batch_op.drop_index(batch_op.f("ix_material_case_id"))

    op.drop_table("material")
    with op.batch_alter_table("intake_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intake_batch_case_id"))

    op.drop_table("intake_batch")
    with op.batch_alter_table("imaging_instance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_imaging_instance_sha256"))
        batch_op.drop_index(batch_op.f("ix_imaging_instance_series_id"))
        batch_op.drop_index(batch_op.f("ix_imaging_instance_identity_id"))

    op.drop_table("imaging_instance")
    with op.batch_alter_table("discipline_input", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_discipline_input_current",
            sqlite_where=sa.text("status NOT IN ('amended','declined')"),
            postgresql_where=sa.text("status NOT IN ('amended','declined')"),
        )
        batch_op.drop_index(batch_op.f("ix_discipline_input_case_id"))
        batch_op.drop_index(batch_op.f("ix_discipline_input_author_id"))

    op.drop_table("discipline_input")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_case_id"))

    op.drop_table("consent")
    with op.batch_alter_table("conflict_finding", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_conflict_finding_current",
            sqlite_where=sa.text("status <> 'obsolete'"),
            postgresql_where=sa.text("status <> 'obsolete'"),
        )
        batch_op.drop_index(batch_op.f("ix_conflict_finding_case_id"))

    op.drop_table("conflict_finding")
    with op.batch_alter_table("case_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_step_case_id"))

    op.drop_table("case_step")
    with op.batch_alter_table("case_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_member_user_id"))
        batch_op.drop_index(batch_op.f("ix_case_member_case_id"))

    op.drop_table("case_member")
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agenda_item_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_agenda_item_case_id"))

    op.drop_table("agenda_item")
    op.drop_table("sealed_identity")
    op.drop_table("password_reset")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_starts_at"))
        batch_op.drop_index(batch_op.f("ix_meeting_coordinator_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_chair_id"))

    op.drop_table("meeting")
    with op.batch_alter_table("imaging_series", schema=None) as batch_op:
        batch_op.drop_index("ix_imaging_series_preview_state")

    op.drop_table("imaging_series")
    op.drop_table("discipline_membership")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index("ix_case_worklist")
        batch_op.drop_index(batch_op.f("ix_case_patient_id"))

    op.drop_table("case")
    op.drop_table("api_token")
    op.drop_table("user")
    op.drop_table("patient")
    op.drop_table("imaging_study")
    op.drop_table("form_definition")
    op.drop_table("event_head")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_subject"))
        batch_op.drop_index(batch_op.f("ix_event_event"))
        batch_op.drop_index(batch_op.f("ix_event_case_id"))

    op.drop_table("event")
    op.drop_table("arriving_identity")
