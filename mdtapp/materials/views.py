"""Pages of materials: list and upload, one material, arrivals, decisions, the tray."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Container, Sequence
from typing import Any
from urllib.parse import unquote

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging import desk
from mdtapp.imaging import operations as imaging_operations
from mdtapp.imaging import queries as imaging_queries
from mdtapp.imaging.exports import access as exports_access
from mdtapp.imaging.header import Picture
from mdtapp.imaging.intake import Intake, Taken
from mdtapp.imaging.limited import shared_reader
from mdtapp.imaging.models import ImagingStudy
from mdtapp.imaging.order import age, remarks
from mdtapp.imaging.queries import facts_by_series
from mdtapp.imaging.stack import place_in_stack, stack_of
from mdtapp.materials import access, operations, queries
from mdtapp.materials.archive import readable_path
from mdtapp.materials.forms import AssignForm, DecisionForm, DescribeForm, RequestForm
from mdtapp.materials.identity import Identity
from mdtapp.materials.models import Material
from mdtapp.materials.recognition import decode_text
from mdtapp.materials.spool import CEILING, Spool, SpooledFile
from mdtapp.materials.status import (
    FILE_KIND_LABELS,
    MATERIAL_KIND_LABELS,
    FileKind,
    MaterialKind,
    MaterialStatus,
    Outcome,
    Source,
)
from mdtapp.opinions.case_page import banner_for, closed_series
from mdtapp.opinions.key_images.access import can_choose
from mdtapp.people.roles import Permission
from mdtapp.slides import access as slide_access
from mdtapp.slides import queries as slide_queries
from mdtapp.store.db import StoreBusy, let_go, unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.store.objects import ObjectStore
from mdtapp.viewer.links import openings
from mdtapp.web.clock import now, today
from mdtapp.web.guards import requires
from mdtapp.web.language import sentence
from mdtapp.web.login import signed_in
from mdtapp.web.states import look

materials = Blueprint("materials", __name__)

SHOWN_ROWS = 200
ARRIVING = 500
MAX_TEXT = 2_000_000
MAX_IN_MEMORY = 16_000_000
AT_ONCE = 64 * 1024**2
SANDBOX = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
PARTS_OF_IMAGE = ("series", "instance", "frame")
INLINE = {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}


@materials.get("/cases/<case_no>/materials")
@requires(Permission.MATERIAL_READ)
def case_materials(case_no: str) -> ResponseReturnValue:
    """The list of the case; for its coordinator also upload, arrivals and decisions."""
    case = get_case(case_no, signed_in())
    return render_template("materials/list.html", **_list(case))


@materials.get("/cases/<case_no>/materials/names")
@requires(Permission.MATERIAL_WRITE, records=True)
def case_names(case_no: str) -> ResponseReturnValue:
    """The same list with the original names; looking at them is recorded."""
    case = _for_coordinator(case_no)
    _note_names(case)
    return render_template("materials/list.html", **_list(case, shown=True))


@materials.post("/cases/<case_no>/materials/request")
@requires(Permission.MATERIAL_WRITE)
def request_material(case_no: str) -> ResponseReturnValue:
    """Notes a material that is still to come, or does not exist."""
    case = _for_coordinator(case_no)
    form = RequestForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.add_material(
                actor=signed_in(),
                at=now(),
                case=case,
                kind=MaterialKind(form.kind.data),
                title=form.title.data or "",
                status=MaterialStatus(form.status.data),
            )
            return redirect(url_for("materials.case_materials", case_no=case_no))
    return render_template("materials/list.html", **_list(_for_coordinator(case_no), request_form=form)), 422


# Upload


@materials.post("/cases/<case_no>/materials/files")
@requires(Permission.MATERIAL_WRITE, body=CEILING)
def receive(case_no: str) -> ResponseReturnValue:
    """One file as the body of the request; the answer says what became of it.

    201 with the outcome, or 202 when the file is safe and the worker will look at it. The name
    comes percent-encoded in X-File-Name, the batch (one drop) in X-Batch.
    """
    case = _for_coordinator(case_no)
    spool = _spool()
    actor = signed_in().actor_ref
    batch = _batch(case, request.headers.get("X-Batch", ""))
    let_go()
    spooled = spool.receive(
        request.stream,  # type: ignore[arg-type]
        name=readable_path(unquote(request.headers.get("X-File-Name", "")) or "file"),
        source=Source.UPLOAD,
        actor=actor,
        at=now(),
        case_no=case_no,
        batch=batch,
        expected_size=request.content_length,
    )
    taken = _process(spool, spooled)
    return jsonify(_answer(taken)), 201 if taken else 202


@materials.post("/cases/<case_no>/materials")
@requires(Permission.MATERIAL_WRITE, body=CEILING)
def receive_form(case_no: str) -> ResponseReturnValue:
    """The same without scripts: files of an ordinary form, the outcomes on the list of arrivals."""
    case = _for_coordinator(case_no)
    spool = _spool()
    actor = signed_in().actor_ref
    batch = _batch(case, "")
    let_go()
    for file in request.files.getlist("files"):
        if file.filename:
            spooled = spool.receive(
                file.stream,  # type: ignore[arg-type]
                name=readable_path(file.filename),
                source=Source.UPLOAD,
                actor=actor,
                at=now(),
                case_no=case_no,
                batch=batch,
            )
            _process(spool, spooled)
    return redirect(url_for("materials.arrivals", case_no=case_no))


@materials.get("/cases/<case_no>/materials/arrivals")
@requires(Permission.MATERIAL_WRITE)
def arrivals(case_no: str) -> ResponseReturnValue:
    """Every file that ever arrived for the case, and what became of it."""
    case = _for_coordinator(case_no)
    before = request.args.get("before", "")
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in set(Outcome) else None
    files = queries.files_of_case(case, outcome=outcome, before=whole_number(before))
    return _page(
        "materials/arrivals.html",
        case,
        files=files,
        counts=queries.outcome_counts(case),
        outcome=outcome,
        outcomes=list(Outcome),
        kinds=FILE_KIND_LABELS,
        older=files[-1].id if len(files) == queries.PAGE else None,
    )


@materials.post("/cases/<case_no>/materials/arrivals/<int:file_id>/settle")
@requires(Permission.MATERIAL_WRITE)
def settle(case_no: str, file_id: int) -> ResponseReturnValue:
    """Closes the question of a file whose identifier was known with other content."""
    case = _for_coordinator(case_no)
    form = DecisionForm()
    file = queries.get_file(case, file_id)
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.settle_file(
                actor=signed_in(), at=now(), case=case, file=file, reason=form.reason.data or ""
            )
            return redirect(url_for("materials.case_materials", case_no=case_no))
    return render_template("materials/list.html", **_list(_for_coordinator(case_no), decision_form=form)), 422


# One material


@materials.get("/cases/<case_no>/materials/<int:number>")
@requires(Permission.MATERIAL_READ, records=True)
def show(case_no: str, number: int) -> ResponseReturnValue:
    """A material in the browser; opening it is recorded. `?bare=1` is for a pane beside a form."""
    case = get_case(case_no, signed_in())
    material = queries.get_material(case, number)
    as_slides = slide_queries.slides_of_material(case, material)
    if as_slides and "about" not in request.args:
        return redirect(_slide_address(case, as_slides))
    if material.sha256 or material.kind is MaterialKind.IMAGING_DICOM:
        operations.note_opened(actor=signed_in(), at=now(), case=case, material=material)
    return _show(case, material, DescribeForm().fill_choices().fill_from(material))


def _slide_address(case: Case, as_slides: Sequence[slide_queries.ShownSlide]) -> str:
    """Slides have a page of their own; `?region=` and `?bare=` go with it. A region says on which slide it lies."""
    slide, args = as_slides[0], request.args
    wanted = whole_number(args.get("region"))
    region = slide_queries.find_region(slide.material, wanted) if wanted is not None else None
    if region is not None:
        own = (one for one in as_slides if (one.series.id if one.series else None) == region.series_id)
        slide = next(own, slide)
    elif (number := whole_number(args.get("at_series"))) is not None:
        slide = next((one for one in as_slides if one.series and one.series.number == number), slide)
    return url_for(
        "slides.show",
        case_no=case.case_no,
        slide_no=slide.slide_no,
        region=region.number if region is not None else None,
        bare=1 if args.get("bare") == "1" else None,
    )


@materials.post("/cases/<case_no>/materials/<int:number>")
@requires(Permission.MATERIAL_WRITE)
def describe(case_no: str, number: int) -> ResponseReturnValue:
    case = _for_coordinator(case_no)
    material = queries.get_material(case, number)
    form = DescribeForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            version = str(form.row_version.data)
            operations.describe(
                actor=signed_in(),
                at=now(),
                case=case,
                material=material,
                row_version=whole_number(version) or -1,
                kind=MaterialKind(form.kind.data),
                title=form.title.data or "",
                dated_on=form.dated_on.data,
                language=form.language.data or "",
                status=MaterialStatus(form.status.data),
            )
            flash(_("Saved."), "ok")
            return redirect(url_for("materials.show", case_no=case_no, number=number))
    case = _for_coordinator(case_no)
    return _show(case, queries.get_material(case, number), form), 422


@materials.get("/cases/<case_no>/materials/<int:number>/content")
@requires(Permission.MATERIAL_READ, records=True)
def content(case_no: str, number: int) -> ResponseReturnValue:
    """The bytes in a sandbox of their own: shown where the browser cannot run anything of them, else saved."""
    case = get_case(case_no, signed_in())
    material = queries.get_material(case, number)
    if material.sha256 is None:
        raise NotFound(queries.NO_SUCH_MATERIAL)
    if material.file_kind is FileKind.SLIDE:
        slide_access.check_can_see_label(signed_in(), case)  # the file holds its label
    # Committed before the bytes leave, since the database is let go while a picture is made.
    with unit_of_work():
        operations.note_opened(actor=signed_in(), at=now(), case=case, material=material)
    response: Any = _sent(material, as_attachment=request.args.get("save") == "1")
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[no-any-return]


def _sent(material: Material, *, as_attachment: bool) -> ResponseReturnValue:
    objects, sha256 = _objects(), str(material.sha256)
    ending = re.search(r"\.[0-9A-Za-z]{1,8}$", material.file_name)
    name = material.reference + (ending[0].lower() if ending else "")
    if not as_attachment and material.file_kind is FileKind.TEXT and (material.size or 0) <= MAX_TEXT:
        text = decode_text(objects.read(sha256)) or ""
        return current_app.response_class(text, mimetype="text/plain")
    if not as_attachment and material.media_type == "image/tiff":
        let_go()
        picture = shared_reader().shrink(objects.path(sha256))
        if isinstance(picture, Picture):
            return send_file(io.BytesIO(picture.png), mimetype="image/png")
    inline = material.media_type in INLINE and not as_attachment
    small = (material.size or 0) <= MAX_IN_MEMORY
    return send_file(
        io.BytesIO(objects.read(sha256)) if small else objects.path(sha256),
        mimetype=material.media_type if inline else "application/octet-stream",
        as_attachment=not inline,
        download_name=name,
        etag=False,
        max_age=0,
    )


# Decisions


@materials.post("/cases/<case_no>/materials/decisions/<int:link_id>/<verb>")
@requires(Permission.MATERIAL_WRITE)
def decide(case_no: str, link_id: int, verb: str) -> ResponseReturnValue:
    """Accepts flagged images for the case, or rejects them."""
    case = _for_coordinator(case_no)
    if verb not in {"accept", "reject"}:
        raise NotFound(imaging_queries.NO_SUCH_STUDY)
    form = DecisionForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            version = str(form.row_version.data)
            imaging_operations.decide(
                actor=signed_in(),
                at=now(),
                case=case,
                link=imaging_queries.get_link(case, link_id),
                accept=verb == "accept",
                reason=form.reason.data or "",
                known=_known(case),
                row_version=whole_number(version) or -1,
            )
            return redirect(url_for("materials.case_materials", case_no=case_no))
    return render_template("materials/list.html", **_list(_for_coordinator(case_no), decision_form=form)), 422


@materials.get("/tray")
@requires(Permission.TRAY_USE)
def tray() -> ResponseReturnValue:
    """Images that came without a case."""
    return render_template("materials/tray.html", rows=imaging_queries.tray(), shown=False, mask=desk.mask)


@materials.get("/tray/names")
@requires(Permission.TRAY_USE, records=True)
def tray_names() -> ResponseReturnValue:
    """The tray with the original names; looking at them is recorded."""
    _note_names(None)
    return render_template("materials/tray.html", rows=imaging_queries.tray(), shown=True, mask=desk.mask)


@materials.get("/tray/<int:study_id>/<int:identity_id>")
@requires(Permission.TRAY_USE)
def tray_row(study_id: int, identity_id: int) -> ResponseReturnValue:
    """One study of the tray, held against the case that is named."""
    return _tray_page(study_id, identity_id, _asked_case(), shown=False)


@materials.get("/tray/<int:study_id>/<int:identity_id>/names")
@requires(Permission.TRAY_USE, records=True)
def tray_row_names(study_id: int, identity_id: int) -> ResponseReturnValue:
    """The same with the original names; looking at them is recorded."""
    form = _asked_case()
    _note_names(get_case(form.case_no.data, signed_in()) if form.case_no.data else None)
    return _tray_page(study_id, identity_id, form, shown=True)


@materials.post("/tray/<int:study_id>/<int:identity_id>")
@requires(Permission.TRAY_USE)
def assign(study_id: int, identity_id: int) -> ResponseReturnValue:
    row = imaging_queries.get_tray_row(study_id, identity_id)
    form = AssignForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            case = get_case((form.case_no.data or "").strip(), signed_in())
            imaging_operations.assign(
                actor=signed_in(),
                at=now(),
                case=case,
                study=row.study,
                identity=row.identity,
                reason=form.reason.data or "",
                known=_known(case),
                confirmed=bool(form.confirmed.data),
            )
            flash(_("The images are in case %(number)s.", number=case.case_no), "ok")
            return redirect(url_for("materials.case_materials", case_no=case.case_no))
    return _tray_page(study_id, identity_id, form, shown=False), 422


def _asked_case() -> AssignForm:
    form = AssignForm()
    form.case_no.data = request.args.get("case", "").strip()[:20]
    return form


def _tray_page(study_id: int, identity_id: int, form: AssignForm, *, shown: bool) -> str:
    row = imaging_queries.get_tray_row(study_id, identity_id)
    case = get_case(form.case_no.data.strip(), signed_in()) if form.case_no.data else None
    known = _known(case) if case else None
    card = desk.card(row.study, row.identity, case, known, names_shown=shown)
    return render_template("materials/tray_row.html", row=row, case=case, form=form, card=card, shown=shown)


# What the pages are made of


def _for_coordinator(case_no: str) -> Case:
    case = get_case(case_no, signed_in())
    access.check_can_add(signed_in(), case)
    return case


def _page(template: str, case: Case, **context: Any) -> str:
    banner = banner_for(case, signed_in(), "materials", today())
    return render_template(template, case=case, banner=banner, **context)


def _list(case: Case, **forms: Any) -> dict[str, Any]:
    user = signed_in()
    context: dict[str, Any] = {
        "case": case,
        "banner": banner_for(case, user, "materials", today()),
        "materials": queries.materials_of(case),
        "opened": queries.opened_by(user, case),
        "studies": [row for row in imaging_queries.studies_of_case(case) if row.modalities != ("SM",)],
        "series": imaging_queries.leading_series(case),
        "slides": slide_queries.slides_of_case(case),
        "kinds": MATERIAL_KIND_LABELS,
        "may_add": access.can_add(user, case),
    }
    if not context["may_add"]:
        return context
    known = _known(case)
    return {
        "shown": False,
        "request_form": RequestForm().fill_choices(),
        "decision_form": DecisionForm(),
        **context,
        "identity_sealed": known is not None,
        "waiting": desk.waiting_cards(case, known, names_shown=bool(forms.get("shown"))),
        "undecided": queries.undecided_files(case),
        "latest": queries.latest_batches(case),
        "file_kinds": FILE_KIND_LABELS,
        "limit": _spool().ceiling,
        "arriving": sum(spooled.case_no == case.case_no for spooled in _spool().ready(ARRIVING)),
        **forms,
    }


def _show(case: Case, material: Material, form: DescribeForm) -> str:
    study = imaging_queries.study_of_material(case, material.id)
    page = request.args.get("page", "")
    context: dict[str, Any] = {
        "material": material,
        "form": form,
        "may_add": access.can_add(signed_in(), case),
        "kinds": MATERIAL_KIND_LABELS,
        "file_kinds": FILE_KIND_LABELS,
        "inline": material.media_type in INLINE or material.media_type == "image/tiff",
        "page": whole_number(page),
        "bare": request.args.get("bare") == "1",
        "study": study,
        "as_slides": slide_queries.slides_of_material(case, material),
    }
    if study is not None:
        args = request.args
        context["may_export"] = bool(exports_access.forms_for(signed_in(), case))
        closed = closed_series(case, signed_in())
        cited = _cited_image(case, study, closed)
        series, image = cited or (args.get("series", ""), args.get("image", ""))
        context["stack"] = stack_of(case, study, series, image, closed)
        context["openings"] = openings(case, study, context["stack"])
        facts = facts_by_series(case, study)
        context["remarks"] = {
            row.series.id: remarks(facts.get(row.series.id, []), row.series.laterality, case.laterality)
            for row in context["stack"].rows
        }
        context["age"] = age(study.study_date, case.meeting_on, today())
        context["may_choose"] = can_choose(signed_in(), case)
    return _page("materials/show.html", case, **context)


def _cited_image(case: Case, study: ImagingStudy, closed: Container[int]) -> tuple[str, str] | None:
    """The image an address cites by its numbers (`at_series`, `at_instance`, `at_frame`); None without, or unknown."""
    series, instance, frame = (whole_number(request.args.get(f"at_{name}")) for name in PARTS_OF_IMAGE)
    return None if series is None else place_in_stack(case, study, series, instance, frame or 1, closed)


def _note_names(case: Case | None) -> None:
    imaging_operations.note_names_shown(actor=signed_in(), at=now(), case=case)


def _known(case: Case) -> Identity | None:
    return imaging_queries.known_identity(case, current_app.extensions["mdtapp.identity_key"])


def _objects() -> ObjectStore:
    found: ObjectStore = current_app.extensions["mdtapp.objects"]
    return found


def _spool() -> Spool:
    found: Spool = current_app.extensions["mdtapp.spool"]
    return found


def _batch(case: Case, token: str) -> str:
    """One drop of one person into one case: a token sent for another case is another batch."""
    own = f"{case.case_no}/{signed_in().id}/{token[:64]}" if token else f"{case.case_no}/{now().isoformat()}"
    return hashlib.sha256(own.encode()).hexdigest()[:32]


def _process(spool: Spool, spooled: SpooledFile) -> list[Taken]:
    """Takes a file at once; a large one, or one that meets a busy database, stays in the spool for the worker."""
    if spooled.size > AT_ONCE:
        return []
    intake: Intake = current_app.extensions["mdtapp.intake"]
    try:
        return intake.process(spool, spooled)
    except StoreBusy:
        return []


def _answer(taken: list[Taken]) -> dict[str, Any]:
    """Counts by outcome, and a row for each file (at most 200, the refused ones first)."""
    rows = sorted(taken, key=lambda one: one.outcome in {Outcome.ACCEPTED, Outcome.DUPLICATE})
    counts = {str(outcome): sum(one.outcome is outcome for one in taken) for outcome in Outcome}
    return {
        "waiting": not taken,
        "counts": counts,
        "files": [_answer_row(one) for one in rows[:SHOWN_ROWS]],
        "words": sentence(Bitext("Received; it is being looked at.", "已接收，正在处理。"))
        if not taken
        else "",
    }


def _answer_row(one: Taken) -> dict[str, Any]:
    shown = look("outcome", str(one.outcome))
    return {
        **one.as_json(),
        "reason": sentence(one.reason),
        "word": sentence(shown.word),
        "tone": shown.tone,
        "icon": shown.icon,
    }
