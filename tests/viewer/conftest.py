"""An invented release of the viewer's files, and the materials of a case."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdtapp.viewer.files import ViewerFiles, read_files
from tests.imaging.conftest import new_case, pipeline, reader  # noqa: F401
from tools import ohif

if TYPE_CHECKING:
    from flask import Flask

APP = "app.bundle.0123456789abcdef0123.js"
DECODER = "1927.bundle.0123456789abcdef0123.js"
INVENTED = {
    APP: b"start();",
    DECODER: b"decode();",
    "app.bundle.css": b"body{}",
    "0123456789abcdef0123.wasm": b"\0asm",
    "0123456789abcdef0123.woff2": b"font",
    "assets/images/CT-Lung.png": b"png",
    "LICENSE": b"MIT",
}


@pytest.fixture
def files(tmp_path: Path) -> ViewerFiles:
    ohif.write(INVENTED, tmp_path / "ohif")
    found = read_files(tmp_path / "ohif")
    assert found is not None
    assert gzip.decompress((tmp_path / "ohif" / f"{APP}.gz").read_bytes()) == b"start();"
    return found


@pytest.fixture
def viewer_app(app: Flask, files: ViewerFiles) -> Flask:
    """The application with the invented release in place."""
    app.config["MDTAPP_VIEWER_FILES"] = files
    return app
