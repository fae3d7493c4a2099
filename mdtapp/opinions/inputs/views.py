"""The workbench: what is to be written, writing it, signing it, reading what was signed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.access import disciplines_of, is_chair
from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks import Finding
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Discipline
from mdtapp.errors import Conflict, Invalid, NotAllowed, NotFound
from mdtapp.imaging.limited import shared_reader
from mdtapp.imaging.measured import Measured, measured_in
from mdtapp.opinions import findings
from mdtapp.opinions.case_facts import outside_part
from mdtapp.opinions.case_page import (
    banner_for,
    closed_series,
    discipline_states,
    may_see_inputs_of,
    stage_theirs,
    tumour_words,
)
from mdtapp.opinions.conflict_cards import NamedConflict, conflicts_at, named, point_of
from mdtapp.opinions.conflicts import Severity
from mdtapp.opinions.facts import CaseFacts
from mdtapp.opinions.inputs import access, operations, queries
from mdtapp.opinions.inputs.claims import claims_for, with_agreement, without_verdicts
from mdtapp.opinions.inputs.fitness import asked_again, findings_before_signing, unopened
from mdtapp.opinions.inputs.form_change import SetAside
from mdtapp.opinions.inputs.form_class import InputForm, form_class, from_post, show_findings, to_data
from mdtapp.opinions.inputs.forms import ReasonForm, SignInputForm
from mdtapp.opinions.inputs.judged import fingerprints, outdated
from mdtapp.opinions.inputs.kept_forms import asked_by, moved_on
from mdtapp.opinions.inputs.measured import TABLE, take, where
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.news import News
from mdtapp.opinions.inputs.panel_view import panel_of_inputs
from mdtapp.opinions.inputs.progress import THEIRS, part_of, progress_of
from mdtapp.opinions.inputs.reading import Difference, answered_sections, differences, merged
from mdtapp.opinions.inputs.status import SIGNED, InputStatus
from mdtapp.opinions.inputs.surroundings import context_of, facts_for_page, known_facts, offered_references
from mdtapp.opinions.inputs.tasks import tasks_of
from mdtapp.opinions.inputs.workbench import (
    assemble,
    chosen_material,
    initial_data,
    open_form,
    shelf_of,
    without_empty_rows,
)
from mdtapp.opinions.outside_plan import points_to_check
from mdtapp.opinions.queries import case_facts
from mdtapp.people.access import may
from mdtapp.people.roles import Permission
from mdtapp.store.db import session, unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.web.clock import now, today
from mdtapp.web.errors import wants_json
from mdtapp.web.guards import requires
from mdtapp.web.language import current_language, sentence
from mdtapp.web.limits import password_again
from mdtapp.web.login import signed_in

inputs = Blueprint("inputs", __name__)
REARRANGEMENTS = ("add_row", "remove_row", "move_up", "move_down")
SEEN = "seen."
NO_SUCH_INPUT = Bitext("There is no such signed input.", "无此已签署的意见。")
HIDDEN = Bitext(
    "Sign your own input first; then the others' open.", "请先签署您本人的意见，随后可查看他人意见。"
)


@dataclass(frozen=True)
class Page:
    """What one answer of the workbench shows beyond the saved input: what was typed, and what is wrong with it."""

    case: Case
    definition: Discipline
    context: Context
    form: InputForm
    data: Mapping[str, Any]
    row: DisciplineInput | None
    row_version: int
    taken_over: Collection[str] = ()
    wrong: Sequence[Finding] = ()
    clash: Sequence[Difference] = ()
    part: str = ""


@inputs.get("/inputs")
@requires(Permission.INPUT_WRITE)
def my_inputs() -> ResponseReturnValue:
    """What this person has to write, by due date."""
    tasks = tasks_of(signed_in(), today())
    return render_template(
        "inputs/mine.html",
        tasks=tasks,
        stage=stage_theirs,
        tumour=tumour_words,
        nav_counts={"inputs": len(tasks.to_do)},
    )


@inputs.get("/cases/<case_no>/inputs")
@requires(Permission.CASE_READ)
def case_inputs(case_no: str) -> ResponseReturnValue:
    """The state of every discipline's input; what they say side by side, for whoever may see it."""
    case = get_case(case_no, signed_in())
    mine = disciplines_of(signed_in(), case)
    visible = may_see_inputs_of(case, signed_in())
    signed = queries.signed_inputs(case.id)
    readable = {key: row for key, row in signed.items() if visible or key in mine}
    states = discipline_states([case], signed_in()).get(case.id, [])
    declined = queries.declined_inputs(case.id)
    view = panel_of_inputs(case, readable, _answer_address(case_no, readable))
    facts = case_facts(case, signed) if visible else None
    reads_conflicts = facts is not None and may(signed_in(), Permission.CONFLICT_READ)
    conflicts = _named_conflicts(case, facts) if reads_conflicts else []
    at_axes = conflicts_at(view.axes, conflicts)
    shown = {one.rule for ones in at_axes for one in ones}
    return render_template(
        "inputs/case.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        states=states,
        current=queries.current_inputs(case.id),
        declined=declined,
        readable=readable,
        visible=visible,
        can_write=[key for key in mine if access.can_write(signed_in(), case, key)],
        view=view,
        conflicts=at_axes,
        elsewhere=[one for one in conflicts if one.rule not in shown],
        own_asked_again={key: ones for key, ones in view.asked_again.items() if key in mine},
        may_write=[key for key in mine if access.can_write(signed_in(), case, key)],
        points=[point_of(point) for point in points_to_check(case, signed_in(), facts)],
    )


