"""Small, valid, invented studies: geometric phantoms with a lesion. No real person was imaged.

The same request always gives the same bytes: UIDs and noise come from the seed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

PET_SLOPE = 4.0  # Bq/ml for each stored step
Values = npt.NDArray[np.float64]
IMPLEMENTATION_UID = generate_uid(entropy_srcs=["mdtapp", "synthetic"])


@dataclass(frozen=True, slots=True)
class Subject:
    """The invented patient. `name` is a DICOM PN such as `Wanjiru^Amina` or `Zhang^Wei=张^伟`."""

    name: str
    patient_id: str
    birth_date: date
    sex: str


@dataclass(frozen=True, slots=True)
class Lesion:
    """A ball in a volume: centre and radius as fractions of the field of view (x to the patient's left, y back, z up)."""

    x: float
    y: float
    z: float
    radius: float


@dataclass(frozen=True, slots=True)
class Examination:
    """What is asked for. `seed` fixes every UID and the noise."""

    subject: Subject
    seed: str
    performed_on: date
    description: str
    lesion: Lesion


def ct_chest(examination: Examination, slices: int = 24, size: int = 128) -> list[Dataset]:
    """A chest CT: body, two lungs, spine, heart, and a soft-tissue lesion. Values are Hounsfield units."""

    def slice_at(z: float) -> Values:
        x, y = _plane(size)
        values = np.full((size, size), -1000.0)
        values[_ellipse(x, y, 0, 0, 0.88, 0.62)] = 35
        for side in (-1, 1):
            values[_ellipse(x, y, side * 0.4, -0.05, 0.3, 0.42 * _taper(z))] = -820
        values[_ellipse(x, y, 0.1, -0.12, 0.2, 0.2)] = 45
        values[_ellipse(x, y, 0, 0.4, 0.12, 0.12)] = 320
        values[_ball(x, y, z, examination.lesion)] = 48
        return values

    return _ct(examination, slice_at, slices, size, "CHEST")


def ct_abdomen(examination: Examination, slices: int = 24, size: int = 128) -> list[Dataset]:
    """An abdominal CT with contrast: body, liver, spleen, spine, and a lesion. Values are Hounsfield units."""

    def slice_at(z: float) -> Values:
        x, y = _plane(size)
        values = np.full((size, size), -1000.0)
        values[_ellipse(x, y, 0, 0, 0.88, 0.64)] = -70
        values[_ellipse(x, y, 0, 0, 0.8, 0.56)] = 30
        values[_ellipse(x, y, -0.36, -0.08, 0.4 * _taper(z), 0.36 * _taper(z))] = 110
        values[_ellipse(x, y, 0.55, 0.12, 0.16, 0.2)] = 120
        values[_ellipse(x, y, 0, 0.38, 0.12, 0.12)] = 320
        values[_ball(x, y, z, examination.lesion)] = 62
        return values

    return _ct(examination, slice_at, slices, size, "ABDOMEN")


def mr_axial(
    examination: Examination, slices: int = 16, size: int = 128, body_part: str = "PROSTATE"
) -> list[Dataset]:
    """A T2-weighted axial MR series: bright organ with a dark lesion. Values have no unit."""

    def slice_at(z: float) -> Values:
        x, y = _plane(size)
        values = np.full((size, size), 15.0)
        values[_ellipse(x, y, 0, 0, 0.9, 0.7)] = 260
        values[_ellipse(x, y, 0, 0, 0.62, 0.5)] = 180
        values[_ellipse(x, y, 0, 0, 0.34 * _taper(z), 0.28 * _taper(z))] = 620
        values[_ball(x, y, z, examination.lesion)] = 220
        return values

    common = _series(examination, "MR", 1, MRImageStorage, body_part=body_part)
    found = []
    for index in range(slices):
        values = slice_at(_height(index, slices)) + _noise(examination, index, size, 6)
        ds = _image(common, examination, index, values)
        _place(ds, index, slices, spacing=1.4, thickness=4.0, size=size)
        ds.ScanningSequence, ds.SequenceVariant, ds.MRAcquisitionType = "SE", "SK", "2D"
        ds.RepetitionTime, ds.EchoTime = "4200", "104"
        ds.WindowCenter, ds.WindowWidth = "380", "760"
        found.append(ds)
    return found


def pt_chest(examination: Examination, slices: int = 24, size: int = 64) -> list[Dataset]:
    """An FDG PET over the same chest: hot lesion, warm heart. Values are Bq/ml."""

    def slice_at(z: float) -> Values:
        x, y = _plane(size)
        values = np.full((size, size), 40.0)
        values[_ellipse(x, y, 0, 0, 0.88, 0.62)] = 1800
        values[_ellipse(x, y, 0.1, -0.12, 0.2, 0.2)] = 5200
        values[_ball(x, y, z, examination.lesion)] = 14500
        return values / PET_SLOPE

    common = _series(examination, "PT", 2, PositronEmissionTomographyImageStorage)
    found = []
    for index in range(slices):
        values = slice_at(_height(index, slices)) + _noise(examination, index, size, 15)
        ds = _image(common, examination, index, values)
        _place(ds, index, slices, spacing=5.0, thickness=12.0, size=size)
        ds.Units, ds.DecayCorrection = "BQML", "START"
        ds.CorrectedImage = ["DECY", "ATTN", "SCAT"]
        ds.RescaleSlope, ds.RescaleIntercept = f"{PET_SLOPE:g}", "0"
        ds.WindowCenter, ds.WindowWidth = "7000", "14000"
        found.append(ds)
    return found


def mg_views(examination: Examination, side: str = "L", size: int = 256) -> list[Dataset]:
    """A mammogram of one breast in two views (CC and MLO) with a dense mass. `side` is L or R."""
    common = _series(examination, "MG", 1, DigitalMammographyXRayImageStorageForPresentation, "BREAST")
    found = []
    for index, view in enumerate(("CC", "MLO")):
        x, y = _plane(size)
        inside = _ellipse(x, y, -1, 0.1 * index, 1.5, 0.8)
        values = np.zeros((size, size))
        values[inside] = 1100
        values[inside & _ellipse(x, y, -0.4, 0.1 * index, 0.55, 0.45)] = 1700
        values[
            _ellipse(x, y, examination.lesion.x, examination.lesion.y, *[examination.lesion.radius] * 2)
        ] = 3300
        values = values + np.where(inside, _noise(examination, index, size, 40), 0)
        ds = _image(common, examination, index, values if side == "L" else values[:, ::-1])
        ds.ImageLaterality, ds.ViewPosition = side, view
        ds.PatientOrientation = ["A", "R"] if view == "CC" else ["A", "FR"]
        ds.ImagerPixelSpacing = ["0.7", "0.7"]
        ds.PresentationIntentType, ds.BurnedInAnnotation = "FOR PRESENTATION", "NO"
        ds.WindowCenter, ds.WindowWidth = "1800", "3400"
        found.append(ds)
    return found


def write(datasets: list[Dataset], folder: Path) -> list[Path]:
    """Writes each data set as a DICOM file named by its modality and number; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for ds in datasets:
        path = folder / f"{ds.Modality}{int(ds.SeriesNumber)}-{int(ds.InstanceNumber):03d}.dcm"
        ds.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


# Headers


def _series(
    examination: Examination, modality: str, number: int, sop_class: str, body_part: str = "CHEST"
) -> Callable[[int], Dataset]:
    """A maker of headers: `maker(index)` is the header of the image of that index."""

    def header(index: int) -> Dataset:
        subject = examination.subject
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID = sop_class
        ds.SOPInstanceUID = _uid(examination, modality, number, index)
        ds.StudyInstanceUID = _uid(examination)
        ds.SeriesInstanceUID = _uid(examination, modality, number)
        ds.FrameOfReferenceUID = _uid(examination, "frame")
        ds.PatientName, ds.PatientID, ds.PatientSex = subject.name, subject.patient_id, subject.sex
        ds.PatientBirthDate = subject.birth_date.strftime("%Y%m%d")
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = examination.performed_on.strftime("%Y%m%d")
        ds.ContentDate, ds.StudyTime, ds.SeriesTime, ds.ContentTime = (
            ds.StudyDate,
            "101500",
            "101500",
            "101500",
        )
        ds.StudyDescription, ds.SeriesDescription = examination.description, f"{modality} phantom"
        ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "1", "", ""
        ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, number, index + 1
        ds.BodyPartExamined, ds.Manufacturer = body_part, "Invented phantom"
        ds.PositionReferenceIndicator = ""
        ds.Laterality = ""
        return ds

    return header


def _ct(
    examination: Examination, slice_at: Callable[[float], Values], slices: int, size: int, body_part: str
) -> list[Dataset]:
    common = _series(examination, "CT", 1, CTImageStorage, body_part)
    heights = [_height(index, slices) for index in range(slices)]
    return [
        _ct_slice(common, examination, index, slices, slice_at(height))
        for index, height in enumerate(heights)
    ]


def _ct_slice(
    common: Callable[[int], Dataset], examination: Examination, index: int, slices: int, values: Values
) -> Dataset:
    size = values.shape[0]
    noisy = values + _noise(examination, index, size, 8)
    ds = _image(common, examination, index, noisy + 1024)
    _place(ds, index, slices, spacing=2.8, thickness=12.0, size=size)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "1", "-1024", "HU"
    ds.KVP, ds.ImageType = "120", ["DERIVED", "PRIMARY", "AXIAL"]
    ds.WindowCenter, ds.WindowWidth = ["40", "-600"], ["400", "1500"]
    ds.WindowCenterWidthExplanation = ["SOFT", "LUNG"]
    return ds


def _image(common: Callable[[int], Dataset], examination: Examination, index: int, values: Values) -> Dataset:
    ds = common(index)
    pixels = np.clip(np.rint(values), 0, 4095).astype("<u2")
    ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = _meta(ds)
    return ds


def _meta(ds: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    return meta


def _place(ds: Dataset, index: int, slices: int, *, spacing: float, thickness: float, size: int) -> None:
    """Axial slices from the feet upwards, centred on the table."""
    corner = -spacing * size / 2
    ds.PixelSpacing = [f"{spacing:g}", f"{spacing:g}"]
    ds.SliceThickness = f"{thickness:g}"
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.ImagePositionPatient = [f"{corner:g}", f"{corner:g}", f"{(index - slices / 2) * thickness:g}"]
    ds.PatientPosition = "HFS"


def _uid(examination: Examination, *parts: Any) -> str:
    return str(generate_uid(entropy_srcs=["mdtapp", examination.seed, *map(str, parts)]))


# Geometry: x and y run from -1 to 1 over the picture, z from -1 to 1 over the slices


def _plane(size: int) -> tuple[Values, Values]:
    line = np.linspace(-1, 1, size)
    x, y = np.meshgrid(line, line)
    return x, y


def _height(index: int, slices: int) -> float:
    return 2 * index / max(1, slices - 1) - 1


def _taper(z: float) -> float:
    """Organs are widest in the middle of the volume."""
    return float(np.sqrt(max(0.05, 1 - 0.85 * z * z)))


def _ellipse(x: Values, y: Values, cx: float, cy: float, rx: float, ry: float) -> npt.NDArray[np.bool_]:
    return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1


def _ball(x: Values, y: Values, z: float, lesion: Lesion) -> npt.NDArray[np.bool_]:
    return (x - lesion.x) ** 2 + (y - lesion.y) ** 2 + (z - lesion.z) ** 2 <= lesion.radius**2


def _noise(examination: Examination, index: int, size: int, deviation: float) -> Values:
    seed = zlib.crc32(f"{examination.seed}/{index}/{size}".encode())
    noise: Values = np.random.default_rng(seed).normal(0, deviation, (size, size))
    return noise
