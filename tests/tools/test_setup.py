"""`make setup`: what is missing is installed when allowed, and named with the exact command when not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tools import setup
from tools.setup import SetupFailed, SystemNeed


def need(name: str, package: str, answers: Sequence[bool]) -> SystemNeed:
    """A need whose check gives `answers` in turn, then the last one for ever."""
    waiting = list(answers)
    return SystemNeed(name, package, lambda: waiting.pop(0) if len(waiting) > 1 else waiting[0])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that set-up would have run."""
    commands: list[str] = []

    def note(command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        commands.append(" ".join(command))

    monkeypatch.setattr(setup, "run", note)
    return commands


def test_nothing_is_installed_when_everything_is_there(ran: list[str]) -> None:
    assert setup.provide_system_packages([need("Pango", "libpango-1.0-0", [True])]) == "ready"
    assert ran == []


def test_missing_packages_are_installed_when_allowed(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "privilege", lambda: ["sudo", "-n"])
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    needs = [need("Chromium", "chromium", [False, True]), need("Pango", "libpango-1.0-0", [True])]
    assert setup.provide_system_packages(needs) == "installed"
    assert ran == [
        "sudo -n apt-get update -q",
        "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "
        "install -y --no-install-recommends chromium",
    ]


def test_the_exact_command_is_named_when_not_allowed(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "privilege", lambda: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(SetupFailed) as failure:
        setup.provide_system_packages([need("Chromium", "chromium", [False])])
    command = "sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium"
    assert command in str(failure.value)
    assert ran == []


def test_a_package_that_did_not_help_is_named(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "privilege", list)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(SetupFailed, match=r"still not found: node 18 or newer \(package nodejs\)"):
        setup.provide_system_packages([need("node 18 or newer", "nodejs", [False])])


def test_a_failing_program_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    with pytest.raises(SetupFailed, match="status 3"):
        setup.run(["sh", "-c", "echo no room left; exit 3"])


def test_the_key_changes_with_content_and_with_what_is_said(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    first = setup.key_of([lock], "3.11")
    assert setup.key_of([lock], "3.11") == first
    assert setup.key_of([lock], "3.12") != first
    lock.write_text("a==2")
    assert setup.key_of([lock], "3.11") != first
    stamp = tmp_path / "stamp"
    assert not setup.is_stamped(stamp, first)
    stamp.write_text(first)
    assert setup.is_stamped(stamp, first)
