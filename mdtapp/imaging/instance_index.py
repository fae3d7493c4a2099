"""Makes what viewers ask of one instance, from one reading of it. Runs in the limited child only."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom import Dataset

from mdtapp.imaging.dataset_json import NamesOfPatient, dataset_json, described
from mdtapp.imaging.deidentify.pseudonymise import pseudonymise
from mdtapp.imaging.frame_index import layout
from mdtapp.imaging.frames import FrameLayout
from mdtapp.imaging.header import InstanceIndex, Refusal
from mdtapp.imaging.reader import BROKEN
from mdtapp.imaging.served_patient import NOBODY
from mdtapp.materials.reasons import DICOM_TOO_DEEP, DICOM_TOO_HUNGRY, DICOM_UNREADABLE

_FAILURES = (*BROKEN, RuntimeError)


def make(path: Path, address: str) -> InstanceIndex | Refusal:
    """The index of the file at `path`, or a named refusal; never an exception.

    Frames that cannot be told apart are left out: the rest is served all the same.
    """
    try:
        with path.open("rb") as file:
            ds = pydicom.dcmread(file, stop_before_pixels=True, force=True)
            at, size = file.tell(), path.stat().st_size
            frames = _frames(file, ds, at, size)
        names = NamesOfPatient.of(ds)
        descriptions = described(ds, names)
        pseudonymise(ds, NOBODY)
        return InstanceIndex(dataset_json(ds, address, names, descriptions), frames.as_bytes())
    except RecursionError:
        return Refusal(DICOM_TOO_DEEP)
    except MemoryError:
        return Refusal(DICOM_TOO_HUNGRY)
    except _FAILURES:
        return Refusal(DICOM_UNREADABLE)


def _frames(file: BinaryIO, ds: Dataset, at: int, size: int) -> FrameLayout:
    try:
        return layout(file, ds, at, size)
    except _FAILURES:
        return FrameLayout([])
