"""Cases with slides: an SVS where the shared data are, and slides made here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdtapp.materials.status import Source
from tests.imaging import dicom
from tests.imaging.conftest import intake, new_case, pipeline, reader, spool
from tests.slides import made

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake, Report
    from tests.conftest import Person

__all__ = ["intake", "new_case", "pipeline", "reader", "spool"]

Take = Callable[..., "Report"]


@pytest.fixture
def take(app: Flask, pipeline: Intake) -> Take:
    """`take(case_no, path, …)` imports files or folders, vouched for, and returns the report."""

    def run(case_no: str, *paths: Path) -> Report:
        from mdtapp.audit.trail import SystemActor

        with app.app_context():
            return pipeline.import_path(
                paths,
                case_no=case_no,
                actor=SystemActor("tests"),
                vouch="sent by hand",
                source=Source.COMMAND_LINE,
            )

    return run


@pytest.fixture
def svs() -> Path:
    return dicom.shared_folder("slides") / "CMU-1-Small-Region.svs"


@pytest.fixture
def wsi() -> Path:
    """A DICOM pyramid of five levels with label, overview and thumbnail."""
    return dicom.shared_folder("dicom/wsi") / "cmu-1-small-region"


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A pyramid of two levels with 0.5 µm a pixel."""
    return made.tiff(
        tmp_path / "block A1.tif", [made.tissue(900, 600), made.tissue(450, 300)], micrometres=0.5
    )


@pytest.fixture
def case_no(new_case: Callable[..., str], coordinator: Person, radiologist: Person) -> str:
    """A case with a specialist on its panel."""
    return new_case(dicom.ZHANG_RECORD, coordinator=coordinator.user_id, radiologist=radiologist.user_id)
