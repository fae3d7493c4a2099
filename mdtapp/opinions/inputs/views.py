"""The workbench: what is to be written, writing it, signing it, reading what was signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.access import disciplines_of, is_chair
from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks import Finding, check_input, stops_saving
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Discipline
from mdtapp.errors import Conflict, Invalid, NotAllowed, NotFound
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of, opened_by
from mdtapp.opinions import findings
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.case_page import banner_for, discipline_states, may_see_inputs_of
from mdtapp.opinions.inputs import access, operations, queries
from mdtapp.opinions.inputs.form_class import InputForm, form_class, from_post, show_findings, to_data
from mdtapp.opinions.inputs.forms import ReasonForm, SignInputForm
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.reading import answered_sections
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.opinions.inputs.tasks import tasks_of
from mdtapp.opinions.inputs.workbench import (
    Workbench,
    assemble,
    context_of,
    facts_for_page,
    initial_data,
    known_facts,
    offered_references,
    open_form,
    without_empty_rows,
)
from mdtapp.people.roles import Permission
from mdtapp.store.db import session, unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.web.clock import now, today
from mdtapp.web.errors import wants_json
from mdtapp.web.guards import requires
from mdtapp.web.language import current_language
from mdtapp.web.login import signed_in

inputs = Blueprint("inputs", __name__)
REARRANGEMENTS = ("add_row", "remove_row", "move_up", "move_down")
NOT_OPENED = "not_opened"


@inputs.get("/inputs")
@requires(Permission.INPUT_WRITE)
def my_inputs() -> ResponseReturnValue:
    return render_template("inputs/mine.html", tasks=tasks_of(signed_in(), today()))


@inputs.get("/cases/<case_no>/inputs")
@requires(Permission.CASE_READ)
def case_inputs(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    return render_template(
        "inputs/case.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        states=discipline_states([case], signed_in()).get(case.id, []),
        current=queries.current_inputs(case.id),
        signed=queries.signed_inputs(case.id),
        mine=disciplines_of(signed_in(), case),
        visible=may_see_inputs_of(case, signed_in()),
        is_chair=is_chair(signed_in(), case),
        can_write=[
            key for key in disciplines_of(signed_in(), case) if access.can_write(signed_in(), case, key)
        ],
        form=ReasonForm(formdata=None),
    )


@inputs.get("/cases/<case_no>/inputs/<discipline>")
@requires(Permission.INPUT_WRITE)
def workbench(case_no: str, discipline: str) -> ResponseReturnValue:
    case, definition = _for_writing(case_no, discipline)
    row = queries.find_input(case.id, discipline)
    if row is not None and row.status in SIGNED:
        return redirect(url_for("inputs.read", case_no=case_no, discipline=discipline, revision=row.revision))
    context = context_of(case, signed_in(), today())
    known = known_facts(case, signed_in(), context, _previous(case, discipline))
    data = initial_data(definition, row, known)
    form = open_form(definition, data, case, outside_part(case), current_language())
    taken_over = frozenset(data) if row is None or row.saved_at is None else frozenset()
    return _workbench(case, definition, form, row, context, data=data, taken_over=taken_over)


@inputs.post("/cases/<case_no>/inputs/<discipline>")
@requires(Permission.INPUT_WRITE)
def save(case_no: str, discipline: str) -> ResponseReturnValue:
    case, definition = _for_writing(case_no, discipline)
    context = context_of(case, signed_in(), today())
    form = from_post(form_class(definition, current_language()), request.form)
    form.offer(offered_references(case, current_language()))
    version = _version()
    if rearranged := _rearrange(form):
        row = queries.find_input(case.id, discipline)
        return _workbench(case, definition, form, row, context, row_version=version, at=rearranged)
    data = without_empty_rows(to_data(form))
    try:
        row = operations.save(
            actor=signed_in(),
            at=now(),
            case=case,
            discipline=discipline,
            data=data,
            row_version=version,
            context=context,
        )
    except Conflict:
        _keep_refused(case_no, discipline, data, version)
        raise
    except Invalid as refusal:
        return _refused(refusal, case_no, definition, form, data, context, version)
    if wants_json():
        return jsonify(version=operations.version_of(row), saved_at=now().isoformat())
    target = "inputs.review" if request.form.get("then") == "review" else "inputs.workbench"
    return redirect(url_for(target, case_no=case_no, discipline=discipline))


@inputs.get("/cases/<case_no>/inputs/<discipline>/review")
@requires(Permission.INPUT_WRITE)
def review(case_no: str, discipline: str) -> ResponseReturnValue:
    case, definition = _for_writing(case_no, discipline)
    return _review(case, definition, None)


@inputs.post("/cases/<case_no>/inputs/<discipline>/sign")
@requires(Permission.INPUT_WRITE)
def sign(case_no: str, discipline: str) -> ResponseReturnValue:
    case, definition = _for_writing(case_no, discipline)
    row = queries.get_input(case.id, discipline)
    errors, warnings = _findings(case, definition, row)
    form = SignInputForm().fill_choices(warnings)
    if form.validate_on_submit() and not errors:
        with form.showing_refusals():
            operations.sign(
                actor=signed_in(),
                at=now(),
                case=case,
                discipline=discipline,
                row_version=_version(),
                password=form.password.data or "",
                context=context_of(case, signed_in(), today()),
                warnings_confirmed=form.warnings.data or [],
            )
            findings.refresh(actor=signed_in(), at=now(), case=case)
            flash(_("Signed. You can now read what the others wrote."), "ok")
            return redirect(url_for("inputs.case_inputs", case_no=case_no))
    return _review(get_case(case_no, signed_in()), definition, form), 422


@inputs.post("/cases/<case_no>/inputs/<discipline>/amend")
@requires(Permission.INPUT_WRITE)
def amend(case_no: str, discipline: str) -> ResponseReturnValue:
    case, _definition = _for_writing(case_no, discipline)
    operations.amend(actor=signed_in(), at=now(), case=case, discipline=discipline, reason=_reason())
    return redirect(url_for("inputs.workbench", case_no=case_no, discipline=discipline))


@inputs.post("/cases/<case_no>/inputs/<discipline>/return")
@requires(Permission.INPUT_RETURN)
def return_to_author(case_no: str, discipline: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    operations.return_to_author(
        actor=signed_in(), at=now(), case=case, discipline=discipline, question=_reason()
    )
    flash(
        _("The question is with the author. The signed input stays as it is until a new one is signed."), "ok"
    )
    return redirect(url_for("inputs.case_inputs", case_no=case_no))


@inputs.get("/cases/<case_no>/inputs/<discipline>/<int:revision>")
@requires(Permission.CASE_READ)
def read(case_no: str, discipline: str, revision: int) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    definition = operations.get_discipline(discipline)
    own = discipline in disciplines_of(signed_in(), case)
    if not own and not may_see_inputs_of(case, signed_in()):
        raise NotAllowed(
            Bitext(
                "Sign your own input first; then the others' open.",
                "请先签署您本人的意见，随后可查看他人意见。",
            )
        )
    rows = queries.revisions(case.id, discipline)
    row = next((each for each in rows if each.revision == revision), None)
    if row is None or (row.signed_at is None and row.author_id != signed_in().id):
        raise NotFound(Bitext("There is no such signed input.", "无此已签署的意见。"))
    return render_template(
        "inputs/read.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        discipline=definition,
        row=row,
        revisions=[each for each in rows if each.signed_at is not None or each.author_id == signed_in().id],
        sections=answered_sections(row),
        can_amend=own and row.status in SIGNED and access.can_write(signed_in(), case, discipline),
        can_return=is_chair(signed_in(), case)
        and row.status == InputStatus.SUBMITTED
        and row.author_id != signed_in().id,
        form=ReasonForm(formdata=None),
    )


def _for_writing(case_no: str, discipline: str) -> tuple[Case, Discipline]:
    """The case and the form, for the discipline's author on it."""
    case = get_case(case_no, signed_in())
    definition = operations.get_discipline(discipline)
    access.check_can_write(signed_in(), case, discipline)
    row = queries.find_input(case.id, discipline)
    if row is not None:
        access.check_is_author(signed_in(), row)
    return case, definition


