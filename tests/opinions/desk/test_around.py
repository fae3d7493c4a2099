"""Around the text: comments of the panel, who is there, and where each sentence comes from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from mdtapp.opinions import queries
from mdtapp.opinions.desk import operations
from mdtapp.opinions.desk import queries as around
from mdtapp.opinions.desk.trail import Trail
from mdtapp.opinions.models import Opinion
from tests.meetings.board import IN_MEETING
from tests.situations import events
from tests.situations_opinion import Desk


def by(desk: Desk, opinion: Opinion, who: str) -> dict[str, Any]:
    return {"actor": desk.user(who), "at": IN_MEETING, "opinion": opinion}


@pytest.mark.both_databases
def test_the_panel_comments_and_the_chair_deals_with_it(desk: Desk, transaction):
    with transaction():
        opinion = desk.started("DEMO-06")
        row = queries.kept_statements(opinion)[0]
        said = operations.comment(**by(desk, opinion, "surgeon"), statement_id=row.id, text=" softer? ")
        assert [one.text for one in around.comments(opinion)[row.id]] == ["softer?"]
        for who in ("coordinator", "translator"):
            with pytest.raises(NotAllowed):
                operations.comment(**by(desk, opinion, who), statement_id=row.id, text="x")
        with pytest.raises(Invalid):
            operations.comment(**by(desk, opinion, "surgeon"), statement_id=row.id, text=" ")
        with pytest.raises(NotAllowed):
            operations.resolve_comment(
                **by(desk, opinion, "surgeon"), statement_id=row.id, comment_id=said.id
            )
        operations.resolve_comment(**by(desk, opinion, "chair"), statement_id=row.id, comment_id=said.id)
        assert (said.resolved_by_id, said.resolved_at) == (desk.people["chair"], IN_MEETING)
        with pytest.raises(InvalidTransition, match="already"):
            operations.resolve_comment(**by(desk, opinion, "chair"), statement_id=row.id, comment_id=said.id)
        with pytest.raises(NotFound):
            operations.resolve_comment(
                **by(desk, opinion, "chair"), statement_id=row.id, comment_id=said.id + 1
            )
    written, resolved = events(desk.app, "comment:written", "comment:resolved")
    assert "softer" not in str(written.detail)
    assert written.subject == resolved.subject


def test_a_frozen_text_is_not_commented(desk: Desk, transaction):
    with transaction():
        opinion = desk.frozen().opinion
        row = queries.kept_statements(opinion)[0]
        with pytest.raises(InvalidTransition, match="frozen"):
            operations.comment(**by(desk, opinion, "surgeon"), statement_id=row.id, text="late")


@pytest.mark.both_databases
def test_who_has_the_desk_open(desk: Desk, transaction):
    with transaction():
        opinion = desk.started("DEMO-06")
        row = queries.kept_statements(opinion)[0]
        operations.be_present(**by(desk, opinion, "surgeon"), statement_id=None)
        operations.be_present(**by(desk, opinion, "surgeon"), statement_id=row.id)
        chair, surgeon = desk.user("chair"), desk.user("surgeon")
        (seen,) = around.others_present(opinion, chair, IN_MEETING)
        assert (seen.user, seen.statement_id) == (surgeon, row.id)
        assert around.others_present(opinion, surgeon, IN_MEETING) == []
        assert around.others_present(opinion, chair, IN_MEETING + timedelta(minutes=1)) == []
        with pytest.raises(NotFound):
            operations.be_present(**by(desk, opinion, "surgeon"), statement_id=10**6)


def test_a_trail_names_input_field_value_author_time_and_the_place_that_was_cited(desk: Desk, transaction):
    from mdtapp.opinions.inputs.queries import get_input

    with transaction():
        opinion = desk.started()
        row = get_input(opinion.case_id, "radiology")
        row.data = row.data | {
            "claims": [
                {
                    "claim": "outside.m_category",
                    "verdict": "major",
                    "anchors": [{"material": "M2", "page": 3}, {"material": "M99"}],
                }
            ]
        }
        said = next(
            (statement, entry)
            for statement in queries.kept_statements(opinion)
            for entry in statement.provenance
            if entry.get("discipline") == "radiology" and entry.get("field") == "m_category"
        )[1]
        (origin,) = Trail.of(opinion.case).origins([said])
        assert origin.title.en.startswith("Radiology · ")
        assert origin.who == desk.user("radiologist").name
        assert origin.at == row.signed_at
        assert str(said["value"]) in origin.value.en
        assert origin.link == (
            "inputs.read",
            {
                "case_no": opinion.case.case_no,
                "discipline": "radiology",
                "revision": 1,
                "_anchor": "answer-m_category",
            },
        )
        assert [place.words for place in origin.places] == ["M2 p. 3", "M99"]
        assert not origin.amended
        desk.changed_input(opinion.case, "radiology", m_category="M0")
        (later,) = Trail.of(opinion.case).origins([said])
        assert later.amended
        assert later.value == origin.value, "what was said then"


def test_a_trail_names_settlement_decision_chair_and_standard_text(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        desk.settle(opinion, queries.get_finding(opinion.case_id, "X47"), "record_dissent")
        trail = Trail.of(opinion.case)
        rule, decision, own, fixed = trail.origins(
            [{"rule": "X47"}, {"chair": "result_class"}, {"chair": "statement"}, {"template": "disclaimer"}],
            editor="Dr Zhou Ping",
        )
        assert rule.who == desk.user("chair").name
        assert "The panel discussed it." in rule.note.en
        assert decision.value, "the words of the meeting's decision"
        assert own.who == "Dr Zhou Ping"
        assert fixed.title == Bitext("Standard text of this centre", "本中心标准文本")
