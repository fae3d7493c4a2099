"""The chair's desk: start the opinion from the draft, edit it sentence by sentence, pass it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import Actor, lock_head, record
from mdtapp.cases.models import Case
from mdtapp.cases.operations import move as move_case
from mdtapp.cases.status import CASE_LIFECYCLE
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Conflict, Invalid, InvalidTransition
from mdtapp.meetings.queries import decision_of
from mdtapp.opinions import access, findings, history, queries
from mdtapp.opinions.audience import AUDIENCES, DISSENT
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.drafting.verdicts import CLASS_MARKS
from mdtapp.opinions.drafting.words import sentence
from mdtapp.opinions.guideline_frame import Frame
from mdtapp.opinions.inputs.judged import outdated_in
from mdtapp.opinions.inputs.operations import lock_inputs
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.models import ConflictFinding, Opinion, Statement, StatementEdit, VersionKind
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.proposals import find_proposal
from mdtapp.opinions.status import OPINION_LIFECYCLE, FindingStatus, OpinionStatus
from mdtapp.people.models import User
from mdtapp.store.db import session

CHANGED_MEANWHILE = Bitext(
    "Somebody changed this sentence in between. Compare both and save again.",
    "期间他人已修改此句。请对照两份内容后再次保存。",
)
ADDENDUM_REASONS = ("new_material", "answer_to_question", "correction", "safety")
CHAIR = {"chair": "statement"}
CHAIRS_RESULT = {"chair": "result_class"}
RESULT = "result_class"
SETTLED = "settle "
"""How the act of a settlement begins; the rule follows."""


def start(*, actor: Actor, at: datetime, case: Case) -> Opinion:
    """Takes the draft of the signed inputs as the chair's text; the meeting's decision must exist."""
    if isinstance(actor, User):
        access.check_can_edit(actor, case)
    lock_head()  # two presses of the button would start it twice
    decision = decision_of(case.id)
    if decision is None:
        raise InvalidTransition(
            Bitext("The meeting has not decided this case yet.", "会诊尚未对本病例作出决定。")
        )
    if queries.find_opinion(case.id):
        raise InvalidTransition(
            Bitext("The opinion is started already. Open it.", "意见书已开始撰写，请打开。")
        )
    lock_inputs(actor=actor, at=at, case=case)
    opinion = drafted(case)
    opinion.result_class, opinion.also = decision.result_class, list(decision.also)
    opinion.status = OPINION_LIFECYCLE.target(OpinionStatus.DRAFT, "edit")
    opinion.created_at = at
    session.add(opinion)
    session.flush()
    move_case(actor=actor, at=at, case=case, action="start_drafting")
    record(EventType.OPINION_STARTED, actor=actor, at=at, subject=f"opinion:{opinion.id}", case_id=case.id)
    findings.refresh(actor=actor, at=at, case=case)
    return opinion


def drafted(case: Case) -> Opinion:
    """The draft of the signed inputs as an opinion that nobody has started; not stored."""
    draft = build_draft(queries.case_facts(case), **draft_sources(case))
    opinion = Opinion(
        case_id=case.id,
        case=case,
        kind=VersionKind.OPINION,
        number=0,
        status=OpinionStatus.DRAFT,
        result_class=draft.result_class or "",
        also=list(draft.also),
    )
    for section in draft.as_json()["sections"]:
        for position, statement in enumerate(section["statements"]):
            opinion.statements.append(_from_draft(section["key"], position, statement))
    return opinion


def start_addendum(*, actor: User, at: datetime, case: Case, reason: str, text: Bitext) -> Opinion:
    """Opens the next addendum to a released opinion, and a case that was over; the first document is never touched."""
    access.check_can_edit(actor, case)
    access.check_is_running(case)
    lock_head()  # two at once would take the same number
    opinion = queries.get_opinion(case.id)
    if opinion.status != OpinionStatus.RELEASED:
        raise InvalidTransition(
            Bitext("The opinion is not released yet, so edit it instead.", "意见书尚未发布，请直接修改。")
        )
    if reason not in ADDENDUM_REASONS:
        wanting = Bitext("Choose why an addendum is needed.", "请选择补充意见的原因。")
        raise Invalid(wanting, fields={"reason": wanting})
    number = len(queries.addenda(case.id)) + 1
    addendum = Opinion(
        case_id=case.id,
        kind=VersionKind.ADDENDUM,
        number=number,
        reason=reason,
        result_class=opinion.result_class,
        also=list(opinion.also),
        status=OpinionStatus.IN_EDIT,
        created_at=at,
    )
    session.add(addendum)
    session.flush()
    _add(addendum, "summary_patient", text, actor, at)
    if "reopen" in CASE_LIFECYCLE.actions_from(case.status):
        move_case(actor=actor, at=at, case=case, action="reopen", reason=reason)
    record(
        EventType.OPINION_ADDENDUM_WRITTEN,
        actor=actor,
        at=at,
        subject=f"opinion:{addendum.id}",
        case_id=case.id,
        number=number,
        reason=reason,
    )
    return addendum


def reword(
    *, actor: User, at: datetime, opinion: Opinion, statement_id: int, text: Bitext, row_version: int
) -> Statement:
    """New words for one sentence; its origin stays, and the words before are kept and shown beside it."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    _check_version(statement, row_version, text)
    if not text:
        raise Invalid(
            Bitext(
                "An empty sentence says nothing. Drop it with a reason instead.",
                "内容为空。如需删除请注明理由。",
            )
        )
    if text == statement.text:
        return statement
    with history.step(opinion, actor=actor, at=at, act="reword"):
        _say(statement, text, actor, at)
        return _edited(statement, actor, at, "reword")