def _named_conflicts(case: Case, facts: CaseFacts | None) -> list[NamedConflict]:
    """What stands now as sentences, critical ones first."""
    order = {severity: place for place, severity in enumerate(Severity)}
    rows = sorted(findings.standing(case, facts), key=lambda row: (order[Severity(row.severity)], row.rule))
    return [named(row) for row in rows]


def _answer_address(case_no: str, readable: Mapping[str, DisciplineInput]) -> Callable[[str, str], str]:
    """Where an answer of a signed input is read."""

    def address(discipline: str, field: str) -> str:
        return url_for(
            "inputs.read",
            case_no=case_no,
            discipline=discipline,
            revision=readable[discipline].revision,
            _anchor=f"answer-{field}",
        )

    return address


# Writing


@inputs.get("/cases/<case_no>/inputs/<discipline>")
@requires(Permission.INPUT_WRITE, records=True)
def workbench(case_no: str, discipline: str) -> ResponseReturnValue:
    """Materials, viewer and form side by side; a signed input is read instead."""
    case, definition = _for_writing(case_no, discipline)
    row = queries.find_input(case.id, discipline)
    if row is not None and row.status in SIGNED:
        return redirect(url_for("inputs.read", case_no=case_no, discipline=discipline, revision=row.revision))
    context = context_of(case, signed_in(), today())
    operations.note_visit(actor=signed_in(), at=now(), case=case)
    known = known_facts(case, signed_in(), context, _previous(case, definition))
    data = initial_data(definition, row, known)
    data = without_verdicts(data, outdated(row, context.outside) if row else ())
    fresh = row is None or row.saved_at is None
    return _workbench(
        Page(
            case=case,
            definition=definition,
            context=context,
            form=open_form(definition, data, case, outside_part(case), current_language()),
            data=without_empty_rows(data),
            row=row,
            row_version=operations.version_of(row),
            taken_over=frozenset(data) if fresh else (),
            part=request.args.get("part", ""),
        )
    )


@inputs.post("/cases/<case_no>/inputs/<discipline>")
@requires(Permission.INPUT_WRITE)
def save(case_no: str, discipline: str) -> ResponseReturnValue:
    """Keeps the draft. Scripts get JSON; whatever is refused, the text stays on the page."""
    case, definition = _for_writing(case_no, discipline)
    context = context_of(case, signed_in(), today())
    form = from_post(form_class(definition, current_language()), request.form)
    form.offer(offered_references(case))
    rearranged = _take_measured(case, form) or _rearrange(form)
    data = without_empty_rows(to_data(form))
    row = queries.find_input(case.id, discipline)
    if row is not None and _version() == operations.version_of(row):
        data = merged(row.data, data, request.form.getlist("view_take"))
    page = Page(
        case=case,
        definition=definition,
        context=context,
        form=form,
        data=data,
        row=row,
        row_version=_version(),
        part=rearranged or request.form.get("view_part", ""),
    )
    if rearranged:
        return _workbench(page)
    try:
        row = operations.save(
            actor=signed_in(),
            at=now(),
            case=case,
            discipline=discipline,
            data=data,
            row_version=page.row_version,
            context=context,
            seen={key.removeprefix(SEEN): said for key, said in request.form.items() if key.startswith(SEEN)},
        )
    except Conflict:
        _keep_refused(page)
        if wants_json():
            raise
        return _clashing(page), 409
    except Invalid:
        session.rollback()
        if wants_json():
            raise
        return _refused(page), 422
    if wants_json():
        return jsonify(_saved(row, definition, context))
    return redirect(_after_save(case_no, discipline, definition, row.data, context))


