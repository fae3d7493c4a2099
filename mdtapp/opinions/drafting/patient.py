"""The patient's part: the summary, the answers to the questions, what cannot wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.drafting.findings import distinct, together
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Said, Source, Statement
from mdtapp.opinions.drafting.translation import in_order, missing
from mdtapp.opinions.drafting.words import by, fixed, sentence

OBJECTS = ("diagnosis", "stage", "report", "plan")


def summary(signed: Signed, decision: Mapping[str, Any] | None) -> list[Statement]:
    """The meeting's conclusion, then each discipline's summary in its own words."""
    found = []
    concluded = Bitext.of(decision.get("summary")) if decision else Bitext()
    if concluded:
        source: Source = {"chair": "summary"}
        found.append(Statement(Said(sentence(concluded), (source,), missing(concluded))))
    for one, said in _in_plain_words(signed, "summary"):
        text = by(one.label, sentence(said.text))
        found.append(Statement(Said(text, said.sources, said.untranslated)))
    return found


def _in_plain_words(signed: Signed, field: str) -> list[tuple[Input, Said]]:
    return [(one, said) for one in signed.inputs if (said := one.plain(field)) is not None]


def answers(signed: Signed) -> list[Statement]:
    """The answers in the order of the patient's questions; equal ones once, differing ones with their authors."""
    asked = [str(question["id"]) for question in signed.facts.questions if question.get("id")]
    given: dict[str, list[tuple[Input, Said]]] = {key: [] for key in asked}
    for one in signed.inputs:
        for place, row in one.rows("answers"):
            text = Bitext.of(row.get("answer")) if isinstance(row.get("answer"), Mapping | str) else Bitext()
            if text:
                said = Said(sentence(text), (one.source("answers", place),), missing(text))
                given.setdefault(str(row.get("question_id") or ""), []).append((one, said))
    return [statement for key, said in given.items() for statement in _answers(signed, key, said)]


def _answers(signed: Signed, question: str, given: Sequence[tuple[Input, Said]]) -> list[Statement]:
    groups: dict[tuple[str, str], list[tuple[Input, Said]]] = {}
    for one, said in given:
        groups.setdefault((said.text.en, said.text.zh), []).append((one, said))
    found = []
    for group in groups.values():
        text = group[0][1].text
        if len(groups) > 1:
            text = by(signed.names(list(dict.fromkeys(one.key for one, _ in group))), text)
        sources = distinct(source for _, said in group for source in said.sources)
        languages = in_order(language for _, said in group for language in said.untranslated)
        found.append(Statement(Said(text, sources, languages), "advice", question=question or None))
    return found


def red_flags(signed: Signed) -> list[Statement]:
    """Urgent messages, then every difference that was judged a matter of safety."""
    found = []
    for one in signed.inputs:
        said = one.plain("red_flag_text")
        if said is not None:
            flag = [one.source("red_flag")] if one.has("red_flag") else []
            sources = distinct([*said.sources, *flag])
            found.append(Statement(Said(sentence(said.text), sources, said.untranslated), "advice"))
        elif one.data.get("red_flag") is True:
            text = by(one.label, fixed("red_flag.without_words"))
            found.append(Statement(Said(text, (one.source("red_flag"),)), "advice"))
    return found + [statement for one in signed.inputs for statement in _unsafe(one)]


def _unsafe(one: Input) -> list[Statement]:
    """The discipline's words on a difference of which it says that it is about safety."""
    found = []
    for assessed in OBJECTS:
        if one.code(f"impact_{assessed}") == "safety":
            fields = (one.find(f"comment_{assessed}"), one.find(f"impact_{assessed}"))
            said = together(part for field in fields if field is not None for part in one.spoken(field))
            if said.text:
                text = by(one.label, said.text)
                found.append(Statement(Said(text, said.sources, said.untranslated), "advice"))
    return found
