"""What `make run` does after set-up: migrate, seed the invented cases on the first start, serve.

`mdtapp run` itself never seeds. Here an installation without any table gets the demo, unless its
address is one that other machines can reach. A mark in the instance folder survives an interrupted
first start, so that the next one still knows the demo is due.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from mdtapp.config import Settings, UnsafeSettings

MDTAPP = str(Path(sys.executable).parent / "mdtapp")


def has_tables(settings: Settings) -> bool:
    """Whether somebody started this installation before."""
    file = sa.make_url(settings.database_url).database or ""
    if settings.is_sqlite and not Path(file).exists():
        return False
    engine = sa.create_engine(settings.database_url)
    try:
        return bool(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def prepare(settings: Settings) -> int:
    """Migrates, and seeds where that is due; the status of the first command that failed, or 0."""
    due = settings.instance / "demo-is-due"
    if settings.on_loopback_only and not has_tables(settings):
        due.touch()
    for command in ("upgrade", "seed-demo"):
        if command == "seed-demo" and not due.exists():
            continue
        status = subprocess.run([MDTAPP, command], check=False).returncode
        if status:
            return status
    due.unlink(missing_ok=True)
    return 0


def main() -> None:
    try:
        settings = Settings.from_environment()
        settings.prepare_instance()
        status = prepare(settings)
    except UnsafeSettings as refusal:
        sys.exit(f"run: {refusal}")
    except SQLAlchemyError as error:
        sys.exit(f"run: the database cannot be opened: {error}")
    if status:
        sys.exit(status)
    os.execv(MDTAPP, [MDTAPP, "run"])


if __name__ == "__main__":
    main()
