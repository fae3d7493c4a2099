"""Every act at the desk is a version; any of them is seen again, and the latest act can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, InvalidTransition
from mdtapp.opinions import findings, history, operations, queries
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.guideline_frame import Citation, Frame
from mdtapp.opinions.models import Opinion, Statement
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.proposals import proposals
from tests.meetings.board import IN_MEETING
from tests.situations_opinion import Desk

NEW_WORDS = Bitext("Said more plainly.", "表述更清楚。")
FRAME = Frame((Citation("csco", "Lung 2025", "grade I"),), "travel")


def acting(desk: Desk, opinion: Opinion, who: str = "chair") -> dict[str, Any]:
    return {"actor": desk.user(who), "at": IN_MEETING, "opinion": opinion}


def rows(opinion: Opinion, section: str = "staging_verification") -> list[Statement]:
    return [row for row in queries.kept_statements(opinion) if row.section == section]


def offered(opinion: Opinion) -> dict[str, Any]:
    draft = build_draft(queries.case_facts(opinion.case), **draft_sources(opinion.case))
    return {one.key: one for row in proposals(opinion, draft).values() for one in row}


def parts(row: Statement) -> list[Bitext]:
    return [Bitext(f"{row.text.en} One.", "一。"), Bitext("Two.", "二。")]


ACTS: dict[str, Callable[[Desk, Opinion], Any]] = {
    "reword": lambda desk, o: desk.reword(o, rows(o)[0], NEW_WORDS),
    "add": lambda desk, o: desk.add_statement(o),
    "move": lambda desk, o: operations.shift(**acting(desk, o), statement_id=rows(o)[0].id, by=1),
    "elsewhere": lambda desk, o: operations.move(
        **acting(desk, o), statement_id=rows(o)[0].id, section="follow_up", before=None
    ),
    "split": lambda desk, o: operations.split(
        **acting(desk, o), statement_id=rows(o)[1].id, parts=parts(rows(o)[1])
    ),
    "drop": lambda desk, o: operations.drop(**acting(desk, o), statement_id=rows(o)[0].id, reason="x"),
    "result": lambda desk, o: operations.choose_result(**acting(desk, o), result_class="confirmed", also=[]),
    "frame": lambda desk, o: operations.frame(
        **acting(desk, o),
        statement_id=rows(o, "recommendation")[0].id,
        frame=FRAME,
        row_version=rows(o, "recommendation")[0].row_version,
    ),
    "settle": lambda desk, o: desk.settle(o, queries.get_finding(o.case_id, "X47"), "record_dissent"),
}


@pytest.mark.both_databases
def test_every_act_is_a_version_and_each_can_be_undone_in_turn(desk: Desk, transaction):
    """Nine acts, nine versions; nine times undo leads back to the draft, and every version is still there."""
    with transaction():
        opinion = desk.started()
        texts = [history.state_of(opinion)]
        for number, act in enumerate(ACTS.values(), start=1):
            act(desk, opinion)
            assert history.latest_number(opinion) == number
            texts.append(history.state_of(opinion))
        for number, text in enumerate(texts):
            assert history.state_at(opinion, number) == text
        for back in range(1, len(ACTS) + 1):
            assert operations.undo(**acting(desk, opinion)) == len(ACTS) + back
            assert standing(history.state_of(opinion)) == standing(texts[len(ACTS) - back])
        with pytest.raises(InvalidTransition, match="nothing to undo"):
            operations.undo(**acting(desk, opinion))
        for number, text in enumerate(texts):
            assert history.state_at(opinion, number) == text


def standing(state: dict[str, Any]) -> dict[str, Any]:
    """What a reader sees of a version."""
    return {key: row for key, row in state.items() if key == "result" or not row["dropped_reason"]}


def test_an_act_after_undoing_is_undone_first(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        first, second = rows(opinion)[:2]
        before = (first.text, second.text)
        desk.reword(opinion, first, NEW_WORDS)
        operations.undo(**acting(desk, opinion))
        desk.reword(opinion, second, NEW_WORDS)
        operations.undo(**acting(desk, opinion))
        assert (first.text, second.text) == before
        assert [step.undoes for step in history.steps(opinion)] == [None, 1, None, 3]


def test_undoing_a_settlement_opens_the_conflict_again(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        ACTS["settle"](desk, opinion)
        assert str(queries.get_finding(opinion.case_id, "X47").status) == "resolved"
        operations.undo(**acting(desk, opinion))
        assert str(queries.get_finding(opinion.case_id, "X47").status) == "open"
        assert "X47" in {row.rule for row in findings.blocking(opinion.case)}


def test_undo_meets_somebody_elses_act(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        desk.reword(opinion, rows(opinion)[0], NEW_WORDS)
        with pytest.raises(Conflict):
            operations.undo(**acting(desk, opinion), seen=0)
        assert operations.undo(**acting(desk, opinion), seen=1) == 2


def test_what_changes_nothing_is_no_version(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = rows(opinion)[0]
        desk.reword(opinion, row, row.text)
        operations.shift(**acting(desk, opinion), statement_id=row.id, by=-1)
        assert history.latest_number(opinion) == 0


# --- split, moved, taken ------------------------------------------------------------------------


def test_the_parts_of_a_sentence_keep_its_origin_and_stand_in_its_place(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        before = rows(opinion)
        whole = before[1]
        origin, drafted = list(whole.provenance), whole.original
        made = operations.split(**acting(desk, opinion), statement_id=whole.id, parts=parts(whole))
        assert [row.id for row in rows(opinion)] == [
            before[0].id,
            *(row.id for row in made),
            *(row.id for row in before[2:]),
        ]
        assert all((row.provenance, row.original) == (origin, drafted) for row in made)
        assert [row.text.en for row in made][1] == "Two."


@pytest.mark.parametrize("wrong", [[], [NEW_WORDS], [NEW_WORDS, Bitext()]])
def test_a_split_into_less_than_two_is_refused(desk: Desk, transaction, wrong: list[Bitext]):
    with transaction():
        opinion = desk.started()
        with pytest.raises(Invalid):
            operations.split(**acting(desk, opinion), statement_id=rows(opinion)[0].id, parts=wrong)


def test_a_stale_split_drop_or_frame_is_refused_with_what_stands(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row, step = rows(opinion)[0], rows(opinion, "recommendation")[0]
        old: dict[str, Any] = {"statement_id": row.id, "row_version": row.row_version}
        old_step: dict[str, Any] = {"statement_id": step.id, "row_version": step.row_version}
        desk.reword(opinion, row, NEW_WORDS)
        desk.reword(opinion, step, NEW_WORDS)
        with pytest.raises(Conflict) as clash:
            operations.drop(**acting(desk, opinion), **old, reason="x")
        assert clash.value.theirs == NEW_WORDS.as_json()
        with pytest.raises(Conflict) as clash:
            operations.split(**acting(desk, opinion), **old, parts=[NEW_WORDS, NEW_WORDS])
        assert clash.value.ours == {
            "en": "\n\n".join([NEW_WORDS.en] * 2),
            "zh": "\n\n".join([NEW_WORDS.zh] * 2),
        }
        with pytest.raises(Conflict):
            operations.frame(**acting(desk, opinion), **old_step, frame=FRAME)


def test_a_sentence_is_put_before_another_one(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        one, two, three = (row.id for row in rows(opinion)[:3])
        place: dict[str, Any] = {"section": "staging_verification"}
        operations.move(**acting(desk, opinion), statement_id=three, before=one, **place)
        assert [row.id for row in rows(opinion)][:3] == [three, one, two]
        operations.move(**acting(desk, opinion), statement_id=three, before=None, **place)
        assert [row.id for row in rows(opinion)][-1] == three


@pytest.mark.parametrize("section", ["result_class", "nowhere"])
def test_a_sentence_does_not_move_everywhere(desk: Desk, transaction, section: str):
    with transaction():
        opinion = desk.started()
        with pytest.raises(Invalid):
            operations.move(
                **acting(desk, opinion), statement_id=rows(opinion)[0].id, section=section, before=None
            )


def test_what_the_inputs_offer_is_used_dropped_or_new(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        assert all(one.used for one in offered(opinion).values())
        row = rows(opinion)[0]
        operations.drop(**acting(desk, opinion), statement_id=row.id, reason="x")
        (unused,) = (one for one in offered(opinion).values() if not one.used)
        assert unused.row is row
        assert operations.take(**acting(desk, opinion), key=unused.key) is row
        assert row in rows(opinion)
        desk.changed_input(opinion.case, "radiology", m_category="M0")
        new = [one for one in offered(opinion).values() if one.row is None]
        assert new, "an amended input offers sentences the text does not have"
        taken = operations.take(**acting(desk, opinion), key=new[0].key)
        assert (taken.text, taken.provenance) == (new[0].text, new[0].provenance)
        with pytest.raises(Conflict):
            operations.take(**acting(desk, opinion), key="0" * 20)


# --- guidelines, readers ------------------------------------------------------------------------


def test_a_frame_is_carried_over_from_the_inputs_and_stands_beside_recommendations_only(
    desk: Desk, transaction
):
    with transaction():
        opinion = desk.started()
        row = next(row for row in rows(opinion, "recommendation") if (row.step or {}).get("nccn_category"))
        carried = {one.body: one for one in Frame.of(row.frame, row.step).citations}
        assert row.step is not None
        assert row.step["nccn_category"] in carried["nccn"].level
        operations.frame(
            **acting(desk, opinion), statement_id=row.id, frame=FRAME, row_version=row.row_version
        )
        assert Frame.of(row.frame).availability == "travel"
        other = rows(opinion)[0]
        with pytest.raises(Invalid):
            operations.frame(
                **acting(desk, opinion), statement_id=other.id, frame=FRAME, row_version=other.row_version
            )


def test_only_a_dissent_has_chosen_readers(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        text: dict[str, Any] = {"text": NEW_WORDS}
        row = operations.add(**acting(desk, opinion), section="dissent", audience="record", **text)
        assert row.audience == "record"
        operations.address(**acting(desk, opinion), statement_id=row.id, audience="both")
        assert row.audience == "both"
        for section, audience in (("follow_up", "record"), ("dissent", "everybody")):
            with pytest.raises(Invalid):
                operations.add(**acting(desk, opinion), section=section, audience=audience, **text)
