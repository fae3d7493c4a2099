"""Where a sentence comes from, in words and with the way back: input, field, author, time, material, resolution.

Read from the sentence's provenance at any time later: a signed revision, a settlement and a meeting's decision are
never written again, so the trail of a frozen sentence stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.agreement import claim_object
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of
from mdtapp.meetings.queries import Decision, decision_of
from mdtapp.opinions.conflict_cards import answer_words
from mdtapp.opinions.conflicts import RULES
from mdtapp.opinions.inputs.models import DisciplineInput
from mdtapp.opinions.inputs.places import place_address, place_words
from mdtapp.opinions.inputs.queries import inputs_ever_signed
from mdtapp.opinions.models import ConflictFinding
from mdtapp.opinions.queries import settlements
from mdtapp.opinions.words import resolution_label

Link = tuple[str, Mapping[str, Any]]
"""An endpoint with its arguments; the page makes the address."""

CHAIR_WORDS = Bitext("Written by the chair", "主席撰写")
DECIDED = Bitext("Decided by the meeting", "会诊决定")
DISSENT = Bitext("Dissent recorded in the meeting", "会诊中记录的不同意见")
STANDARD = Bitext("Standard text of this centre", "本中心标准文本")
WHOLE_MATERIAL = Bitext("Material", "资料")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the material that was cited, in words, and the way to it."""

    words: str
    link: Link | None


@dataclass(frozen=True, slots=True)
class Origin:
    """One thing a sentence rests on. `who` and `at` say who said it and when it was signed or decided."""

    kind: str
    title: Bitext
    value: Bitext = Bitext()
    who: str = ""
    at: datetime | None = None
    note: Bitext = Bitext()
    link: Link | None = None
    places: Sequence[Place] = ()
    amended: bool = False
    """Whether the author has signed a later revision."""


@dataclass
class Trail:
    """Everything the sentences of one case can come from, read once."""

    case: Case
    inputs: Mapping[tuple[str, int], DisciplineInput] = field(default_factory=dict)
    latest: Mapping[str, int] = field(default_factory=dict)
    settled: Sequence[ConflictFinding] = ()
    decision: Decision | None = None
    materials: Mapping[str, Material] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case) -> Trail:
        rows = inputs_ever_signed(case.id)
        return cls(
            case=case,
            inputs={(row.discipline, row.revision): row for row in rows},
            latest={row.discipline: row.revision for row in rows},
            settled=settlements(case.id),
            decision=decision_of(case.id),
            materials={row.reference: row for row in materials_of(case)},
        )

    def origins(self, provenance: Iterable[Mapping[str, Any]], *, editor: str = "") -> list[Origin]:
        """In the order of the provenance; `editor` is who wrote a sentence of the chair's own."""
        return [self._origin(entry, editor) for entry in provenance]

    def _origin(self, entry: Mapping[str, Any], editor: str) -> Origin:
        if entry.get("discipline"):
            return self._from_input(entry)
        if entry.get("material"):
            return self._from_material(entry)
        if entry.get("rule"):
            return self._from_rule(str(entry["rule"]))
        if entry.get("chair"):
            return self._from_chair(str(entry["chair"]), editor)
        return Origin("template", STANDARD, note=_same(str(entry.get("template") or "")))

    def _from_input(self, entry: Mapping[str, Any]) -> Origin:
        discipline, key = str(entry["discipline"]), str(entry.get("field") or "")
        known = catalogue().disciplines.get(discipline)
        label = known.label if known else _same(discipline)
        what = known.field(key).label if known and known.has(key) else _same(key)
        number = f" {entry['row'] + 1}" if isinstance(entry.get("row"), int) else ""
        title = Bitext(f"{label.en} · {what.en}{number}", f"{label.zh} · {what.zh}{number}")
        value, revision = entry.get("value"), int(entry.get("revision") or 0)
        row = self.inputs.get((discipline, revision))
        return Origin(
            "input",
            title,
            value=answer_words(discipline, key, value),
            who=row.author.name if row else "",
            at=row.signed_at if row else None,
            link=(
                "inputs.read",
                {
                    "case_no": self.case.case_no,
                    "discipline": discipline,
                    "revision": revision,
                    "_anchor": f"answer-{key}",
                },
            ),
            places=self._places(row.data, key, value) if row else (),
            amended=self.latest.get(discipline, revision) > revision,
        )

    def _from_material(self, entry: Mapping[str, Any]) -> Origin:
        reference = str(entry["material"])
        row = self.materials.get(reference)
        title = Bitext(f"{WHOLE_MATERIAL.en} {reference}", f"{WHOLE_MATERIAL.zh} {reference}")
        page = {"page": entry["page"]} if entry.get("page") else {}
        return Origin(
            "material",
            title,
            value=_same(row.title) if row else Bitext(),
            places=[self._place({"material": reference, **page})],
        )

    def _from_rule(self, rule: str) -> Origin:
        known = RULES.get(rule)
        row = next((one for one in reversed(self.settled) if one.rule == rule), None)
        title = Bitext(f"Conflict {rule}", f"矛盾 {rule}")
        link = ("opinions.conflict_list", {"case_no": self.case.case_no, "_anchor": f"conflict-{rule}"})
        if row is None:
            return Origin("rule", title, value=known.title if known else Bitext(), link=link)
        how = resolution_label(row.resolution)
        return Origin(
            "rule",
            title,
            value=known.title if known else Bitext(),
            who=row.resolved_by.name if row.resolved_by else "",
            at=row.resolved_at,
            note=Bitext(
                f"{how.en}: {row.reason.en or row.reason.zh}", f"{how.zh}：{row.reason.zh or row.reason.en}"
            ),
            link=link,
        )

    def _from_chair(self, part: str, editor: str) -> Origin:
        decision = self.decision
        if part == "statement" or decision is None:
            return Origin("chair", CHAIR_WORDS, who=editor)
        return Origin(
            "decision",
            DISSENT if part == "dissent" else DECIDED,
            value=decision.summary if part != "dissent" else Bitext(),
            at=decision.decided_at,
            link=(
                "meetings.meeting_page",
                {"meeting_id": decision.meeting_id, "_anchor": f"case-{self.case.case_no}"},
            ),
        )

    def _places(self, data: Mapping[str, Any], key: str, value: Any) -> list[Place]:
        """What the author cited for this field: at the claims it judges, at the field itself, or as its answer."""
        cited: list[Any] = []
        rows = data.get("claims")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and _is_about(str(row.get("claim") or ""), key):
                cited += row.get("anchors") or []
        own = data.get(CITED)
        if isinstance(own, Mapping):
            cited += own.get(key) or []
        if isinstance(value, list):
            cited += [{"material": one} for one in value if isinstance(one, str) and one in self.materials]
        found = [self._place(one) for one in cited if isinstance(one, Mapping)]
        return list({place.words: place for place in found}.values())

    def _place(self, place: Mapping[str, Any]) -> Place:
        address = place_address(place)
        if address is None or f"M{address[0]}" not in self.materials:
            return Place(place_words(place), None)
        return Place(
            place_words(place),
            ("materials.show", {"case_no": self.case.case_no, "number": address[0], **address[1]}),
        )


def _is_about(claim: str, key: str) -> bool:
    """Whether the row on a claim of the home hospital speaks of the field: of the same fact, or of the whole object."""
    if not claim:
        return False
    parts = claim.split(".")
    return key in parts or key.partition("_")[2] == claim_object(claim) or key == "claims"


def _same(text: str) -> Bitext:
    return Bitext(text, text)
