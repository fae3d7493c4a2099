"""The text is frozen under its hash, signed by everybody who must, sent back or released: each one transaction."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid, InvalidTransition, NotAllowed
from mdtapp.opinions import operations, queries, signing
from mdtapp.opinions.freezing import content_hash
from mdtapp.opinions.models import Opinion, OpinionVersion, SignatureMeaning
from mdtapp.opinions.signers import missing_signers, required_signers
from mdtapp.opinions.status import OpinionStatus
from mdtapp.store.db import session
from tests.conftest import PASSWORD
from tests.meetings.board import IN_MEETING, PANEL
from tests.situations import events
from tests.situations_opinion import IDENTITY, Desk


def the_opinion() -> Opinion:
    return session.query(Opinion).one()


# --- frozen -------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_frozen_text_has_its_hash_and_opens_for_signatures(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        assert version.opinion.status == OpinionStatus.AWAITING_SIGNATURE
        assert version.content_hash == content_hash(version.frozen)
        assert signing.is_intact(version)
        assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", version.verify_code)
        assert (version.version, version.frozen_by_id) == (1, desk.people["chair"])
        content = version.content_hash
    (event,) = events(desk.app, "opinion:finalised")
    assert event.detail == {"content_hash": content, "version": 1}


def test_a_wrong_password_freezes_nothing(desk: Desk, transaction):
    with transaction():
        opinion = desk.checked(desk.complete(desk.started("DEMO-06")))
        with pytest.raises(Invalid) as refusal:
            desk.finalise(opinion, password="not it")
        assert set(refusal.value.fields) == {"password"}
        assert (opinion.status, opinion.versions) == (OpinionStatus.LANGUAGE_CHECK, [])


@pytest.mark.both_databases
def test_pressing_finalise_twice_freezes_one_version(desk: Desk, transaction):
    with transaction():
        opinion = desk.checked(desk.complete(desk.started("DEMO-06")))
        shown = opinion.row_version
        desk.finalise(opinion, row_version=shown)
    with pytest.raises((Conflict, InvalidTransition)), transaction():
        desk.finalise(the_opinion(), row_version=shown)
    with transaction():
        assert len(the_opinion().versions) == 1


def test_nothing_is_frozen_that_nobody_compared(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        operations.send_to_review(actor=desk.user("chair"), at=IN_MEETING, opinion=opinion)
        operations.pass_to_language(actor=desk.user("coordinator"), at=IN_MEETING, opinion=opinion)
        with pytest.raises(Invalid, match="Nobody has checked the language yet"):
            desk.finalise(opinion)


def test_a_conflict_that_came_up_meanwhile_stops_it(desk: Desk, transaction):
    with transaction():
        opinion = desk.checked(desk.complete(desk.started("DEMO-06")))
        desk.changed_input(opinion.case, "radiology", stage_group="IV", m_category="M1")
        with pytest.raises(Invalid, match="Conflict X14 is open"):
            desk.finalise(opinion)


def test_a_core_discipline_without_a_signer_stops_it(desk: Desk, transaction):
    from mdtapp.cases.operations import remove_member

    with transaction():
        opinion = desk.checked(desk.complete(desk.started("DEMO-06")))
        surgeon = next(m for m in opinion.case.members if m.discipline == "surgical_oncology")
        remove_member(actor=desk.user("coordinator"), at=IN_MEETING, case=opinion.case, member_id=surgeon.id)
        with pytest.raises(Invalid, match="Nobody on the panel can sign for surgical oncology"):
            desk.finalise(opinion)


def test_text_that_cannot_be_printed_is_not_put_up_for_signatures(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        row = queries.kept_statements(opinion)[0]
        desk.reword(opinion, row, Bitext("No font has \U0001e900.", "无字体。"))
        desk.checked(opinion)
        with pytest.raises(Invalid, match="cannot be printed"):
            desk.finalise(opinion)


# --- signed -------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_everybody_who_must_signs_and_the_last_signature_closes_it(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        opinion = version.opinion
        signers = ["chair", *PANEL]
        assert {one.user.id for one in required_signers(opinion)} == {desk.people[who] for who in signers}
        for left, who in zip(range(5, -1, -1), signers, strict=True):
            assert opinion.status == OpinionStatus.AWAITING_SIGNATURE
            desk.sign(opinion, who)
            assert len(missing_signers(queries.running_version(opinion) or version)) == left
        assert (opinion.status, str(opinion.case.status)) == (OpinionStatus.SIGNED, "signed")
        roles = {row.user_id: (row.role, row.discipline) for row in opinion.versions[0].signatures}
        assert roles[desk.people["chair"]] == ("chair", "")
        assert roles[desk.people["surgeon"]] == ("author", "surgical_oncology")
        assert {row.content_hash for row in opinion.versions[0].signatures} == {version.content_hash}
    signed = events(desk.app, "opinion:signed")
    assert [event.detail["signer"] for event in signed] == [f"user:{desk.people[who]}" for who in signers]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"password": "not it"}, Invalid),
        ({"expected_hash": "0" * 64}, Conflict),
        ({"expected_hash": ""}, Conflict),
    ],
)
def test_a_wrong_password_or_another_text_signs_nothing(desk: Desk, transaction, wrong, error):
    with transaction():
        opinion = desk.frozen().opinion
        with pytest.raises(error):
            desk.sign(opinion, "surgeon", **wrong)
        assert opinion.versions[0].signatures == []


def test_only_the_panel_signs_and_each_once(desk: Desk, transaction):
    with transaction():
        opinion = desk.frozen().opinion
        for who in ("coordinator", "translator"):
            with pytest.raises(NotAllowed):
                desk.sign(opinion, who)
        desk.sign(opinion, "surgeon")
        with pytest.raises(InvalidTransition, match="signed this text already"):
            desk.sign(opinion, "surgeon")


def test_a_signature_says_what_it_means(desk: Desk, transaction):
    from mdtapp.meetings.models import AgendaItem
    from mdtapp.meetings.operations import record_dissent

    with transaction():
        case = desk.decided(desk.reviewed("DEMO-06"))
        item = session.query(AgendaItem).filter_by(case_id=case.id).one()
        text = Bitext("Less surgery would do.", "手术范围可以缩小。")
        record_dissent(actor=desk.user("surgeon"), at=IN_MEETING, item=item, text=text)
        opinion = operations.start(actor=desk.user("chair"), at=IN_MEETING, case=case)
        desk.finalise(desk.checked(desk.complete(opinion)))
        with pytest.raises(Invalid, match="holds no dissent of yours"):
            desk.sign(opinion, "radiologist", meaning=SignatureMeaning.AGREE_WITH_DISSENT)
        row = desk.sign(opinion, "surgeon", meaning=SignatureMeaning.AGREE_WITH_DISSENT)
        assert row.meaning == SignatureMeaning.AGREE_WITH_DISSENT
        (printed,) = signing.signatures_of(opinion.versions[0])
        assert (printed["name"], printed["meaning"]) == ("Dr Guo Feng", "agree_with_dissent")


def test_dissent_the_chair_wrote_down_can_be_signed_with(desk: Desk, transaction):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        desk.add_statement(opinion, "dissent")
        desk.finalise(desk.checked(opinion))
        assert desk.sign(opinion, "surgeon", meaning=SignatureMeaning.AGREE_WITH_DISSENT)


def test_a_mistake_seen_after_the_last_signature_still_goes_back(desk: Desk, transaction):
    with transaction():
        opinion = desk.signed(desk.frozen().opinion)
        signing.refuse(actor=desk.user("surgeon"), at=IN_MEETING, opinion=opinion, reason="Wrong side.")
        assert (opinion.status, str(opinion.case.status)) == (OpinionStatus.IN_EDIT, "drafting")
        assert [row.void for row in opinion.versions] == [True]
        desk.signed(desk.finalise(desk.checked(opinion)).opinion)
        assert (opinion.status, str(opinion.case.status)) == (OpinionStatus.SIGNED, "signed")
        desk.release(opinion)
        with pytest.raises(InvalidTransition):
            signing.refuse(actor=desk.user("surgeon"), at=IN_MEETING, opinion=opinion, reason="Too late.")


def test_whom_the_frozen_text_names_must_sign_whatever_becomes_of_the_panel(desk: Desk, transaction):
    from mdtapp.cases.operations import remove_member

    with transaction():
        opinion = desk.frozen().opinion
        surgeon = next(m for m in opinion.case.members if m.discipline == "surgical_oncology")
        remove_member(actor=desk.user("coordinator"), at=IN_MEETING, case=opinion.case, member_id=surgeon.id)
        for who in ("chair", *(who for who in PANEL if who != "surgeon")):
            desk.sign(opinion, who)
        assert [one.name for one in missing_signers(opinion.versions[0])] == ["Dr Guo Feng"]
        assert opinion.status == OpinionStatus.AWAITING_SIGNATURE
        with pytest.raises(NotAllowed):
            desk.sign(opinion, "surgeon")


@pytest.mark.both_databases
def test_the_last_two_signatures_at_once_close_it(desk: Desk, transaction):
    """Each would miss the other's, and nobody would be the last, if they did not queue."""
    with transaction():
        opinion = desk.frozen().opinion
        for who in ("chair", *list(PANEL)[:3]):
            desk.sign(opinion, who)
    together, faults = threading.Barrier(2), []

    def work(who: str) -> None:
        try:
            together.wait()
            with transaction():
                desk.sign(the_opinion(), who)
        except Exception as error:  # noqa: BLE001  shown below
            faults.append(error)

    workers = [threading.Thread(target=work, args=(who,)) for who in list(PANEL)[3:]]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == []
    with transaction():
        assert the_opinion().status == OpinionStatus.SIGNED
        assert len(the_opinion().versions[0].signatures) == 6


