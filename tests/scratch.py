"""Where tests write: a file system in memory when there is one with room, since every commit waits for its disk.

Nothing tested here depends on the disk itself: what is killed are processes, and their writes survive in memory too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM = 6 << 30  # bytes that have to be free; a whole run takes a tenth of it


def scratch_folder() -> Path:
    """The folder for temporary files of tests, open to every user of this machine as /tmp is."""
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) and _has_room():
        return IN_MEMORY
    return Path(tempfile.gettempdir())


def _has_room() -> bool:
    return min(shutil.disk_usage(IN_MEMORY).free, _memory_available()) >= ROOM


def _memory_available() -> int:
    """Bytes; 0 where Linux does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def use_for_all() -> None:
    """For pytest, for what it starts and for the processes of this run; a folder the caller chose stays."""
    os.environ.setdefault("TMPDIR", str(scratch_folder()))
    tempfile.tempdir = None  # asked again
