"""Conflicts on a database: found, settled, confirmed, outdated by a change, never overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed, NotFound
from mdtapp.opinions import findings, operations, queries
from mdtapp.opinions.conflicts import RULES
from mdtapp.opinions.models import ConflictFinding, Opinion
from mdtapp.opinions.status import FindingStatus
from mdtapp.store.db import session
from tests.meetings.board import IN_MEETING
from tests.situations import events
from tests.situations_opinion import Desk

REASON = Bitext("The images decide.", "以影像为准。")


def of_rule(case: Any, rule: str) -> ConflictFinding:
    return next(row for row in findings.standing(case) if row.rule == rule)


def all_rows(case: Any, rule: str) -> list[ConflictFinding]:
    query = session.query(ConflictFinding).filter_by(case_id=case.id, rule=rule)
    return list(query.order_by(ConflictFinding.id))


def resolve(desk: Desk, opinion: Opinion, rule: str, resolution: str, **more: Any) -> ConflictFinding:
    values: dict[str, Any] = {"reason": REASON, "chosen": ""} | more
    return findings.resolve(
        actor=desk.user(values.pop("who", "chair")),
        at=IN_MEETING,
        case=opinion.case,
        rule=rule,
        resolution=resolution,
        **values,
    )


# --- found --------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_each_rule_that_holds_is_stored_once_and_recorded(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        found = findings.refresh(actor=desk.user("coordinator"), at=IN_MEETING, case=case)
        again = findings.refresh(actor=desk.user("coordinator"), at=IN_MEETING, case=case)
        rules = [row.rule for row in found]
        assert [row.id for row in again] == [row.id for row in found]
    assert {"X14", "X45", "X46", "X47"} <= set(rules)
    assert rules == sorted(rules)
    recorded = [event.detail["rule"] for event in events(desk.app, "conflict:found")]
    assert sorted(recorded) == rules


def test_what_stands_is_known_before_anything_is_stored(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        standing = findings.standing(case)
        assert {row.rule for row in standing} >= {"X14", "X45"}
        assert {row.status for row in standing} == {FindingStatus.OPEN}
        assert queries.findings(case.id) == []
        assert not any(row in session for row in standing)


@pytest.mark.both_databases
def test_changed_values_make_the_finding_obsolete_and_a_new_row(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=case)
        before = of_rule(case, "X45")
        seen = dict(before.values)
        desk.changed_input(case, "radiation_oncology", first_step="surgery")
        assert of_rule(case, "X45").id is None, "shown as open before anybody stored it"
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=case)
        first, second = all_rows(case, "X45")
        assert (first.id, first.status, first.values) == (before.id, FindingStatus.OBSOLETE, seen)
        assert (second.status, second.values["radiation_oncology.first_step"]) == (
            FindingStatus.OPEN,
            "surgery",
        )
    assert [event.detail["rule"] for event in events(desk.app, "conflict:obsolete")] == ["X45"]


def test_a_settlement_ends_with_the_values_it_was_about(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        resolve(desk, opinion, "X45", "choose_input", chosen="medical_oncology")
        desk.changed_input(opinion.case, "radiation_oncology", first_step="surgery")
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=opinion.case)
        settled, running = all_rows(opinion.case, "X45")
        assert (settled.status, settled.resolution, settled.chosen) == (
            FindingStatus.OBSOLETE,
            "choose_input",
            "medical_oncology",
        )
        assert (running.status, running.resolution) == (FindingStatus.OPEN, "")


def test_a_conflict_that_went_away_is_past(desk: Desk, transaction):
    with transaction():
        case = desk.reviewed()
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=case)
        for discipline in ("medical_oncology", "radiation_oncology", "surgical_oncology"):
            desk.changed_input(case, discipline, first_step="systemic")
        standing = findings.standing(case)
        assert "X45" not in [row.rule for row in standing]
        assert "X45" in [row.rule for row in findings.past(case, standing)]
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=case)
        with pytest.raises(NotFound):
            queries.get_finding(case.id, "X45")


# --- settled ------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_chair_settles_with_a_reason(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = resolve(desk, opinion, "X14", "choose_input", chosen="radiology")
        assert (row.status, row.chosen, row.reason) == (FindingStatus.RESOLVED, "radiology", REASON)
        assert (row.resolved_by_id, row.resolved_at) == (desk.people["chair"], IN_MEETING)
    (event,) = events(desk.app, "conflict:resolved")
    assert event.detail == {"rule": "X14", "resolution": "choose_input", "chosen": "radiology"}


@pytest.mark.parametrize(
    ("rule", "resolution", "more"),
    [
        ("X14", "no_such_way", {}),
        ("X14", "block_until_fixed", {}),
        ("X47", "accept_with_reason", {}),
        ("X14", "choose_input", {}),
        ("X14", "choose_input", {"chosen": "tcm_integrative"}),
        ("X14", "choose_input", {"chosen": "case"}),
        ("X14", "choose_input", {"chosen": "radiology", "reason": Bitext(" ", "")}),
    ],
)
def test_a_way_the_rule_does_not_know_is_refused(desk: Desk, transaction, rule: str, resolution: str, more):
    with transaction():
        opinion = desk.started()
        with pytest.raises(Invalid) as refusal:
            resolve(desk, opinion, rule, resolution, **more)
        assert not refusal.value.sentence.missing()
        assert queries.get_finding(opinion.case_id, rule).status == FindingStatus.OPEN


def test_a_chosen_view_is_kept_only_where_a_view_was_chosen(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = resolve(desk, opinion, "X47", "record_dissent", chosen="radiology")
        assert row.chosen == ""


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if rule.only_by_data])
def test_what_only_data_can_mend_offers_no_way(rule: str):
    assert findings.ways(ConflictFinding(rule=rule)) == []


def test_what_only_data_can_mend_no_word_settles(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        desk.changed_input(opinion.case, "pathology", identity_verified=False)
        for way in RULES["X01"].resolutions:
            with pytest.raises(Invalid):
                resolve(desk, opinion, "X01", str(way))
        assert "X01" in [row.rule for row in findings.blocking(opinion.case)]
        desk.changed_input(opinion.case, "pathology", identity_verified=True)
        assert "X01" not in [row.rule for row in findings.standing(opinion.case)]


def test_nobody_but_the_chair_of_the_case_settles(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        for who in ("radiologist", "coordinator", "translator"):
            with pytest.raises(NotAllowed):
                resolve(desk, opinion, "X14", "choose_input", chosen="radiology", who=who)


def test_an_unknown_rule_and_one_that_does_not_hold_are_not_found(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        for rule in ("X99", "X01", "", "X14 "):
            with pytest.raises(NotFound):
                resolve(desk, opinion, rule, "reword")


def test_a_settled_conflict_is_not_settled_again(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        resolve(desk, opinion, "X14", "choose_input", chosen="radiology")
        with pytest.raises(InvalidTransition):
            resolve(desk, opinion, "X14", "choose_input", chosen="surgical_oncology")


def test_a_page_that_showed_other_values_settles_nothing(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        shown = of_rule(opinion.case, "X45")
        version, seen = shown.row_version, findings.fingerprint(shown)
        desk.changed_input(opinion.case, "radiation_oncology", first_step="surgery")
        with pytest.raises(Conflict):
            resolve(
                desk,
                opinion,
                "X45",
                "choose_input",
                chosen="medical_oncology",
                row_version=version,
                seen=seen,
            )
        with pytest.raises(Conflict):
            resolve(desk, opinion, "X45", "choose_input", chosen="medical_oncology", row_version=7)
        assert of_rule(opinion.case, "X45").status == FindingStatus.OPEN


def test_a_settlement_can_be_taken_back_with_what_it_did_to_the_text(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        case = opinion.case
        before = {row.id for row in queries.kept_statements(opinion)}
        desk.settle(opinion, of_rule(case, "X14"), "choose_input", chosen="radiology")
        desk.settle(opinion, of_rule(case, "X47"), "record_dissent")
        assert {row.id for row in queries.kept_statements(opinion)} != before
        anew: dict[str, Any] = {"actor": desk.user("chair"), "at": IN_MEETING, "opinion": opinion}
        with pytest.raises(Conflict):
            operations.settle_anew(**anew, rule="X14", row_version=99)
        for rule in ("X14", "X47"):
            operations.settle_anew(**anew, rule=rule)
            settled, running = all_rows(case, rule)
            assert (settled.status, running.status) == (FindingStatus.OBSOLETE, FindingStatus.OPEN)
            assert settled.resolution, "what was said stays in the history"
        assert {row.id for row in queries.kept_statements(opinion)} == before
        with pytest.raises(InvalidTransition):
            operations.settle_anew(**anew, rule="X14")
        with pytest.raises(NotAllowed):
            operations.settle_anew(**anew | {"actor": desk.user("surgeon")}, rule="X14")
        desk.settle(opinion, of_rule(case, "X14"), "choose_input", chosen="surgical_oncology")
        assert of_rule(case, "X14").chosen == "surgical_oncology"


# --- confirmed by a second person ---------------------------------------------------------------


def with_critical_settled(desk: Desk) -> Opinion:
    """A critical conflict that names medical oncology is settled by the chair and waits for it."""
    opinion = desk.started("DEMO-07")
    rule = next(
        row.rule for row in findings.standing(opinion.case) if RULES[row.rule].confirmed_by and row.id
    )
    ways = [way for way in findings.ways(of_rule(opinion.case, rule)) if way != "choose_input"]
    resolve(desk, opinion, rule, str(ways[0]))
    return opinion


def waiting(opinion: Opinion) -> ConflictFinding:
    return next(
        row for row in findings.standing(opinion.case) if findings.needs_confirmation(row, opinion.case)
    )


@pytest.mark.both_databases
def test_a_critical_settlement_waits_for_the_discipline_the_rule_names(desk: Desk, transaction):
    with transaction():
        opinion = with_critical_settled(desk)
        row = waiting(opinion)
        assert row in findings.blocking(opinion.case)
        assert findings.confirmers(row, opinion.case) == {desk.people["medical_oncologist"]}
        gaps = " ".join(gap.en for gap in operations.gaps_before_review(opinion))
        assert f"A second person has to confirm how {row.rule} was settled." in gaps
        for who in ("surgeon", "radiologist", "chair"):
            with pytest.raises(NotAllowed):
                findings.confirm(actor=desk.user(who), at=IN_MEETING, case=opinion.case, rule=row.rule)
        findings.confirm(
            actor=desk.user("medical_oncologist"),
            at=IN_MEETING,
            case=opinion.case,
            rule=row.rule,
            row_version=row.row_version,
        )
        assert (row.confirmed_by_id, row.confirmed_at) == (desk.people["medical_oncologist"], IN_MEETING)
        assert row.rule not in [each.rule for each in findings.blocking(opinion.case)]


def test_a_confirmation_is_given_once_and_to_what_was_seen(desk: Desk, transaction):
    with transaction():
        opinion = with_critical_settled(desk)
        row = waiting(opinion)
        confirming: dict[str, Any] = {
            "actor": desk.user("medical_oncologist"),
            "at": IN_MEETING,
            "case": opinion.case,
            "rule": row.rule,
        }
        with pytest.raises(Conflict):
            findings.confirm(**confirming, row_version=row.row_version + 1)
        findings.confirm(**confirming)
        with pytest.raises(InvalidTransition):
            findings.confirm(**confirming)


def test_an_open_conflict_and_an_unknown_one_cannot_be_confirmed(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        confirming: dict[str, Any] = {
            "actor": desk.user("medical_oncologist"),
            "at": IN_MEETING,
            "case": opinion.case,
        }
        with pytest.raises(InvalidTransition):
            findings.confirm(**confirming, rule="X14")
        with pytest.raises(Conflict):
            findings.confirm(**confirming, rule="X99")


@pytest.mark.both_databases
def test_each_discipline_the_rule_names_gives_its_own_word(desk: Desk, transaction):
    """Interstitial lung disease with radiotherapy of the chest: medical and radiation oncology both confirm."""
    with transaction():
        case = desk.reviewed()
        data = desk.changed_input(case, "medical_oncology", comorbidities=["ild"]).data
        steps = [
            *data["recommendation_steps"],
            {**data["recommendation_steps"][0], "modality": "radiotherapy"},
        ]
        desk.changed_input(case, "medical_oncology", recommendation_steps=steps)
        desk.changed_input(case, "radiation_oncology", target_site="lung")
        opinion = operations.start(actor=desk.user("chair"), at=IN_MEETING, case=desk.decided(case))
        rule = "X72"
        resolve(desk, opinion, rule, "reword")
        row = of_rule(case, rule)
        assert [word.discipline for word in findings.awaited(row, case)] == [
            "medical_oncology",
            "radiation_oncology",
        ]
        confirming: dict[str, Any] = {"at": IN_MEETING, "case": case, "rule": rule}
        findings.confirm(actor=desk.user("medical_oncologist"), **confirming)
        assert [word.discipline for word in findings.awaited(row, case)] == ["radiation_oncology"]
        assert row in findings.blocking(case)
        with pytest.raises(NotAllowed):
            findings.confirm(actor=desk.user("medical_oncologist"), **confirming)
        findings.confirm(actor=desk.user("radiation_oncologist"), **confirming)
        assert findings.awaited(row, case) == []
        assert row.confirmed_by_id == desk.people["radiation_oncologist"]
        assert [one.discipline for one in row.confirmations] == ["medical_oncology", "radiation_oncology"]


def test_a_dissent_is_recorded_with_the_word_of_a_side(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        case = opinion.case
        resolve(desk, opinion, "X45", "record_dissent")
        row = of_rule(case, "X45")
        assert row in findings.blocking(case)
        people = {desk.people[who] for who in ("medical_oncologist", "surgeon", "radiation_oncologist")}
        assert findings.confirmers(row, case) == people
        with pytest.raises(NotAllowed):
            findings.confirm(actor=desk.user("pathologist"), at=IN_MEETING, case=case, rule="X45")
        findings.confirm(actor=desk.user("surgeon"), at=IN_MEETING, case=case, rule="X45")
        assert row not in findings.blocking(case)


def test_who_dissented_in_the_meeting_has_said_so_already(desk: Desk, transaction):
    from mdtapp.meetings.models import AgendaItem
    from mdtapp.meetings.operations import record_dissent

    with transaction():
        opinion = desk.started()
        item = session.query(AgendaItem).filter_by(case_id=opinion.case_id).one()
        text = Bitext("Surgery first.", "先手术。")
        record_dissent(actor=desk.user("surgeon"), at=IN_MEETING, item=item, text=text)
        resolve(desk, opinion, "X45", "record_dissent")
        assert findings.awaited(of_rule(opinion.case, "X45"), opinion.case) == []


def test_the_database_refuses_the_same_person_twice(desk: Desk, transaction):
    from sqlalchemy.exc import IntegrityError

    with transaction():
        row = waiting(with_critical_settled(desk))
        row.confirmed_by_id = row.resolved_by_id
        with pytest.raises(IntegrityError, match="second_person"):
            session.flush()
        session.rollback()


# --- the text follows ---------------------------------------------------------------------------


def test_choosing_a_view_drops_what_lost_and_it_can_come_back(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        desk.settle(opinion, of_rule(opinion.case, "X14"), "choose_input", chosen="radiology")
        dropped = [row for row in opinion.statements if row.dropped_reason == "X14: radiology"]
        assert dropped
        for row in dropped:
            voices = {origin["discipline"] for origin in row.provenance if origin.get("discipline")}
            assert row.section == of_rule(opinion.case, "X14").section
            assert "radiology" not in voices
        kept = [row for row in queries.kept_statements(opinion) if row.section == dropped[0].section]
        assert any(origin.get("discipline") == "radiology" for row in kept for origin in row.provenance), (
            "what was chosen stays"
        )
        operations.bring_back(
            actor=desk.user("chair"), at=IN_MEETING, opinion=opinion, statement_id=dropped[0].id
        )
        assert dropped[0] in queries.kept_statements(opinion)


@pytest.mark.parametrize(
    ("resolution", "section"), [("record_dissent", "dissent"), ("request_material", "missing_information")]
)
def test_dissent_and_missing_material_are_written(desk: Desk, transaction, resolution: str, section: str):
    with transaction():
        opinion = desk.started()
        rule = next(row.rule for row in findings.standing(opinion.case) if resolution in findings.ways(row))
        desk.settle(opinion, of_rule(opinion.case, rule), resolution, reason=REASON)
        (written,) = [row for row in queries.kept_statements(opinion) if {"rule": rule} in row.provenance]
        assert (written.section, written.text) == (section, REASON)
