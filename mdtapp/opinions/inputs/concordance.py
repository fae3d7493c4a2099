"""Who said what on the same point: decision axes by disciplines, the home hospitals beside them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.treatment import DRUG_MODALITIES, PREFERRED
from mdtapp.disciplines.conditions import is_filled, same
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown
from mdtapp.opinions.facts import STEPS

FACTS = (
    "primary_site",
    "laterality",
    "histology_group",
    "behaviour",
    "grade_group",
    "driver_alterations",
    "t_category",
    "n_category",
    "m_category",
    "stage_group",
    "resectability",
    "overall_intent",
    "first_step",
)
"""Answers that are given in the same code wherever they are asked."""
ALSO_ASKED_AS = {"resectability": "imaging_resectability"}
"""The same point under the name it has in another form."""

VERDICTS = {
    "agree_diagnosis": Bitext("Their diagnosis", "外院诊断"),
    "agree_stage": Bitext("Their stage", "外院分期"),
    "agree_report": Bitext("Their imaging report", "外院影像报告"),
    "agree_plan": Bitext("Their plan", "外院方案"),
}
CERTAINTY = ("materials_reviewed", "sufficiency", "confidence")
STATES = {"agree": "same", "minor": "refined", "major": "different"}

LOCAL = frozenset(
    {"surgery", "radiotherapy", "chemoradiation", "ablation", "tace_haic", "radionuclide", "transplant"}
)
TESTS = frozenset({"test", "biopsy"})
NONE = Bitext("None", "无")


@dataclass(frozen=True, slots=True)
class Hospital:
    """One home hospital: its letter, and what its opinion says by key."""

    label: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one discipline says.

    `kind` and `state` choose the look; both are empty where there is nothing to compare. `like` is the letter of
    the hospital that says the same, where there are several. `field` is the answer of the input it came from.
    """

    answer: Bitext
    field: str
    kind: str = ""
    state: str = ""
    like: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """One point. `theirs` has one text for each hospital, empty where its record does not say it; a discipline that
    was not asked has no cell. `fields` are the answers it is made of."""

    label: Bitext
    theirs: tuple[Bitext, ...]
    cells: Mapping[str, Cell]
    fields: tuple[str, ...]
    voted: bool = True

    @property
    def team(self) -> tuple[int, ...]:
        """How many disciplines share each answer, the most shared first; empty where fewer than two answered."""
        if not self.voted or len(self.cells) < 2:
            return ()
        said = Counter(
            (cell.answer, cell.state if cell.kind == "agreement" else "") for cell in self.cells.values()
        )
        return tuple(sorted(said.values(), reverse=True))

    @property
    def team_state(self) -> str:
        """How a team of one mind stands to the home hospital (`same` where nothing is compared); else `different`."""
        if len(self.team) > 1:
            return "different"
        states = {STATES.get(cell.state, cell.state) for cell in self.cells.values()} - {""}
        return states.pop() if len(states) == 1 else "same"


Answers = Mapping[str, Mapping[str, Any]]


def axes(disciplines: Sequence[Discipline], data: Answers, hospitals: Sequence[Hospital]) -> list[Axis]:
    """The points at least one of these disciplines has answered; `data` holds the answers by discipline."""
    found = [_fact(key, disciplines, data, hospitals) for key in FACTS]
    found += _of_steps(disciplines, data, hospitals)
    found += [_verdict(key, label, disciplines, data, len(hospitals)) for key, label in VERDICTS.items()]
    found += [_certainty(key, disciplines, data, len(hospitals)) for key in CERTAINTY]
    return [axis for axis in found if axis.cells]


def _asked(
    keys: Iterable[str], disciplines: Sequence[Discipline], data: Answers
) -> Iterator[tuple[Discipline, Field, Any]]:
    """For each discipline the first of these answers it gave."""
    wanted = tuple(keys)
    for discipline in disciplines:
        answers = data.get(discipline.key, {})
        key = next((key for key in wanted if discipline.has(key) and is_filled(answers.get(key))), None)
        if key is not None:
            yield discipline, discipline.field(key), answers[key]


def _fact(key: str, disciplines: Sequence[Discipline], data: Answers, hospitals: Sequence[Hospital]) -> Axis:
    keys = (key, ALSO_ASKED_AS[key]) if key in ALSO_ASKED_AS else (key,)
    asked = list(_asked(keys, disciplines, data))
    theirs = [hospital.facts.get(key) for hospital in hospitals]
    cells = {}
    for discipline, field, value in asked:
        state, like = _compared(key, value, theirs, hospitals, data[discipline.key])
        kind = "concordance" if state else ""
        cells[discipline.key] = Cell(shown(discipline, field, value), field.key, kind, state, like)
    if not asked:
        return Axis(Bitext(), (), {}, keys)
    leading, field, _value = next((one for one in asked if one[1].key == key), asked[0])
    return Axis(field.label, tuple(shown(leading, field, said) for said in theirs), cells, keys)


