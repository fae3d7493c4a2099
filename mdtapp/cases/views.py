"""Work list and the case page, with the coordinator's forms."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases import access, operations, queries, words
from mdtapp.cases.forms import (
    ConsentForm,
    IdentityForm,
    LiftForm,
    MemberForm,
    MoveForm,
    NewCaseForm,
    OutsideForm,
    QuestionsForm,
    RecordForm,
)
from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case, ConsentPurpose
from mdtapp.cases.status import CASE_LIFECYCLE, CaseStatus
from mdtapp.imaging.operations import reconsider
from mdtapp.imaging.queries import known_identity
from mdtapp.opinions.case_page import banner_for, discipline_states
from mdtapp.people.queries import get_person, list_people
from mdtapp.people.roles import Permission, Role
from mdtapp.store.numbers import whole_number
from mdtapp.web.clock import now, today
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

cases = Blueprint("cases", __name__)
LAST_RESORT = ("hold", "withdraw")
FIRST_PAGE = {
    Role.ADMIN: "people.people_list",
    Role.SPECIALIST: "inputs.my_inputs",
    Role.CHAIR: "cases.case_list",
    Role.TRANSLATOR: "opinions.opinion_list",
    Role.COORDINATOR: "cases.case_list",
}


@cases.get("/home")
@requires(Permission.ACCOUNT_USE)
def home() -> ResponseReturnValue:
    """Where each role's work begins."""
    return redirect(url_for(FIRST_PAGE[signed_in().role]))


@cases.get("/cases")
@requires(Permission.CASE_READ)
def case_list() -> ResponseReturnValue:
    chosen = [CaseStatus(value) for value in request.args.getlist("status") if value in set(CaseStatus)]
    search = request.args.get("q", "")[:100]
    page = queries.work_list(signed_in(), statuses=chosen, search=search, after=request.args.get("after"))
    return render_template(
        "cases/list.html",
        page=page,
        chosen=chosen,
        search=search,
        states=discipline_states(page.cases, signed_in()),
        may_write=Permission.CASE_WRITE in signed_in().permissions,
        groups=words.STATUS_GROUPS,
        words=words,
    )


@cases.get("/cases/new")
@requires(Permission.CASE_WRITE)
def new_case() -> ResponseReturnValue:
    return render_template("cases/new.html", form=NewCaseForm().fill_choices())


@cases.post("/cases/new")
@requires(Permission.CASE_WRITE)
def register() -> ResponseReturnValue:
    form = NewCaseForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            case = operations.register(
                actor=signed_in(),
                at=now(),
                patient=form.to_patient(),
                case=form.to_record(),
                received_on=today(),
            )
            operations.coordinate(actor=signed_in(), at=now(), case=case, action="begin_intake")
            flash(_("Case %(number)s is registered. Seal the identity next.", number=case.case_no), "ok")
            return redirect(url_for("cases.overview", case_no=case.case_no))
    return render_template("cases/new.html", form=form), 422


@cases.get("/cases/<case_no>")
@requires(Permission.CASE_READ)
def overview(case_no: str) -> ResponseReturnValue:
    case = queries.get_case(case_no, signed_in())
    return render_template("cases/overview.html", **_overview(case))


