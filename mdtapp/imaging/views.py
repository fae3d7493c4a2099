"""Pictures of images: previews of series and single frames, for orientation only."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging import previews, queries
from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.limited import shared_reader
from mdtapp.imaging.models import ImagingSeries
from mdtapp.opinions.case_page import closed_series
from mdtapp.people.roles import Permission
from mdtapp.store.db import let_go
from mdtapp.store.objects import ObjectStore
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

imaging = Blueprint("imaging", __name__)
NO_PICTURE = Bitext("There is no preview of these images.", "该影像无预览图。")


@imaging.get("/cases/<case_no>/imaging/series/<int:series_id>/preview.png")
@requires(Permission.MATERIAL_READ)
def series_preview(case_no: str, series_id: int) -> ResponseReturnValue:
    """The preview of a series; drawn on the spot while the worker has not made it yet."""
    case = get_case(case_no, signed_in())
    series = queries.get_series(case, series_id)
    _check_is_open(case, series)
    if series.preview_sha256:
        return _png(_objects().read(series.preview_sha256))
    chosen = previews.choose(queries.instances_of_series(case, series))
    let_go()
    return _sent(previews.draw(chosen, _objects(), shared_reader()))


@imaging.get("/cases/<case_no>/imaging/instances/<int:instance_id>/<int:frame>.png")
@requires(Permission.MATERIAL_READ)
def frame_picture(case_no: str, instance_id: int, frame: int) -> ResponseReturnValue:
    """One frame, counted from 1, windowed as its header says."""
    case = get_case(case_no, signed_in())
    instance = queries.get_instance(case, instance_id)
    _check_is_open(case, instance.series)
    if not 1 <= frame <= instance.frames:
        raise NotFound(NO_PICTURE)
    path = _objects().path(instance.sha256)
    let_go()
    return _sent(shared_reader().preview(path, frame - 1))


def _check_is_open(case: Case, series: ImagingSeries) -> None:
    """What colleagues made of the images is not there before their inputs are open."""
    if series.id in closed_series(case, signed_in()):
        raise NotFound(queries.NO_SUCH_STUDY)


def _sent(made: Picture | Refusal) -> ResponseReturnValue:
    if isinstance(made, Refusal):
        raise NotFound(made.reason.text)
    return _png(made.png)


def _png(picture: bytes) -> ResponseReturnValue:
    return current_app.response_class(picture, mimetype="image/png")


def _objects() -> ObjectStore:
    found: ObjectStore = current_app.extensions["mdtapp.objects"]
    return found