def _compared(
    key: str, ours: Any, theirs: Sequence[Any], hospitals: Sequence[Hospital], answers: Mapping[str, Any]
) -> tuple[str, str]:
    """Same, refined or different: the author's own verdict on the claim decides where the values differ."""
    if not any(map(is_filled, theirs)):
        return "", ""
    equal = [
        hospital.label
        for hospital, said in zip(hospitals, theirs, strict=True)
        if is_filled(said) and _is(ours, said)
    ]
    if equal:
        alone = len(hospitals) > 1 and len(equal) < len(hospitals)
        return "same", ", ".join(equal) if alone else ""
    rows = answers.get("claims")
    verdicts = [
        str(row.get("verdict"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, Mapping) and row.get("claim") == f"outside.{key}" and row.get("verdict")
    ]
    return (STATES.get(verdicts[0], "different") if verdicts else "different"), ""


def _is(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return sorted(map(str, ours)) == sorted(map(str, theirs))
    return same(ours, theirs)


def _of_steps(disciplines: Sequence[Discipline], data: Answers, hospitals: Sequence[Hospital]) -> list[Axis]:
    """What is preferred: drugs, local treatment, tests before anything else."""
    asked = list(_asked([STEPS], disciplines, data))
    theirs = [_preferred(hospital.facts.get("steps")) for hospital in hospitals]
    parts: tuple[tuple[Bitext, Callable[[_Steps], frozenset[str]], str], ...] = (
        (Bitext("Drugs", "药物治疗"), _drugs, "drug_class"),
        (Bitext("Local treatment", "局部治疗"), lambda steps: _modalities(steps, LOCAL), "modality"),
        (Bitext("Tests first", "先补充检查"), lambda steps: _modalities(steps, TESTS), "modality"),
    )
    return [_step_axis(label, part, choices, asked, theirs, hospitals) for label, part, choices in parts]


_Steps = Sequence[Mapping[str, Any]]


def _step_axis(
    label: Bitext,
    part: Callable[[_Steps], frozenset[str]],
    choices: str,
    asked: Sequence[tuple[Discipline, Field, Any]],
    theirs: Sequence[_Steps],
    hospitals: Sequence[Hospital],
) -> Axis:
    ours = [(discipline, field, part(_preferred(value))) for discipline, field, value in asked]
    homes = [part(steps) if steps else None for steps in theirs]
    if not any(codes for _discipline, _field, codes in ours):
        return Axis(label, (), {}, (STEPS,))
    cells = {}
    for discipline, field, codes in ours:
        state, like = _compared_sets(codes, homes, hospitals)
        answer = _labels(codes, discipline, choices)
        cells[discipline.key] = Cell(answer, field.key, "concordance" if state else "", state, like)
    words = tuple(Bitext() if home is None else _labels(home, ours[0][0], choices) for home in homes)
    return Axis(label, words, cells, (STEPS,))


def _compared_sets(
    ours: frozenset[str], homes: Sequence[frozenset[str] | None], hospitals: Sequence[Hospital]
) -> tuple[str, str]:
    known = [
        (hospital.label, home) for hospital, home in zip(hospitals, homes, strict=True) if home is not None
    ]
    if not known:
        return "", ""
    equal = [label for label, home in known if home == ours]
    if equal:
        return "same", ", ".join(equal) if len(hospitals) > 1 and len(equal) < len(hospitals) else ""
    return ("refined" if any(home & ours for _label, home in known) else "different"), ""


def _preferred(rows: Any) -> _Steps:
    """Preferred steps; one that names no preference, as in most letters, counts as preferred."""
    known = [row for row in (rows if isinstance(rows, list) else []) if isinstance(row, Mapping)]
    return [row for row in known if row.get("preference") in (None, "", PREFERRED)]


def _drugs(steps: _Steps) -> frozenset[str]:
    found: set[str] = set()
    for step in steps:
        classes = step.get("drug_classes")
        if step.get("modality") in DRUG_MODALITIES and isinstance(classes, list):
            found.update(code for code in classes if isinstance(code, str))
    return frozenset(found)


def _modalities(steps: _Steps, wanted: frozenset[str]) -> frozenset[str]:
    return frozenset(str(step.get("modality")) for step in steps if step.get("modality") in wanted)


def _labels(codes: frozenset[str], discipline: Discipline, choices: str) -> Bitext:
    """The labels in the order they are offered."""
    if not codes:
        return NONE
    known = discipline.choices[choices]
    order = [choice.code for choice in known]
    labels = [
        known.label(code)
        for code in sorted(codes, key=lambda code: (order.index(code) if code in order else len(order), code))
    ]
    return Bitext("; ".join(label.en for label in labels), "；".join(label.zh for label in labels))


def _verdict(
    key: str, label: Bitext, disciplines: Sequence[Discipline], data: Answers, hospitals: int
) -> Axis:
    cells = {
        discipline.key: Cell(Bitext(), key, "agreement", str(value))
        for discipline, _field, value in _asked([key], disciplines, data)
    }
    return Axis(label, (Bitext(),) * hospitals, cells, (key,))


def _certainty(key: str, disciplines: Sequence[Discipline], data: Answers, hospitals: int) -> Axis:
    asked = list(_asked([key], disciplines, data))
    cells = {
        discipline.key: Cell(_plain(discipline, field, value), field.key)
        for discipline, field, value in asked
    }
    return Axis(asked[0][1].label if asked else Bitext(), (Bitext(),) * hospitals, cells, (key,), voted=False)


def _plain(discipline: Discipline, field: Field, value: Any) -> Bitext:
    """References as they are cited, anything else in words."""
    if field.type is FieldType.MULTIREF and isinstance(value, list):
        cited = " ".join(map(str, value))
        return Bitext(cited, cited)
    return shown(discipline, field, value)