def add(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    section: str,
    text: Bitext,
    question: str = "",
    audience: str = "",
) -> Statement:
    """A sentence of the chair's own, marked as such; a dissent says whom it is for."""
    _check_editable(actor, opinion)
    _check_audience(section, audience)
    with history.step(opinion, actor=actor, at=at, act="add"):
        statement = _add(opinion, section, text, actor, at, question=question)
        statement.audience = audience
        return statement


def take(*, actor: User, at: datetime, opinion: Opinion, key: str) -> Statement:
    """Puts a sentence that follows from the inputs into the text, with its origins; a dropped one comes back."""
    _check_editable(actor, opinion)
    proposal = find_proposal(
        opinion, build_draft(queries.case_facts(opinion.case), **draft_sources(opinion.case)), key
    )
    if proposal is None:
        raise Conflict(
            Bitext(
                "The inputs changed, and this sentence does not follow from them any more. Reload the page.",
                "学科意见已变化，此句不再成立。请刷新页面。",
            )
        )
    with history.step(opinion, actor=actor, at=at, act="take"):
        statement = proposal.row
        if statement is None:
            place = 1 + max(
                (s.position for s in opinion.statements if s.section == proposal.section), default=-1
            )
            statement = _from_draft(proposal.section, place, proposal.drafted)
            opinion.statements.append(statement)
        statement.dropped_reason = ""
        return _edited(statement, actor, at, "take")


def split(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    statement_id: int,
    parts: Sequence[Bitext],
    row_version: int | None = None,
) -> list[Statement]:
    """Makes several sentences of one, each with its origins and what was drafted; the first keeps step and mark."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    written = Bitext("\n\n".join(part.en for part in parts), "\n\n".join(part.zh for part in parts))
    _check_version(statement, row_version, written)
    if len(parts) < 2 or not all(parts):
        wanting = Bitext(
            "Put an empty line between the parts, as many parts in English as in Chinese.",
            "请用空行分隔各部分，中英文的部分数须相同。",
        )
        raise Invalid(wanting, fields={"text_en": wanting})
    with history.step(opinion, actor=actor, at=at, act="split"):
        row = _section_row(opinion, statement)
        _say(statement, parts[0], actor, at)
        further = [_part_of(statement, part, actor, at) for part in parts[1:]]
        opinion.statements.extend(further)
        place = row.index(statement) + 1
        _put_in_order([*row[:place], *further, *row[place:]])
        return [_edited(each, actor, at, "split") for each in (statement, *further)]


def frame(
    *, actor: User, at: datetime, opinion: Opinion, statement_id: int, frame: Frame, row_version: int
) -> Statement:
    """What the guidelines say of a recommendation, and whether it can be had at home."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    if row_version != statement.row_version:
        raise Conflict(CHANGED_MEANWHILE, theirs=statement.frame, ours=frame.as_json())
    if statement.section != "recommendation":
        raise Invalid(
            Bitext("Guidelines stand beside a recommendation only.", "指南依据仅用于“建议与步骤”部分。")
        )
    with history.step(opinion, actor=actor, at=at, act="frame"):
        statement.frame = frame.as_json() or None
        return _edited(statement, actor, at, "frame")