@inputs.post("/cases/<case_no>/inputs/<discipline>/decline")
@requires(Permission.INPUT_WRITE)
def decline(case_no: str, discipline: str) -> ResponseReturnValue:
    """The author writes nothing, with the reason; the coordinator sees it on the page of the case."""
    case, definition = _for_writing(case_no, discipline)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.decline(
                actor=signed_in(), at=now(), case=case, discipline=discipline, reason=form.reason.data or ""
            )
            findings.refresh(actor=signed_in(), at=now(), case=case)
            flash(_("Declined. The coordinator sees your reason."), "ok")
            return redirect(url_for("inputs.my_inputs"))
    return _ask_why(get_case(case_no, signed_in()), definition, form, "decline"), 422


@inputs.get("/cases/<case_no>/inputs/<discipline>/decline")
@requires(Permission.INPUT_WRITE)
def ask_to_decline(case_no: str, discipline: str) -> ResponseReturnValue:
    case, definition = _for_writing(case_no, discipline)
    return _ask_why(case, definition, ReasonForm(formdata=None), "decline")


# Signing


@inputs.get("/cases/<case_no>/inputs/<discipline>/review")
@requires(Permission.INPUT_WRITE)
def review(case_no: str, discipline: str) -> ResponseReturnValue:
    """The whole input once more, with everything that still stops the signature."""
    case, definition = _for_writing(case_no, discipline)
    row = queries.get_input(case.id, discipline)
    if row.status in SIGNED:
        return redirect(url_for("inputs.read", case_no=case_no, discipline=discipline, revision=row.revision))
    return _review(case, definition, None)


@inputs.post("/cases/<case_no>/inputs/<discipline>/sign")
@requires(Permission.INPUT_WRITE)
@password_again
def sign(case_no: str, discipline: str) -> ResponseReturnValue:
    """Signs what was read on the review page; anything saved since then has to be read first."""
    case, definition = _for_writing(case_no, discipline)
    row = queries.get_input(case.id, discipline)
    errors, warnings = _findings(case, definition, row)
    form = SignInputForm().fill_choices(warnings)
    if form.validate_on_submit() and not errors:
        try:
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
                flash(_signed_words(case), "ok")
                return redirect(url_for("inputs.case_inputs", case_no=case_no))
        except Conflict as clash:
            session.rollback()
            form = SignInputForm(formdata=None).fill_choices(warnings)
            form.refuse("", clash.sentence)
            return _review(get_case(case_no, signed_in()), definition, form, fresh=True), 409
    return _review(get_case(case_no, signed_in()), definition, form), 422


# After signing


@inputs.get("/cases/<case_no>/inputs/<discipline>/<int:revision>")
@requires(Permission.CASE_READ)
def read(case_no: str, discipline: str, revision: int) -> ResponseReturnValue:
    """One revision in words, as its form of that time asked it."""
    case, row = _for_reading(case_no, discipline, revision)
    return _read(case, row, ReasonForm(formdata=None))


@inputs.post("/cases/<case_no>/inputs/<discipline>/amend")
@requires(Permission.INPUT_WRITE)
def amend(case_no: str, discipline: str) -> ResponseReturnValue:
    """Opens the next revision; the signed one counts until that one is signed."""
    case, _definition = _for_writing(case_no, discipline)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.amend(
                actor=signed_in(), at=now(), case=case, discipline=discipline, reason=form.reason.data or ""
            )
            findings.refresh(actor=signed_in(), at=now(), case=case)
            return redirect(url_for("inputs.workbench", case_no=case_no, discipline=discipline))
    row = queries.get_input(case.id, discipline)
    return _read(get_case(case_no, signed_in()), row, form, asking="amend"), 422


