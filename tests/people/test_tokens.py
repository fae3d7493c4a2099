"""Bearer tokens of scripts: shown once, kept as a hash, over after their days."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from tests.conftest import START, add_person
from tests.situations import events


def test_a_token_finds_its_owner_until_it_ends(app: Flask, transaction):
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations, queries

    user_id = add_person(app, "radiologist")
    with transaction():
        user = queries.get_person(user_id)
        token = operations.issue_token(actor=SystemActor("tests"), at=START, user=user, days=30)
    with transaction():
        found = queries.find_token_owner(token, START + timedelta(days=29))
        assert found is not None
        assert found.id == user_id
        assert queries.find_token_owner(token, START + timedelta(days=31)) is None
        assert queries.find_token_owner(token + "x", START) is None
    (event,) = events(app, "token:issued")
    assert token not in str(event.detail)


def test_a_suspended_owner_has_no_token(app: Flask, transaction):
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations, queries
    from mdtapp.people.roles import Role

    user_id, actor = add_person(app, "radiologist"), SystemActor("tests")
    with transaction():
        user = queries.get_person(user_id)
        token = operations.issue_token(actor=actor, at=START, user=user)
        operations.amend_person(
            actor=actor,
            at=START,
            user=user,
            name=user.name,
            name_zh=user.name_zh,
            role=Role.SPECIALIST,
            disciplines=["radiology"],
            title="",
            licence_no="",
            active=False,
        )
    with transaction():
        assert queries.find_token_owner(token, START) is None
