"""The routes of DICOMweb. Whoever is signed in, or brings a bearer token, sees what their cases hold."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from mdtapp.dicomweb import multipart, operations, qido, queries, stow, wado
from mdtapp.dicomweb.queries import Counted, Match, Scope, ServedSeries, ServedStudy
from mdtapp.dicomweb.wado import Accepted, Held
from mdtapp.errors import NotAcceptable, NotFound
from mdtapp.imaging.derived import ROOT, DerivedStore
from mdtapp.imaging.header import Picture, Refusal
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.models import ImagingInstance
from mdtapp.imaging.previews import choose
from mdtapp.imaging.queries import NO_SUCH_STUDY
from mdtapp.materials.reasons import NO_PICTURE
from mdtapp.materials.spool import CEILING, Spool
from mdtapp.opinions.case_page import closed_series
from mdtapp.people.roles import Permission
from mdtapp.store.db import let_go, unit_of_work
from mdtapp.web.clock import now, settings
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in
from mdtapp.web.remembered import remembered

dicomweb = Blueprint("dicomweb", __name__, url_prefix=ROOT)

JSON = "application/dicom+json"
STUDY = "/studies/<study>"
SERIES = f"{STUDY}/series/<series>"
INSTANCE = f"{SERIES}/instances/<instance>"
MOST_INSTANCES = 100_000
RENDERED_EDGE = 4096
THUMBNAIL_EDGE = 256
NEVER_MADE_HERE = {"CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "SM", "US", "XA"}
SANDBOX = "sandbox; default-src 'none'; object-src 'self'; frame-ancestors 'self'"


# QIDO-RS


@dicomweb.get("/studies")
@requires(Permission.MATERIAL_READ)
def search_studies() -> ResponseReturnValue:
    search = _search()
    scope = Scope(signed_in(), search.case_no)
    found = queries.studies(scope, search.match)
    counts = queries.counts(scope, found)
    return _rows([qido.study_row(one, counts.get(one.study.id, Counted()), _root()) for one in found], search)


@dicomweb.get(f"{STUDY}/series")
@requires(Permission.MATERIAL_READ)
def search_series(study: str) -> ResponseReturnValue:
    search, scope = _search(), _scope(study)
    found = queries.get_study(scope, study)
    rows = queries.series(scope, found, search.match)
    return _rows([qido.series_row(found, row, _root()) for row in rows], search)


@dicomweb.get(f"{STUDY}/instances", defaults={"series": ""})
@dicomweb.get(f"{SERIES}/instances")
@requires(Permission.MATERIAL_READ)
def search_instances(study: str, series: str) -> ResponseReturnValue:
    search, scope = _search(), _scope(study)
    found = queries.get_study(scope, study)
    match = search.match
    if series:
        match = replace(
            match, series_instance_uid=queries.get_series(scope, found, series).series.series_instance_uid
        )
    rows = queries.instances(scope, found, match)
    return _rows([qido.instance_row(found, row, _root()) for row in rows], search)


def _search() -> qido.Search:
    return qido.search_of(request.args.items(multi=True))


def _rows(rows: list[dict[str, Any]], search: qido.Search) -> ResponseReturnValue:
    answer = current_app.response_class(json.dumps(rows, ensure_ascii=False), mimetype=JSON)
    if search.ignored:
        answer.headers["Warning"] = f'299 mdtapp "not searched by: {_ascii(", ".join(search.ignored))}"'
    return answer


# WADO-RS: metadata


@dicomweb.get(f"{STUDY}/metadata")
@requires(Permission.MATERIAL_READ)
def study_metadata(study: str) -> ResponseReturnValue:
    scope = _scope(study)
    found = queries.get_study(scope, study)
    packed = [
        _metadata(scope, found, row) for row in queries.series(scope, found, Match(limit=MOST_INSTANCES))
    ]
    return current_app.response_class(wado.join(packed), mimetype=JSON)


@dicomweb.get(f"{SERIES}/metadata")
@requires(Permission.MATERIAL_READ)
def series_metadata(study: str, series: str) -> ResponseReturnValue:
    scope = _scope(study)
    found = queries.get_study(scope, study)
    packed = _metadata(scope, found, queries.get_series(scope, found, series))
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return current_app.response_class(gzip.decompress(packed), mimetype=JSON)
    answer = current_app.response_class(packed, mimetype=JSON)
    answer.headers["Content-Encoding"], answer.headers["Vary"] = "gzip", "Accept-Encoding"
    return answer


@dicomweb.get(f"{INSTANCE}/metadata")
@requires(Permission.MATERIAL_READ)
def instance_metadata(study: str, series: str, instance: str) -> ResponseReturnValue:
    scope = _scope(study)
    found = _image(study, series, instance)
    patient = queries.get_study(scope, study).patient
    return current_app.response_class(
        wado.metadata(_derived(), [Held.of(found, study)], patient), mimetype=JSON
    )


def _metadata(scope: Scope, study: ServedStudy, row: ServedSeries) -> bytes:
    key = row.series.id, row.instances, queries.newest_instance(scope, row)

    def held() -> list[Held]:
        return _held(scope, study, row.series.series_instance_uid)

    return wado.composed_metadata(_derived(), held, study.patient, key)


# WADO-RS: pixels and parts


@dicomweb.get(f"{INSTANCE}/frames/<frames>")
@requires(Permission.MATERIAL_READ)
def frames(study: str, series: str, instance: str, frames: str) -> ResponseReturnValue:
    """One frame or several, `1` or `1,2,3`, as stored unless the caller cannot take that."""
    held = remembered("frames", study, series, instance, look=lambda: _held_image(study, series, instance))
    accepted = Accepted.of(request.headers.get("Accept", ""))
    numbers = _frame_numbers(frames)
    if accepted.single and len(numbers) == 1:
        media, content = wado.frame(_derived(), held, numbers[0], accepted)
        return current_app.response_class(content, content_type=media)
    parts = [wado.frame(_derived(), held, number, accepted) for number in numbers]
    return _related([(media, [content]) for media, content in parts], wado.OCTETS)


@dicomweb.get(f"{INSTANCE}/bulkdata/<element>")
@requires(Permission.MATERIAL_READ)
def bulk_data(study: str, series: str, instance: str, element: str) -> ResponseReturnValue:
    """The value of one long element; an encapsulated document in its own media type when that is asked for."""
    found = _image(study, series, instance)
    if not wado.ELEMENT.fullmatch(element):
        raise NotFound(NO_SUCH_STUDY)
    path = _derived().objects.path(found.sha256)
    let_go()
    part = _derived().reader.bulk(path, element)
    if isinstance(part, Refusal):
        raise NotFound(NO_SUCH_STUDY)
    accept = request.headers.get("Accept", "")
    if "multipart/related" in accept or wado.OCTETS in accept:
        return _related([(wado.OCTETS, [part.content])], wado.OCTETS)
    if part.content.startswith(b"%PDF-"):
        return _document(part.content)
    return current_app.response_class(part.content, content_type=wado.OCTETS)


@dicomweb.get(STUDY)
@requires(Permission.MATERIAL_READ, records=True)
def retrieve_study(study: str) -> ResponseReturnValue:
    scope = _scope(study)
    found = queries.get_study(scope, study)
    return _instances(found, _held(scope, found))


@dicomweb.get(SERIES)
@requires(Permission.MATERIAL_READ, records=True)
def retrieve_series(study: str, series: str) -> ResponseReturnValue:
    scope = _scope(study)
    found = queries.get_study(scope, study)
    queries.get_series(scope, found, series)
    return _instances(found, _held(scope, found, series))


@dicomweb.get(INSTANCE)
@requires(Permission.MATERIAL_READ, records=True)
def retrieve_instance(study: str, series: str, instance: str) -> ResponseReturnValue:
    scope = _scope(study)
    held = Held.of(_image(study, series, instance), study)
    return _instances(queries.get_study(scope, study), [held])


def _instances(study: ServedStudy, held: list[Held]) -> ResponseReturnValue:
    """The files with the patient of the case; retrieving them is recorded."""
    accept = request.headers.get("Accept", "*/*")
    if not any(kind in accept for kind in ("application/dicom", "multipart/related", "*/*")):
        raise NotAcceptable(wado.NO_SUCH_FORM)
    # Written down before the first byte, and nobody waits while the files are written anew.
    with unit_of_work():
        operations.note_retrieved(actor=signed_in(), at=now(), study=study, count=len(held))
    derived, patient = _derived(), study.patient
    if len(held) == 1 and "multipart/related" not in accept and "application/dicom" in accept:
        for media, body in wado.instance_parts(derived, held, patient):
            return current_app.response_class(body, content_type=media)
    return _related(wado.instance_parts(derived, held, patient), "application/dicom")


# WADO-RS: pictures


@dicomweb.get(f"{STUDY}/thumbnail", defaults={"series": "", "instance": "", "frame": ""})
@dicomweb.get(f"{SERIES}/thumbnail", defaults={"instance": "", "frame": ""})
@dicomweb.get(f"{INSTANCE}/thumbnail", defaults={"frame": ""})
@dicomweb.get(f"{INSTANCE}/frames/<frame>/thumbnail")
@requires(Permission.MATERIAL_READ)
def thumbnail(study: str, series: str, instance: str, frame: str) -> ResponseReturnValue:
    return _picture(study, series, instance, frame, THUMBNAIL_EDGE)


@dicomweb.get(f"{STUDY}/rendered", defaults={"series": "", "instance": "", "frame": ""})
@dicomweb.get(f"{SERIES}/rendered", defaults={"instance": "", "frame": ""})
@dicomweb.get(f"{INSTANCE}/rendered", defaults={"frame": ""})
@dicomweb.get(f"{INSTANCE}/frames/<frame>/rendered")
@requires(Permission.MATERIAL_READ)
def rendered(study: str, series: str, instance: str, frame: str) -> ResponseReturnValue:
    return _picture(study, series, instance, frame, RENDERED_EDGE)


def _picture(study: str, series: str, instance: str, frame: str, edge: int) -> ResponseReturnValue:
    """One frame as PNG for orientation; of a study or series the one that stands for it."""
    scope, derived = _scope(study), _derived()
    if instance:
        found = _image(study, series, instance)
        if found.sop_class_uid == wado.ENCAPSULATED_PDF:
            path = derived.objects.path(found.sha256)
            let_go()
            part = derived.reader.bulk(path, "00420011")
            if isinstance(part, Refusal):
                raise NotFound(NO_PICTURE.text)
            return _document(part.content)
        sha256, number = found.sha256, (_frame_numbers(frame)[0] - 1 if frame else found.frames // 2)
    else:
        chosen = choose(_all(scope, study, series))
        if isinstance(chosen, Refusal):
            raise NotFound(chosen.reason.text)
        sha256, number = chosen.sha256, chosen.frame
    let_go()
    drawn = {"edge": edge, **wado.window_of(request.args.get("window", ""))}
    picture = derived.reader.preview(derived.objects.path(sha256), number, **drawn)
    if not isinstance(picture, Picture):
        raise NotFound(picture.reason.text)
    return current_app.response_class(picture.png, mimetype="image/png")


def _all(scope: Scope, study: str, series: str) -> list[ImagingInstance]:
    found = queries.get_study(scope, study)
    if series:
        queries.get_series(scope, found, series)
    return list(queries.instances(scope, found, Match(series_instance_uid=series, limit=MOST_INSTANCES)))


# STOW-RS


@dicomweb.post("/studies", defaults={"study": ""})
@dicomweb.post(STUDY)
@requires(Permission.STUDY_STORE, body=CEILING)
def store(study: str) -> ResponseReturnValue:
    """Keeps what may be kept; what is answered as stored lies durably in the spool."""
    boundary = stow.boundary_of(request.headers.get("Content-Type", ""))
    spool = _spool()
    desk = operations.Desk(signed_in(), now(), spool, _intake(), _root(), operations.new_batch())
    let_go()
    stored = [
        desk.take(Path(part.name), part, study)
        for part in stow.parts(request.stream, boundary, spool.incoming, CEILING)  # type: ignore[arg-type]
    ]
    return jsonify(stow.answer(stored, _root(), study)), stow.status_of(stored)


# What the routes share


def _scope(study: str) -> Scope:
    """What this person may see of a study; of colleagues' readings nothing before their inputs are open."""
    scope = Scope(signed_in())
    case = queries.find_case(scope, study)
    return scope if case is None else replace(scope, closed_series=closed_series(case, signed_in()))


