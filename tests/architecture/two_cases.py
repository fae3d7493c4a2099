"""Two real cases with a team each, kept at every stage of their way, and the people who call the routes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mdtapp.clock import FixedClock
from tests.architecture.page_forms import Form, Page
from tests.conftest import PASSWORD, START
from tests.server import free_port
from tests.situations import Told, database_file, tell

OWN, OTHER = "own", "other"
SPARE = "spare"  # a second case of the first team, waiting for a meeting
PSEUDONYM = {OWN: "MAPLE-11", OTHER: "OLIVE-22", SPARE: "ROWAN-33"}
# Who calls, all of the first team; against the second case each of them is a stranger.
CALLERS = {
    "coordinator": "other_coordinator",  # the second one of the case, who checks what the first transcribed
    "specialist": "medical_oncologist",
    "removed": "herbalist",
    "chair": "chair",
    "translator": "translator",
    "admin": "admin",
}
STAGES: tuple[tuple[str, str], ...] = (
    ("review", "to_review"),
    ("agenda", "to_agenda"),
    ("meeting", "to_meeting"),
    ("decided", "to_decision"),
    ("desk", "to_desk"),
    ("settled", "to_settled"),
    ("reading", "to_reading"),
    ("checking", "to_language_check"),
    ("signing", "to_signing"),
    ("signed", "to_signed"),
    ("released", "to_release"),
)


@dataclass
class Press:
    """A press that makes no pages: what a route may do is looked at, not what a document looks like."""

    store: Any

    def final(self, version: Any, lang: str = "en") -> bytes:
        return f"%PDF-1.7 {version.content_hash} {lang}".encode()

    def document_of(self, version: Any, lang: str = "en") -> bytes:
        return self.final(version, lang)

    def draft(self, _opinion: Any, _house: Any, lang: str = "en") -> bytes:
        return f"%PDF-1.7 draft {lang}".encode()


@dataclass(frozen=True)
class Caller:
    """A browser as the server sees it: its cookie and the token against forgery that goes with it."""

    cookie: str = ""
    token: str = ""
    user_id: int = 0

    def send(self, app: Flask, method: str, path: str, **options: Any) -> TestResponse:
        browser = FlaskClient(app, app.response_class, use_cookies=False)
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.token, **options.pop("headers", {})}
        return browser.open(path, method=method, headers=headers, buffered=True, **options)


@dataclass
class TwoCases:
    """The application, a copy of its database at each stage, and what the addresses need at that stage."""

    app: Flask
    clock: FixedClock
    told: dict[str, Told] = field(default_factory=dict)
    copies: dict[str, sqlite3.Connection] = field(default_factory=dict)
    places: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    handed: dict[str, Any] = field(default_factory=dict)
    reset_token: str = ""

    def go_to(self, stage: str) -> None:
        """The database is as it was at that stage."""
        live = sqlite3.connect(database_file(self.app))
        self.copies[stage].backup(live)
        live.close()

    def close(self) -> None:
        for copy in self.copies.values():
            copy.close()

    def last_event(self) -> tuple[int, str, str]:
        """Number, kind and actor of the newest event."""
        with _plain(self.app) as connection:
            found = connection.execute("SELECT seq, event, actor FROM event ORDER BY seq DESC LIMIT 1")
            seq, event, actor = found.fetchone()
            return int(seq), str(event), str(actor)

    def events_since(self, seq: int) -> list[str]:
        with _plain(self.app) as connection:
            rows = connection.execute("SELECT event FROM event WHERE seq > ? ORDER BY seq", (seq,))
            return [str(row[0]) for row in rows]


@contextmanager
def _plain(app: Flask) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database_file(app))
    try:
        yield connection
    finally:
        connection.close()


def prepare(app: Flask, clock: FixedClock, folder: Path) -> TwoCases:
    """Takes both cases from the first letter to the released opinion, keeping a copy at every stage."""
    app.extensions["mdtapp.press"] = Press(app.extensions["mdtapp.objects"])
    two = TwoCases(app, clock, {whose: tell(app, folder, PSEUDONYM[whose]) for whose in PSEUDONYM})
    own = two.told[OWN]
    for stage, method in STAGES:
        for whose in (OWN, OTHER):
            getattr(two.told[whose], method)()
        if stage == "review":
            two.told[SPARE].people = own.people
            two.told[SPARE].to_review()
            take_images(own, number=1)
            take_images(two.told[OTHER], number=2)
            for told in (own, two.told[OTHER]):
                take_slide(told)
                point_at_an_image(told)
            leave_in_tray(own)
            ask_pacs(two)
            seat(own, "herbalist", "tcm_integrative")
            two.callers = sign_in_everybody(two)
            unseat(own, "herbalist")
            clock.advance(minutes=1)
            two.reset_token = give_reset_link(two)
        if stage == "desk":
            for whose in (OWN, OTHER):
                say_at_the_desk(two.told[whose])
        if stage == "released":
            two.handed = {whose: deliver(two.told[whose], clock.now()) for whose in (OWN, OTHER)}
            two.callers["recipient"] = open_link(two, OWN)
            for number, whose in enumerate((OWN, OTHER), start=1):
                measure(two.told[whose], f"1.2.9.{number}")
            send_to_pacs(two)
        keep(two, stage)
    return two


def give_reset_link(two: TwoCases) -> str:
    """The administrator's link for somebody of the first team."""
    from mdtapp.people.operations import issue_reset

    own = two.told[OWN]
    with own.act():
        return issue_reset(actor=own.user("admin"), at=two.clock.now(), user=own.user("absentee"))


