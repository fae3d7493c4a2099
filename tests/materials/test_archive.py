"""Folders and zips: every entry counts, none leads out, none unpacks without end."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdtapp.materials import archive
from mdtapp.materials.archive import Budget, Entry, climbs, readable_path, walk_folder, walk_zip


def zip_of(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as packed:  # type: ignore[call-overload]
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def codes(entries: Iterator[Entry]) -> dict[str, str | None]:
    return {entry.path: entry.refusal.code if entry.refusal else None for entry in entries}


def test_every_file_of_a_folder_in_order(tmp_path: Path) -> None:
    for name in ("b/IM2", "b/IM1", "a/README", "DICOMDIR", "b/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [entry.path for entry in walk_folder(tmp_path, "disc")]
    assert found == ["disc/DICOMDIR", "disc/a/README", "disc/b/.hidden", "disc/b/IM1", "disc/b/IM2"]


def test_links_and_pipes_are_named_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(outside / "secret")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe")
    assert codes(walk_folder(inside, "d")) == {
        "d/folder": "symlink",
        "d/link": "symlink",
        "d/pipe": "special_file",
    }


def test_a_file_over_the_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE", 3)
    (tmp_path / "big").write_bytes(b"1234")
    assert codes(walk_folder(tmp_path, "d")) == {"d/big": "too_large"}


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "C:\\x", "c:x", "..\\..\\x", "\\\\server\\share\\x", ".."],
)
def test_a_path_that_leads_out(tmp_path: Path, name: str) -> None:
    assert climbs(name)
    found = list(walk_zip(zip_of(tmp_path / "z.zip", {name: b"x", "ok": b"y"}), "z.zip", Budget()))
    assert [entry.refusal.code if entry.refusal else None for entry in found] == ["path_climbs", None]


@pytest.mark.parametrize("name", ["a/b", "..a", "a..b/c", "...", "a/.hidden"])
def test_a_path_that_stays_inside(name: str) -> None:
    assert not climbs(name)


def test_a_link_inside_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip/link": "symlink"}


def test_content_and_empty_folders(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {"folder/": b"", "folder/a": b"content"})
    (entry,) = walk_zip(path, "z.zip", Budget())
    assert entry.open is not None
    assert (entry.path, entry.size) == ("z.zip/folder/a", 7)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip at all"])
def test_a_damaged_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "z.zip"
    path.write_bytes(content)
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip": "archive_broken"}


def _encrypted(path: Path) -> Path:
    """A zip whose only member says it is encrypted: bit 0 of its flags, in both headers."""
    raw = bytearray(zip_of(path, {"a": b"secret"}).read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 0x1
    path.write_bytes(raw)
    return path


def test_an_archive_with_a_password(tmp_path: Path) -> None:
    path = _encrypted(tmp_path / "z.zip")
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip": "archive_encrypted"}


def test_too_many_entries(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {f"f{number}": b"" for number in range(11)})
    assert codes(walk_zip(path, "z.zip", Budget(entries=10))) == {"z.zip": "archive_count"}


def test_an_index_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_INDEX", 100)
    path = zip_of(tmp_path / "z.zip", {f"file number {number}": b"" for number in range(10)})
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip": "archive_count"}


def test_more_than_the_budget_unpacked(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {"a": b"12345", "b": b"12345"})
    assert codes(walk_zip(path, "z.zip", Budget(size=9))) == {"z.zip": "archive_size"}


def test_one_member_over_its_limit(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {"a": b"12345", "b": b"1"})
    assert codes(walk_zip(path, "z.zip", Budget(file_size=4))) == {"z.zip/a": "too_large", "z.zip/b": None}


def test_a_bomb(tmp_path: Path) -> None:
    zeros = b"\0" * (archive.RATIO_FREE + 1)
    path = zip_of(tmp_path / "z.zip", {"bomb": zeros}, compression=zipfile.ZIP_DEFLATED)
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip": "archive_ratio"}


def test_depth_is_limited(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {"a": b"x"})
    assert codes(walk_zip(path, "z.zip", Budget(), depth=archive.MAX_DEPTH + 1)) == {"z.zip": "archive_depth"}


def test_a_budget_is_shared_by_nested_archives(tmp_path: Path) -> None:
    budget = Budget(entries=3)
    list(walk_zip(zip_of(tmp_path / "a.zip", {"1": b"", "2": b""}), "a.zip", budget))
    second = zip_of(tmp_path / "b.zip", {"1": b"", "2": b""})
    assert codes(walk_zip(second, "a.zip/b.zip", budget)) == {"a.zip/b.zip": "archive_count"}


def test_chinese_names_without_the_utf8_flag(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        packed.writestr("XXXX.txt", b"x")
    path.write_bytes(raw.getvalue().replace(b"XXXX", "报告".encode("gb18030")))
    assert codes(walk_zip(path, "z.zip", Budget())) == {"z.zip/报告.txt": None}


def test_two_members_of_one_name_both_count(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "z.zip", {"a": b"first", "b": b"second"})
    path.write_bytes(path.read_bytes().replace(b"b", b"a"))
    found = list(walk_zip(path, "z.zip", Budget()))
    assert [entry.size for entry in found] == [5, 6]


def test_shown_paths_hide_nothing() -> None:
    assert readable_path("a\u202egpj.exe") == "a\\u202egpj.exe"
    assert readable_path("a\nb\0c") == "a\\u000ab\\u0000c"
    assert readable_path("病理/报告.pdf") == "病理/报告.pdf"
    assert len(readable_path("x" * 5000)) == 1000
