"""What the workbench shows of one input: materials, sections, questions in view, theirs beside ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.disciplines.checks import Finding
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.disciplines.conditions import Context, is_filled, is_required
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of, opened_by
from mdtapp.materials.status import MaterialKind, MaterialStatus
from mdtapp.opinions.inputs.claims import Claim, claims_for, with_agreement
from mdtapp.opinions.inputs.fitness import can_be_opened
from mdtapp.opinions.inputs.form_class import InputForm, form_class, from_data
from mdtapp.opinions.inputs.kept_forms import moved_on
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.places import Cited, cited_at, cited_places
from mdtapp.opinions.inputs.prefill import Known, starting_values
from mdtapp.opinions.inputs.progress import (
    CLAIM_PARTS,
    THEIRS,
    Part,
    Progress,
    judged_by_claims,
    part_keys,
    part_of,
    progress_of,
)
from mdtapp.opinions.inputs.surroundings import offered_references
from mdtapp.people.models import User

ONE_COLUMN = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.DATE, FieldType.TEXT, FieldType.REF})
NEEDED_BY: Mapping[str, frozenset[MaterialKind]] = {
    "pathology": frozenset(
        {MaterialKind.SLIDES, MaterialKind.PATHOLOGY_REPORT, MaterialKind.MOLECULAR_REPORT}
    ),
    "radiology": frozenset({MaterialKind.IMAGING_DICOM, MaterialKind.IMAGING_REPORT}),
    "nuclear_medicine": frozenset({MaterialKind.IMAGING_DICOM, MaterialKind.IMAGING_REPORT}),
    "medical_oncology": frozenset(
        {MaterialKind.CLINIC_LETTER, MaterialKind.LAB_REPORT, MaterialKind.PATHOLOGY_REPORT}
    ),
    "surgical_oncology": frozenset(
        {MaterialKind.IMAGING_DICOM, MaterialKind.OPERATION_NOTE, MaterialKind.ENDOSCOPY_REPORT}
    ),
    "radiation_oncology": frozenset({MaterialKind.IMAGING_DICOM, MaterialKind.RADIOTHERAPY_RECORD}),
    "genetics_molecular": frozenset({MaterialKind.MOLECULAR_REPORT, MaterialKind.PATHOLOGY_REPORT}),
}
"""What each discipline looks at first; the others have no kind of their own."""

POINTS = {
    "t_category": Bitext("T", "T"),
    "n_category": Bitext("N", "N"),
    "m_category": Bitext("M", "M"),
    "histology_group": Bitext("Type", "类型"),
}
REMARK = re.compile(r"\s*[(（][^()（）]*[)）]$")

MATERIAL_ICONS = {
    MaterialKind.IMAGING_DICOM: "scan",
    MaterialKind.SLIDES: "microscope",
    MaterialKind.PATHOLOGY_REPORT: "clipboard-text",
    MaterialKind.MOLECULAR_REPORT: "dna-2",
    MaterialKind.LAB_REPORT: "flask",
    MaterialKind.CLINIC_LETTER: "mail",
    MaterialKind.PHOTO: "photo",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question as the page draws it, with the home hospital's value and what follows from other answers."""

    field: Field
    control: Any
    theirs: Bitext | str
    taken_over: bool
    required: bool
    answered: bool
    places: list[Cited]

    @property
    def is_in_view(self) -> bool:
        """Core, or called for by an answer it holds or still needs; the rest stands behind "more"."""
        return self.field.tier == "core" or self.answered or self.required

    @property
    def narrow(self) -> bool:
        """Whether two such questions fit side by side."""
        return self.field.type in ONE_COLUMN or self.control.type == "SelectField"


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim of the home hospital with its row of the form, and the places cited in it."""

    claim: Claim
    row: Any
    places: list[Cited]

    @property
    def point(self) -> Bitext:
        """The claim's name as it fits a narrow column."""
        name, label = self.claim.key.rpartition(".")[2], self.claim.label
        return POINTS.get(name) or Bitext(REMARK.sub("", label.en), REMARK.sub("", label.zh))


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of the form: the questions in view, those behind "more", or the claims."""

    part: Part
    core: list[FieldView]
    detail: list[FieldView]
    claims: list[ClaimView]
    open: bool
    current: bool


@dataclass(frozen=True, slots=True)
class MaterialView:
    """One material in the left pane; `opened` by this person, `new` since they last worked on the case."""

    material: Material
    icon: str
    opened: bool
    viewable: bool
    current: bool
    new: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """The materials in the order this discipline needs them, and what was asked for and is not here."""

    first: list[MaterialView]
    rest: list[MaterialView]
    absent: list[Material]

    @property
    def all(self) -> list[MaterialView]:
        return [*self.first, *self.rest]

    @property
    def opened(self) -> int:
        return sum(view.opened for view in self.all)


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything the page needs besides the case."""

    discipline: Discipline
    form: InputForm
    progress: Progress
    parts: list[PartView]
    questions: dict[str, Bitext]

    @property
    def current(self) -> str:
        return next((view.part.key for view in self.parts if view.current), "")