def keep(two: TwoCases, stage: str) -> None:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    with _plain(two.app) as live:
        live.backup(copy)
    two.copies[stage] = copy
    two.places[stage] = {whose: places_of(two, whose) for whose in (OWN, OTHER)}


# --- what happens besides ---------------------------------------------------------------------

UIDS = {"StudyInstanceUID": "", "SeriesInstanceUID": ".1", "SOPInstanceUID": ".1.1"}


def take_images(told: Told, number: int) -> None:
    """A study of the patient; one under another name, of which one image comes twice with other content."""
    own = {
        "PatientName": f"Name^{told.mark}",
        "PatientID": f"ID-{told.mark}",
        "PatientBirthDate": "19630409",
        "PatientSex": "M",
    }
    take_image(told, f"1.2.9.{number}", **own)
    take_image(told, f"1.2.3.{number}", PixelData=bytes(32))
    take_image(told, f"1.2.3.{number}", PixelData=bytes(range(32)))


def take_image(told: Told, uid: str, **values: Any) -> None:
    told.take(image_file(told, uid, **values))


def take_slide(told: Told) -> None:
    """A slide with a label, and a region on it drawn by the specialist who calls."""
    from mdtapp.slides import operations, queries
    from mdtapp.slides.outline import Outline
    from tests.slides import made

    path = told.folder / f"slide{told.mark}.svs"
    tissue = made.tissue(300 + len(told.mark), 300)
    made.tiff(path, [tissue, tissue.resize((150, 150))], micrometres=0.5, label=made.tissue(40, 30))
    told.take(path)
    with told.act() as case:
        operations.draw_region(
            actor=told.user(CALLERS["specialist"]),
            at=START,
            case=case,
            slide=queries.slides_of_case(case)[0],
            size=(300, 300),
            name=f"Region{told.mark}",
            outline=Outline(((1, 1), (90, 1), (90, 90))),
        )


def image_file(told: Told, uid: str, **values: Any) -> Path:
    from tests.imaging import dicom

    path = told.folder / "image.dcm"
    uids = {level: uid + end for level, end in UIDS.items()}
    path.write_bytes(dicom.encoded(dicom.image(**uids, **values)))
    return path


