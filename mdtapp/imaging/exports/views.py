"""Pages on which images leave: choosing form and series, and looking at pixels that may show a name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.imaging import queries as imaging_queries
from mdtapp.imaging.copy_order import FORM_LABELS, Form
from mdtapp.imaging.deidentify.pixel_risk import HELD_WORDS
from mdtapp.imaging.exports import access, operations, queries
from mdtapp.imaging.exports.forms import ClearanceForm, ExportForm, WithdrawForm
from mdtapp.imaging.exports.operations import Plan
from mdtapp.imaging.exports.package import Package
from mdtapp.imaging.limited import LimitedReader
from mdtapp.imaging.models import ImagingStudy
from mdtapp.imaging.operations import study_title
from mdtapp.opinions.case_page import banner_for, closed_series
from mdtapp.people.roles import Permission
from mdtapp.store.numbers import whole_number
from mdtapp.store.objects import ObjectStore
from mdtapp.web.clock import now, today
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

exports = Blueprint("exports", __name__)
STUDY = "/cases/<case_no>/imaging/studies/<int(max=2147483647):study_id>"
SHOWN = 24
_AT_ONCE = threading.BoundedSemaphore(4)


@exports.get(f"{STUDY}/export")
@requires(Permission.MATERIAL_READ)
def export_page(case_no: str, study_id: int) -> ResponseReturnValue:
    """What can be taken out of a study, and in which form."""
    case, study = _study(case_no, study_id)
    access.check_can_export(signed_in(), case)
    forms, rows = access.forms_for(signed_in(), case), _open_series(case, study)
    return _export_page(case, study, ExportForm().fill_choices(forms, rows).preset(forms, rows))


@exports.post(f"{STUDY}/export")
@requires(Permission.MATERIAL_READ)
def export(case_no: str, study_id: int) -> ResponseReturnValue:
    """The zip, sent while it is written; what leaves is recorded before the first byte."""
    case, study = _study(case_no, study_id)
    user = signed_in()
    access.check_can_export(user, case)
    rows = _open_series(case, study)
    form = ExportForm().fill_choices(list(Form), rows)
    if form.validate_on_submit():
        with form.showing_refusals():
            plan = operations.start_export(
                actor=user,
                at=now(),
                case=case,
                study=study,
                form=Form(form.kind.data),
                series=form.series.data or [row.series.id for row in rows],
                reason=form.reason.data or "",
                key=current_app.extensions["mdtapp.identity_key"],
            )
            return _zip(plan)
    case, study = _study(case_no, study_id)
    form.fill_choices(access.forms_for(signed_in(), case), _open_series(case, study))
    return _export_page(case, study, form), 422


@exports.get(f"{STUDY}/clearance")
@requires(Permission.MATERIAL_WRITE)
def clearance(case_no: str, study_id: int) -> ResponseReturnValue:
    """Pictures that stay out of de-identified copies until a coordinator has looked at them."""
    case, study = _study(case_no, study_id)
    access.check_can_clear(signed_in(), case)
    return _clearance_page(case, study, ClearanceForm())


@exports.post(f"{STUDY}/clearance")
@requires(Permission.MATERIAL_WRITE)
def clear(case_no: str, study_id: int) -> ResponseReturnValue:
    """Says of the ticked pictures, or of all of the page, that nothing in them names the patient."""
    case, study = _study(case_no, study_id)
    access.check_can_clear(signed_in(), case)
    form = ClearanceForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            count = operations.clear_pixels(
                actor=signed_in(),
                at=now(),
                case=case,
                study=study,
                instance_ids=_ticked("shown" if request.form.get("all") else "instance"),
                reason=form.reason.data or "",
            )
            flash(_("Allowed in de-identified copies now: %(count)s.", count=count), "ok")
            return redirect(url_for("exports.clearance", case_no=case_no, study_id=study_id))
    case, study = _study(case_no, study_id)
    return _clearance_page(case, study, form), 422


@exports.post(f"{STUDY}/clearance/withdraw")
@requires(Permission.MATERIAL_WRITE)
def withdraw(case_no: str, study_id: int) -> ResponseReturnValue:
    """Takes back what was said of pictures."""
    case, study = _study(case_no, study_id)
    access.check_can_clear(signed_in(), case)
    if WithdrawForm().validate_on_submit():
        count = operations.withdraw_clearance(
            actor=signed_in(), at=now(), case=case, study=study, instance_ids=_ticked("instance")
        )
        flash(_("Kept out of de-identified copies again: %(count)s.", count=count), "ok")
    return redirect(url_for("exports.clearance", case_no=case_no, study_id=study_id))


def _study(case_no: str, study_id: int) -> tuple[Case, ImagingStudy]:
    case = get_case(case_no, signed_in())
    return case, imaging_queries.get_study(case, study_id)


def _open_series(case: Case, study: ImagingStudy) -> list[imaging_queries.SeriesRow]:
    """The series of a study without those of colleagues whose inputs are not open yet."""
    closed = closed_series(case, signed_in())
    return [row for row in imaging_queries.series_of_study(case, study) if row.series.id not in closed]


def _risks(case: Case, study: ImagingStudy) -> list[queries.AtRisk]:
    rows = _open_series(case, study)
    return queries.at_risk(queries.instances_of(case, study, [row.series.id for row in rows])) if rows else []


def _export_page(case: Case, study: ImagingStudy, form: ExportForm) -> str:
    forms = access.forms_for(signed_in(), case)
    risks = _risks(case, study) if Form.DEIDENTIFIED in forms else []
    return render_template(
        "exports/export.html",
        **_context(case, study),
        form=form,
        forms=forms,
        labels=FORM_LABELS,
        waiting=sum(risk.clearable and risk.clearance is None for risk in risks),
        never=sum(not risk.clearable for risk in risks),
        may_clear=access.can_clear(signed_in(), case),
        latest=queries.exports_of(case, study) if access.can_clear(signed_in(), case) else [],
    )


def _clearance_page(case: Case, study: ImagingStudy, form: ClearanceForm) -> str:
    risks = _risks(case, study)
    waiting = [risk for risk in risks if risk.clearable and risk.clearance is None]
    return render_template(
        "exports/clearance.html",
        **_context(case, study),
        form=form,
        withdraw_form=WithdrawForm(),
        waiting=waiting[:SHOWN],
        left=len(waiting),
        cleared=[risk for risk in risks if risk.clearance is not None],
        never=[risk for risk in risks if not risk.clearable],
        words=HELD_WORDS,
    )


def _context(case: Case, study: ImagingStudy) -> dict[str, Any]:
    return {
        "case": case,
        "banner": banner_for(case, signed_in(), "materials", today()),
        "study": study,
        "title": study_title(study),
        "material": imaging_queries.find_material(case, study),
    }


def _ticked(name: str) -> list[int]:
    numbers = map(whole_number, request.form.getlist(name))
    return [number for number in numbers if number is not None]


def _zip(plan: Plan) -> Response:
    objects: ObjectStore = current_app.extensions["mdtapp.objects"]
    response = current_app.response_class(_sent(plan, objects), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{plan.name}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _sent(plan: Plan, objects: ObjectStore) -> Iterator[bytes]:
    """With a child of its own: a long export does not keep others from their previews. A fifth one waits."""
    with _AT_ONCE, LimitedReader() as reader:
        yield from Package(plan, objects, reader)