def test_nothing_is_signed_before_it_is_frozen(desk: Desk, transaction):
    with transaction():
        opinion = desk.checked(desk.complete(desk.started("DEMO-06")))
        with pytest.raises(InvalidTransition):
            signing.sign(
                actor=desk.user("surgeon"),
                at=IN_MEETING,
                opinion=opinion,
                expected_hash="",
                meaning=SignatureMeaning.AGREE,
                password=PASSWORD,
            )


# --- sent back ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_sending_back_voids_every_signature_and_keeps_the_reason(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        opinion = version.opinion
        desk.sign(opinion, "chair")
        desk.sign(opinion, "radiologist")
        signing.refuse(
            actor=desk.user("surgeon"), at=IN_MEETING, opinion=opinion, reason=" The margin is missing. "
        )
        assert (version.void, version.void_reason, version.voided_by) == (
            True,
            "The margin is missing.",
            "Dr Guo Feng",
        )
        assert (opinion.status, opinion.language_checked_by_id) == (OpinionStatus.IN_EDIT, None)
        assert queries.running_version(opinion) is None
        assert queries.sent_back(opinion) is version
        second = desk.finalise(desk.checked(opinion))
        assert (second.version, second.signatures, len(version.signatures)) == (2, [], 2)
        assert queries.sent_back(opinion) is None
        assert len(missing_signers(second)) == 6
    (event,) = events(desk.app, "opinion:sign_refused")
    assert event.detail == {}, "the reason stays with the text, not in the log"