def measure(told: Told, uid: str) -> None:
    """A report that was made here on the case's study."""
    from mdtapp.imaging.queries import studies_of_case
    from tests.imaging import dicom

    with told.act() as case:
        (study,) = (
            row.study for row in studies_of_case(case) if row.study.study_instance_uid.startswith(uid)
        )
        made = {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
            "StudyInstanceUID": study.study_instance_uid,
            "SeriesInstanceUID": f"{uid}.77",
            "SOPInstanceUID": f"{uid}.77.1",
            "PatientName": case.patient.pseudonym,
            "PatientID": case.case_no,
            "Modality": "SR",
            "PixelData": None,
        }
    path = told.folder / "report.dcm"
    path.write_bytes(dicom.encoded(dicom.image(**made)))
    told.take(path)


def point_at_an_image(told: Told) -> None:
    """The chair chooses a key image, which nobody sees who has not signed."""
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.imaging.queries import instances_of_series, series_of_study, studies_of_case
    from mdtapp.opinions.key_images import operations

    picture = told.app.extensions["mdtapp.objects"].put_bytes(b"a picture").sha256
    with told.act() as case:
        (study,) = studies_of_case(case)
        (row,) = series_of_study(case, study.study)
        operations.choose(
            actor=told.user("chair"),
            at=START,
            case=case,
            instance=instances_of_series(case, row.series)[0],
            frame=1,
            note=Bitext(),
            prepared=operations.Prepared(picture, "1.2.3"),
        )


def say_at_the_desk(told: Told) -> None:
    """A colleague's comment, and a dissent that the chair writes."""
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.opinions import operations, queries
    from mdtapp.opinions.desk.operations import comment

    with told.opinion() as opinion:
        row = sorted(queries.kept_statements(opinion), key=lambda each: each.id)[2]  # the one addresses name
        said = f"Comment{told.mark}"
        comment(actor=told.user("surgeon"), at=START, opinion=opinion, statement_id=row.id, text=said)
        text = Bitext("Somebody sees it differently.", "有人意见不同。")
        operations.add(actor=told.user("chair"), at=START, opinion=opinion, section="dissent", text=text)


def leave_in_tray(told: Told) -> None:
    """A study that came over the network without a case."""
    from mdtapp.materials.spool import Spool
    from mdtapp.materials.status import Source
    from mdtapp.operate import intake_of

    path = image_file(told, "1.2.4.7", PatientName="Stray^Nobody")
    spool = Spool(told.app.config["MDTAPP"].instance / "spool")
    with told.app.app_context(), path.open("rb") as stream:
        spooled = spool.receive(stream, name=path.name, source=Source.DICOM, actor="system:gateway", at=START)
        intake_of(told.app).process(spool, spooled)


def ask_pacs(two: TwoCases) -> None:
    """A PACS that nobody answers for, and a study that waits to be fetched from it into each case."""
    from mdtapp.pacs import operations, queries
    from mdtapp.pacs.status import Retrieve

    own = two.told[OWN]
    with own.act():
        facts = operations.NodeFacts("PACS", "PACS", "127.0.0.1", free_port(), "", Retrieve.GET)
        node_id = operations.add_node(
            actor=own.user("admin"), at=START, facts=facts, key=own.app.extensions["mdtapp.identity_key"]
        ).id
    for whose in (OWN, OTHER):
        told = two.told[whose]
        with told.act() as case:
            operations.ask_fetch(
                actor=told.user("coordinator"),
                at=START,
                case=case,
                node=queries.get_active_node(node_id),
                study_instance_uid="1.2.3.88",
                description=f"CT of {told.mark}",
            )


def send_to_pacs(two: TwoCases) -> None:
    """Images that wait to be sent from each case."""
    from mdtapp.pacs import operations, queries

    for whose in (OWN, OTHER):
        told = two.told[whose]
        with told.act() as case:
            operations.ask_sending(
                actor=told.user("coordinator"),
                at=two.clock.now(),
                case=case,
                node=queries.active_nodes()[0],
                title="Images",
                objects=[
                    {
                        "sha256": "a" * 64,
                        "sop_class_uid": "1.2",
                        "sop_instance_uid": "1.2.3",
                        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
                    }
                ],
            )


def seat(told: Told, who: str, discipline: str) -> None:
    from mdtapp.cases import operations
    from mdtapp.cases.models import MemberRole

    with told.act() as case:
        operations.add_member(
            actor=told.user("coordinator"),
            at=START,
            case=case,
            user=told.user(who),
            role=MemberRole.AUTHOR,
            discipline=discipline,
        )


