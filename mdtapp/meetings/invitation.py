"""A meeting as an iCalendar file (RFC 5545), in the time zone where it is held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vText

from mdtapp.clinical.bitext import Language
from mdtapp.meetings.models import Meeting
from mdtapp.meetings.status import MeetingStatus

PRODUCT = "-//mdtapp//meetings//EN"
YEAR = timedelta(days=366)
STATUS = {MeetingStatus.PLANNED: "TENTATIVE", MeetingStatus.CANCELLED: "CANCELLED"}
CASES = {
    "en": "Cases: {count}. Who and what stands on the page of the meeting.",
    "zh": "病例：{count}。详情见会诊页面。",
}


def invitation(meeting: Meeting, *, at: datetime, address: str, language: Language = "en") -> bytes:
    """The .ics of the meeting, made `at`; `address` is its page. It names no patient and no case.

    UID and SEQUENCE come from the meeting, so a calendar replaces what it had. The VTIMEZONE holds
    the zone's rules a year to each side of the meeting.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if meeting.status == MeetingStatus.CANCELLED else "PUBLISH")
    starts_at = meeting.starts_at.astimezone(ZoneInfo(meeting.timezone))
    if meeting.timezone != "UTC":
        calendar.add_component(_zone(meeting.timezone, starts_at))
    calendar.add_component(_event(meeting, starts_at, at=at, address=address, language=language))
    return bytes(calendar.to_ical())


def _zone(name: str, around: datetime) -> Timezone:
    """The VTIMEZONE around a moment.

    icalendar 7.3 writes a change to summer time as the clock shows it afterwards (03:00); RFC 5545
    3.6.5 wants the time by the offset before it (02:00), so it is set back here.
    """
    zone = Timezone.from_tzid(name, first_date=(around - YEAR).date(), last_date=(around + YEAR).date())
    for part in zone.subcomponents:
        skipped = part.TZOFFSETTO - part.TZOFFSETFROM
        if skipped > timedelta(0):
            part.DTSTART -= skipped
            later = [row.dt - skipped for row in part.pop("RDATE").dts] if "RDATE" in part else []
            if later:
                part.add("rdate", later)
    return zone


def _event(meeting: Meeting, starts_at: datetime, *, at: datetime, address: str, language: Language) -> Event:
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + timedelta(minutes=meeting.minutes))
    event.add("summary", meeting.title)
    event.add("status", STATUS.get(meeting.status, "CONFIRMED"))
    event.add("location", ", ".join(filter(None, (meeting.place, meeting.video_link))))
    event.add("description", CASES[language].format(count=len(meeting.items)))
    event.add("url", address)
    event.add("class", "CONFIDENTIAL")
    event["organizer"] = _organizer(meeting)
    return event


def _organizer(meeting: Meeting) -> vText:
    organiser = meeting.coordinator or meeting.chair
    address = vText(f"mailto:{organiser.email}")
    address.params["cn"] = vText(organiser.name)
    return address
