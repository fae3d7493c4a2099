"""The viewer's files: what is taken, what is changed, and that a package that differs is refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools import ohif
from tools.ohif import DoesNotFit, Patch

HASH = "0123456789abcdef0123"
APP = f"app.bundle.{HASH}.js"
WORKER = f"1927.bundle.{HASH}.js"
BUILD: dict[str, bytes] = {
    APP: b'__webpack_require__.p = "/";\nimport("/slides/x.js");\n//# sourceMappingURL=app.map\n',
    WORKER: b'__webpack_require__.p = "/";\n',
    "app.bundle.css": b"src: url(/font.woff2) url(/font.woff2);\n/*# sourceMappingURL=app.css.map*/",
    f"{HASH}.wasm": b"\0asm",
    "assets/images/CT-Lung.png": b"png",
    "dicom-microscopy-viewer/dataLoader.worker.min.js": b"worker",
    "app.bundle.css.map": b"map",
    "ort/esm/ort.js": b"large",
    "sw.js": b"importScripts('https://elsewhere.example/')",
    "index.html": b"<!doctype html>",
    "app-config.js": b"demo servers",
    "assets/favicon.ico": b"icon",
}
PATCHES = (
    Patch(
        "scripts",
        '__webpack_require__.p = "/";',
        '__webpack_require__.p = "{base}";',
        {"app.bundle.js": 1, "1927.bundle.js": 1},
    ),
    Patch("fonts", "url(/", "url({base}", {"app.bundle.css": 2}),
    Patch("slides", '"/slides/', '"{base}slides/', {"app.bundle.js": 1}),
)


def package(files: Mapping[str, bytes], path: Path) -> Path:
    """An npm package whose build holds these files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {
            "package/LICENSE": b"MIT",
            **{f"package/dist/{n}": c for n, c in files.items()},
        }.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def pin(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha512(path.read_bytes()).digest()
    monkeypatch.setattr(ohif, "INTEGRITY", f"sha512-{base64.b64encode(digest).decode()}")


@pytest.fixture
def kept(tmp_path: Path) -> dict[str, bytes]:
    return ohif.read_package(package(BUILD, tmp_path / "package.tgz"))


def test_only_what_the_viewer_needs_is_taken(kept: dict[str, bytes]):
    taken = [name for name in BUILD if not ohif.matches(name, ohif.LEFT_OUT)]
    assert sorted(kept) == sorted([*taken, "LICENSE"])
    assert len(kept) == 7


def test_a_file_nobody_decided_about_is_refused(tmp_path: Path):
    with pytest.raises(DoesNotFit, match="telemetry"):
        ohif.read_package(package(BUILD | {"telemetry.js": b""}, tmp_path / "package.tgz"))


def test_every_address_leads_to_our_folder(kept: dict[str, bytes]):
    base = f"/viewer/files/{ohif.release()}/"
    changed = ohif.patched(kept, PATCHES)
    assert changed[APP].decode() == f'__webpack_require__.p = "{base}";\nimport("{base}slides/x.js");\n'
    assert changed["app.bundle.css"].decode() == f"src: url({base}font.woff2) url({base}font.woff2);\n"
    assert changed[f"{HASH}.wasm"] == kept[f"{HASH}.wasm"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (WORKER, b"nothing to change", "scripts: expected"),
        (APP, BUILD[APP] * 2, "slides: expected"),
        (f"77.bundle.{HASH}.js", BUILD[WORKER], "77.bundle.js"),
    ],
)
def test_a_change_that_does_not_fit_exactly_is_refused(
    kept: dict[str, bytes], name: str, content: bytes, expected: str
):
    with pytest.raises(DoesNotFit, match=expected):
        ohif.patched(kept | {name: content}, PATCHES)


def test_a_package_without_its_script_is_refused(kept: dict[str, bytes]):
    del kept[APP]
    with pytest.raises(DoesNotFit, match=r"app\.bundle\.js is missing"):
        ohif.patched(kept, PATCHES)


