"""What may never be in a committed file, and folders that may never exist."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIS_FILE = "tests/architecture/test_tree.py"
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt", "package-lock.json")

FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w./:}*-])/(?:root|home|Users|work)/\w"),
    "the address of a package registry": re.compile(
        r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates)\.(?:org|com|io)|(?:deb|security)\.debian\.org"
    ),
    "unfinished work": re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"),
    "an unresolved merge": re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "lib"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a git clone")
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and name != THIS_FILE and (ROOT / name).is_file()]


def text_of(path: Path) -> str | None:
    """The text of a file, None of one that is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_committed_file_holds(what: str) -> None:
    found = []
    for path in tracked_files():
        text = text_of(path) or ""
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
            for match in FORBIDDEN[what].finditer(text)
        ]
    assert found == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_hold_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text.replace("https://opencollective.com", "").replace(
        "https://github.com/sponsors", ""
    )
    assert "sha256:" in text or "sha512-" in text


def test_every_package_is_named_for_what_it_holds() -> None:
    code = [path.relative_to(ROOT) for path in tracked_files() if path.suffix == ".py"]
    assert [str(path) for path in code if NAMELESS & {*path.parts[:-1], path.stem}] == []


def test_nothing_of_an_installation_is_committed() -> None:
    kept = {".sqlite", ".sqlite-wal", ".key", ".pyc"}
    assert [str(path) for path in tracked_files() if path.suffix in kept or "instance" in path.parts] == []


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["project"]["dependencies"] + groups["dev"],
        "requirements-build.txt": project["build-system"]["requires"] + groups["build"],
    }
    stale = {
        lock: [pin for pin in pins if re.sub(r"\[.*?\]", "", pin) not in (ROOT / lock).read_text("utf-8")]
        for lock, pins in wanted.items()
    }
    assert {lock: pins for lock, pins in stale.items() if pins} == {}, "run `make lock`"
