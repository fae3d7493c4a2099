"""The pictures of a study one behind another: which series, which picture, and what stands around it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from mdtapp.cases.models import Case
from mdtapp.imaging import queries
from mdtapp.imaging.models import ImagingInstance, ImagingStudy
from mdtapp.imaging.queries import SeriesRow

MAX_FRAMES = 5000  # of one instance that can be stepped through here


@dataclass(frozen=True, slots=True)
class Stack:
    """Series of a study, the chosen one, and the chosen picture; `number` and `frame` count from 1."""

    rows: Sequence[SeriesRow]
    chosen: SeriesRow | None
    count: int = 0
    number: int = 0
    instance: ImagingInstance | None = None
    frame: int = 1


def place_in_stack(
    case: Case,
    study: ImagingStudy,
    series_number: int,
    instance_number: int | None,
    frame: int,
    closed: Container[int] = (),
) -> tuple[str, str] | None:
    """Series and picture as `stack_of` takes them, for an image cited by the numbers its header gives; None if unknown.

    Where several series bear the number it is the first that holds the image.
    """
    for row in queries.series_of_study(case, study):
        if row.series.number != series_number or row.series.id in closed:
            continue
        if instance_number is None:
            return str(row.series.id), ""
        before = 0
        for instance in queries.instances_of_series(case, row.series):
            if instance.has_pixels and instance.instance_number == instance_number:
                return str(row.series.id), str(before + max(1, min(frame, instance.frames)))
            before += min(instance.frames, MAX_FRAMES) if instance.has_pixels else 0
    return None


def stack_of(
    case: Case, study: ImagingStudy, series_id: str, number: str, closed: Container[int] = ()
) -> Stack:
    """The stack as asked for in an address, without `closed` series; without a wish the first one's middle picture."""
    rows = [row for row in queries.series_of_study(case, study) if row.series.id not in closed]
    chosen = next((row for row in rows if str(row.series.id) == series_id), rows[0] if rows else None)
    if chosen is None:
        return Stack(rows, None)
    pictures = [
        (instance, frame)
        for instance in queries.instances_of_series(case, chosen.series)
        if instance.has_pixels
        for frame in range(1, min(instance.frames, MAX_FRAMES) + 1)
    ]
    if not pictures:
        return Stack(rows, chosen)
    wanted = int(number) if number.isdecimal() and len(number) < 7 else len(pictures) // 2 + 1
    wanted = max(1, min(wanted, len(pictures)))
    instance, frame = pictures[wanted - 1]
    return Stack(rows, chosen, len(pictures), wanted, instance, frame)