def test_another_package_is_refused_before_it_is_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tarball = package(BUILD, tmp_path / "package.tgz")
    assert ohif.main(["--tarball", str(tarball), "--target", str(tmp_path / "out")]) == 1
    assert "not the pinned" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_files_are_written_once_listed_and_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    tarball, target = package(BUILD, tmp_path / "package.tgz"), tmp_path / "out"
    pin(tarball, monkeypatch)
    monkeypatch.setattr(ohif, "patched", lambda files: dict(files))
    arguments = ["--tarball", str(tarball), "--target", str(target)]
    target.mkdir()
    (target / "of-the-last-release.js").write_text("old")
    assert ohif.main(arguments) == 0
    manifest = json.loads((target / "manifest.json").read_text())
    assert (manifest["script"], manifest["style"]) == (APP, "app.bundle.css")
    assert sorted(manifest["files"]) == sorted(
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    )
    assert "of-the-last-release.js" not in manifest["files"]
    assert gzip.decompress((target / f"{APP}.gz").read_bytes()) == BUILD[APP]
    capsys.readouterr()
    assert ohif.main(arguments) == 0
    assert "up to date" in capsys.readouterr().out
    (target / WORKER).write_bytes(b"cut")
    assert ohif.main(arguments) == 0
    assert (target / WORKER).read_bytes() == BUILD[WORKER]


def test_a_changed_change_is_another_release(monkeypatch: pytest.MonkeyPatch):
    before = ohif.release()
    monkeypatch.setattr(ohif, "PATCHES", PATCHES)
    assert ohif.release() != before
    assert before.startswith(f"{ohif.VERSION}-")


def test_what_is_installed_is_this_release_and_calls_nobody_else():
    files = [path for path in ohif.TARGET.rglob("*") if path.suffix in {".js", ".css"}]
    assert ohif.is_complete(ohif.TARGET), "run `make setup-tests`"
    outside = ("jsdelivr.net", "huggingface.co", "storage.googleapis.com", "cloudfront.net", "unpkg.com")
    found = [f"{path.name}: {host}" for path in files for host in outside if host in path.read_text("utf-8")]
    assert found == []
    assert not [
        path for path in ohif.TARGET.rglob("*") if path.name in {"sw.js", "index.html", "app-config.js"}
    ]


ARRAYS = """
const CACHED_CONSTRUCTORS = {uint8: [], generic: []};
function order() { return this.stride.map((_, k) => k).sort((a, b) => this.stride[a] - this.stride[b]); }
%s
for (let d = -1; d < 4; d++) CACHED_CONSTRUCTORS.uint8.push(compileConstructor("uint8", d));
const make = (data, shape, stride, offset) => CACHED_CONSTRUCTORS.uint8[shape.length + 1](data, shape, stride, offset);
const a = make(Uint8Array.from({length: 24}, (_, i) => i), [2, 3, 4], [12, 4, 1], 0);
const b = a.pick(1);
const listed = (v) => Array.from({length: v.shape[0]}, (_, i) => Array.from({length: v.shape[1]}, (_, j) => v.get(i, j)));
b.set(0, 0, 99);
console.log(JSON.stringify([
  a.get(1, 2, 3), a.size, a.order, b.shape, listed(b), listed(b.transpose(1, 0)), listed(b.step(1, -1)),
  listed(b.lo(1, 2)), listed(b.hi(2, 2)), b.pick(2, 1).get(), a.pick(0, 1, 2).dimension, make([], [0]).size,
  listed(b.step(2, 2)), CACHED_CONSTRUCTORS.uint8[0]([]).index(),
]));
"""


def test_arrays_written_out_read_as_the_library_reads_them():
    """The expected values are what ndarray 1.0 gives for the same calls."""
    done = subprocess.run(
        ["node", "-e", ARRAYS % ohif.ARRAYS.read_text("utf-8")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = [[99, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]
    assert json.loads(done.stdout) == [
        23,
        24,
        [2, 1, 0],
        [3, 4],
        rows,
        [list(column) for column in zip(*rows, strict=True)],
        [row[::-1] for row in rows],
        [row[2:] for row in rows[1:]],
        [row[:2] for row in rows[:2]],
        21,
        0,
        0,
        [row[::2] for row in rows[::2]],
        -1,
    ]
