"""What was measured in the viewer on images of a case, as its reports say."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import Final

from mdtapp.cases.models import Case
from mdtapp.imaging import queries
from mdtapp.imaging.header import Measurement, Measurements
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.models import ImagingInstance
from mdtapp.store.objects import ObjectStore

MILLIMETRES: Final = {"mm": 1.0, "cm": 10.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. `key` names it within the case; `image` is the one it was made on, if the case holds it."""

    key: str
    measurement: Measurement
    report: ImagingInstance
    image: ImagingInstance | None
    material_number: int | None

    @property
    def length_mm(self) -> float | None:
        """The value in millimetres to a tenth; None for what is no length."""
        scale = MILLIMETRES.get(self.measurement.unit)
        return round(self.measurement.value * scale, 1) if scale is not None else None

    @property
    def made_on(self) -> date | None:
        """The date of the examination."""
        return self.report.series.study.study_date


def measured_in(
    case: Case, objects: ObjectStore, reader: LimitedReader, closed: Container[int] = ()
) -> list[Measured]:
    """Every measurement of every report of the case, the newest report first; not those of `closed` series."""
    found = []
    for report, material_number in queries.reports_of_case(case):
        if report.series_id in closed:
            continue
        read = reader.measurements(objects.path(report.sha256))
        for place, row in enumerate(read.rows if isinstance(read, Measurements) else ()):
            image = queries.find_in_case(case, row.sop_instance_uid) if row.sop_instance_uid else None
            found.append(Measured(f"{report.id}.{place}", row, report, image, material_number))
    return found
