"""What the desk shows: the text by section, what else follows from the inputs, conflicts, meters, who is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import NotAllowed
from mdtapp.opinions import access, findings, history, operations, queries
from mdtapp.opinions.case_page import may_see_inputs_of
from mdtapp.opinions.conflict_cards import card_of
from mdtapp.opinions.desk import queries as around
from mdtapp.opinions.desk.access import COMMENTED, can_comment
from mdtapp.opinions.desk.models import StatementComment
from mdtapp.opinions.desk.readability import reading_grade, sentence_length_zh, together
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.models import Opinion, Statement, VersionKind
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.proposals import Proposal, proposals
from mdtapp.opinions.result_class import propose
from mdtapp.opinions.status import FindingStatus, OpinionStatus
from mdtapp.people.access import may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission

ACTS = {
    "start": Bitext("As it was drafted", "初稿"),
    "reword": Bitext("Reworded", "修改措辞"),
    "add": Bitext("Added", "新增"),
    "take": Bitext("Added from an input", "由学科意见加入"),
    "split": Bitext("Split", "拆分"),
    "move": Bitext("Moved", "移动"),
    "drop": Bitext("Dropped", "删除"),
    "bring_back": Bitext("Brought back", "恢复"),
    "result": Bitext("Result chosen", "选择结论"),
    "frame": Bitext("Guidelines and availability", "指南与可及性"),
    "address": Bitext("Readers of a dissent chosen", "选择不同意见的读者"),
    "settle": Bitext("Conflict settled", "处理矛盾"),
    "settle_anew": Bitext("Settlement taken back", "撤回矛盾处理"),
    "undo": Bitext("Undone", "撤销"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement with its number, as `3.1`: the section's place in the catalogue and its own in the section."""

    row: Statement
    number: str
    comments: Sequence[StatementComment]
    amended: frozenset[str]
    """Disciplines it rests on whose input has a later signed revision."""
    first: bool
    last: bool

    @property
    def untranslated(self) -> bool:
        return operations.untranslated(self.row)

    @property
    def edited(self) -> bool:
        return self.row.edited_by_id is not None and self.row.text != self.row.original


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One section of the text; `offered` are the sentences the inputs propose for it, `cards` its conflicts."""

    section: Any
    sentences: Sequence[Sentence]
    offered: Sequence[Proposal]
    cards: Sequence[Mapping[str, Any]]

    @property
    def unused(self) -> int:
        return sum(not one.used for one in self.offered)

    @property
    def open_conflicts(self) -> int:
        return sum(card["state"] == "open" for card in self.cards)


@dataclass(frozen=True, slots=True)
class Readability:
    """Of the sections written for the patient: an English school grade, the median length of a Chinese sentence."""

    grade: float | None
    length_zh: int | None


def check_may_read(opinion: Opinion, user: User) -> None:
    """Before it is signed, the text is for those who may see the inputs it is made of."""
    if opinion.status not in (OpinionStatus.SIGNED, OpinionStatus.RELEASED) and not may_see_inputs_of(
        opinion.case, user
    ):
        raise NotAllowed(
            Bitext("Sign your own input first; then the text opens.", "请先签署您的意见，随后可查看文本。")
        )


def act_words(act: str) -> Bitext:
    """An act as the list of versions names it."""
    if act.startswith(operations.SETTLED):
        rule, words = act.removeprefix(operations.SETTLED), ACTS["settle"]
        return Bitext(f"{words.en} {rule}", f"{words.zh} {rule}")
    return ACTS.get(act, Bitext(act, act))


def desk_context(case: Case, opinion: Opinion, user: User, at: datetime) -> dict[str, Any]:
    """Everything of the page but its forms."""
    facts = queries.case_facts(case)
    standing = findings.standing(case, facts)
    blocking = findings.blocking(case, facts)
    is_chair = access.can_edit(user, case)
    can_edit = is_chair and opinion.status == OpinionStatus.IN_EDIT
    course = history.course(opinion)
    offered: Mapping[str, Sequence[Proposal]] = {}
    if can_edit and opinion.kind == VersionKind.OPINION:
        offered = proposals(opinion, build_draft(facts, **draft_sources(case)))
    cards = (
        [card_of(row, case, facts, user) for row in standing] if may(user, Permission.CONFLICT_READ) else []
    )
    sections = sections_of(opinion, offered, cards)
    sentences = [one for shown in sections for one in shown.sentences]
    return {
        "opinion": opinion,
        "sections": sections,
        "sentences": sentences,
        "numbers": {one.row.id: one.number for one in sentences},
        "dropped": [row for row in opinion.statements if row.dropped_reason not in ("", history.UNDONE)],
        "lacking": [one for one in sentences if one.untranslated],
        "amended": [one for one in sentences if one.amended],
        "commented": [one for one in sentences if any(c.resolved_at is None for c in one.comments)],
        "readability": readability_of(opinion),
        "proposal": propose(facts),
        "asked_again": operations.asked_again(case),
        "gaps": operations.gaps_before_review(opinion, blocking),
        "language_gaps": operations.gaps_in_language(opinion),
        "conflicts": standing,
        "open_conflicts": [row for row in standing if row.status == FindingStatus.OPEN or row in blocking],
        "others": around.others_present(opinion, user, at),
        "latest": course.latest,
        "can_undo": can_edit and course.undoable is not None,
        "can_edit": can_edit,
        "is_chair": is_chair,
        "can_comment": can_comment(user, case) and opinion.status in COMMENTED,
        "can_read_conflicts": may(user, Permission.CONFLICT_READ),
        "can_release": access.can_release(user, case),
        "can_check": access.can_check_language(user, case),
    }


def sections_of(
    opinion: Opinion,
    offered: Mapping[str, Sequence[Proposal]] | None = None,
    cards: Sequence[Mapping[str, Any]] = (),
) -> list[SectionShown]:
    """Every section of the catalogue, empty ones too."""
    kept, said = queries.kept_statements(opinion), around.comments(opinion)
    latest = {key: row.revision for key, row in signed_inputs(opinion.case_id).items()}
    shown = []
    for place, section in enumerate(catalogue().sections, start=1):
        rows = [row for row in kept if row.section == section.key]
        sentences = [
            Sentence(
                row,
                f"{place}.{n}",
                said.get(row.id, ()),
                _amended(row, latest),
                first=n == 1,
                last=n == len(rows),
            )
            for n, row in enumerate(rows, start=1)
        ]
        shown.append(
            SectionShown(
                section,
                sentences,
                (offered or {}).get(section.key, ()),
                [card for card in cards if card["section"] == section.key],
            )
        )
    return shown


def readability_of(opinion: Opinion) -> Readability:
    """Of what stands in the patient's sections now."""
    patient = {section.key for section in catalogue().sections if section.audience == "patient"}
    rows = [row.text for row in queries.kept_statements(opinion) if row.section in patient]
    return Readability(
        reading_grade(together(row.en for row in rows)), sentence_length_zh(together(row.zh for row in rows))
    )


def _amended(row: Statement, latest: Mapping[str, int]) -> frozenset[str]:
    return frozenset(
        str(origin["discipline"])
        for origin in row.provenance
        if origin.get("discipline")
        and latest.get(str(origin["discipline"]), 0) > int(origin.get("revision") or 0)
    )
