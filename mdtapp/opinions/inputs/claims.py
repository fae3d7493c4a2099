"""What the home hospital said, as single claims a discipline gives its verdict on. Pure.

A claim's key is the path of the fact in the outside opinion: `outside.t_category`, `outside.steps.0`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical import agreement
from mdtapp.clinical.agreement import AssessedObject, claim_object
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.tnm import stage_text
from mdtapp.disciplines.conditions import is_filled
from mdtapp.disciplines.definitions import Discipline, Field, FieldType
from mdtapp.disciplines.sentences import shown

OUTSIDE = "outside."
WHOLE: dict[AssessedObject, tuple[str, Bitext]] = {
    "diagnosis": ("diagnosis_text", Bitext("Diagnosis", "诊断")),
    "stage": ("stage_text", Bitext("Stage", "分期")),
    "report": ("imaging_report", Bitext("Imaging report", "影像报告")),
    "plan": ("plan", Bitext("Treatment plan", "治疗方案")),
}
"""The claim that stands for a whole object, asked of everyone who judges the object.

Where the record says only parts of it (T, N and M, or single steps), the claim says these together: a verdict on
the whole is never one on its first part.
"""

NO_CLAIMS = frozenset({"primary_site", "laterality", "stage_prefix", "stage_system", "child_pugh", "steps"})
"""Facts without a verdict of their own: compared by rules, said along with the stage, or asked step by step."""

STEP = Bitext("Step", "步骤")
AS_A_WHOLE = Bitext("the points below, as a whole", "以下各项的总体")


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing the home hospital said: its key, what it is, their words, and the object it belongs to."""

    key: str
    label: Bitext
    theirs: Bitext | str
    object: AssessedObject

    @property
    def whole(self) -> bool:
        """Whether it stands for the whole object, on which a discipline may also say that it is not theirs to judge."""
        return self.key.removeprefix(OUTSIDE) == WHOLE[self.object][0]


def claims_for(discipline: Discipline, outside: Mapping[str, Any]) -> list[Claim]:
    """The claims this discipline can judge, in the order of its form.

    Those are the whole diagnosis, stage, imaging report and plan, where the form asks for a verdict on them and
    for the reason of a difference, and beside them each single fact the form asks for itself.
    """
    judged = [
        one
        for one in WHOLE
        if all(discipline.has(f"{part}_{one}") for part in ("agree", "impact", "comment"))
    ]
    claims: list[Claim] = []
    for one in judged:
        parts = [claim for claim in _facts(discipline, outside) if claim.object == one]
        parts += _steps(outside) if one == "plan" else ()
        key, label = WHOLE[one]
        if parts or is_filled(outside.get(key)):
            claims += [Claim(f"{OUTSIDE}{key}", label, _whole(one, outside), one), *parts]
    return claims


def said_at(claim: str, outside: Mapping[str, Any]) -> Any:
    """What their record holds at a claim, as stored: what a verdict on it was given on. None when it holds nothing.

    A claim on a whole object that is nowhere said in words rests on all the parts of it.
    """
    path = claim.removeprefix(OUTSIDE)
    for judged, (key, _label) in WHOLE.items():
        if path == key:
            said = outside.get(key)
            return said if is_filled(said) else _parts_of(judged, outside)
    found: Any = outside
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _parts_of(judged: AssessedObject, outside: Mapping[str, Any]) -> dict[str, Any] | None:
    parts = {
        key: value
        for key, value in outside.items()
        if is_filled(value) and claim_object(f"{OUTSIDE}{key}") == judged
    }
    return parts or None


def verdicts_in(data: Mapping[str, Any]) -> dict[str, str]:
    """The verdict given on each claim; one given on an object without a row counts for the claim on its whole."""
    rows = _by_object(data)
    found = {
        str(row["claim"]): _text(row.get("verdict"))
        for group in rows.values()
        for row in group
        if row.get("verdict")
    }
    for judged, (key, _label) in WHOLE.items():
        verdict = _text(data.get(f"agree_{judged}"))
        if verdict and not any(_text(row.get("verdict")) for row in rows.get(judged, ())):
            found[f"{OUTSIDE}{key}"] = verdict
    return found