def _previous(case: Case, discipline: str) -> dict[str, Any]:
    """The last signed answers of the discipline in this case."""
    row = queries.signed_inputs(case.id).get(discipline)
    return row.data if row else {}


def _version() -> int:
    return whole_number(request.form.get("row_version")) or 0


def _rearrange(form: InputForm) -> str:
    """Adds, removes or moves a row without scripts; the anchor to come back to, empty when nothing was asked."""
    for action in REARRANGEMENTS:
        name = request.form.get(action, "")
        table = form.table(name if action == "add_row" else name.rpartition("-")[0])
        if name and table is not None:
            table.rearrange(action, name)
            return str(table.short_name)
    return ""


def _keep_refused(case_no: str, discipline: str, data: dict[str, Any], version: int) -> None:
    """The text of a refused save is history too; the refusal itself rolls the request back."""
    with unit_of_work():
        operations.keep_refused_save(
            actor=signed_in(),
            at=now(),
            case=get_case(case_no, signed_in()),
            discipline=discipline,
            data=data,
            row_version=version,
        )


def _refused(
    refusal: Invalid,
    case_no: str,
    definition: Discipline,
    form: InputForm,
    data: dict[str, Any],
    context: Context,
    version: int,
) -> ResponseReturnValue:
    """What cannot be kept stays on the page, with its sentence at the field."""
    session.rollback()
    if wants_json():
        raise refusal
    case = get_case(case_no, signed_in())
    wrong = [finding for finding in check_input(definition, data, context) if stops_saving(finding)]
    row = queries.find_input(case.id, definition.key)
    return _workbench(case, definition, form, row, context, row_version=version, wrong=wrong), 422


