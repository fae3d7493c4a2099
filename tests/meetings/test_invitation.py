"""The calendar file, read back by the library and line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from mdtapp.meetings.invitation import invitation
from mdtapp.meetings.models import AgendaItem, Meeting
from mdtapp.meetings.status import MeetingStatus
from mdtapp.people.models import User
from mdtapp.people.roles import Role

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ADDRESS = "https://mdt.hospital.example/meetings/7"


def board(**changed: Any) -> Meeting:
    coordinator = User(email="lin.xia@qingyuan.example", name="Lin Xia", role=Role.COORDINATOR)
    values: dict[str, Any] = {
        "uid": "5f0e3a3e-1c4b-4d2e-9f6a-7f2b8f1f0a11",
        "sequence": 0,
        "title": "Thoracic board; general, too",
        "starts_at": datetime(2026, 3, 12, 6, 0, tzinfo=UTC),
        "minutes": 90,
        "timezone": "Asia/Shanghai",
        "place": "Room 3",
        "video_link": "https://video.hospital.example/x",
        "status": MeetingStatus.AGENDA_OPEN,
        "chair": coordinator,
        "coordinator": coordinator,
    }
    return Meeting(**values | changed)


def read(meeting: Meeting) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(invitation(meeting, at=AT, address=ADDRESS))
    return calendar, calendar.walk("VEVENT")[0]


def test_says_when_where_and_which() -> None:
    calendar, event = read(board())
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert event.decoded("dtstart").isoformat() == "2026-03-12T14:00:00+08:00"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=90)
    assert event.decoded("dtstamp") == AT
    assert str(event["summary"]) == "Thoracic board; general, too"
    assert str(event["location"]) == "Room 3, https://video.hospital.example/x"
    assert str(event["url"]) == ADDRESS
    assert str(event["status"]) == "CONFIRMED"


def test_uid_stays_and_sequence_counts() -> None:
    _, first = read(board())
    _, moved = read(board(sequence=3, starts_at=datetime(2026, 3, 13, 6, 0, tzinfo=UTC)))
    assert (first["uid"], first["sequence"]) == (moved["uid"], 0)
    assert moved["sequence"] == 3


def test_names_no_case() -> None:
    meeting = board()
    meeting.items.append(AgendaItem(position=1, planned_minutes=15))
    text = invitation(meeting, at=AT, address=ADDRESS).decode()
    assert "Cases: 1" in text
    assert "MDT-" not in text


@pytest.mark.parametrize(
    ("status", "said", "method"),
    [
        (MeetingStatus.PLANNED, "TENTATIVE", "PUBLISH"),
        (MeetingStatus.PREPARED, "CONFIRMED", "PUBLISH"),
        (MeetingStatus.CANCELLED, "CANCELLED", "CANCEL"),
    ],
)
def test_status(status: MeetingStatus, said: str, method: str) -> None:
    calendar, event = read(board(status=status))
    assert (str(event["status"]), str(calendar["METHOD"])) == (said, method)


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    content = invitation(board(title="多学科会诊" * 30), at=AT, address=ADDRESS)
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    assert str(Calendar.from_ical(content).walk("VEVENT")[0]["summary"]) == "多学科会诊" * 30


def onsets(zone: str) -> list[tuple[str, datetime, timedelta, timedelta]]:
    calendar, _ = read(board(timezone=zone))
    found = []
    for part in calendar.walk("VTIMEZONE")[0].subcomponents:
        again = part["RDATE"].dts if "RDATE" in part else []
        moments = [part.DTSTART, *(row.dt for row in again)]
        found += [(part.name, local, part.TZOFFSETFROM, part.TZOFFSETTO) for local in moments]
    return found


def test_zone_changes_at_the_right_moment() -> None:
    """An onset is written by the offset before it: 02:00 in spring, 03:00 in autumn, both 01:00 UTC."""
    changes = {
        (kind, (local - before).replace(tzinfo=UTC))
        for kind, local, before, after in onsets("Europe/Berlin")
        if before != after
    }
    assert ("DAYLIGHT", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)) in changes
    assert ("STANDARD", datetime(2026, 10, 25, 1, 0, tzinfo=UTC)) in changes
    assert {moment.hour for _, moment in changes} == {1}


def test_a_zone_without_summer_time_has_one_part() -> None:
    assert [(kind, after) for kind, _, _, after in onsets("Asia/Shanghai")] == [
        ("STANDARD", timedelta(hours=8))
    ]


def test_utc_needs_no_zone() -> None:
    calendar, event = read(board(timezone="UTC"))
    assert calendar.walk("VTIMEZONE") == []
    assert event.decoded("dtstart") == datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