@inputs.post("/cases/<case_no>/inputs/<discipline>/return")
@requires(Permission.INPUT_RETURN)
def return_to_author(case_no: str, discipline: str) -> ResponseReturnValue:
    """The chair's question goes back to the author; the signed input stays as it is."""
    case = get_case(case_no, signed_in())
    access.check_can_return(signed_in(), case)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.return_to_author(
                actor=signed_in(), at=now(), case=case, discipline=discipline, question=form.reason.data or ""
            )
            findings.refresh(actor=signed_in(), at=now(), case=case)
            flash(
                _("The question is with the author. The signed input counts until a new one is signed."), "ok"
            )
            return redirect(url_for("inputs.case_inputs", case_no=case_no))
    row = queries.get_input(case.id, discipline)
    _check_may_read(case, row)
    return _read(get_case(case_no, signed_in()), row, form, asking="return"), 422


@inputs.post("/cases/<case_no>/inputs/<discipline>/uphold")
@requires(Permission.INPUT_WRITE)
def uphold_verdict(case_no: str, discipline: str) -> ResponseReturnValue:
    """The home hospital's record was corrected, and the author's verdict on it stands."""
    case, _definition = _for_writing(case_no, discipline)
    operations.uphold_verdict(
        actor=signed_in(), at=now(), case=case, discipline=discipline, claim=request.form.get("claim", "")
    )
    findings.refresh(actor=signed_in(), at=now(), case=case)
    flash(_("Your verdict stands, now for the record as it is."), "ok")
    return redirect(url_for("inputs.case_inputs", case_no=case_no))


# What the views are made of


def _for_writing(case_no: str, discipline: str) -> tuple[Case, Discipline]:
    """The case and the form, for the discipline's author on it."""
    case = get_case(case_no, signed_in())
    definition = operations.get_discipline(discipline)
    access.check_can_write(signed_in(), case, discipline)
    row = queries.find_input(case.id, discipline)
    if row is not None:
        access.check_is_author(signed_in(), row)
    return case, definition


def _for_reading(case_no: str, discipline: str, revision: int) -> tuple[Case, DisciplineInput]:
    case = get_case(case_no, signed_in())
    rows = queries.revisions(case.id, discipline)
    row = next((each for each in rows if each.revision == revision), None)
    if row is None:
        _check_others_open(case, discipline)
        raise NotFound(NO_SUCH_INPUT)
    _check_may_read(case, row)
    return case, row


def _check_may_read(case: Case, row: DisciplineInput) -> None:
    """One's own always; a signed one of others once they are open; nobody else's draft."""
    _check_others_open(case, row.discipline)
    if row.signed_at is None and row.author_id != signed_in().id:
        raise NotFound(NO_SUCH_INPUT)


def _check_others_open(case: Case, discipline: str) -> None:
    if discipline not in disciplines_of(signed_in(), case) and not may_see_inputs_of(case, signed_in()):
        raise NotAllowed(HIDDEN)


def _previous(case: Case, definition: Discipline) -> dict[str, Any]:
    """The last signed answers of the discipline in this case, as far as its present form holds them."""
    row = queries.signed_inputs(case.id).get(definition.key)
    return moved_on(row, definition).data if row else {}


def _version() -> int:
    return whole_number(request.form.get("row_version")) or 0


def _rearrange(form: InputForm) -> str:
    """Changes rows or citations without scripts; the part of the form that changed, empty when nothing was asked."""
    discipline = form.discipline
    for action in REARRANGEMENTS:
        name = request.form.get(action, "")
        table = form.table(name if action == "add_row" else name.rpartition("-")[0])
        if name and table is not None:
            table.rearrange(action, name)
            return part_of(str(table.short_name), discipline, ())
    for action in ("cite", "remove_citation"):
        name = request.form.get(action, "")
        if name.startswith(f"{CITED}."):
            return _uncite(form, name)
        if name:
            _cite(form, action, name)
            return THEIRS
    return ""


def _uncite(form: InputForm, name: str) -> str:
    """Takes the place `cited.QUESTION.NUMBER` away; the part the question stands in."""
    question, _dot, number = name.removeprefix(f"{CITED}.").rpartition(".")
    cited, gone = form.cited_places(), whole_number(number)
    held = cited.get(question)
    places = [one for at, one in enumerate(held if isinstance(held, list) else []) if at != gone]
    form[CITED].data = {key: kept for key, kept in {**cited, question: places}.items() if kept}
    return part_of(question, form.discipline, ())