def unseat(told: Told, who: str) -> None:
    from mdtapp.cases import operations

    with told.act() as case:
        member = next(row for row in case.members if row.user_id == told.people[who])
        operations.remove_member(actor=told.user("coordinator"), at=START, case=case, member_id=member.id)


def deliver(told: Told, at: datetime) -> dict[str, Any]:
    """Three recipients: one has opened the opinion, one has a link, one has none. An addendum is begun."""
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.delivery import operations, queries
    from mdtapp.delivery.models import RecipientKind
    from mdtapp.opinions.operations import start_addendum

    with told.act() as case:
        coordinator = told.user("coordinator")
        (version,) = queries.released_versions(case)
        recipients = [
            operations.add_recipient(
                actor=coordinator,
                at=at,
                case=case,
                kind=RecipientKind.PATIENT,
                contact=operations.Contact(name=f"Reader{told.mark} {number}", email="a@b.example"),
                language="en",
                key=told.app.extensions["mdtapp.identity_key"],
            )
            for number in range(3)
        ]
        opened, waiting = (
            operations.send(actor=coordinator, at=at, recipient=recipient, version=version)
            for recipient in recipients[:2]
        )
        start_addendum(
            actor=told.user("chair"),
            at=at,
            case=case,
            reason="correction",
            text=Bitext("One word.", "一字。"),
        )
        return {
            "opened": (opened.token, opened.code),
            "token": waiting.token,
            "code": waiting.code,
            "delivery_id": waiting.delivery.id,
            "recipient_id": recipients[2].id,
            "version_id": version.id,
        }


# --- who calls --------------------------------------------------------------------------------


def sign_in_everybody(two: TwoCases) -> dict[str, Caller]:
    callers = {"nobody": _browser(two.app)}
    for name, who in CALLERS.items():
        callers[name] = sign_in(two.app, two.told[OWN].email(who))
    return callers


def sign_in(app: Flask, email: str) -> Caller:
    visitor = _browser(app)
    form = {"email": email, "password": PASSWORD}
    answer = visitor.send(app, "POST", "/sign-in", data=form)
    assert answer.status_code == 302, f"{email} could not sign in"
    with _plain(app) as connection:
        (user_id,) = connection.execute("SELECT id FROM user WHERE email = ?", (email,)).fetchone()
    return _browser(app, _cookies(answer), "/account", user_id)


def open_link(two: TwoCases, whose: str) -> Caller:
    """The browser of a recipient who has typed the code."""
    token, code = two.handed[whose]["opened"]
    visitor = _browser(two.app)
    answer = visitor.send(two.app, "POST", f"/r/{token}", data={"code": code})
    assert answer.status_code == 302
    return _browser(two.app, _cookies(answer), "/r/opinion")


def _browser(app: Flask, cookie: str = "", page: str = "/sign-in", user_id: int = 0) -> Caller:
    """A caller with the token of a page it can see."""
    answer = FlaskClient(app, app.response_class, use_cookies=False).get(page, headers={"Cookie": cookie})
    assert answer.status_code == 200, page
    form = next(form for form in Page(answer.text, page).forms if "csrf_token" in form.sent)
    kept = dict(part.split("=", 1) for part in cookie.split("; ") if part)
    kept |= dict(part.split("=", 1) for part in _cookies(answer).split("; ") if part)
    return Caller("; ".join(map("=".join, kept.items())), form.sent["csrf_token"][0], user_id)


def _cookies(answer: TestResponse) -> str:
    return "; ".join(value.split(";")[0] for value in answer.headers.getlist("Set-Cookie"))


# --- what the addresses need ------------------------------------------------------------------


def form_on(two: TwoCases, caller: str, page: str, action: str | None = None) -> Form:
    """The form to `action` on a page as that caller sees it."""
    answer = two.callers[caller].send(two.app, "GET", page)
    assert answer.status_code == 200, f"{caller} cannot see {page}: {answer.status_code}"
    wanted = urlsplit(action or page).path
    matching = [form for form in Page(answer.text, page).forms if urlsplit(form.address).path == wanted]
    assert matching, f"{page} has no form to {wanted}"
    return matching[-1]


