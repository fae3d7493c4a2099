"""The `mdtapp` command in this process, on an installation of the test's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.situations_opinion import DEMO_CASES, demo


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout; nothing else may stand there."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """`mdtapp("conflicts", case_no)` runs it and returns what it said."""

    environ: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str | Path) -> Said:
        from mdtapp.cli import main

        done = CliRunner(env=self.environ).invoke(main, [str(argument) for argument in arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def fine(self, *arguments: str | Path) -> Said:
        """The same, for a command that must succeed and complain about nothing."""
        said = self(*arguments)
        assert (said.status, said.err) == (0, ""), said
        return said

    def refused(self, *arguments: str | Path, status: int = 1) -> str:
        """The one sentence on stderr of a command that must fail and print nothing else."""
        said = self(*arguments)
        lines = said.err.splitlines()
        assert (said.status, said.out, len(lines)) == (status, "", 1), said
        assert "Traceback" not in said.err
        return lines[0]

    def file(self, content: Any, name: str = "given.json") -> Path:
        """A file with this content: JSON of a value, or the bytes as they are."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def import_demo(self, source_id: str = "DEMO-02", *options: str) -> str:
        """The case number of one of the shared cases."""
        case_no: str = self.fine("import-case", self.file(demo(source_id)), "--json", *options).json[0][
            "case_no"
        ]
        return case_no


@pytest.fixture
def mdtapp(app: Flask, environ: dict[str, str], tmp_path: Path) -> Command:
    return Command(environ, tmp_path)


@pytest.fixture
def demo_file() -> Path:
    return DEMO_CASES
