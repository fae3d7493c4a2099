"""What the workbench shows of one input: sections, fields in view, theirs beside ours, what is left to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.disciplines.checks import Finding
from mdtapp.disciplines.computed import suggestion
from mdtapp.disciplines.conditions import Context, is_filled, is_required, is_shown
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown
from mdtapp.imaging.queries import studies_of_case
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of, opened_by
from mdtapp.opinions.case_facts import form_context
from mdtapp.opinions.inputs.claims import Claim, claims_for
from mdtapp.opinions.inputs.form_class import InputForm, form_class, from_data
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.prefill import Known, starting_values
from mdtapp.people.models import User

CLAIM_FIELDS = ("agree", "impact", "comment")
MODALITIES = frozenset({"CT", "MR", "PT", "US", "MG", "CR", "NM", "ES"})


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question as the page draws it."""

    field: Field
    control: Any
    theirs: Bitext | str
    taken_over: bool
    suggestion: str
    required: bool
    answered: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim of the home hospital with its row of the form."""

    claim: Claim
    row: Any


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section: the questions in view, those behind "more", and how many answers are missing."""

    key: str
    label: Bitext
    core: list[FieldView]
    detail: list[FieldView]
    claims: list[ClaimView]
    missing: int
    detail_open: bool

    @property
    def state(self) -> str:
        answered = any(view.answered for view in (*self.core, *self.detail))
        return "missing" if self.missing and answered else "todo" if self.missing else "done"


@dataclass(frozen=True, slots=True)
class MaterialView:
    """One material in the left pane; `opened` by this person."""

    material: Material
    opened: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything the page needs besides the case."""

    discipline: Discipline
    form: InputForm
    sections: list[SectionView]
    materials: list[MaterialView]
    chosen: Material | None
    answered: int
    required: int

    @property
    def left(self) -> int:
        return self.required - self.answered


def context_of(case: Case, user: User, today: date) -> Context:
    """The context conditions and checks look at, with the references of this case."""
    return form_context(case, today=today, references=references_of(case))


def facts_for_page(context: Context) -> dict[str, Any]:
    """The facts that conditions in the page may ask for, by their question: codes, numbers and dates."""
    parts = {"case": context.case, "outside": context.outside, "patient": context.patient}
    facts = {
        f"{part}.{key}": value
        for part, values in parts.items()
        for key, value in values.items()
        if isinstance(value, str | int | float | bool)
    }
    return {**facts, "patient.age": context.answer("patient.age")}


def references_of(case: Case) -> dict[str, list[str]]:
    """The ids that exist: materials as M1, questions as Q1; studies by the material they are filed as."""
    materials = [material.reference for material in materials_of(case)]
    return {"material": materials, "patient_question": [question.key for question in case.questions]}


def offered_references(case: Case, language: Language) -> dict[str, list[tuple[str, Any]]]:
    """The choices of reference fields: id and words."""
    materials = [(row.reference, f"{row.reference} · {row.title}") for row in materials_of(case)]
    questions = [(q.key, Bitext(f"{q.key}: {q.text.en}", f"{q.key}：{q.text.zh}")) for q in case.questions]
    return {"material": materials, "patient_question": questions, "imaging_study": _study_choices(case)}


def _study_choices(case: Case) -> list[tuple[str, Any]]:
    return [
        (f"M{material.number}", f"M{material.number} · {material.title}")
        for material in materials_of(case)
        if str(material.kind) == "imaging_dicom"
    ]


def known_facts(case: Case, user: User, context: Context, previous: Mapping[str, Any]) -> Known:
    """The facts starting values are taken from."""
    opened = opened_by(user, case)
    member = next((m for m in case.members if m.user_id == user.id and m.discipline), None)
    facts = {
        **context.case,
        "materials_opened": [row.reference for row in materials_of(case) if row.id in opened],
        "coi_declared": bool(member.conflict_of_interest) if member else None,
        "imaging_studies": _studies(case),
        "questions": [{"question_id": question.key} for question in case.questions],
    }
    return Known(case=facts, previous=previous)


def _studies(case: Case) -> list[dict[str, Any]]:
    numbers = {material.id: material.reference for material in materials_of(case)}
    rows = []
    for row in studies_of_case(case):
        main = next((code for code in row.modalities if code in MODALITIES), "other")
        when = row.study.study_date.isoformat() if row.study.study_date else None
        known = {
            "study_ref": numbers.get(row.material_id or 0),
            "modality": "PT" if "PT" in row.modalities else main,
            "region": row.study.description,
            "date": when,
        }
        rows.append({key: value for key, value in known.items() if value})
    return rows


def initial_data(discipline: Discipline, row: DisciplineInput | None, known: Known) -> dict[str, Any]:
    """What the form starts with: the saved answers, else the starting values."""
    if row is not None and row.saved_at is not None:
        return dict(row.data)
    return starting_values(discipline, known)


def open_form(
    discipline: Discipline,
    data: Mapping[str, Any],
    case: Case,
    outside: Mapping[str, Any],
    language: Language,
) -> InputForm:
    """The form with stored or starting answers, a row for each claim and each question."""
    filled = dict(data)
    claims = claims_for(discipline, outside)
    if claims:
        filled["claims"] = _claim_rows(claims, filled)
    if discipline.has("answers"):
        filled["answers"] = _answer_rows(case, filled)
    form = from_data(form_class(discipline, language), filled)
    form.offer(offered_references(case, language))
    return form


def _claim_rows(claims: Sequence[Claim], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a claim, in order; a direct verdict on the whole object becomes that claim's row."""
    known = {
        row["claim"]: dict(row)
        for row in data.get("claims") or []
        if isinstance(row, Mapping) and row.get("claim")
    }
    judged = {claim.object for claim in claims if known.get(claim.key, {}).get("verdict")}
    rows = []
    for claim in claims:
        row = known.pop(claim.key, None)
        if row is None:
            row = {"claim": claim.key}
            if claim.object not in judged and data.get(f"agree_{claim.object}"):
                judged.add(claim.object)
                direct = {
                    "verdict": data.get(f"agree_{claim.object}"),
                    "impact": data.get(f"impact_{claim.object}"),
                    "why": data.get(f"comment_{claim.object}"),
                }
                row |= {key: value for key, value in direct.items() if value}
        rows.append(row)
    return [*rows, *known.values()]