def test_sending_back_needs_a_reason_and_a_place_on_the_panel(desk: Desk, transaction):
    with transaction():
        opinion = desk.frozen().opinion
        refusing: dict[str, Any] = {"at": IN_MEETING, "opinion": opinion}
        with pytest.raises(Invalid):
            signing.refuse(actor=desk.user("surgeon"), reason="  ", **refusing)
        with pytest.raises(NotAllowed):
            signing.refuse(actor=desk.user("coordinator"), reason="no", **refusing)


# --- nothing is changed afterwards --------------------------------------------------------------


def refused(app: Flask, transaction: Any, statement: str) -> bool:
    try:
        with transaction():
            session.execute(text(statement))
    except DBAPIError as error:
        return "never changed" in str(error)
    return False


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE opinion_version SET frozen = '{}'",
        "UPDATE opinion_version SET content_hash = 'x'",
        "UPDATE opinion_version SET verify_code = 'MINE'",
        "DELETE FROM opinion_version",
        "UPDATE signature SET user_id = 1",
        "UPDATE signature SET meaning = 'reviewed'",
        "DELETE FROM signature",
        "UPDATE statement_edit SET after = before",
    ],
)
def test_the_database_itself_refuses(desk: Desk, transaction, statement: str):
    with transaction():
        opinion = desk.complete(desk.started("DEMO-06"))
        desk.reword(opinion, queries.kept_statements(opinion)[0], Bitext("Other.", "其他。"))
        desk.finalise(desk.checked(opinion))
        desk.sign(opinion, "chair")
    assert refused(desk.app, transaction, statement)


