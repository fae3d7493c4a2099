"""What is missing, what follows for the patient's questions at home, and when to write again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.clinical.treatment import NOT_RECOMMENDED
from mdtapp.opinions.drafting.findings import distinct, together
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Said, Source, Statement
from mdtapp.opinions.drafting.steps import CONDITIONAL, Advice, Step
from mdtapp.opinions.drafting.translation import in_order, is_foreign
from mdtapp.opinions.drafting.words import by, fixed, sentence, unstopped

TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "missing_items": ("item", "criticality"),
    "further_tests": ("test", "urgency"),
    "further_imaging": ("test", "urgency"),
}
"""Tables of what is needed: the column that names it, and the one that says how much it matters."""
WEIGHTS: Final = ("blocking", "important", "optional")
ASKED_FOR: Final = ("blocking", "important")
SHORT_OF: Final = ("insufficient", "limited")


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of such a table: what is needed (in both languages, untranslated ones repeated), and its sentence."""

    input: Input
    field: str
    place: int
    weight: str
    name: Bitext
    foreign: tuple[Language, ...]
    said: Said

    @property
    def source(self) -> Source:
        return self.input.source(self.field, self.place)


def gaps(signed: Signed) -> list[Gap]:
    """What anybody needs, what blocks an opinion first."""
    found = [gap for one in signed.inputs for field in TABLES for gap in _of_table(one, field)]
    return sorted(found, key=lambda gap: WEIGHTS.index(gap.weight) if gap.weight in WEIGHTS else len(WEIGHTS))


def _of_table(one: Input, key: str) -> Iterable[Gap]:
    field = one.find(key)
    named, weighed = TABLES[key]
    if field is None:
        return
    for place, row in one.rows(key):
        name, chinese = _text(row.get(named)), _text(row.get(f"{named}_zh"))
        if not name and not chinese:
            continue
        languages: list[Language] = []
        if not chinese and is_foreign(name, "zh"):
            languages.append("zh")
        if not name or is_foreign(name, "en"):
            languages.append("en")
        said = next((part for part in one.spoken(field) if part.sources[0]["row"] == place), None)
        text = said or Said(sentence(Bitext(name, chinese)), (one.source(key, place),), in_order(languages))
        yield Gap(
            one,
            key,
            place,
            _text(row.get(weighed)),
            unstopped(Bitext(name, chinese)),
            in_order(languages),
            text,
        )


def missing_information(signed: Signed, needed: Sequence[Gap]) -> list[Statement]:
    """First who could not judge, then what is needed; the same thing needed by several is one sentence."""
    groups: dict[tuple[str, str], list[Gap]] = {}
    for gap in needed:
        groups.setdefault((gap.said.text.en, gap.said.text.zh), []).append(gap)
    return [*_limits(signed), *(_needed(signed, group) for group in groups.values())]


def _limits(signed: Signed) -> list[Statement]:
    found = []
    for code in SHORT_OF:
        group = [one for one in signed.inputs if one.code("sufficiency") == code]
        if group:
            who = signed.names([one.key for one in group])
            sources = tuple(one.source("sufficiency") for one in group)
            found.append(Statement(Said(by(who, fixed(f"sufficiency.{code}")), sources), "limit"))
    return found


def _needed(signed: Signed, group: Sequence[Gap]) -> Statement:
    authors = list(dict.fromkeys(gap.input.key for gap in group))
    said = together(gap.said for gap in group)
    text = group[0].said.text
    if len(authors) > 1:
        text = by(signed.names(authors), text)
    return Statement(Said(text, said.sources, said.untranslated), "advice", "needed")


def questions_home_doctor(signed: Signed, advice: Advice, needed: Sequence[Gap]) -> list[Statement]:
    """Questions the patient can put: what to arrange, whether a condition is met, what there is and what it costs."""
    found = [_arrange(group) for group in _by_name(needed)]
    steps = [step for step in advice.all_steps if step.preference != NOT_RECOMMENDED]
    for step in steps:
        if step.preference == CONDITIONAL and step.text("condition"):
            condition = unstopped(step.text("condition"))
            found.append(_step_question("condition", step, condition=condition, what=step.description))
    for step in steps:
        code = str(step.as_json().get("home_availability") or "")
        if code in ("unknown", "available_private", "not_available"):
            found.append(_step_question(code, step, what=step.description))
    tcm = signed.find("tcm_integrative")
    if tcm is not None and tcm.code("home_availability") == "unknown":
        sources: tuple[Source, ...] = ({"template": "ask.tcm_unknown"}, tcm.source("home_availability"))
        found.append(Statement(Said(fixed("ask.tcm_unknown"), sources), "advice"))
    return found


def _arrange(group: Sequence[Gap]) -> Statement:
    sources = ({"template": "ask.arrange"}, *(gap.source for gap in group))
    text = fixed("ask.arrange", what=group[0].name)
    return Statement(Said(text, sources, in_order(lang for gap in group for lang in gap.foreign)), "advice")


def _step_question(key: str, step: Step, **values: Bitext) -> Statement:
    sources = ({"template": f"ask.{key}"}, *step.sources)
    languages = step.untranslated("description", *(name for name in values if name != "what"))
    return Statement(Said(fixed(f"ask.{key}", **values), sources, languages), "advice")


def _by_name(needed: Sequence[Gap]) -> list[list[Gap]]:
    groups: dict[tuple[str, str], list[Gap]] = {}
    for gap in needed:
        if gap.weight in ASKED_FOR:
            groups.setdefault((gap.name.en.lower(), gap.name.zh), []).append(gap)
    return list(groups.values())


def follow_up(needed: Sequence[Gap]) -> list[Statement]:
    """When to write again: as soon as what is missing has arrived."""
    awaited = [gap for gap in needed if gap.weight in ASKED_FOR]
    if not awaited:
        return []
    sources = distinct([{"template": "follow_up.send_missing"}, *(gap.source for gap in awaited)])
    return [Statement(Said(fixed("follow_up.send_missing"), sources), "advice")]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
