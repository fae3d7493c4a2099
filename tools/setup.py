"""Makes this folder ready to run: system packages, locked Python environment, front-end files.

    python3 tools/setup.py            what `make run` needs
    python3 tools/setup.py --tests    that, and what `make test` needs

Needs Python 3.11 or newer and nothing else. Each step leaves a stamp in `.setup/` keyed on the
hashes of what it was made from, so a second run only checks. A missing system package is
installed with apt-get when that is allowed (root, or sudo that asks no password); otherwise the
exact command is printed and the status is 1.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".setup"
VENV_PYTHON = VENV / "bin" / "python"
UV = "uv==0.13.8"
OLDEST_UV = (0, 5)
OLDEST_NODE = 18
ORTHANC_DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
ORTHANC_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


class SetupFailed(Exception):
    """Set-up cannot go on; the message says what the person can do."""


class SystemNeed(NamedTuple):
    """Something only the system's package manager can bring, known by what it provides."""

    name: str
    package: str
    present: Callable[[], bool]


# --- what the system must provide -------------------------------------------------------------


def has_library(name: str, *files: str) -> bool:
    """Whether the dynamic loader finds the library, by its usual file names first."""
    for file in files:
        try:
            ctypes.CDLL(file)
        except OSError:
            continue
        return True
    return ctypes.util.find_library(name) is not None


def has_chinese_font() -> bool:
    """Whether fontconfig knows a font for simplified Chinese."""
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def node_major() -> int:
    """The major version of node, 0 when it is missing."""
    if not shutil.which("node"):
        return 0
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    digits = version.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def has_chromium() -> bool:
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named) is not None
    return any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")))


def has_postgresql_server() -> bool:
    """Whether initdb is on PATH or where Debian keeps it (/usr/lib/postgresql/VERSION/bin)."""
    return shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def can_make_environments() -> bool:
    """Whether the environment is there, or uv is, or Python can bring pip into a new one."""
    return (
        VENV_PYTHON.exists() or usable_uv() is not None or importlib.util.find_spec("ensurepip") is not None
    )


