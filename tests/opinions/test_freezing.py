"""The frozen opinion: one canonical structure that binds the person without naming them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.documents.verify import frozen_hash
from mdtapp.opinions import queries
from mdtapp.opinions.freezing import content_hash, freeze, identity_digest
from mdtapp.opinions.models import Opinion
from mdtapp.opinions.signing import frozen_of
from mdtapp.store.types import canonical_json
from tests.situations_opinion import IDENTITY, Desk


def frozen(desk: Desk, opinion: Opinion, **changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "version": 1,
        "on": date(2026, 3, 5),
        "hospital": Bitext("Qingyuan", "清源"),
        "identity": dict(IDENTITY),
        "key": desk.key,
    }
    return freeze(opinion, **values | changed)


@pytest.mark.both_databases
def test_the_same_opinion_gives_the_same_text(desk: Desk, transaction):
    with transaction():
        opinion = desk.started(identity=IDENTITY)
        first = canonical_json(frozen(desk, opinion))
    with transaction():
        again = canonical_json(frozen(desk, queries.get_opinion(1)))
    assert content_hash(first) == content_hash(again)


def test_the_stored_text_is_canonical(desk: Desk, transaction):
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        assert canonical_json(json.loads(version.frozen)) == version.frozen


def test_no_name_of_the_patient_is_frozen(desk: Desk, transaction):
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        for part in ("Beketov", "Timur", "1963-04-09", "KZ-77"):
            assert part not in version.frozen
        person = frozen_of(version)["patient"]
        assert person["name"] is None
        assert person["pseudonym"] == version.opinion.case.patient.pseudonym


@pytest.mark.parametrize("changed", [{"name": "Beketov^Timor"}, {"birth_date": "1963-04-10"}])
def test_the_digest_binds_the_person(desk: Desk, transaction, changed: dict[str, str]):
    other = IDENTITY | changed
    assert identity_digest(dict(IDENTITY), "key") == identity_digest(dict(IDENTITY), "key")
    assert identity_digest(dict(IDENTITY), "key") != identity_digest(other, "key")
    assert identity_digest(dict(IDENTITY), "key") != identity_digest(dict(IDENTITY), "another key")
    with transaction():
        opinion = desk.started(identity=IDENTITY)
        hashes = {
            content_hash(canonical_json(frozen(desk, opinion, identity=who)))
            for who in (dict(IDENTITY), other)
        }
        assert len(hashes) == 2


def test_what_is_not_part_of_the_persons_identity_does_not_change_the_digest():
    more = IDENTITY | {"contact": "timur@mail.example", "patient_ids": ["KZ-78"]}
    assert identity_digest(dict(IDENTITY), "key") == identity_digest(more, "key")


def test_the_hash_printed_with_the_name_is_the_hash_that_was_signed(desk: Desk, transaction):
    press = desk.app.extensions["mdtapp.press"]
    with transaction():
        version = desk.frozen(identity=IDENTITY)
        named = press._named(version)
        assert named["patient"]["name"] == IDENTITY["name"]
        assert frozen_hash(named) == version.content_hash == frozen_hash(frozen_of(version))


def test_statements_are_numbered_by_the_place_of_their_section(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        dropped = queries.kept_statements(opinion)[0]
        dropped.dropped_reason = "for the test"
        sections = frozen(desk, opinion)["sections"]
        assert [section["key"] for section in sections] == [section.key for section in catalogue().sections]
        for place, section in enumerate(sections, start=1):
            numbers = [statement["number"] for statement in section["statements"]]
            assert numbers == [f"{place}.{n}" for n in range(1, len(numbers) + 1)]
        texts = [s["text"] for section in sections for s in section["statements"]]
        assert len(texts) == len(queries.kept_statements(opinion))
        assert all(s["provenance"] for section in sections for s in section["statements"])


def test_whoever_changed_a_sentence_is_named(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        row = queries.kept_statements(opinion)[0]
        original = row.text
        desk.reword(opinion, row, Bitext("Plainer.", "更清楚。"))
        names = [
            s["edited_by"] for section in frozen(desk, opinion)["sections"] for s in section["statements"]
        ]
        assert [name for name in names if name] == ["Dr Zhou Ping"]
        desk.reword(opinion, row, original)
        names = [
            s["edited_by"] for section in frozen(desk, opinion)["sections"] for s in section["statements"]
        ]
        assert not any(names), "it says again what the inputs say"


def test_meeting_panel_and_signers_are_those_of_the_case(desk: Desk, transaction):
    with transaction():
        opinion = desk.started()
        made = frozen(desk, opinion)
    assert made["meeting"] == {
        "date": "2026-03-05",
        "votes": {"for": 5, "against": 1, "abstain": 0},
        "consensus": made["meeting"]["consensus"],
    }
    assert (made["signers"][0]["name"], made["signers"][0]["role"]) == ("Dr Zhou Ping", "chair")
    assert len(made["signers"]) == 6
    assert {one["mode"] for one in made["panel"]} == {"in_person"}
    assert made["audit_head"].keys() == {"seq", "hash"}
    assert made["outside"][0]["label"] == "A"
