"""What a person was allowed is remembered for frames, and forgotten with the next thing that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.conftest import START
from tests.dicomweb.conftest import Archive, slices
from tests.dicomweb.first_frames import STORED
from tests.dicomweb.test_wado import INSTANCE

FRAME = f"{INSTANCE}/frames/1"


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take(archive.mine, *slices(2))
    return archive


def frame(archive: Archive, who: str = "radiologist") -> int:
    return int(archive.get(FRAME, who, Accept=STORED).status_code)


@contextmanager
def statements(archive: Archive) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    from mdtapp.store.db import db

    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    with archive.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.both_databases
def test_the_second_frame_asks_whether_anything_was_recorded_and_no_more(filled: Archive) -> None:
    assert frame(filled) == 200
    with statements(filled) as asked:
        assert frame(filled) == 200
    images = [one for one in asked if "imaging_instance" in one]
    assert images == []
    assert [one for one in asked if "event_head" in one]


def test_one_person_s_answer_is_not_another_s(filled: Archive) -> None:
    assert frame(filled) == 200
    assert frame(filled, "surgeon") == 404
    assert frame(filled) == 200


def taken_off_the_case(archive: Archive) -> None:
    from mdtapp.cases import operations
    from mdtapp.cases.queries import find_case
    from mdtapp.people.queries import get_person

    case = find_case(archive.mine)
    assert case is not None
    ids = {name: person.user_id for name, person in archive.people.items()}
    member = next(row for row in case.members if row.user_id == ids["radiologist"])
    operations.remove_member(actor=get_person(ids["coordinator"]), at=START, case=case, member_id=member.id)


def suspended(archive: Archive) -> None:
    from mdtapp.audit.trail import SystemActor
    from mdtapp.people import operations
    from mdtapp.people.queries import get_person

    user = get_person(archive.people["radiologist"].user_id)
    operations.amend_person(
        actor=SystemActor("tests"), at=START, user=user, name=user.name, name_zh=user.name_zh, role=user.role,
        disciplines=user.disciplines, title=user.title, licence_no=user.licence_no, active=False,
    )  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.parametrize(("change", "status"), [(taken_off_the_case, 404), (suspended, 401)])
def test_whoever_may_not_see_it_any_more_does_not(
    filled: Archive, change: Callable[[Archive], None], status: int
) -> None:
    from mdtapp.store.db import unit_of_work

    assert frame(filled) == 200
    with filled.app.app_context(), unit_of_work():
        change(filled)
    assert frame(filled) == status
    assert frame(filled, "coordinator") == 200
