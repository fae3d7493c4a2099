"""OHIF's files as `tools/ohif.py` leaves them: a list of names with their hashes, and nothing that is not on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "ohif"


@dataclass(frozen=True, slots=True)
class ViewerFiles:
    """One release of the viewer. `release` names it in addresses; `hashes` gives the SHA-256 of each file."""

    folder: Path
    release: str
    script: str
    style: str
    hashes: dict[str, str]

    def path(self, name: str) -> Path | None:
        """Where a listed file lies; None for any other name, so that no address leads out of the folder."""
        return self.folder / name if name in self.hashes else None

    def pressed(self, name: str) -> Path | None:
        """The gzip copy of a file that has one."""
        return self.path(f"{name}.gz")


def read_files(folder: Path) -> ViewerFiles | None:
    """The release in this folder; None when set-up has not brought it."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return None
    listed = json.loads(manifest.read_text("utf-8"))
    hashes = {name: entry["sha256"] for name, entry in listed["files"].items()}
    return ViewerFiles(folder, listed["release"], listed["script"], listed["style"], hashes)


@lru_cache(maxsize=1)
def viewer_files() -> ViewerFiles | None:
    """The release this installation serves; read once."""
    return read_files(FOLDER)