def address(*, actor: User, at: datetime, opinion: Opinion, statement_id: int, audience: str) -> Statement:
    """Whom a dissent is for: patient and doctor, the doctor only, or the record only."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    _check_audience(statement.section, audience)
    with history.step(opinion, actor=actor, at=at, act="address"):
        statement.audience = audience
        return _edited(statement, actor, at, "address")


def shift(*, actor: User, at: datetime, opinion: Opinion, statement_id: int, by: int) -> Statement:
    """Moves a sentence up (-1) or down (+1) within its section."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    row = _section_row(opinion, statement)
    place = row.index(statement)
    row.insert(max(0, place + (1 if by > 0 else -1)), row.pop(place))
    with history.step(opinion, actor=actor, at=at, act="move"):
        _put_in_order(row)
        return _edited(statement, actor, at, "move")


def move(
    *, actor: User, at: datetime, opinion: Opinion, statement_id: int, section: str, before: int | None
) -> Statement:
    """Puts a sentence before another one of a section, or at its end; the sentences of the result stay where they are."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    _section_row(opinion, statement)
    known = {each.key for each in catalogue().sections}
    if section not in known or (section != statement.section and RESULT in (section, statement.section)):
        raise Invalid(
            Bitext(
                "A sentence cannot be moved there. Choose another place.",
                "此句不能移到该处，请选择其他位置。",
            )
        )
    row = [s for s in queries.kept_statements(opinion) if s.section == section and s is not statement]
    places = [place for place, each in enumerate(row) if each.id == before]
    row.insert(places[0] if places else len(row), statement)
    with history.step(opinion, actor=actor, at=at, act="move"):
        if section != statement.section:
            statement.section, statement.audience = section, ""
        _put_in_order(row)
        return _edited(statement, actor, at, "move")


def drop(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    statement_id: int,
    reason: str,
    row_version: int | None = None,
) -> Statement:
    """Takes a sentence out, with a reason; it can be brought back."""
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    _check_version(statement, row_version, Bitext(reason, reason))
    if not reason.strip():
        wanting = Bitext("Say why this sentence is dropped.", "请说明删除此句的理由。")
        raise Invalid(wanting, fields={"reason": wanting})
    with history.step(opinion, actor=actor, at=at, act="drop"):
        statement.dropped_reason = reason.strip()
        return _edited(statement, actor, at, "drop")


def bring_back(*, actor: User, at: datetime, opinion: Opinion, statement_id: int) -> Statement:
    _check_editable(actor, opinion)
    statement = queries.get_statement(opinion, statement_id)
    with history.step(opinion, actor=actor, at=at, act="bring_back"):
        statement.dropped_reason = ""
        return _edited(statement, actor, at, "bring_back")


def undo(*, actor: User, at: datetime, opinion: Opinion, seen: int | None = None) -> int:
    """Takes the latest act back as a new version; its number. `seen` is the version the page showed, None outside one."""
    _check_editable(actor, opinion)
    lock_head()  # two at once would take the same act back twice
    if seen not in (None, history.latest_number(opinion)):
        raise Conflict(
            Bitext(
                "The text was changed in between, so nothing was undone. Reload the page and look at it again.",
                "期间文本已被修改，未撤销任何内容。请刷新页面后重新查看。",
            )
        )
    undone = history.next_to_undo(opinion)
    if undone is None:
        raise InvalidTransition(Bitext("There is nothing to undo.", "没有可撤销的操作。"))
    with history.step(opinion, actor=actor, at=at, act=history.UNDO, undoes=undone.number):
        if undone.act.startswith(SETTLED):
            _open_again(opinion, undone.act.removeprefix(SETTLED), actor, at)
        for statement in history.put_back(opinion, undone, actor, at):
            _edited(statement, actor, at, history.UNDO)
        session.flush()
        findings.refresh(actor=actor, at=at, case=opinion.case)
    return history.latest_number(opinion)


def _open_again(opinion: Opinion, rule: str, actor: User, at: datetime) -> None:
    """Takes the settlement back; one whose values have changed since is open or gone already."""
    rows = queries.findings(opinion.case_id)
    if any(row.rule == rule and row.status == FindingStatus.RESOLVED for row in rows):
        findings.reopen(actor=actor, at=at, case=opinion.case, rule=rule)


def choose_result(
    *, actor: User, at: datetime, opinion: Opinion, result_class: str, also: Sequence[str]
) -> None:
    """The chair's result class; the proposal never overrides it. The sentences that say the result follow."""
    _check_editable(actor, opinion)
    known = catalogue().result_classes
    if result_class not in known or any(code not in known for code in also):
        raise Invalid(Bitext("Choose one of the result classes.", "请选择结论类别。"))
    with history.step(opinion, actor=actor, at=at, act="result"):
        opinion.result_class = result_class
        opinion.also = [code for code in dict.fromkeys(also) if code != result_class]
        if opinion.kind == VersionKind.OPINION:
            _say_result(opinion, actor, at)
    findings.refresh(actor=actor, at=at, case=opinion.case)


