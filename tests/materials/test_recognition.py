"""What bytes are, whatever the name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdtapp.materials.recognition import decode_text, recognise
from mdtapp.materials.status import FileKind

DICOM = b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00"


@pytest.mark.parametrize(
    ("content", "name", "kind", "media_type"),
    [
        (DICOM, "IM0001", FileKind.DICOM, "application/dicom"),
        (b"II*\0" + b"\0" * 124 + b"DICM", "slide.dcm", FileKind.DICOM, "application/dicom"),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + b"\0" * 20, "a.dcm", FileKind.DICOM, "application/dicom"),
        (b"\x00\x08\x00\x05CS\x00\x0aISO_IR 100" + b"\0" * 20, "a.dcm", FileKind.DICOM, "application/dicom"),
        (
            b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100" + b"\0" * 20,
            "a",
            FileKind.DICOM,
            "application/dicom",
        ),
        (b"%PDF-1.7\n...\n%%EOF\n", "a.pdf", FileKind.PDF, "application/pdf"),
        (b"junk\x01 before\n%PDF-1.7\n%%EOF", "a.pdf", FileKind.PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "a.png", FileKind.PICTURE, "image/png"),
        (b"\xff\xd8\xff\xe0....", "a.jpg", FileKind.PICTURE, "image/jpeg"),
        (b"MM\0*....", "a.tif", FileKind.PICTURE, "image/tiff"),
        (b"GIF89a....", "a.gif", FileKind.PICTURE, "image/gif"),
        (b"PK\x03\x04" + b"\0" * 40, "a.zip", FileKind.ARCHIVE, "application/zip"),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "a.docx", FileKind.OFFICE, None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "a.doc", FileKind.OFFICE, None),
        (b"{\\rtf1 x}", "a.rtf", FileKind.OFFICE, None),
        (b"<!DOCTYPE html><p>hi", "a.html", FileKind.MARKUP, None),
        (b'<?xml version="1.0"?><svg onload="x"/>', "a.svg", FileKind.MARKUP, None),
        (b"   \n<svg xmlns='x'></svg>", "a.svg", FileKind.MARKUP, None),
        (b"plain words\n", "README", FileKind.TEXT, "text/plain"),
        (b'{"resourceType": "Bundle"}', "a.json", FileKind.TEXT, "text/plain"),
        ("病理报告".encode("gb18030"), "a.txt", FileKind.TEXT, "text/plain"),
        ("Füße, Größe".encode("latin-1"), "a.txt", FileKind.TEXT, "text/plain"),
        ("报告".encode("utf-16"), "a.txt", FileKind.TEXT, "text/plain"),
    ],
)
def test_kind(tmp_path: Path, content: bytes, name: str, kind: FileKind, media_type: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    found = recognise(path, name)
    assert (found.kind, found.contained, found.note) == (kind, None, None)
    assert media_type is None or found.media_type == media_type


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ\x90\0 program", "viewer.exe", "program"),
        (b"\x7fELF....", "viewer", "program"),
        (b"#!/bin/sh\nrm -rf /", "start", "program"),
        (b"MZ" + b"\0" * 126 + b"DICM\x02\x00", "a.dcm", "dicom_preamble_program"),
        (b"\x1f\x8b\x08\0", "a.tar.gz", "archive_method"),
        (b"7z\xbc\xaf\x27\x1c", "a.7z", "archive_method"),
        (b"\x00\x01\x02\x03\xfe\xff", "a.bin", "unknown_type"),
    ],
)
def test_contained(tmp_path: Path, content: bytes, name: str, code: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    found = recognise(path, name)
    assert found.contained is not None
    assert found.contained.code == code
    assert found.contained.text.missing() == []


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"%PDF-1.7\n%%EOF", "scan.jpg", "mislabelled"),
        (DICOM, "report.pdf", "mislabelled"),
        (b"\xff\xd8\xff\xe0", "photo.png", None),
        (b"just words", "image.dcm", "mislabelled"),
        (b"%PDF-1.7\n and then nothing", "report.pdf", "cut_short"),
    ],
)
def test_noted(tmp_path: Path, content: bytes, name: str, code: str | None) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    found = recognise(path, name)
    assert found.contained is None
    assert (found.note.code if found.note else None) == code


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Größe 3 cm".encode("cp1252"), "Größe 3 cm"),
        ("肿瘤 3 cm".encode("gb18030"), "肿瘤 3 cm"),
        ("肿瘤".encode(), "肿瘤"),
        ("\ufeff肿瘤".encode(), "肿瘤"),
        (b"\x00\x01", None),
    ],
)
def test_text_is_decoded_as_it_was_meant(content: bytes, text: str | None) -> None:
    assert decode_text(content) == text