def without_guards(statement: str) -> None:
    for name in ("opinion_version_update_refused", "signature_update_refused"):
        session.execute(text(f"DROP TRIGGER {name}"))
    session.execute(text(statement))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE opinion_version SET frozen = replace(frozen, 'confirmed', 'withdrawn')",
        "UPDATE opinion_version SET content_hash = '" + "0" * 64 + "'",
        "UPDATE signature SET content_hash = '" + "0" * 64 + "'",
    ],
)
def test_a_text_changed_by_hand_is_not_intact(desk: Desk, transaction, tampering: str):
    with transaction():
        desk.sign(desk.frozen().opinion, "chair")
        without_guards(tampering)
    with transaction():
        assert not signing.is_intact(session.query(OpinionVersion).one())


def test_a_signature_moved_to_another_text_is_seen(desk: Desk, transaction):
    with transaction():
        first = desk.frozen()
        opinion = first.opinion
        desk.sign(opinion, "surgeon")
        signing.refuse(actor=desk.user("chair"), at=IN_MEETING, opinion=opinion, reason="again")
        desk.reword(opinion, queries.kept_statements(opinion)[0], Bitext("Other.", "其他。"))
        second = desk.finalise(desk.checked(opinion))
        assert second.content_hash != first.content_hash
        without_guards(f"UPDATE signature SET version_id = {second.id}")
    with transaction():
        moved, emptied = (session.get_one(OpinionVersion, key) for key in (2, 1))
        assert [row.user_id for row in moved.signatures] == [desk.people["surgeon"]]
        assert not signing.is_intact(moved)
        assert signing.is_intact(emptied)


# --- released -----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_released_bytes_are_kept_in_both_languages(desk: Desk, transaction):
    with transaction():
        version = desk.frozen()
        with pytest.raises(InvalidTransition):
            desk.release(version.opinion)
        desk.signed(version.opinion)
        desk.release(version.opinion)
        assert version.opinion.status == OpinionStatus.RELEASED
        assert version.pdf_sha256 != version.pdf_zh_sha256
        store = desk.app.extensions["mdtapp.objects"]
        for sha256 in (version.pdf_sha256, version.pdf_zh_sha256):
            assert sha256
            assert store.exists(sha256)
            assert queries.find_version_by_document(sha256) is version
        with pytest.raises(InvalidTransition):
            desk.release(version.opinion)


def test_only_a_coordinator_of_the_case_releases(desk: Desk, transaction):
    with transaction():
        opinion = desk.signed(desk.frozen().opinion)
        for who in ("chair", "other_coordinator"):
            with pytest.raises(NotAllowed):
                signing.release(
                    actor=desk.user(who),
                    at=IN_MEETING,
                    opinion=opinion,
                    store=desk.app.extensions["mdtapp.objects"],
                    make=lambda _version, _lang: b"%PDF-",
                )


def test_no_document_names_another_person_than_the_panel_signed_for(desk: Desk, transaction):
    from mdtapp.cases.operations import seal_identity

    press = desk.app.extensions["mdtapp.press"]
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        opinion = desk.signed(version.opinion)
        other = IDENTITY | {"name": "Somebody^Else"}
        sealing: dict[str, Any] = {
            "actor": desk.user("coordinator"),
            "at": IN_MEETING,
            "case": opinion.case,
            "key": desk.key,
        }
        seal_identity(**sealing, identity=other)
        with pytest.raises(InvalidTransition, match="identity was changed"):
            press.final(version)
        seal_identity(**sealing, identity=dict(IDENTITY))
        assert press._named(version)["patient"]["name"] == IDENTITY["name"]