def settle(
    *,
    actor: User,
    at: datetime,
    opinion: Opinion,
    rule: str,
    resolution: str,
    reason: Bitext,
    chosen: str = "",
    row_version: int | None = None,
    seen: str = "",
) -> ConflictFinding:
    """Settles a conflict and lets the text follow: what was not chosen is dropped, dissent and gaps are written."""
    _check_editable(actor, opinion)
    finding = findings.resolve(
        actor=actor,
        at=at,
        case=opinion.case,
        rule=rule,
        resolution=resolution,
        reason=reason,
        chosen=chosen,
        row_version=row_version,
        seen=seen,
    )
    with history.step(opinion, actor=actor, at=at, act=f"{SETTLED}{rule}"):
        if resolution == "choose_input":
            for statement in drop_what_was_not_chosen(opinion, finding):
                _edited(statement, actor, at, "drop")
        elif resolution in {"record_dissent", "request_material"}:
            section = DISSENT if resolution == "record_dissent" else "missing_information"
            _add(opinion, section, reason, actor, at, provenance=[{"rule": rule}])
    findings.refresh(actor=actor, at=at, case=opinion.case)
    return finding


def settle_anew(
    *, actor: User, at: datetime, opinion: Opinion, rule: str, row_version: int | None = None
) -> None:
    """Takes a settlement back, and with it what it did to the text: dropped sentences return, written ones leave."""
    _check_editable(actor, opinion)
    settled = findings.reopen(actor=actor, at=at, case=opinion.case, rule=rule, row_version=row_version)
    with history.step(opinion, actor=actor, at=at, act="settle_anew"):
        for statement in opinion.statements:
            if statement.dropped_reason == _lost_to(settled):
                statement.dropped_reason = ""
                _edited(statement, actor, at, "bring_back")
            elif {"rule": rule} in statement.provenance and not statement.dropped_reason:
                statement.dropped_reason = f"{rule}: –"
                _edited(statement, actor, at, "drop")


def _lost_to(finding: ConflictFinding) -> str:
    """Why a sentence was dropped when the chair chose another view."""
    return f"{finding.rule}: {finding.chosen}"