def places_of(two: TwoCases, whose: str) -> dict[str, Any]:
    """The numbers of one case's rows at this stage, by the name that addresses and forms have for them."""
    from mdtapp.opinions.proposals import key_of

    found: dict[str, Any] = {"case_no": two.told[whose].case_no, "reset_token": two.reset_token}
    found["spare_case_no"] = two.told[SPARE].case_no
    found |= two.handed.get(whose, {})
    with _plain(two.app) as connection:
        connection.row_factory = sqlite3.Row
        (case_id,) = connection.execute(
            'SELECT id FROM "case" WHERE case_no = ?', (found["case_no"],)
        ).fetchone()
        for name, (query, *values) in PLACES.items():
            row = connection.execute(query, [case_id if value == "case" else value for value in values])
            one = row.fetchone()
            if one is not None:
                found[name] = one[0]
    if "statement_original" in found:
        drafted, origins = found["statement_original"], found["statement_provenance"]
        found["offer_key"] = key_of(json.loads(drafted), json.loads(origins))
    found["people"] = two.told[whose].people
    found["user_id"] = found["people"]["absentee"]
    return found


PLACES: dict[str, tuple[str, ...]] = {
    "slide_no": ("SELECT number FROM material WHERE case_id = ? AND file_kind = 'slide'", "case"),
    "member_id": (
        "SELECT id FROM case_member WHERE case_id = ? AND discipline = 'radiation_oncology'",
        "case",
    ),
    "material": ("SELECT min(number) FROM material WHERE case_id = ? AND sha256 IS NOT NULL", "case"),
    "file_id": (
        "SELECT id FROM intake_file WHERE case_id = ? AND reason_code = 'same_uid_other_bytes'",
        "case",
    ),
    "link_id": ("SELECT id FROM study_link WHERE case_id = ? AND state = 'waiting'", "case"),
    "link_version": ("SELECT row_version FROM study_link WHERE case_id = ? AND state = 'waiting'", "case"),
    "study_id": ("SELECT id FROM imaging_study WHERE study_instance_uid = '1.2.4.7'",),
    "identity_id": (
        "SELECT imaging_instance.identity_id FROM imaging_instance JOIN imaging_series "
        "ON imaging_series.id = imaging_instance.series_id JOIN imaging_study "
        "ON imaging_study.id = imaging_series.study_id WHERE study_instance_uid = '1.2.4.7'",
    ),
    "series_id": (
        "SELECT imaging_series.id FROM imaging_series JOIN study_link "
        "ON study_link.study_id = imaging_series.study_id WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "linked_study": (
        "SELECT study_id FROM study_link WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "study": (
        "SELECT study_instance_uid FROM imaging_study JOIN study_link "
        "ON study_link.study_id = imaging_study.id WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "series": (
        "SELECT series_instance_uid FROM imaging_series JOIN study_link "
        "ON study_link.study_id = imaging_series.study_id WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "instance": (
        "SELECT sop_instance_uid FROM imaging_instance JOIN imaging_series "
        "ON imaging_series.id = imaging_instance.series_id JOIN study_link "
        "ON study_link.study_id = imaging_series.study_id WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "image_id": ("SELECT id FROM key_image WHERE case_id = ?", "case"),
    "instance_id": (
        "SELECT imaging_instance.id FROM imaging_instance JOIN imaging_series "
        "ON imaging_series.id = imaging_instance.series_id JOIN study_link "
        "ON study_link.study_id = imaging_series.study_id WHERE case_id = ? AND state = 'linked'",
        "case",
    ),
    "node_id": ("SELECT id FROM pacs_node",),
    "fetch_id": ("SELECT id FROM pacs_fetch WHERE case_id = ?", "case"),
    "sending_id": ("SELECT id FROM pacs_sending WHERE case_id = ?", "case"),
    "made_series_id": (
        "SELECT imaging_series.id FROM imaging_series JOIN imaging_instance "
        "ON imaging_instance.series_id = imaging_series.id JOIN study_link "
        "ON study_link.study_id = imaging_series.study_id AND study_link.identity_id = imaging_instance.identity_id "
        "WHERE case_id = ? AND ground = 'served'",
        "case",
    ),
    "linked_study_id": ("SELECT study_id FROM study_link WHERE case_id = ? AND state = 'linked'", "case"),
    "meeting_id": ("SELECT meeting_id FROM agenda_item WHERE case_id = ?", "case"),
    "meeting_version": (
        "SELECT meeting.row_version FROM meeting JOIN agenda_item ON meeting.id = meeting_id WHERE case_id = ?",
        "case",
    ),
    "item_version": ("SELECT row_version FROM agenda_item WHERE case_id = ?", "case"),
    "outside_version": ("SELECT row_version FROM outside_opinion WHERE case_id = ?", "case"),
    "input_version": (
        "SELECT row_version FROM discipline_input WHERE case_id = ? AND discipline = 'medical_oncology'",
        "case",
    ),
    "statement_id": (
        "SELECT statement.id FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = '' ORDER BY statement.id LIMIT 1 OFFSET 2",
        "case",
    ),
    "statement_version": (
        "SELECT statement.row_version FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = '' ORDER BY statement.id LIMIT 1 OFFSET 2",
        "case",
    ),
    "statement_original": (
        "SELECT statement.original FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = ''  ORDER BY statement.id LIMIT 1 OFFSET 2",
        "case",
    ),
    "statement_provenance": (
        "SELECT statement.provenance FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = ''  ORDER BY statement.id LIMIT 1 OFFSET 2",
        "case",
    ),
    "step_id": (
        "SELECT statement.id FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = '' AND section = 'recommendation' ORDER BY statement.id LIMIT 1 OFFSET 0",
        "case",
    ),
    "step_version": (
        "SELECT statement.row_version FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = '' AND section = 'recommendation' ORDER BY statement.id LIMIT 1 OFFSET 0",
        "case",
    ),
    "dissent_id": (
        "SELECT statement.id FROM statement JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? AND number = 0 AND dropped_reason = '' AND section = 'dissent' ORDER BY statement.id LIMIT 1 OFFSET 0",
        "case",
    ),
    "text_version": (
        "SELECT max(opinion_step.number) FROM opinion_step JOIN opinion ON opinion.id = opinion_id WHERE case_id = ?",
        "case",
    ),
    "comment_id": (
        "SELECT statement_comment.id FROM statement_comment JOIN statement ON statement.id = statement_id "
        "JOIN opinion ON opinion.id = opinion_id WHERE case_id = ?",
        "case",
    ),
    "opinion_version": ("SELECT row_version FROM opinion WHERE case_id = ? AND number = 0", "case"),
    "open_rule": (
        "SELECT rule FROM conflict_finding WHERE case_id = ? AND status = 'open' AND rule <> 'X69' ORDER BY id LIMIT 1",
        "case",
    ),
    "settled_rule": (
        "SELECT rule FROM conflict_finding WHERE case_id = ? AND status = 'resolved' AND rule = 'X36' ORDER BY id LIMIT 1",
        "case",
    ),
    "settled_version": (
        "SELECT row_version FROM conflict_finding WHERE case_id = ? AND status = 'resolved' AND rule = 'X36' ORDER BY id LIMIT 1",
        "case",
    ),
    "content_hash": (
        "SELECT content_hash FROM opinion_version JOIN opinion ON opinion.id = opinion_id "
        "WHERE case_id = ? ORDER BY opinion_version.id LIMIT 1",
        "case",
    ),
    "verify_code": (
        "SELECT verify_code FROM opinion_version JOIN opinion ON opinion.id = opinion_id WHERE case_id = ?",
        "case",
    ),
    "delivery_version": (
        "SELECT delivery.row_version FROM delivery JOIN recipient ON recipient.id = recipient_id "
        "WHERE case_id = ? ORDER BY delivery.id DESC LIMIT 1",
        "case",
    ),
}