def initial_data(discipline: Discipline, row: DisciplineInput | None, known: Known) -> dict[str, Any]:
    """What the form starts with: the saved answers, else the starting values."""
    if row is not None and row.saved_at is not None:
        return moved_on(row, discipline).data
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
    form.offer(offered_references(case))
    return form


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
    discipline: Discipline,
    form: InputForm,
    data: Mapping[str, Any],
    context: Context,
    taken_over: Collection[str] = (),
    wrong: Sequence[Finding] = (),
    chosen: str = "",
) -> Workbench:
    """The page's view of the form. `chosen` is the part to open; without it the first that still needs something."""
    claims = claims_for(discipline, context.outside)
    progress = progress_of(discipline, data, context)
    around = context.with_values(with_agreement(data, discipline))
    views = {
        each.key: _field_view(each, form, discipline, around, taken_over) for each in discipline.fields()
    }
    in_error = {finding.fields[0].partition(".")[0] for finding in wrong if finding.fields}
    faulty = {part_of(key, discipline, claims) for key in in_error}
    current = _current(progress, chosen, faulty)
    parts = []
    for key, _label in part_keys(discipline, claims):
        part = progress.part(key)
        assert part is not None
        drawn = _drawn(key, discipline, claims, views)
        in_view = [view for view in drawn if view.is_in_view or view.field.key in in_error]
        parts.append(
            PartView(
                part=part,
                core=in_view,
                detail=[view for view in drawn if view not in in_view],
                claims=_claim_views(form, claims) if key == THEIRS else [],
                open=key == current or key in faulty,
                current=key == current,
            )
        )
    questions = {question.key: question.text for question in case.questions}
    return Workbench(discipline, form, progress, parts, questions)


def shelf_of(
    case: Case, user: User, discipline: str, chosen: Material | None, since: datetime | None = None
) -> Shelf:
    """The left pane; what came after `since` is marked as new."""
    opened = opened_by(user, case)
    needed = NEEDED_BY.get(discipline, frozenset())
    first: list[MaterialView] = []
    rest: list[MaterialView] = []
    absent: list[Material] = []
    for row in materials_of(case):
        if row.status in (MaterialStatus.REQUESTED, MaterialStatus.NOT_AVAILABLE):
            absent.append(row)
        elif row.status is not MaterialStatus.NOT_NEEDED:
            view = MaterialView(
                material=row,
                icon=MATERIAL_ICONS.get(row.kind, "file-text"),
                opened=row.id in opened,
                viewable=can_be_opened(row),
                current=chosen is not None and row.id == chosen.id,
                new=since is not None and row.created_at > since,
            )
            (first if row.kind in needed else rest).append(view)
    return Shelf(first, rest, absent)


