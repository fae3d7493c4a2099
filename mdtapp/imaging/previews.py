"""Which image stands for a series, and making its preview in the limited child."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from mdtapp.imaging import queries
from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.models import ImagingInstance, ImagingSeries
from mdtapp.imaging.operations import set_preview
from mdtapp.materials.reasons import MIXED_PATIENTS, NO_PIXELS
from mdtapp.store.db import session, unit_of_work
from mdtapp.store.objects import ObjectStore

_LABEL = {"LABEL", "OVERVIEW", "LOCALIZER"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The instance (by its bytes) and frame (from 0) that stands for a series."""

    sha256: str
    frame: int


def choose(instances: Sequence[ImagingInstance]) -> Chosen | Refusal:
    """The middle image in reading order; of a slide the smallest picture that shows neither its label nor its glass."""
    if len({instance.identity_id for instance in instances}) > 1:
        return Refusal(MIXED_PATIENTS)
    shown = [instance for instance in instances if instance.has_pixels]
    slides = [instance for instance in shown if _is_slide(instance)]
    if slides:
        shown = sorted(
            (instance for instance in slides if not _LABEL & set(_image_type(instance))),
            key=lambda instance: (instance.frames, instance.id),
        )[:1]
    if not shown:
        return Refusal(NO_PIXELS)
    middle = sorted(shown, key=queries.reading_order)[len(shown) // 2]
    return Chosen(middle.sha256, middle.frames // 2)


def _is_slide(instance: ImagingInstance) -> bool:
    return instance.sop_class_uid == queries.WHOLE_SLIDE_MICROSCOPY


def _image_type(instance: ImagingInstance) -> list[str]:
    value = instance.attributes.get("ImageType")
    return value if isinstance(value, list) else []


def make(series_id: int, objects: ObjectStore, reader: LimitedReader) -> None:
    """Renders and keeps the preview of one series; the database is not held while rendering."""
    with unit_of_work(writing=False):
        instances = queries.all_instances(series_id)
        seen = len(instances)
        chosen = choose(instances)
    made = draw(chosen, objects, reader)
    stored = objects.put_stream(io.BytesIO(made.png)).sha256 if isinstance(made, Picture) else None
    with unit_of_work():
        series = session.get(ImagingSeries, series_id)
        if series is not None and len(queries.all_instances(series_id)) == seen:
            set_preview(series=series, made=made, sha256=stored)


def draw(chosen: Chosen | Refusal, objects: ObjectStore, reader: LimitedReader) -> Picture | Refusal:
    """The picture of the chosen image, or why there is none."""
    if isinstance(chosen, Refusal):
        return chosen
    return reader.preview(objects.path(chosen.sha256), chosen.frame)


def make_pending(objects: ObjectStore, reader: LimitedReader, limit: int = 50) -> int:
    """Makes up to `limit` previews that are still to be made; returns how many were tried."""
    with unit_of_work(writing=False):
        waiting = list(queries.pending_previews(limit))
    for series_id in waiting:
        make(series_id, objects, reader)
    return len(waiting)
