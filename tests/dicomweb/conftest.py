"""Two cases with images of their own, a radiologist on the panel of the first, and a coordinator of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Person, add_person, sign_in
from tests.imaging import dicom
from tests.imaging.conftest import new_case, pipeline, reader

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.imaging.intake import Intake, Report

__all__ = ["new_case", "pipeline", "reader"]

AMINA_RECORD = {
    "name": "Wanjiru Amina",
    "birth_date": "1979-08-02",
    "sex": "female",
    "patient_ids": ["KE-17"],
}


@dataclass
class Archive:
    """An installation with images. `mine` is the radiologist's case, `other` another patient's."""

    app: Flask
    intake: Intake
    folder: Path
    people: dict[str, Person]
    mine: str
    other: str

    def take(self, case_no: str, *contents: bytes, vouch: str | None = None) -> Report:
        from mdtapp.audit.trail import SystemActor
        from mdtapp.materials.status import Source

        place = self.folder / f"batch{len(list(self.folder.iterdir()))}"
        place.mkdir()
        for number, content in enumerate(contents):
            (place / f"{number}.dcm").write_bytes(content)
        with self.app.app_context():
            return self.intake.import_path(
                [place], case_no=case_no, actor=SystemActor("tests"), vouch=vouch, source=Source.COMMAND_LINE
            )

    def get(self, path: str, who: str = "radiologist", **headers: str) -> Any:
        """The answer, a `TestResponse` whose JSON the test knows."""
        return self.people[who].get(f"/dicomweb{path}", headers=headers)


@pytest.fixture
def archive(app: Flask, pipeline: Intake, new_case: Callable[..., str], tmp_path: Path) -> Archive:
    folder = tmp_path / "arriving"
    folder.mkdir()
    ids = {who: add_person(app, who) for who in ("coordinator", "radiologist", "surgeon")}
    people = {who: sign_in(app, who, user_id) for who, user_id in ids.items()}
    mine = new_case(dicom.ZHANG_RECORD, coordinator=ids["coordinator"], radiologist=ids["radiologist"])
    other = new_case(AMINA_RECORD, coordinator=ids["coordinator"])
    return Archive(app, pipeline, folder, people, mine, other)


def slices(count: int = 3, study: str = "1.2.3", series: str = "1", **values: Any) -> list[bytes]:
    """Images of one series; `values` replace elements of each."""
    return [
        dicom.encoded(
            dicom.image(
                StudyInstanceUID=study,
                SeriesInstanceUID=f"{study}.{series}",
                SOPInstanceUID=f"{study}.{series}.{number}",
                InstanceNumber=number,
                **values,
            )
        )
        for number in range(1, count + 1)
    ]