def without_verdicts(data: Mapping[str, Any], claims: Collection[str]) -> dict[str, Any]:
    """The answers as if these claims had not been judged yet; all words written on them stay where they are.

    An object keeps the verdict its other claims give; without one it has none, and no explanation of it.
    """
    if not claims:
        return dict(data)
    touched = {claim_object(claim) for claim in claims}
    judged = {"verdict", "impact"}
    rows = data.get("claims")
    kept = [
        {key: value for key, value in row.items() if key not in judged} if _is_one_of(row, claims) else row
        for row in (rows if isinstance(rows, list) else [])
    ]
    parts = {f"{part}_{one}" for part in ("agree", "impact", "comment") for one in touched}
    answers = {key: value for key, value in data.items() if key not in parts}
    if kept:
        answers["claims"] = kept
    rolled = with_agreement(answers)
    remaining = {f"comment_{one}" for one in touched if rolled.get(f"agree_{one}")}
    return rolled | {key: data[key] for key in sorted(remaining) if data.get(key)}


def _is_one_of(row: Any, claims: Collection[str]) -> bool:
    return isinstance(row, Mapping) and row.get("claim") in claims


def _whole(judged: AssessedObject, outside: Mapping[str, Any]) -> Bitext | str:
    """The whole object in their own words, else put together from what is known of it."""
    said = outside.get(WHOLE[judged][0])
    if is_filled(said):
        return _words(said)
    return (stage_text(outside) if judged == "stage" else "") or AS_A_WHOLE


def _facts(discipline: Discipline, outside: Mapping[str, Any]) -> Iterator[Claim]:
    whole = {key for key, _label in WHOLE.values()}
    for field in discipline.fields():
        key = _compared(field)
        if key is None or key in NO_CLAIMS or key in whole or not is_filled(outside.get(key)):
            continue
        if field.type is FieldType.TABLE:
            yield from _rows(discipline, field, key, outside[key])
        else:
            theirs = shown(discipline, field, outside[key])
            yield Claim(f"{OUTSIDE}{key}", field.label, theirs, claim_object(f"{OUTSIDE}{key}"))


def _compared(field: Field) -> str | None:
    """The key of the outside fact the field stands beside."""
    if field.agreement or field.prefill is None or field.prefill.mode != "compare":
        return None
    source = field.prefill.source
    return source.removeprefix(OUTSIDE) if source.startswith(OUTSIDE) else None


def _rows(discipline: Discipline, table: Field, key: str, rows: Any) -> Iterator[Claim]:
    """Each row of a table the home hospital filled; a bare text is one claim."""
    for index, row in enumerate(rows if isinstance(rows, list) else [rows]):
        if isinstance(row, Mapping):
            cells = [shown(discipline, column, row.get(column.key)) for column in table.columns]
            theirs: Bitext | str = Bitext(
                en=" ".join(cell.en for cell in cells if cell), zh=" ".join(cell.zh for cell in cells if cell)
            )
        else:
            theirs = str(row)
        if theirs:
            path = f"{OUTSIDE}{key}.{index}"
            yield Claim(path, table.label, theirs, claim_object(path))


def _steps(outside: Mapping[str, Any]) -> Iterator[Claim]:
    steps = outside.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else []):
        description = step.get("description") if isinstance(step, Mapping) else None
        if is_filled(description):
            label = Bitext(f"{STEP.en} {index + 1}", f"{STEP.zh}{index + 1}")
            yield Claim(f"{OUTSIDE}steps.{index}", label, _words(description), "plan")


def _words(value: Any) -> Bitext | str:
    return Bitext.of(value) if isinstance(value, Mapping) else str(value)


def worst_verdict(rows: Iterable[Mapping[str, Any]]) -> str:
    """The worst verdict of claim rows; one that could not be assessed never lowers it. Empty when none is given."""
    return agreement.worst_verdict(_text(row.get("verdict")) for row in rows)


def with_agreement(data: Mapping[str, Any], discipline: Discipline | None = None) -> dict[str, Any]:
    """The answers with `agree_…` and `impact_…` taken from the claim rows where these give a verdict.

    Where there is no row the direct answers stay. With `discipline` nothing is set that its form does not ask for.
    """
    answers = dict(data)
    for judged, rows in _by_object(data).items():
        verdict = worst_verdict(rows)
        impact = agreement.worst_impact(_text(row.get("impact")) for row in rows)
        rolled = {f"agree_{judged}": verdict, f"impact_{judged}": impact}
        answers |= {
            key: value
            for key, value in rolled.items()
            if value and (discipline is None or discipline.has(key))
        }
    return answers


def _by_object(data: Mapping[str, Any]) -> dict[AssessedObject, list[Mapping[str, Any]]]:
    rows = data.get("claims")
    by_object: dict[AssessedObject, list[Mapping[str, Any]]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and _text(row.get("claim")):
            by_object.setdefault(claim_object(row["claim"]), []).append(row)
    return by_object


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
