"""Drafts the next numbered migration by comparing the models with the committed migrations.

    python tools/draft_migration.py "add deliveries"

The draft is compared on a fresh SQLite database. Read it before you commit it: a comparison sees
tables and columns, not what should become of the rows in them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from mdtapp.app import create_app
from mdtapp.config import Settings
from mdtapp.schema.migrate import configuration, upgrade


def main() -> int:
    message = " ".join(sys.argv[1:]).strip()
    if not message:
        print('Say what changes: python tools/draft_migration.py "add deliveries"', file=sys.stderr)
        return 2
    config = configuration()
    head = ScriptDirectory.from_config(config).get_current_head()
    number = f"{int(head or 0) + 1:04d}"
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.from_environment({"MDTAPP_INSTANCE": folder}))
        upgrade(app)
        with app.app_context():
            script = command.revision(config, message=message, rev_id=number, autogenerate=True)
    assert script is not None
    assert not isinstance(script, list)
    print(f"Drafted {Path(script.path).name}: read it, complete it, then run the migration tests.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
