"""The chair's desk: the draft becomes a text, edited sentence by sentence, checked by others, nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mdtapp.cases.models import Case
from mdtapp.cases.operations import coordinate
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from mdtapp.opinions import findings, operations, queries
from mdtapp.opinions.models import Opinion, Statement, StatementEdit
from mdtapp.opinions.status import OpinionStatus
from mdtapp.store.db import session
from tests.meetings.board import IN_MEETING, PANEL
from tests.situations import events
from tests.situations_opinion import Desk

NEW_WORDS = Bitext("Said more plainly.", "表述更清楚。")


def first(opinion: Opinion, section: str = "staging_verification") -> Statement:
    return next(row for row in queries.kept_statements(opinion) if row.section == section)


def edits_of(row: Statement) -> list[StatementEdit]:
    return list(session.query(StatementEdit).filter_by(statement_id=row.id).order_by(StatementEdit.id))


def order(opinion: Opinion, section: str = "staging_verification") -> list[int]:
    return [row.id for row in queries.kept_statements(opinion) if row.section == section]


def acting(desk: Desk, opinion: Opinion, who: str = "chair") -> dict[str, Any]:
    return {"actor": desk.user(who), "at": IN_MEETING, "opinion": opinion}


# --- started ------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_draft_becomes_the_chairs_text_with_its_origins(desk: Desk, transaction):
    from mdtapp.opinions.draft import build_draft
    from mdtapp.opinions.panel import draft_sources

    with transaction():
        case = desk.decided(desk.reviewed())
        draft = build_draft(queries.case_facts(case), **draft_sources(case)).as_json()
        opinion = operations.start(actor=desk.user("chair"), at=IN_MEETING, case=case)
        drafted = {
            (section["key"], place): statement
            for section in draft["sections"]
            for place, statement in enumerate(section["statements"])
        }
        stored = {(row.section, row.position): row for row in opinion.statements}
        assert stored.keys() == drafted.keys()
        for place, row in stored.items():
            assert row.text.as_json() == drafted[place]["text"]
            assert row.provenance == drafted[place]["provenance"]
            assert row.provenance, "a statement without an origin"
        assert (opinion.result_class, opinion.also) == ("modified_treatment", ["modified_stage"])
        assert opinion.status == OpinionStatus.IN_EDIT
        assert str(case.status) == "drafting"
    assert len(events(desk.app, "opinion:started")) == 1


def test_it_starts_after_the_decision_and_once(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        starting: dict[str, Any] = {"actor": desk.user("chair"), "at": IN_MEETING, "case": case}
        with pytest.raises(InvalidTransition, match="not decided"):
            operations.start(**starting)
        desk.decided(case)
        with pytest.raises(NotAllowed):
            operations.start(**starting | {"actor": desk.user("surgeon")})
        operations.start(**starting)
        with pytest.raises(InvalidTransition, match="started already"):
            operations.start(**starting)


@pytest.mark.both_databases
def test_pressing_start_twice_starts_it_once(desk: Desk, transaction):
    with transaction():
        desk.decided(desk.reviewed("DEMO-06"))
    together, answers = threading.Barrier(2), []

    def work() -> None:
        together.wait()
        try:
            with transaction():
                operations.start(actor=desk.user("chair"), at=IN_MEETING, case=session.query(Case).one())
                answers.append("started")
        except InvalidTransition:
            answers.append("refused")

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == ["refused", "started"]
    with transaction():
        assert session.query(Opinion).count() == 1


def test_the_chair_of_another_case_is_a_stranger_here(desk: Desk, transaction):
    from mdtapp.people.operations import add_person
    from mdtapp.people.roles import Role

    with transaction():
        opinion = desk.started()
        stranger = add_person(
            actor=desk.user("coordinator"),
            at=IN_MEETING,
            email="other.chair@b.example",
            name="Dr O",
            role=Role.CHAIR,
        )
        with pytest.raises(NotAllowed):
            operations.send_to_review(**acting(desk, opinion) | {"actor": stranger})
        with pytest.raises(NotFound):
            get_case(opinion.case.case_no, stranger)


# --- sentences ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_new_words_keep_the_origin_and_the_old_words(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = first(opinion)
        before, origin, version = row.text, list(row.provenance), row.row_version
        desk.reword(opinion, row, NEW_WORDS)
        assert (row.text, row.original, row.provenance) == (NEW_WORDS, before, origin)
        assert (row.edited_by_id, row.row_version) == (desk.people["chair"], version + 1)
        (edit,) = edits_of(row)
        assert (edit.before, edit.after, edit.edited_by_id) == (before, NEW_WORDS, desk.people["chair"])
    (event,) = events(desk.app, "opinion:edited")
    assert event.detail == {"act": "reword"}, "no clinical text in the log"


def test_a_stale_save_is_refused_with_both_texts(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = first(opinion)
        version = row.row_version
        desk.reword(opinion, row, NEW_WORDS)
        mine = Bitext("My words.", "我的话。")
        with pytest.raises(Conflict) as clash:
            desk.reword(opinion, row, mine, row_version=version)
        assert clash.value.theirs == NEW_WORDS.as_json()
        assert clash.value.ours == mine.as_json()
        assert row.text == NEW_WORDS


def test_two_saves_at_once_never_lose_the_first(desk: Desk, transaction):
    """The row version is compared in the database too, when both have read the same one."""
    from sqlalchemy.orm.exc import StaleDataError

    with transaction():
        opinion = desk.started()
        row = first(opinion)
        session.connection().exec_driver_sql(
            f"UPDATE statement SET row_version = row_version + 1 WHERE id = {row.id}"
        )
        with pytest.raises(StaleDataError):
            desk.reword(opinion, row, NEW_WORDS)
        session.rollback()


def test_the_same_words_change_nothing(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = first(opinion)
        version = row.row_version
        desk.reword(opinion, row, row.text)
        assert (row.row_version, row.edited_by_id, edits_of(row)) == (version, None, [])


def test_an_empty_sentence_is_refused(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        with pytest.raises(Invalid):
            desk.reword(opinion, first(opinion), Bitext("  ", "\n"))


def test_repeated_original_words_stay_marked_until_they_are_translated(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = first(opinion)
        row.text, row.needs_translation = Bitext("原文", "原文"), ["en"]
        session.flush()
        desk.reword(opinion, row, Bitext("原文", "改过的原文"))
        assert row.needs_translation == ["en"], "the English still repeats the Chinese"
        desk.reword(opinion, row, Bitext("In English.", "改过的原文"))
        assert row.needs_translation == []
        desk.reword(opinion, row, Bitext("In English.", ""))
        assert row.needs_translation == ["zh"]
        assert operations.untranslated(row)


@pytest.mark.both_databases
def test_a_sentence_of_the_chairs_own_is_marked_and_last(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = desk.add_statement(opinion, "staging_verification", question="Q1")
        assert row.provenance == [{"chair": "statement"}]
        assert order(opinion)[-1] == row.id
        assert (row.edited_by_id, row.question) == (desk.people["chair"], "Q1")


@pytest.mark.parametrize(
    "wrong",
    [{"section": "no_such_section"}, {"question": "Q99"}, {"text": Bitext("", " ")}],
)
def test_a_sentence_that_fits_nowhere_is_refused(desk: Desk, transaction, wrong: dict[str, Any]):
    with transaction():
        opinion = desk.started()
        count = len(opinion.statements)
        values: dict[str, Any] = {"section": "follow_up", "text": NEW_WORDS}
        with pytest.raises(Invalid):
            operations.add(**acting(desk, opinion), **values | wrong)
        assert len(opinion.statements) == count


@pytest.mark.both_databases
def test_sentences_move_within_their_section(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        before = order(opinion)
        assert len(before) > 2

        def shift(which: int, by: int) -> list[int]:
            operations.shift(**acting(desk, opinion), statement_id=which, by=by)
            return order(opinion)

        assert shift(before[0], 1) == [before[1], before[0], *before[2:]]
        assert shift(before[0], -1) == before
        assert shift(before[0], -1) == before, "the first stays the first"
        assert shift(before[-1], 1) == before, "the last stays the last"


def test_a_dropped_sentence_needs_a_reason_and_can_come_back(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = first(opinion)
        dropping: dict[str, Any] = {**acting(desk, opinion), "statement_id": row.id}
        with pytest.raises(Invalid):
            operations.drop(**dropping, reason="  ")
        operations.drop(**dropping, reason=" said twice ")
        assert row.dropped_reason == "said twice"
        assert row.id not in order(opinion)
        with pytest.raises(InvalidTransition):
            operations.shift(**dropping, by=1)
        operations.bring_back(**dropping)
        assert row.id in order(opinion)
    assert [event.detail["act"] for event in events(desk.app, "opinion:edited")] == ["drop", "bring_back"]


def test_a_sentence_of_another_opinion_does_not_exist_here(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        foreign = max(row.id for row in opinion.statements) + 1
        for number in (foreign, 0, 2**31 - 1):
            with pytest.raises(NotFound):
                operations.drop(**acting(desk, opinion), statement_id=number, reason="x")
            with pytest.raises(NotFound):
                operations.reword(**acting(desk, opinion), statement_id=number, text=NEW_WORDS, row_version=1)


# --- the result ---------------------------------------------------------------------------------


def said_result(opinion: Opinion) -> list[str]:
    return [row.text.en for row in queries.kept_statements(opinion) if row.section == "result_class"]


def line_of(code: str) -> str:
    from mdtapp.opinions.drafting.words import sentence

    return sentence(catalogue().result_classes[code].patient_line).en


def test_the_sentences_of_the_result_follow_the_chairs_choice(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        assert said_result(opinion) == [line_of("modified_treatment"), line_of("modified_stage")]
        own = desk.add_statement(opinion, "result_class")
        operations.choose_result(
            **acting(desk, opinion),
            result_class="modified_stage",
            also=["modified_diagnosis", "modified_stage", "modified_diagnosis"],
        )
        assert (opinion.result_class, opinion.also) == ("modified_stage", ["modified_diagnosis"])
        assert said_result(opinion) == [line_of("modified_stage"), line_of("modified_diagnosis"), own.text.en]
        operations.choose_result(**acting(desk, opinion), result_class="confirmed", also=[])
        assert said_result(opinion) == [line_of("confirmed"), own.text.en]
        assert first(opinion, "result_class").mark == "confirmed"
        operations.choose_result(**acting(desk, opinion), result_class="modified_stage", also=[])
        assert said_result(opinion) == [line_of("modified_stage"), own.text.en]
        texts = [row.text.en for row in opinion.statements if row.section == "result_class"]
        assert len(texts) == len(set(texts)), "a dropped sentence comes back, it is not written twice"


@pytest.mark.parametrize(
    ("code", "also"), [("no_such_class", []), ("", []), ("confirmed", ["no_such_class"])]
)
def test_an_unknown_result_is_refused(desk: Desk, transaction, code: str, also: list[str]):
    with transaction():
        opinion = desk.started()
        with pytest.raises(Invalid):
            operations.choose_result(**acting(desk, opinion), result_class=code, also=also)


# --- passed on ----------------------------------------------------------------------------------


def test_it_is_not_sent_on_while_something_is_missing_and_each_gap_is_named(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        for row in queries.kept_statements(opinion):
            if row.question == "Q1":
                operations.drop(**acting(desk, opinion), statement_id=row.id, reason="for the test")
        with pytest.raises(Invalid) as refusal:
            operations.send_to_review(**acting(desk, opinion))
        named = refusal.value.sentence
        for conflict in findings.blocking(opinion.case):
            assert f"Conflict {conflict.rule} is open." in named.en
            assert conflict.rule in named.zh
        assert "Question Q1 has no answer." in named.en
        assert "问题 Q1 尚未回答。" in named.zh
        assert opinion.status == OpinionStatus.IN_EDIT


@pytest.mark.both_databases
def test_the_text_goes_to_the_panel_then_to_the_language_check(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started())
        operations.send_to_review(**acting(desk, opinion))
        assert opinion.status == OpinionStatus.TEXT_REVIEW
        with pytest.raises(NotAllowed):
            operations.pass_to_language(**acting(desk, opinion))
        operations.pass_to_language(**acting(desk, opinion, "coordinator"))
        operations.check_language(**acting(desk, opinion, "translator"), row_version=opinion.row_version)
        assert (opinion.status, opinion.language_checked_by_id) == (
            OpinionStatus.LANGUAGE_CHECK,
            desk.people["translator"],
        )


def test_both_languages_are_complete_before_the_check(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started())
        desk.reword(opinion, first(opinion), Bitext("English only.", ""))
        operations.send_to_review(**acting(desk, opinion))
        with pytest.raises(Invalid, match="one language only"):
            operations.pass_to_language(**acting(desk, opinion, "coordinator"))


def test_one_sentence_is_one_sentence(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started())
        desk.reword(opinion, first(opinion), Bitext("English only.", ""))
        (gap,) = operations.gaps_in_language(opinion)
        assert gap.en.startswith("1 sentence stands")


def test_the_chair_does_not_check_the_languages_of_the_own_text(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started())
        operations.send_to_review(**acting(desk, opinion))
        operations.pass_to_language(**acting(desk, opinion, "coordinator"))
        for who in ("chair", "surgeon", "other_coordinator"):
            with pytest.raises(NotAllowed):
                operations.check_language(**acting(desk, opinion, who))
        operations.check_language(**acting(desk, opinion, "coordinator"))


def test_a_check_counts_for_the_text_it_was_made_of(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started())
        operations.send_to_review(**acting(desk, opinion))
        operations.pass_to_language(**acting(desk, opinion, "coordinator"))
        shown = opinion.row_version
        operations.take_back(**acting(desk, opinion))
        with pytest.raises(Conflict):
            operations.check_language(**acting(desk, opinion, "translator"), row_version=shown)
        with pytest.raises(InvalidTransition):
            operations.check_language(**acting(desk, opinion, "translator"))


def test_taking_it_back_undoes_the_language_check(desk: Desk, transaction):
    with transaction():
        opinion = desk.checked(desk.complete(desk.started()))
        operations.take_back(**acting(desk, opinion))
        assert opinion.status == OpinionStatus.IN_EDIT
        assert (opinion.language_checked_by_id, opinion.language_checked_at) == (None, None)


EDITS: dict[str, Callable[[Desk, Opinion, Statement], object]] = {
    "reword": lambda desk, opinion, row: desk.reword(opinion, row, NEW_WORDS),
    "add": lambda desk, opinion, row: desk.add_statement(opinion),
    "shift": lambda desk, opinion, row: operations.shift(**acting(desk, opinion), statement_id=row.id, by=1),
    "drop": lambda desk, opinion, row: operations.drop(
        **acting(desk, opinion), statement_id=row.id, reason="x"
    ),
    "bring_back": lambda desk, opinion, row: operations.bring_back(
        **acting(desk, opinion), statement_id=row.id
    ),
    "choose_result": lambda desk, opinion, row: operations.choose_result(
        **acting(desk, opinion), result_class="confirmed", also=[]
    ),
    "settle": lambda desk, opinion, row: operations.settle(
        **acting(desk, opinion), rule="X14", resolution="reword", reason=NEW_WORDS
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_nothing_is_edited_while_others_read_check_or_sign(desk: Desk, transaction, edit: str):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        row = first(opinion)
        stations: list[Callable[[], object]] = [
            lambda: operations.send_to_review(**acting(desk, opinion)),
            lambda: operations.pass_to_language(**acting(desk, opinion, "coordinator")),
            lambda: desk.finalise(
                operations.check_language(
                    **acting(desk, opinion, "translator"), row_version=opinion.row_version
                )
            ),
            lambda: desk.signed(opinion),
            lambda: desk.release(opinion),
        ]
        for next_station in stations:
            next_station()
            with pytest.raises(InvalidTransition):
                EDITS[edit](desk, opinion, row)


RESTING = EDITS | {
    "send_to_review": lambda desk, opinion, row: operations.send_to_review(**acting(desk, opinion))
}


@pytest.mark.parametrize("edit", RESTING)
def test_a_case_on_hold_rests_with_its_opinion(desk: Desk, transaction, edit: str):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        coordinator = desk.user("coordinator")
        coordinate(
            actor=coordinator, at=IN_MEETING, case=opinion.case, action="hold", reason="the patient asks"
        )
        with pytest.raises(InvalidTransition, match="on hold"):
            RESTING[edit](desk, opinion, first(opinion))
        coordinate(actor=coordinator, at=IN_MEETING, case=opinion.case, action="resume_drafting")
        operations.send_to_review(**acting(desk, opinion))


# --- addenda ------------------------------------------------------------------------------------


def addendum(desk: Desk, opinion: Opinion, **changed: Any) -> Opinion:
    values: dict[str, Any] = {"reason": "new_material", "text": NEW_WORDS} | changed
    return operations.start_addendum(actor=desk.user("chair"), at=IN_MEETING, case=opinion.case, **values)


@pytest.mark.both_databases
def test_an_addendum_is_numbered_and_leaves_the_opinion_alone(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        opinion = desk.signed(version.opinion)
        with pytest.raises(InvalidTransition):
            addendum(desk, opinion)
        desk.release(opinion)
        before = (version.frozen, version.pdf_sha256, opinion.status)
        one, two = addendum(desk, opinion), addendum(desk, opinion, reason="correction")
        assert [one.number, two.number] == [1, 2]
        assert [row.number for row in queries.addenda(opinion.case_id)] == [1, 2]
        assert (version.frozen, version.pdf_sha256, opinion.status) == before
        assert [row.text for row in one.statements] == [NEW_WORDS]


def test_an_addendum_needs_a_known_reason_and_words(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        opinion = desk.signed(version.opinion)
        desk.release(opinion)
        for wrong in ({"reason": "because"}, {"text": Bitext()}):
            with pytest.raises(Invalid):
                addendum(desk, opinion, **wrong)


def test_an_addendum_opens_a_case_that_was_delivered_and_its_signatures_close_it_again(
    desk: Desk, transaction
):
    from mdtapp.cases.operations import move

    with transaction():
        version = desk.frozen()
        opinion = desk.signed(version.opinion)
        desk.release(opinion)
        case = opinion.case
        move(actor=desk.user("coordinator"), at=IN_MEETING, case=case, action="deliver")
        added = addendum(desk, opinion)
        assert str(case.status) == "reopened"
        desk.finalise(desk.checked(added))
        desk.sign(added, "chair")
        assert (str(case.status), added.status) == ("signed", OpinionStatus.SIGNED)


def test_an_addendum_is_signed_by_the_chair_and_whom_it_rests_on(desk: Desk, transaction):
    from mdtapp.opinions.signers import required_signers

    with transaction():
        version = desk.frozen()
        opinion = desk.signed(version.opinion)
        desk.release(opinion)
        added = addendum(desk, opinion)
        assert [signer.role for signer in required_signers(added)] == ["chair"]
        added.statements[0].provenance = [{"discipline": "radiology", "field": "summary"}]
        session.flush()
        assert [signer.user.id for signer in required_signers(added)] == [
            desk.people["chair"],
            desk.people["radiologist"],
        ]
    assert set(PANEL) >= {"radiologist"}