def _answer_rows(case: Case, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each of the patient's questions, answered or not."""
    rows = [dict(row) for row in data.get("answers") or [] if isinstance(row, Mapping)]
    answered = {row.get("question_id") for row in rows}
    return [*rows, *({"question_id": q.key} for q in case.questions if q.key not in answered)]


def without_empty_rows(data: dict[str, Any]) -> dict[str, Any]:
    """Rows the page added and nobody filled: questions without an answer, claims without a verdict."""
    kept = {
        "answers": [row for row in data.get("answers") or [] if row.get("answer")],
        "claims": [row for row in data.get("claims") or [] if row.keys() - {"claim"}],
    }
    return {key: value for key, value in {**data, **kept}.items() if value != []}


def assemble(
    *,
    case: Case,
    user: User,
    discipline: Discipline,
    form: InputForm,
    data: Mapping[str, Any],
    context: Context,
    taken_over: frozenset[str],
    findings: Sequence[Finding],
    chosen: Material | None,
) -> Workbench:
    """The page's view of the form: what is asked now, and what is left."""
    around = replace(context, values=data)
    claims = claims_for(discipline, context.outside)
    in_error = {key.partition(".")[0] for finding in findings for key in finding.fields}
    views = {
        each.key: _field_view(each, form, discipline, around, taken_over) for each in discipline.fields()
    }
    by_claims = _judged_by_claims(claims)
    sections = [
        _section(
            section, views, form, claims if place == _claims_place(discipline) else [], by_claims, in_error
        )
        for place, section in enumerate(discipline.sections)
    ]
    asked = [view for key, view in views.items() if view.required]
    opened = opened_by(user, case)
    return Workbench(
        discipline=discipline,
        form=form,
        sections=sections,
        materials=[
            MaterialView(row, row.id in opened, chosen is not None and row.id == chosen.id)
            for row in materials_of(case)
        ],
        chosen=chosen,
        answered=sum(view.answered for view in asked),
        required=len(asked),
    )


def _judged_by_claims(claims: Sequence[Claim]) -> frozenset[str]:
    """Direct fields whose answer follows from the claim rows."""
    return frozenset(f"{part}_{claim.object}" for claim in claims for part in CLAIM_FIELDS)


def _claims_place(discipline: Discipline) -> int:
    """The section with the first verdict on the outside opinion."""
    for place, section in enumerate(discipline.sections):
        if any(each.agreement for each in section.fields):
            return place
    return 0


def _section(
    section: Any,
    views: Mapping[str, FieldView],
    form: InputForm,
    claims: Sequence[Claim],
    by_claims: frozenset[str],
    in_error: set[str],
) -> SectionView:
    drawn = [views[each.key] for each in section.fields if each.key not in by_claims]
    asked = [views[each.key] for each in section.fields]
    detail = [view for view in drawn if view.field.tier == "detail"]
    return SectionView(
        key=section.key,
        label=section.label,
        core=[view for view in drawn if view.field.tier == "core"],
        detail=detail,
        claims=_claim_views(form, claims),
        missing=sum(view.required and not view.answered for view in asked),
        detail_open=any(
            view.answered or view.field.key in in_error or (view.required and not view.answered)
            for view in detail
        ),
    )


def _claim_views(form: InputForm, claims: Sequence[Claim]) -> list[ClaimView]:
    table = form.table("claims")
    rows = {entry.form.claim.data: entry.form for entry in table.entries} if table else {}
    return [ClaimView(claim, rows[claim.key]) for claim in claims if claim.key in rows]


def _field_view(
    each: Field, form: InputForm, discipline: Discipline, context: Context, taken_over: frozenset[str]
) -> FieldView:
    value = context.values.get(each.key)
    computed = suggestion(each.computed, context.values) if each.computed else None
    return FieldView(
        field=each,
        control=form[each.key],
        theirs=_theirs(each, discipline, context),
        taken_over=each.key in taken_over,
        suggestion="" if computed is None else f"{computed:g}",
        required=is_required(each, context),
        answered=is_filled(value),
        shown=is_shown(each, context),
    )


def _theirs(each: Field, discipline: Discipline, context: Context) -> Bitext | str:
    """The home hospital's value beside the empty field; never copied into it."""
    if each.prefill is None or each.prefill.mode != "compare" or each.type is FieldType.TABLE:
        return ""
    value = context.answer(each.prefill.source)
    if not is_filled(value):
        return ""
    if isinstance(value, Mapping):
        return Bitext.of(value)
    return str(value) if each.type is FieldType.BITEXT else shown(discipline, each, value)