def _workbench(
    case: Case,
    definition: Discipline,
    form: InputForm,
    row: DisciplineInput | None,
    context: Context,
    *,
    data: dict[str, Any] | None = None,
    taken_over: frozenset[str] = frozenset(),
    row_version: int | None = None,
    wrong: Sequence[Finding] = (),
    at: str = "",
) -> str:
    show_findings(form, wrong)
    bench: Workbench = assemble(
        case=case,
        user=signed_in(),
        discipline=definition,
        form=form,
        data=to_data(form) if data is None else data,
        context=context,
        taken_over=taken_over,
        findings=wrong,
        chosen=_chosen(case),
    )
    return render_template(
        "inputs/workbench.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        bench=bench,
        row=row,
        row_version=operations.version_of(row) if row_version is None else row_version,
        rearranged=at,
        facts=facts_for_page(context),
        steps=[
            {"label": section.label, "href": f"#section-{section.key}", "state": section.state}
            for section in bench.sections
        ],
    )


def _chosen(case: Case) -> Material | None:
    """The material in the middle pane: the one asked for, else the first that can be looked at."""
    asked = whole_number(request.args.get("material"))
    rows = materials_of(case)
    if asked is not None:
        return next((row for row in rows if row.number == asked), None)
    return next((row for row in rows if row.sha256 or str(row.kind) == "imaging_dicom"), None)


def _review(case: Case, definition: Discipline, form: SignInputForm | None) -> str:
    row = queries.get_input(case.id, definition.key)
    errors, warnings = _findings(case, definition, row)
    blank = SignInputForm(formdata=None, row_version=operations.version_of(row)).fill_choices(warnings)
    return render_template(
        "inputs/review.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        discipline=definition,
        row=row,
        errors=errors,
        warnings=warnings,
        sections=answered_sections(row),
        form=form or blank,
    )


def _findings(
    case: Case, definition: Discipline, row: DisciplineInput
) -> tuple[list[Finding], list[Finding]]:
    """What stops the signature, and what is only to be confirmed."""
    found = [
        *check_input(definition, row.data, context_of(case, signed_in(), today())),
        *_not_opened(case, row),
    ]
    return [f for f in found if f.level == "error"], [f for f in found if f.level == "warning"]


def _not_opened(case: Case, row: DisciplineInput) -> list[Finding]:
    """A material is ticked as reviewed only by somebody who opened it; one without a file cannot be opened here."""
    opened = opened_by(signed_in(), case)
    ticked = set(row.data.get("materials_reviewed") or [])
    unopened = [
        material.reference
        for material in materials_of(case)
        if material.reference in ticked and material.id not in opened and material.sha256
    ]
    if not unopened:
        return []
    names = ", ".join(unopened)
    return [
        Finding(
            NOT_OPENED,
            "error",
            Bitext(
                f"You ticked {names} as reviewed but did not open it here. Open it, or take the tick away.",
                f"您勾选了 {names}，但尚未在此打开。请先打开，或取消勾选。",
            ),
            ("materials_reviewed",),
        )
    ]


def _reason() -> str:
    form = ReasonForm()
    if not form.validate_on_submit():
        raise Invalid(Bitext("Say why in one sentence.", "请用一句话说明原因。"))
    return form.reason.data or ""