def chosen_material(case: Case, discipline: str, asked: int | None) -> Material | None:
    """The material in the middle pane: the one asked for, else the first this discipline needs."""
    rows = materials_of(case)
    if asked is not None:
        return next((row for row in rows if row.number == asked), None)
    needed = NEEDED_BY.get(discipline, frozenset())
    viewable = [row for row in rows if can_be_opened(row)]
    return next((row for row in viewable if row.kind in needed), viewable[0] if viewable else None)


def _field_view(
    each: Field, form: InputForm, discipline: Discipline, around: Context, taken_over: Collection[str]
) -> FieldView:
    control: Any = form[each.key]
    places = cited_at({CITED: form.cited_places()}, each.key)
    required = is_required(each, around)
    if required:
        (control.form.en if each.type is FieldType.BITEXT else control).flags.required = True
    return FieldView(
        field=each,
        control=control,
        theirs=_theirs(each, discipline, around),
        taken_over=each.key in taken_over
        and each.key != "answers",  # the questions are given, not the answers
        required=required,
        answered=is_filled(around.values.get(each.key)) or bool(places),
        places=places,
    )


def _current(progress: Progress, chosen: str, faulty: Collection[str]) -> str:
    if progress.part(chosen) is not None:
        return chosen
    if faulty:
        return next(part.key for part in progress.parts if part.key in faulty)
    waiting = (part.key for part in progress.parts if part.left)
    return next(waiting, progress.parts[-1].key)


def _drawn(
    key: str, discipline: Discipline, claims: Sequence[Claim], views: Mapping[str, FieldView]
) -> list[FieldView]:
    elsewhere = judged_by_claims(claims)
    sections = (section for section in discipline.sections if section.key == key)
    return [views[f.key] for section in sections for f in section.fields if f.key not in elsewhere]


def _claim_rows(claims: Sequence[Claim], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a claim, in order; a direct verdict on an object becomes the row of the claim on the whole of it.

    Rows about something the home hospital's record does not say any more follow, so that they are not lost.
    """
    stored = data.get("claims")
    rows = stored if isinstance(stored, list) else []
    known = {row["claim"]: dict(row) for row in rows if isinstance(row, Mapping) and row.get("claim")}
    judged = {claim.object for claim in claims if known.get(claim.key, {}).get("verdict")}
    ordered = []
    for claim in claims:
        row = known.pop(claim.key, None)
        if row is None:
            row = {"claim": claim.key}
            if claim.whole and claim.object not in judged:
                row |= _direct(claim, data)
        ordered.append(row)
    return [*ordered, *known.values()]


def _direct(claim: Claim, data: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict given on the object itself, as a claim row says it."""
    columns = zip(("verdict", "impact", "why"), CLAIM_PARTS, strict=True)
    found = {column: data.get(f"{part}_{claim.object}") for column, part in columns}
    return {column: value for column, value in found.items() if value}


def _answer_rows(case: Case, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each of the patient's questions, answered or not."""
    rows = [dict(row) for row in data.get("answers") or [] if isinstance(row, Mapping)]
    answered = {row.get("question_id") for row in rows}
    return [*rows, *({"question_id": q.key} for q in case.questions if q.key not in answered)]


def _claim_views(form: InputForm, claims: Sequence[Claim]) -> list[ClaimView]:
    table = form.table("claims")
    known = {claim.key: claim for claim in claims}
    views = []
    for entry in table.entries if table else []:
        key = entry.form.claim.data
        if key:
            places = cited_places(entry.form.anchors.data)
            views.append(ClaimView(known.get(key) or _gone(key), entry.form, places))
    return views


def _gone(key: str) -> Claim:
    """A claim the home hospital's record does not hold any more."""
    name = key.rpartition(".")[2].replace("_", " ")
    return Claim(key, Bitext(name, name), "", "diagnosis")


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