TO_RUN = (
    SystemNeed("Python's venv module", "python3-venv", can_make_environments),
    SystemNeed(
        "Pango",
        "libpango-1.0-0",
        lambda: has_library("pango-1.0", "libpango-1.0.so.0", "libpango-1.0.dylib"),
    ),
    SystemNeed(
        "Pango for FreeType",
        "libpangoft2-1.0-0",
        lambda: has_library("pangoft2-1.0", "libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    ),
    SystemNeed(
        "HarfBuzz subsetting",
        "libharfbuzz-subset0",
        lambda: has_library("harfbuzz-subset", "libharfbuzz-subset.so.0", "libharfbuzz-subset.dylib"),
    ),
    SystemNeed("fontconfig", "fontconfig", lambda: shutil.which("fc-list") is not None),
    SystemNeed("a Chinese font", "fonts-noto-cjk", has_chinese_font),
    SystemNeed(f"node {OLDEST_NODE} or newer", "nodejs", lambda: node_major() >= OLDEST_NODE),
    SystemNeed("npm", "npm", lambda: shutil.which("npm") is not None),
)

TO_TEST = (
    SystemNeed("Chromium", "chromium", has_chromium),
    SystemNeed("a PostgreSQL server", "postgresql", has_postgresql_server),
    # pynetdicom brings a storescu of its own; dcmdump is DCMTK's alone.
    SystemNeed("DCMTK", "dcmtk", lambda: shutil.which("dcmdump") is not None),
    # Debian keeps it where ordinary users do not look for programs.
    SystemNeed("Orthanc", "orthanc", lambda: shutil.which("Orthanc", path=ORTHANC_PATH) is not None),
    SystemNeed("Orthanc's DICOMweb", "orthanc-dicomweb", ORTHANC_DICOMWEB.exists),
    SystemNeed("pdftotext", "poppler-utils", lambda: shutil.which("pdftotext") is not None),
)


def provide_system_packages(needs: Sequence[SystemNeed]) -> str:
    """Installs what is missing when allowed; SetupFailed names the command when it is not."""
    missing = [need for need in needs if not need.present()]
    if not missing:
        return "ready"
    install = ["apt-get", "install", "-y", "--no-install-recommends", *(need.package for need in missing)]
    names = ", ".join(need.name for need in missing)
    prefix = privilege()
    if prefix is None or not shutil.which("apt-get"):
        raise SetupFailed(f"Missing on this machine: {names}.\n{by_hand(install)}")
    say(f"{'system packages':<18} installing {names}")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run([*prefix, "apt-get", "update", "-q"], environ=environ)
        unattended = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]
        run([*prefix, *unattended, *install[1:]], environ=environ)
    except SetupFailed as failure:
        raise SetupFailed(f"{failure}\nStill missing: {names}.\n{by_hand(install)}") from failure
    left = [need for need in missing if not need.present()]
    if left:
        wanted = ", ".join(f"{need.name} (package {need.package})" for need in left)
        raise SetupFailed(f"Installed, and still not found: {wanted}.")
    return "installed"


def privilege() -> list[str] | None:
    """What to write before apt-get: nothing as root, sudo where it asks no password, None otherwise."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def by_hand(install: Sequence[str]) -> str:
    """The sentence with the exact command for the person at the terminal."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    command = f"{sudo}apt-get update && {sudo}{' '.join(install)}"
    if shutil.which("apt-get"):
        return f"Run this, then start again:\n\n    {command}\n"
    return f"Install them with this system's package manager, then start again. On Debian it would be:\n\n    {command}\n"


# --- Python -----------------------------------------------------------------------------------


def usable_uv() -> str | None:
    """uv from PATH when new enough, or the one an earlier run installed here."""
    own = STATE / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and Path(candidate).exists():
            answer = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
            words = answer.stdout.split()
            if answer.returncode == 0 and len(words) > 1 and version_of(words[1]) >= OLDEST_UV:
                return candidate
    return None


def version_of(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def install_uv() -> str | None:
    """uv in an environment of its own; None where the platform has none, then pip does the work."""
    run([sys.executable, "-m", "venv", "--clear", str(STATE / "uv")])
    try:
        run([str(STATE / "uv" / "bin" / "python"), "-m", "pip", "install", "-q", UV])
    except SetupFailed:
        return None
    return usable_uv()


def provide_python_environment(*, tests: bool) -> str:
    """`.venv` with exactly the locked packages and this project, editable."""
    stamps = {True: STATE / "python-dev", False: STATE / "python"}
    keys = {dev: python_key(dev=dev) for dev in (True, False)}
    if VENV_PYTHON.exists():
        # What the tests need holds what running needs, so it satisfies both.
        for dev in (True, False):
            if (dev or not tests) and is_stamped(stamps[dev], keys[dev]):
                return "ready"
    tests = tests or stamps[True].exists()
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    uv = usable_uv() or install_uv()
    make_environment(with_pip=uv is None)
    lock = "requirements-dev.txt" if tests else "requirements.txt"
    if uv:
        install_with_uv(uv, lock)
    else:
        install_with_pip(lock)
    stamps[tests].write_text(keys[tests])
    return "installed"


def python_key(*, dev: bool) -> str:
    lock = "requirements-dev.txt" if dev else "requirements.txt"
    files = [ROOT / lock, ROOT / "requirements-build.txt", ROOT / "pyproject.toml", Path(__file__)]
    return key_of(files, str(ROOT), sys.version)


def make_environment(*, with_pip: bool) -> None:
    """An environment of this Python; one of another version, folder or without pip is made anew."""
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    probe = "import sys; print(sys.prefix, sys.version.split()[0])" + ("; import pip" if with_pip else "")
    if VENV_PYTHON.exists():
        answer = subprocess.run([VENV_PYTHON, "-c", probe], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == f"{VENV} {sys.version.split()[0]}":
            return
    options = ["--clear"] if with_pip else ["--clear", "--without-pip"]
    run([str(base), "-m", "venv", *options, str(VENV)])


def install_with_uv(uv: str, lock: str) -> None:
    target = ["--python", str(VENV_PYTHON), "--quiet"]
    run([uv, "pip", "sync", *target, "--require-hashes", lock])
    build = ["--build-constraints", "requirements-build.txt"]
    run([uv, "pip", "install", *target, "--no-deps", *build, "--editable", "."])


def install_with_pip(lock: str) -> None:
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", lock])
    run([*pip, "--no-deps", "--editable", "."])


# --- front end --------------------------------------------------------------------------------


def provide_front_end() -> str:
    """node_modules as locked, install scripts off, and the few files the pages use copied out of it."""
    sources = [
        ROOT / "package.json",
        ROOT / "package-lock.json",
        ROOT / "tools" / "sync_assets.py",
        ROOT / "tools" / "icons.txt",
        Path(__file__),
    ]
    stamp, key = STATE / "front-end", key_of(sources, str(ROOT))
    in_place = (ROOT / "node_modules").is_dir() and (ROOT / "mdtapp" / "static" / "vendor").is_dir()
    if in_place and is_stamped(stamp, key):
        return "ready"
    stamp.unlink(missing_ok=True)
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    run(["npm", "ci", "--ignore-scripts", "--include=dev", *quiet])
    run([str(VENV_PYTHON), str(ROOT / "tools" / "sync_assets.py")])
    stamp.write_text(key)
    return "installed"


def provide_viewer() -> str:
    """OHIF's files, taken out of its pinned package and changed to be served by us."""
    script = ROOT / "tools" / "ohif.py"
    sources = [script, ROOT / "tools" / "ohif_ndarray.js", Path(__file__)]
    stamp, key = STATE / "viewer", key_of(sources, str(ROOT))
    if (ROOT / "mdtapp" / "viewer" / "ohif" / "manifest.json").exists() and is_stamped(stamp, key):
        return "ready"
    stamp.unlink(missing_ok=True)
    run([str(VENV_PYTHON), str(script)])
    stamp.write_text(key)
    return "installed"


# --- running steps ----------------------------------------------------------------------------


def key_of(files: Sequence[Path], *more: str) -> str:
    """One SHA-256 over the contents of `files` and the texts `more`."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def is_stamped(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text() == key


def clean_environment() -> Mapping[str, str]:
    """The caller's environment without what would point Python at another environment.

    uv is told to trust what the system trusts, because hospital networks often have a certificate of their own.
    """
    unwanted = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"}
    trust = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
    return trust | {name: value for name, value in os.environ.items() if name not in unwanted}


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
    """Runs quietly in the project folder; on failure raises SetupFailed with what the program said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ or clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-25:])
        raise SetupFailed(f"This failed with status {done.returncode}: {' '.join(command)}\n{said}")


def say(line: str) -> None:
    print(f"setup: {line}", flush=True)


def step(name: str, work: Callable[[], str]) -> None:
    """One progress line: what, how it went, how long it took when it took any time."""
    start = time.monotonic()
    outcome = work()
    seconds = time.monotonic() - start
    say(f"{name:<18} {outcome}" + (f" ({seconds:.1f} s)" if outcome != "ready" else ""))


@contextmanager
def alone() -> Iterator[None]:
    """Two set-ups of one folder wait for each other."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    arguments = argparse.ArgumentParser(description="Set up this folder.")
    arguments.add_argument("--tests", action="store_true", help="also what the tests need")
    arguments.add_argument("--print-uv", action="store_true", help="only print the path of a usable uv")
    chosen = arguments.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  this file is started by whatever Python is there
        say(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Run: make PYTHON=python3.12 …"
        )
        return 1
    try:
        with alone():
            if chosen.print_uv:
                print(usable_uv() or install_uv() or "")
                return 0
            step(
                "system packages",
                lambda: provide_system_packages((*TO_RUN, *(TO_TEST if chosen.tests else ()))),
            )
            step("Python packages", lambda: provide_python_environment(tests=chosen.tests))
            step("front-end files", provide_front_end)
            step("viewer files", provide_viewer)
    except SetupFailed as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
