"""Events, frozen texts and signatures refuse UPDATE and DELETE in the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Of a frozen version only these columns may still change: voided by an edit, document made.
FROZEN_COLUMNS = (
    "opinion_id",
    "version",
    "frozen",
    "content_hash",
    "frozen_at",
    "frozen_by_id",
    "verify_code",
)
APPEND_ONLY = ("event", "signature", "statement_edit", "input_save", "case_step")


def upgrade() -> None:
    head = sa.table("event_head", sa.column("id"), sa.column("seq"), sa.column("hash"))
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    names = [f"{table}_{verb}_refused" for table in APPEND_ONLY for verb in ("update", "delete")]
    names += ["opinion_version_update_refused", "opinion_version_delete_refused"]
    for name in names:
        table = name.removesuffix("_update_refused").removesuffix("_delete_refused")
        target = "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
        op.execute(sa.text(f"DROP TRIGGER {name}{target}"))
    if op.get_bind().dialect.name != "sqlite":
        op.execute(sa.text("DROP FUNCTION refuse_change()"))
    op.execute(sa.text("DELETE FROM event_head"))


def _guard_sqlite() -> None:
    def trigger(table: str, verb: str, of: str = "") -> None:
        op.execute(
            sa.text(
                f"CREATE TRIGGER {table}_{verb}_refused BEFORE {verb.upper()}{of} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
            )
        )

    for table in APPEND_ONLY:
        trigger(table, "update")
        trigger(table, "delete")
    trigger("opinion_version", "update", f" OF {', '.join(FROZEN_COLUMNS)}")
    trigger("opinion_version", "delete")


def _guard_postgresql() -> None:
    op.execute(
        sa.text(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME; END $$"
        )
    )

    def trigger(table: str, verb: str, of: str = "") -> None:
        op.execute(
            sa.text(
                f"CREATE TRIGGER {table}_{verb}_refused BEFORE {verb.upper()}{of} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        )

    for table in APPEND_ONLY:
        trigger(table, "update")
        trigger(table, "delete")
    trigger("opinion_version", "update", f" OF {', '.join(FROZEN_COLUMNS)}")
    trigger("opinion_version", "delete")