def _image(study: str, series: str, instance: str) -> ImagingInstance:
    """One instance, unless it is closed; images themselves are what nobody makes here, so they are not asked about."""
    found = queries.get_instance(Scope(signed_in()), study, series, instance)
    if found.series.modality not in NEVER_MADE_HERE:
        return queries.get_instance(_scope(study), study, series, instance)
    return found


def _held_image(study: str, series: str, instance: str) -> Held:
    return Held.of(_image(study, series, instance), study)


def _held(scope: Scope, study: ServedStudy, series_instance_uid: str = "") -> list[Held]:
    match = Match(series_instance_uid=series_instance_uid, limit=MOST_INSTANCES)
    uid = study.study.study_instance_uid
    return [Held.of(row, uid) for row in queries.instances(scope, study, match)]


def _frame_numbers(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) > 1000 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise NotFound(NO_PICTURE.text)
    return [int(part) for part in parts]


def _related(parts: Iterable[tuple[str, multipart.Body]], media: str) -> ResponseReturnValue:
    line = multipart.boundary()
    body = multipart.written(parts, line)
    whole = isinstance(parts, list)  # then its length can be said, and it goes out in one piece
    return current_app.response_class(
        b"".join(body) if whole else body, content_type=f'multipart/related; type="{media}"; boundary={line}'
    )


def _document(content: bytes) -> ResponseReturnValue:
    """A PDF somebody sent: shown by the browser's own reader, in no origin of ours."""
    answer = current_app.response_class(content, mimetype="application/pdf")
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")[:300]


def _root() -> str:
    return settings().base_url + ROOT


def _derived() -> DerivedStore:
    return _intake().derived


def _spool() -> Spool:
    found: Spool = current_app.extensions["mdtapp.spool"]
    return found


def _intake() -> Intake:
    found: Intake = current_app.extensions["mdtapp.intake"]
    return found