def drop_what_was_not_chosen(opinion: Opinion, finding: ConflictFinding) -> list[Statement]:
    """In the conflict's section, sentences that rest only on whoever lost leave, with the rule as the reason.

    They stay in the options and can be brought back. Returns what was dropped.
    """
    lost = {path.partition(".")[0] for path in finding.values} - {finding.chosen}
    fields = {path.partition(".")[2] for path in finding.values}
    if "first_step" in fields:
        fields.add("recommendation_steps")  # whoever begins differently has other steps
    dropped = []
    for statement in queries.kept_statements(opinion):
        origins = [origin for origin in statement.provenance if origin.get("discipline")]
        concerned = any(origin.get("field") in fields for origin in origins)
        if (
            statement.section == finding.section
            and concerned
            and all(origin["discipline"] in lost for origin in origins)
        ):
            statement.dropped_reason = _lost_to(finding)
            dropped.append(statement)
    session.flush()
    return dropped


def send_to_review(*, actor: User, at: datetime, opinion: Opinion) -> Opinion:
    """The panel may comment; refused while a conflict is open or a question has no answer."""
    access.check_can_edit(actor, opinion.case)
    findings.refresh(actor=actor, at=at, case=opinion.case)
    refuse_gaps(gaps_before_review(opinion))
    return _move(opinion, "send_to_review", actor, at)


def take_back(*, actor: User, at: datetime, opinion: Opinion) -> Opinion:
    access.check_can_edit(actor, opinion.case)
    opinion.language_checked_by_id = opinion.language_checked_at = None
    return _move(opinion, "take_back", actor, at)


def pass_to_language(*, actor: User, at: datetime, opinion: Opinion) -> Opinion:
    """Both languages are complete; now somebody else compares them."""
    access.check_can_release(actor, opinion.case)
    refuse_gaps(gaps_in_language(opinion))
    return _move(opinion, "pass_to_language", actor, at)


def check_language(*, actor: User, at: datetime, opinion: Opinion, row_version: int | None = None) -> Opinion:
    """A second person compared numbers, drug names, sides and negations of both languages.

    `row_version` is that of the text the page showed; None outside a page.
    """
    access.check_can_check_language(actor, opinion.case)
    access.check_is_running(opinion.case)
    if row_version not in (None, opinion.row_version):
        raise Conflict(
            Bitext(
                "The text was edited in between. Reload the page and compare both languages again.",
                "文本期间已被修改，请刷新页面后重新核对。",
            )
        )
    if opinion.status != OpinionStatus.LANGUAGE_CHECK:
        raise InvalidTransition(
            Bitext("The text is not at its language check now.", "目前不在语言核对阶段。")
        )
    opinion.language_checked_by_id, opinion.language_checked_at = actor.id, at
    session.flush()
    record(
        EventType.OPINION_CHECKED,
        actor=actor,
        at=at,
        subject=f"opinion:{opinion.id}",
        case_id=opinion.case_id,
    )
    return opinion


def gaps_before_review(opinion: Opinion, blocking: Sequence[ConflictFinding] | None = None) -> list[Bitext]:
    """Why the text cannot go to the panel yet; `blocking` are the case's, when the caller has them."""
    gaps = [_gap_of(row) for row in (findings.blocking(opinion.case) if blocking is None else blocking)]
    gaps += asked_again(opinion.case)
    if opinion.kind == VersionKind.ADDENDUM:
        return gaps
    answered = {row.question for row in queries.kept_statements(opinion) if row.question}
    gaps += [
        Bitext(f"Question {q.key} has no answer.", f"问题 {q.key} 尚未回答。")
        for q in opinion.case.questions
        if q.key not in answered
    ]
    return gaps


def gaps_in_language(opinion: Opinion) -> list[Bitext]:
    """Sentences that stand in one language only."""
    count = sum(untranslated(row) for row in queries.kept_statements(opinion))
    if not count:
        return []
    en = "1 sentence stands" if count == 1 else f"{count} sentences stand"
    return [Bitext(f"{en} in one language only. Translate first.", f"有{count}句仅有一种语言，请先翻译。")]


