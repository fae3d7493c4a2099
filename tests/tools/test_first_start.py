"""`make run` seeds an installation once, on its first start, and only where nobody else can reach it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mdtapp.config import Settings
from tests.server import instance_environment
from tools import first_start


class Commands(list[str]):
    """The commands that were started; those in `fails` end with status 7."""

    fails: str = ""

    def run(self, command: Sequence[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        self.append(command[-1])
        return subprocess.CompletedProcess(list(command), 7 if command[-1] == self.fails else 0)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands()
    monkeypatch.setattr("subprocess.run", commands.run)
    return commands


@pytest.fixture
def new_settings(tmp_path: Path) -> Settings:
    settings = Settings.from_environment(instance_environment(tmp_path))
    settings.prepare_instance()
    return settings


def test_a_new_installation_is_migrated_and_seeded(new_settings: Settings, ran: Commands) -> None:
    assert first_start.prepare(new_settings) == 0
    assert ran == ["upgrade", "seed-demo"]


@pytest.mark.both_databases
def test_a_known_installation_is_only_migrated(settings: Settings, ran: Commands) -> None:
    settings.prepare_instance()
    assert first_start.prepare(settings) == 0
    assert ran == ["upgrade"]


def test_an_interrupted_first_start_seeds_at_the_next(new_settings: Settings, ran: Commands) -> None:
    ran.fails = "seed-demo"
    assert first_start.prepare(new_settings) == 7
    Path(new_settings.database_url.removeprefix("sqlite:///")).touch()
    ran.fails = ""
    assert first_start.prepare(new_settings) == 0
    assert ran == ["upgrade", "seed-demo", "upgrade", "seed-demo"]
    assert first_start.prepare(new_settings) == 0


def test_an_address_others_can_reach_is_never_seeded(tmp_path: Path, ran: Commands) -> None:
    environ = instance_environment(tmp_path, MDTAPP_BASE_URL="https://mdt.hospital.example")
    settings = Settings.from_environment(environ)
    settings.prepare_instance()
    assert first_start.prepare(settings) == 0
    assert ran == ["upgrade"]