def _take_measured(case: Case, form: InputForm) -> str:
    """A measurement becomes a row of the lesions; the part they stand in, empty when none was taken."""
    wanted, table = request.form.get("take_measured", ""), form.table(TABLE)
    if not wanted or table is None:
        return ""
    for measured in _measured(case, form.discipline):
        if measured.key == wanted and measured.length_mm is not None:
            take(table, measured)
    return part_of(TABLE, form.discipline, ())


def _measured(case: Case, discipline: Discipline) -> list[Measured]:
    """What was measured in the viewer, for disciplines that list lesions."""
    if not discipline.has(TABLE):
        return []
    closed = closed_series(case, signed_in())
    return measured_in(case, current_app.extensions["mdtapp.objects"], shared_reader(), closed)


def _cite(form: InputForm, action: str, name: str) -> None:
    """Adds the material in the viewer to a claim (`claims-2`), or takes a place away (`claims-2-anchors.0`)."""
    table = form.table("claims")
    for entry in table.entries if table else ():
        places = entry.form.anchors
        held = list(places.data) if isinstance(places.data, list) else []
        number = whole_number(request.form.get("view_material"))
        if action == "cite" and entry.name == name and number is not None:
            places.data = [*held, {"material": f"M{number}"}]
        elif action == "remove_citation" and name.rpartition(".")[0] == places.name:
            place = whole_number(name.rpartition(".")[2])
            places.data = [one for at, one in enumerate(held) if at != place]


def _keep_refused(page: Page) -> None:
    """The text of a refused save is history too; the refusal itself rolls the request back."""
    case_no = page.case.case_no
    with unit_of_work():
        operations.keep_refused_save(
            actor=signed_in(),
            at=now(),
            case=get_case(case_no, signed_in()),
            discipline=page.definition.key,
            data=page.data,
            row_version=page.row_version,
        )


def _clashing(page: Page) -> str:
    """Both texts on the page: the typed one in the form, the saved one where it differs. Saving again keeps the typed one."""
    row = queries.get_input(page.case.id, page.definition.key)
    typed = with_agreement(page.data, page.definition)  # as the saved text holds it
    clash = differences(page.definition, row.data, typed, page.context.outside)
    return _workbench(replace(page, row=row, row_version=row.row_version, clash=clash))


def _refused(page: Page) -> str:
    """What cannot be kept stays on the page, with its sentence at the field."""
    wrong = operations.not_to_be_kept(page.case, page.definition, page.data, page.context)
    show_findings(page.form, wrong)
    row = queries.find_input(page.case.id, page.definition.key)
    return _workbench(replace(page, row=row, wrong=wrong, part=""))


def _saved(row: DisciplineInput, definition: Discipline, context: Context) -> dict[str, Any]:
    """What the page's script needs after a save: the new version, and what is left in which part."""
    progress = progress_of(definition, row.data, context)
    return {
        "version": operations.version_of(row),
        "saved_at": now().isoformat(),
        "left": progress.left,
        "parts": [
            {
                "key": part.key,
                "state": part.state,
                "left": part.left,
                "words": sentence(part.words),
                "notes": [sentence(finding.message) for finding in part.notes],
            }
            for part in progress.parts
        ],
        "computed": {key: sentence(words) for key, words in progress.computed.items()},
    }


def _after_save(
    case_no: str, discipline: str, definition: Discipline, data: Mapping[str, Any], context: Context
) -> str:
    """Where a save without scripts leads: the review, the next part, or back to where one was."""
    if request.form.get("then") == "review":
        return url_for("inputs.review", case_no=case_no, discipline=discipline)
    part = request.form.get("view_part", "")
    if request.form.get("then") == "next":
        keys = [each.key for each in progress_of(definition, data, context).parts]
        part = keys[min(keys.index(part) + 1, len(keys) - 1)] if part in keys else ""
    return url_for(
        "inputs.workbench",
        case_no=case_no,
        discipline=discipline,
        part=part or None,
        material=whole_number(request.form.get("view_material")),
        _anchor=f"part-{part}" if part else None,
    )


