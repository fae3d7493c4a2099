"""The record of how the opinion was made: dissent, materials, people, certainty, and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mdtapp.clinical.bitext import LANGUAGES, Bitext
from mdtapp.materials.status import MATERIAL_KIND_LABELS, MATERIAL_STATUS_LABELS, MaterialKind, MaterialStatus
from mdtapp.opinions.drafting.inputs import Input, Signed
from mdtapp.opinions.drafting.statement import Said, Source, Statement
from mdtapp.opinions.drafting.translation import is_foreign, missing
from mdtapp.opinions.drafting.words import by, fixed, has_fixed, lowered, sentence

LISTED: Final = "materials_reviewed"
IN_HAND: Final = frozenset({"", MaterialStatus.RECEIVED, MaterialStatus.RECEIVED_POOR})
CONFIDENCES: Final = ("high", "moderate", "low")
ABSENT: Final = "absent"


def dissent(signed: Signed, decision: Mapping[str, Any] | None) -> list[Statement]:
    """Each dissent in the dissenter's words, under the discipline."""
    found = []
    for row in (decision or {}).get("dissent") or ():
        text = Bitext.of(row.get("text"))
        if text:
            who = (
                signed.label(str(row["discipline"]))
                if row.get("discipline")
                else Bitext(str(row.get("name") or ""))
            )
            said = by(who, sentence(text)) if who else sentence(text)
            found.append(Statement(Said(said, ({"chair": "dissent"},), missing(text)), "reason"))
    return found


def materials(signed: Signed, listing: Sequence[Mapping[str, Any]]) -> list[Statement]:
    """Each record with who reviewed it; what was ticked and is not in the list comes last."""
    readers: dict[str, list[Input]] = {}
    for one in signed.inputs:
        ticked = one.data.get(LISTED)
        for reference in ticked if isinstance(ticked, list | tuple) else ():
            readers.setdefault(str(reference), []).append(one)
    known = [str(material["id"]) for material in listing]
    found = [_material(signed, material, readers.get(str(material["id"]), [])) for material in listing]
    return found + [_unlisted(signed, key, by_whom) for key, by_whom in readers.items() if key not in known]


def _material(signed: Signed, material: Mapping[str, Any], readers: Sequence[Input]) -> Statement:
    status = str(material.get("status") or "")
    name = fixed("materials.name", id=_same(material["id"]), kind=lowered(_kind(material)))
    if material.get("date"):
        name = fixed("materials.dated", name=name, date=_same(material["date"]))
    source: Source = {"material": str(material["id"]), "page": None}
    sources = (source, *(one.source(LISTED) for one in readers))
    if status not in IN_HAND:
        label = (
            MATERIAL_STATUS_LABELS[MaterialStatus(status)]
            if status in list(MaterialStatus)
            else _same(status)
        )
        return Statement(Said(by(name, sentence(lowered(label))), sources))
    if not readers:
        return Statement(Said(by(name, fixed("materials.unread")), sources))
    who = lowered(signed.names([one.key for one in readers]))
    return Statement(Said(by(name, fixed("materials.read", who=who)), sources))


def _unlisted(signed: Signed, reference: str, readers: Sequence[Input]) -> Statement:
    who = lowered(signed.names([one.key for one in readers]))
    text = by(_same(reference), fixed("materials.read", who=who))
    return Statement(Said(text, tuple(one.source(LISTED) for one in readers)))


def _kind(material: Mapping[str, Any]) -> Bitext:
    kind = str(material.get("kind") or "")
    return (
        MATERIAL_KIND_LABELS[MaterialKind(kind)]
        if kind in list(MaterialKind)
        else MATERIAL_KIND_LABELS[MaterialKind.OTHER]
    )


def certainty(signed: Signed) -> list[Statement]:
    """How sure each discipline is."""
    found = []
    for code in CONFIDENCES:
        group = [one for one in signed.inputs if one.code("confidence") == code]
        if group:
            who = signed.names([one.key for one in group])
            text = by(who, fixed(f"confidence.{code}"))
            found.append(Statement(Said(text, tuple(one.source("confidence") for one in group))))
    return found


def interests(signed: Signed) -> list[Statement]:
    """Conflicts of interest that were declared."""
    found = []
    for one in signed.inputs:
        if one.data.get("coi") is True:
            words = one.text("coi_text")
            languages = tuple(language for language in LANGUAGES if is_foreign(str(words), language))
            text = fixed("interest.named", what=words) if words else fixed("interest.declared")
            sources = [one.source("coi")] + ([one.source("coi_text")] if words else [])
            found.append(Statement(Said(by(one.label, sentence(text)), tuple(sources), languages), "limit"))
    return found


def people(
    signed: Signed, panel: Sequence[Mapping[str, Any]], decision: Mapping[str, Any] | None
) -> list[Statement]:
    """Who took part, and once the meeting has decided, who of the panel did not."""
    present = [person for person in panel if person.get("mode") != ABSENT]
    absent = [person for person in panel if decision and person.get("mode") == ABSENT]
    found = []
    for key, group in (("panel.present", present), ("panel.absent", absent)):
        if group:
            names = [_person(signed, person) for person in group]
            who = Bitext("; ".join(name.en for name in names), "；".join(name.zh for name in names))
            found.append(Statement(Said(fixed(key, who=who), ({"template": key},))))
    return found


def _person(signed: Signed, person: Mapping[str, Any]) -> Bitext:
    """ "Dr Lin (medical oncology, chair, in person)"."""
    name = Bitext(str(person.get("name") or ""), str(person.get("name_zh") or person.get("name") or ""))
    mode = str(person.get("mode") or "")
    roles = [
        lowered(signed.label(str(person["discipline"]))) if person.get("discipline") else Bitext(),
        fixed("panel.chair") if person.get("chair") else Bitext(),
        fixed(f"mode.{mode}") if has_fixed(f"mode.{mode}") else Bitext(),
    ]
    known = [role for role in roles if role]
    what = Bitext(", ".join(role.en for role in known), "，".join(role.zh for role in known))
    return fixed("panel.person", name=name, what=what) if known else name


def disclaimer() -> list[Statement]:
    return [Statement(Said(fixed("disclaimer.text"), ({"template": "disclaimer"},)), "limit")]


def _same(value: object) -> Bitext:
    return Bitext(str(value), str(value))