def asked_again(case: Case) -> list[Bitext]:
    """Whose verdict was given on words the home hospital's record does not hold any more."""
    labels = {key: discipline.label for key, discipline in catalogue().disciplines.items()}
    waiting = outdated_in(case, signed_inputs(case.id))
    return [
        Bitext(
            f"{labels[key].en} judges the corrected record of the home hospital again, or says that the verdict stands.",
            f"外院记录已更正，{labels[key].zh}须重新评价或确认原意见。",
        )
        for key in waiting
    ]


def _gap_of(row: ConflictFinding) -> Bitext:
    if row.status == FindingStatus.RESOLVED:
        return Bitext(
            f"A second person has to confirm how {row.rule} was settled.",
            f"矛盾 {row.rule} 的处理须由第二人确认。",
        )
    return Bitext(f"Conflict {row.rule} is open.", f"矛盾 {row.rule} 尚未处理。")


def refuse_gaps(gaps: Sequence[Bitext]) -> None:
    """Invalid, with every gap, when there is one."""
    if gaps:
        raise Invalid(Bitext(" ".join(gap.en for gap in gaps), "".join(gap.zh for gap in gaps)))


def untranslated(statement: Statement) -> bool:
    """Whether a language is missing, or only repeats original words nobody has translated yet."""
    return bool(statement.needs_translation or statement.text.missing())


def _check_version(statement: Statement, row_version: int | None, ours: Bitext) -> None:
    """Conflict with both texts, when somebody changed the sentence after the page showed it. None outside a page."""
    if row_version not in (None, statement.row_version):
        raise Conflict(
            CHANGED_MEANWHILE,
            theirs=statement.text.as_json(),
            ours=ours.as_json(),
            version=statement.row_version,
        )


def _check_audience(section: str, audience: str) -> None:
    if audience and (section != DISSENT or audience not in AUDIENCES):
        wanting = Bitext("Only a dissent is for chosen readers.", "仅“不同意见”可以选择读者。")
        raise Invalid(wanting, fields={"audience": wanting})


def _section_row(opinion: Opinion, statement: Statement) -> list[Statement]:
    """The sentences of its section in their order; a dropped one has no place."""
    row = [s for s in queries.kept_statements(opinion) if s.section == statement.section]
    if statement not in row:
        raise InvalidTransition(
            Bitext("This sentence is dropped. Bring it back first.", "此句已删除，请先恢复。")
        )
    return row


def _put_in_order(row: Sequence[Statement]) -> None:
    for position, each in enumerate(row):
        each.position = position


def _say(statement: Statement, text: Bitext, actor: User, at: datetime) -> None:
    """New words: the ones before are kept, and what still repeats untranslated words stays marked."""
    session.add(
        StatementEdit(
            statement_id=statement.id, edited_by_id=actor.id, at=at, before=statement.text, after=text
        )
    )
    still = [
        one for one in statement.needs_translation if text.as_json()[one] == statement.text.as_json()[one]
    ]
    statement.needs_translation = sorted({*still, *text.missing()})
    statement.text, statement.edited_by_id, statement.edited_at = text, actor.id, at


def _part_of(statement: Statement, text: Bitext, actor: User, at: datetime) -> Statement:
    return Statement(
        section=statement.section,
        position=statement.position,
        text=text,
        original=statement.original,
        provenance=statement.provenance,
        kind=statement.kind,
        question=statement.question,
        needs_translation=sorted({*statement.needs_translation, *text.missing()}),
        dropped_reason="",
        audience=statement.audience,
        edited_by_id=actor.id,
        edited_at=at,
    )


def _check_editable(actor: User, opinion: Opinion) -> None:
    access.check_can_edit(actor, opinion.case)
    access.check_is_running(opinion.case)
    if opinion.status != OpinionStatus.IN_EDIT:
        raise InvalidTransition(
            Bitext(
                "The text is not open for editing now. Take it back first, or write an addendum.",
                "目前不可编辑。请先撤回，或撰写补充意见。",
            ),
            state=str(opinion.status),
        )