def _workbench(page: Page) -> str:
    case, key = page.case, page.definition.key
    asked = request.form.get("view_material") if request.method == "POST" else request.args.get("material")
    chosen = chosen_material(case, key, whole_number(asked))
    visit = queries.find_visit(signed_in().id, case.id)
    since = visit.before_at if visit else None
    bench = assemble(
        case=case,
        discipline=page.definition,
        form=page.form,
        data=page.data,
        context=page.context,
        taken_over=page.taken_over,
        wrong=page.wrong,
        chosen=page.part,
    )
    return render_template(
        "inputs/workbench.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        bench=bench,
        row=page.row,
        row_version=page.row_version,
        aside=_set_aside(page),
        clash=page.clash,
        chosen=chosen,
        shelf=shelf_of(case, signed_in(), key, chosen, since),
        news=_news(case, key, since),
        facts=facts_for_page(page.context),
        measured=[(row, where(row)) for row in _measured(case, page.definition)],
        measured_part=part_of(TABLE, page.definition, ()) if page.definition.has(TABLE) else "",
        others=0
        if may_see_inputs_of(case, signed_in())
        else sum(state.discipline != key for state in discipline_states([case], signed_in())[case.id]),
        can_decline=page.row is None,
        seen=fingerprints(page.definition, page.context.outside),
        asked_again=outdated(page.row, page.context.outside) if page.row else {},
    )


def _news(case: Case, own: str, since: datetime | None) -> News:
    """What colleagues have done since this person was last here, as far as they may see it."""
    if since is None or not may_see_inputs_of(case, signed_in()):
        return News()
    signed = queries.signed_inputs(case.id).items()
    return News(
        since,
        [row for key, row in signed if key != own and row.signed_at and row.signed_at > since],
        [row.rule for row in findings.found_since(case, since)],
    )


def _set_aside(page: Page) -> list[SetAside]:
    """Answers of this draft that its form asks no more."""
    if page.row is None:
        return []
    before = [SetAside.of(kept) for kept in page.row.set_aside or ()]
    return [*before, *moved_on(page.row, page.definition).aside]


def _review(case: Case, definition: Discipline, form: SignInputForm | None, *, fresh: bool = False) -> str:
    row = queries.get_input(case.id, definition.key)
    errors, warnings = _findings(case, definition, row)
    claims = claims_for(definition, outside_part(case))
    shown = form or SignInputForm(formdata=None).fill_choices(warnings)
    if form is None or fresh:
        shown.row_version.data = str(operations.version_of(row))
    return render_template(
        "inputs/review.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        discipline=definition,
        row=row,
        errors=[(finding, part_of(_first(finding), definition, claims)) for finding in errors],
        warnings=warnings,
        unopened=unopened(signed_in(), case, row.data),
        sections=answered_sections(row),
        form=shown,
    )


def _first(finding: Finding) -> str:
    return finding.fields[0].partition(".")[0] if finding.fields else ""


def _findings(
    case: Case, definition: Discipline, row: DisciplineInput
) -> tuple[list[Finding], list[Finding]]:
    """What stops the signature, and what is only to be confirmed."""
    context = context_of(case, signed_in(), today())
    found = findings_before_signing(signed_in(), case, definition, row.data, context, row.form_version)
    found += asked_again(row, context.outside)
    return [f for f in found if f.level == "error"], [f for f in found if f.level == "warning"]


def _signed_words(case: Case) -> str:
    opened = may_see_inputs_of(case, signed_in())
    return str(_("Signed. You can now read what the others wrote.") if opened else _("Signed."))


def _read(case: Case, row: DisciplineInput, form: ReasonForm, *, asking: str = "") -> str:
    user, rows = signed_in(), queries.revisions(case.id, row.discipline)
    own = access.is_author(user, row) and row.discipline in disciplines_of(user, case)
    known = asked_by(row)
    return render_template(
        "inputs/read.html",
        case=case,
        banner=banner_for(case, user, "inputs", today()),
        key=row.discipline,
        label=known.label if known else Bitext(row.discipline, row.discipline),
        row=row,
        revisions=[each for each in rows if each.signed_at is not None or each.author_id == user.id],
        sections=answered_sections(row),
        can_amend=own and row.status in SIGNED and access.can_write(user, case, row.discipline),
        can_return=is_chair(user, case) and row.status == InputStatus.SUBMITTED and row.author_id != user.id,
        form=form,
        asking=asking,
    )


def _ask_why(case: Case, definition: Discipline, form: ReasonForm, action: str) -> str:
    return render_template(
        "inputs/decline.html",
        case=case,
        banner=banner_for(case, signed_in(), "inputs", today()),
        discipline=definition,
        form=form,
    )
