"""Addresses that open the viewer at a place of a case: a study, a series, an instance, a frame, two studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for

from mdtapp.cases.models import Case
from mdtapp.imaging import queries
from mdtapp.imaging.models import ImagingInstance, ImagingSeries, ImagingStudy
from mdtapp.imaging.queries import StudyRow
from mdtapp.imaging.stack import Stack

# OHIF's own modes and hanging protocols, as they stand in its addresses.
STACKS, SLIDES, FUSION = "viewer", "microscopy", "tmtv"
SIDE_BY_SIDE, TWO_PANES = "@ohif/hpCompare", "2x1"  # the second is our name for a stage of it (tools/ohif.py)
MOST_OTHERS = 12  # studies offered for comparison


@dataclass(frozen=True, slots=True)
class Openings:
    """What the page of a study offers: the study itself, PET over CT where both are there, others beside it."""

    here: str
    fusion: str | None
    beside: list[tuple[StudyRow, str]]


def address(
    studies: Sequence[ImagingStudy],
    *,
    mode: str = STACKS,
    series: ImagingSeries | None = None,
    instance: ImagingInstance | None = None,
    frame: int = 1,
    protocol: str | None = None,
) -> str:
    """The viewer at these studies of one case. `frame` counts from 1 within `instance`."""
    wanted = {
        "StudyInstanceUIDs": ",".join(study.study_instance_uid for study in studies),
        "initialSeriesInstanceUID": series.series_instance_uid if series else None,
        "initialSOPInstanceUID": instance.sop_instance_uid if instance else None,
        "initialFrame": str(frame) if instance and instance.frames > 1 else None,
        "hangingProtocolId": protocol,
        "stageId": TWO_PANES if protocol == SIDE_BY_SIDE else None,
    }
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{url_for('viewer.page', place=mode)}?{query}"


def openings(case: Case, study: ImagingStudy, stack: Stack) -> Openings:
    """Every way into the viewer from a study of the case, at the picture the page shows."""
    rows = queries.studies_of_case(case)
    modalities = next((set(row.modalities) for row in rows if row.study.id == study.id), set())
    if "SM" in modalities:
        return Openings(address([study], mode=SLIDES), None, [])
    others = [row for row in rows if row.study.id != study.id and "SM" not in row.modalities]
    others.sort(key=lambda row: modalities.isdisjoint(row.modalities))  # same kind first, newest first
    return Openings(
        here=address(
            [study],
            series=stack.chosen.series if stack.chosen else None,
            instance=stack.instance,
            frame=stack.frame,
        ),
        fusion=address([study], mode=FUSION) if {"PT", "CT"} <= modalities else None,
        beside=[(row, address([study, row.study], protocol=SIDE_BY_SIDE)) for row in others[:MOST_OTHERS]],
    )