@cases.get("/cases/<case_no>/record")
@requires(Permission.CASE_WRITE)
def edit_record(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    return _page("cases/record.html", case, form=RecordForm().fill_choices().fill_from(case))


@cases.post("/cases/<case_no>/record")
@requires(Permission.CASE_WRITE)
def amend_record(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = RecordForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            version = whole_number(form.row_version.data) or -1
            operations.amend(
                actor=signed_in(), at=now(), case=case, row_version=version, wanted=form.to_record()
            )
            return _saved(case_no)
    return _page("cases/record.html", _for_change(case_no), form=form), 422


@cases.get("/cases/<case_no>/identity")
@requires(Permission.CASE_WRITE, records=True)
def edit_identity(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = IdentityForm().fill_choices()
    if case.patient.identity and request.args.get("show") == "1":
        operations.note_identity_shown(actor=signed_in(), at=now(), case=case)
        shown = unseal(case.patient.identity.sealed, current_app.extensions["mdtapp.identity_key"])
        return _page("cases/identity.html", case, form=form, identity=shown)
    return _page("cases/identity.html", case, form=form, identity=None)


@cases.post("/cases/<case_no>/identity")
@requires(Permission.CASE_WRITE)
def seal_identity(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = IdentityForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.seal_identity(
                actor=signed_in(),
                at=now(),
                case=case,
                identity=form.to_identity(),
                key=current_app.extensions["mdtapp.identity_key"],
            )
            known = known_identity(case, current_app.extensions["mdtapp.identity_key"])
            fitting = reconsider(actor=signed_in(), at=now(), case=case, known=known)
            if fitting:
                flash(
                    _(
                        "Waiting studies that fit this identity and now belong to the case: %(count)s.",
                        count=fitting,
                    ),
                    "ok",
                )
            return _saved(case_no)
    return _page("cases/identity.html", _for_change(case_no), form=form, identity=None), 422


@cases.get("/cases/<case_no>/questions")
@requires(Permission.CASE_WRITE)
def edit_questions(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    return _page("cases/questions.html", case, form=QuestionsForm().fill_from(case))


@cases.post("/cases/<case_no>/questions")
@requires(Permission.CASE_WRITE)
def set_questions(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = QuestionsForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.set_questions(
                actor=signed_in(),
                at=now(),
                case=case,
                questions=form.to_questions(),
                row_version=whole_number(form.row_version.data) or -1,
            )
            return _saved(case_no)
    return _page("cases/questions.html", _for_change(case_no), form=form), 422


@cases.get("/cases/<case_no>/outside/<label>")
@requires(Permission.CASE_WRITE)
def edit_outside(case_no: str, label: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = OutsideForm().fill_choices()
    opinion = queries.outside_opinion(case, label)
    return _page("cases/outside.html", case, form=form.fill_from(opinion) if opinion else form, label=label)


@cases.post("/cases/<case_no>/outside/<label>")
@requires(Permission.CASE_WRITE)
def transcribe_outside(case_no: str, label: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    opinion = queries.outside_opinion(case, label)
    form = OutsideForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.transcribe_outside(
                actor=signed_in(),
                at=now(),
                case=case,
                label=label,
                wanted=form.to_record(opinion),
                row_version=whole_number(form.row_version.data),
            )
            return _saved(case_no)
    return _page("cases/outside.html", _for_change(case_no), form=form, label=label), 422


@cases.post("/cases/<case_no>/outside/<label>/check")
@requires(Permission.CASE_WRITE)
def check_outside(case_no: str, label: str) -> ResponseReturnValue:
    operations.check_outside(
        actor=signed_in(),
        at=now(),
        case=_for_change(case_no),
        label=label,
        row_version=whole_number(request.form.get("row_version")) or -1,
    )
    return _saved(case_no)


@cases.get("/cases/<case_no>/consent")
@requires(Permission.CASE_WRITE)
def edit_consent(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = ConsentForm().fill_choices()
    form.purposes.data = [str(purpose) for purpose in ConsentPurpose if operations.consented(case, purpose)]
    return _page("cases/consent.html", case, form=form, words=words)


@cases.post("/cases/<case_no>/consent")
@requires(Permission.CASE_WRITE)
def record_consent(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = ConsentForm().fill_choices()
    if form.validate_on_submit() and form.given_on.data:
        chosen = set(form.purposes.data or [])
        with form.showing_refusals():
            for purpose in ConsentPurpose:
                if (purpose in chosen) != operations.consented(case, purpose):
                    operations.record_consent(
                        actor=signed_in(),
                        at=now(),
                        case=case,
                        purpose=purpose,
                        given=purpose in chosen,
                        given_on=form.given_on.data,
                    )
            return _saved(case_no)
    return _page("cases/consent.html", _for_change(case_no), form=form, words=words), 422


@cases.get("/cases/<case_no>/panel")
@requires(Permission.CASE_WRITE)
def edit_panel(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    return _page("cases/panel.html", case, **_panel(case, MemberForm()))


@cases.post("/cases/<case_no>/panel")
@requires(Permission.CASE_WRITE)
def add_member(case_no: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = MemberForm()
    context = _panel(case, form)
    if form.validate_on_submit():
        with form.showing_refusals():
            user_id, role, discipline = form.chosen()
            operations.add_member(
                actor=signed_in(),
                at=now(),
                case=case,
                user=get_person(user_id),
                role=role,
                discipline=discipline,
                due_on=form.due_on.data,
            )
            return redirect(url_for("cases.edit_panel", case_no=case_no))
    return _page("cases/panel.html", _for_change(case_no), **context), 422


@cases.post("/cases/<case_no>/panel/<int:member_id>/remove")
@requires(Permission.CASE_WRITE)
def remove_member(case_no: str, member_id: int) -> ResponseReturnValue:
    operations.remove_member(actor=signed_in(), at=now(), case=_for_change(case_no), member_id=member_id)
    return redirect(url_for("cases.edit_panel", case_no=case_no))


@cases.post("/cases/<case_no>/move/<action>")
@requires(Permission.CASE_WRITE)
def move(case_no: str, action: str) -> ResponseReturnValue:
    case = _for_change(case_no)
    form = MoveForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.coordinate(
                actor=signed_in(), at=now(), case=case, action=action, reason=form.reason.data or ""
            )
            return _saved(case_no)
    return render_template("cases/overview.html", **_overview(_for_change(case_no), form)), 422


@cases.post("/cases/<case_no>/independence")
@requires(Permission.INPUT_RETURN)
def lift_independence(case_no: str) -> ResponseReturnValue:
    case = queries.get_case(case_no, signed_in())
    access.check_is_chair(signed_in(), case)
    form = LiftForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.lift_independence(
                actor=signed_in(), at=now(), case=case, reason=form.reason.data or ""
            )
            return _saved(case_no)
    case = queries.get_case(case_no, signed_in())
    return render_template("cases/overview.html", **_overview(case, MoveForm(formdata=None), form)), 422


def _for_change(case_no: str) -> Case:
    """The case, for a coordinator of it."""
    case = queries.get_case(case_no, signed_in())
    access.check_can_change(signed_in(), case)
    return case


def _page(template: str, case: Case, **context: object) -> str:
    return render_template(
        template, case=case, banner=banner_for(case, signed_in(), "overview", today()), **context
    )


def _saved(case_no: str) -> ResponseReturnValue:
    flash(_("Saved."), "ok")
    return redirect(url_for("cases.overview", case_no=case_no))


def _panel(case: Case, form: MemberForm) -> dict[str, object]:
    people = [person for person in list_people() if person.active]
    return {"form": form.fill_choices(people), "words": words, "gaps": operations.gaps_before_review(case)}


def _overview(
    case: Case, form: MoveForm | None = None, lift_form: LiftForm | None = None
) -> dict[str, object]:
    moves = [
        transition.action
        for transition in CASE_LIFECYCLE.transitions
        if transition.source == case.status and transition.who == "coordinator"
    ]
    if case.status == CaseStatus.ON_HOLD:
        moves = [f"resume_{case.held_from}"]
    return {
        "case": case,
        "banner": banner_for(case, signed_in(), "overview", today()),
        "may_change": access.can_change(signed_in(), case),
        "is_chair": access.is_chair(signed_in(), case),
        "moves": sorted(
            set(moves) - operations.BY_THE_AGENDA,
            key=lambda action: (action in LAST_RESORT, moves.index(action)),
        ),
        "action_label": words.action_label,
        "words": words,
        "form": form or MoveForm(),
        "lift_form": lift_form or LiftForm(formdata=None),
        "consented": [purpose for purpose in ConsentPurpose if operations.consented(case, purpose)],
        "gaps": operations.gaps_before_ready(case) if case.status == CaseStatus.INTAKE else [],
        "panel_gaps": operations.gaps_before_review(case) if case.status == CaseStatus.READY else [],
        "states": discipline_states([case], signed_in()).get(case.id, []),
    }
