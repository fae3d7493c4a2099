"""A case in review whose CT is in the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.imaging import dicom
from tests.opinions.inputs.bench import NOW, Bench

if TYPE_CHECKING:
    from flask import Flask

    from mdtapp.clock import FixedClock

CT = {
    "StudyInstanceUID": "1.2.3",
    "StudyDate": "20261020",
    "SeriesInstanceUID": "1.2.3.4",
    "SOPInstanceUID": "1.2.3.4.1",
    "SeriesNumber": 4,
    "InstanceNumber": 27,
    "Rows": 64,
    "Columns": 64,
    "PixelSpacing": ["2", "2"],
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
    "PixelData": bytes(range(256)) * 32,
}


@pytest.fixture
def clock() -> FixedClock:
    from mdtapp.clock import FixedClock

    return FixedClock(NOW)


@pytest.fixture
def bench(app: Flask, tmp_path: Path) -> Bench:
    bench = Bench.ready(app)
    bench.receive_images(tmp_path, dicom.encoded(dicom.image(**CT)))
    return bench


def instance_id(bench: Bench, uid: str = "1.2.3.4.1") -> int:
    from mdtapp.imaging.queries import find_instance
    from mdtapp.store.db import unit_of_work

    with bench.app.app_context(), unit_of_work(writing=False):
        found = find_instance(uid)
        assert found is not None
        return found.id


NOTE = {"note_en": "The mass.", "note_zh": "肿块。"}


def choose(bench: Bench, who: str = "radiologist", **changed: Any) -> Any:
    """Sends the form of the page."""
    browser = bench.browser(who)
    sent = {"instance": str(instance_id(bench)), "frame": "1", **NOTE, **changed}
    sent["csrf_token"] = browser.csrf_token("/account")
    return browser.post(f"/cases/{bench.case_no}/key-images", data=sent)