def _move(opinion: Opinion, action: str, actor: Actor, at: datetime) -> Opinion:
    access.check_is_running(opinion.case)
    opinion.status = OPINION_LIFECYCLE.target(opinion.status, action)
    session.flush()
    record(
        EventType.OPINION_MOVED,
        actor=actor,
        at=at,
        subject=f"opinion:{opinion.id}",
        case_id=opinion.case_id,
        action=action,
    )
    return opinion


def _edited(statement: Statement, actor: User, at: datetime, act: str) -> Statement:
    session.flush()
    record(
        EventType.OPINION_EDITED,
        actor=actor,
        at=at,
        subject=f"statement:{statement.id}",
        case_id=statement.opinion.case_id,
        act=act,
    )
    return statement


def _add(
    opinion: Opinion,
    section: str,
    text: Bitext,
    actor: User,
    at: datetime,
    *,
    question: str = "",
    provenance: list[dict[str, Any]] | None = None,
) -> Statement:
    statement = put(opinion, section, text, question=question, provenance=[*(provenance or []), CHAIR])
    statement.edited_by_id, statement.edited_at = actor.id, at
    return _edited(statement, actor, at, "add")


def put(
    opinion: Opinion,
    section: str,
    text: Bitext,
    *,
    provenance: list[dict[str, Any]],
    question: str = "",
    mark: str = "",
) -> Statement:
    """A sentence at the end of its section; the caller records it."""
    if section not in {each.key for each in catalogue().sections}:
        raise Invalid(Bitext("There is no such section.", "无此部分。"))
    if not text:
        wanting = Bitext("Write the sentence.", "请填写内容。")
        raise Invalid(wanting, fields={"text": wanting})
    if question and question not in {q.key for q in opinion.case.questions}:
        raise Invalid(Bitext("There is no such question.", "无此问题。"))
    statement = Statement(
        section=section,
        position=max((s.position for s in opinion.statements if s.section == section), default=-1) + 1,
        text=text,
        original=text,
        provenance=provenance,
        kind="advice" if section == "recommendation" else "finding",
        question=question,
        mark=mark,
        needs_translation=[],
        dropped_reason="",
    )
    opinion.statements.append(statement)
    return statement


def _say_result(opinion: Opinion, actor: User, at: datetime) -> None:
    """One sentence for each class of the result, in order; those of classes no longer chosen are dropped."""
    known = catalogue().result_classes
    wanted = {sentence(known[code].patient_line): code for code in (opinion.result_class, *opinion.also)}
    lines = [s for s in opinion.statements if s.section == RESULT and s.provenance != [CHAIR]]
    said = {line.text: line for line in lines}
    for line in lines:
        if line.text not in wanted and not line.dropped_reason:
            line.dropped_reason = f"{RESULT}: {opinion.result_class}"
            _edited(line, actor, at, "drop")
    for place, (text, code) in enumerate(wanted.items()):
        line = said.get(text) or put(
            opinion, RESULT, text, provenance=[CHAIRS_RESULT], mark=CLASS_MARKS.get(code, "changed")
        )
        act = "bring_back" if line.dropped_reason else "add" if line.id is None else ""
        line.dropped_reason, line.position = "", place - len(wanted)  # before the chair's own sentences
        if act:
            _edited(line, actor, at, act)


def _from_draft(section: str, position: int, drafted: Mapping[str, Any]) -> Statement:
    text = Bitext.of(drafted["text"])
    return Statement(
        section=section,
        position=position,
        text=text,
        original=text,
        provenance=list(drafted["provenance"]),
        kind=drafted.get("kind") or "finding",
        mark=drafted.get("mark") or "",
        question=drafted.get("question") or "",
        step=drafted.get("step"),
        needs_translation=list(drafted.get("needs_translation") or []),
        dropped_reason="",
    )
