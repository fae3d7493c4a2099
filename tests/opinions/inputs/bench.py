"""A case open for inputs, its panel as browsers, and forms filled from an invented input."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import Person, add_person, sign_in
from tests.disciplines.inputs import DEMO_CASES

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from mdtapp.cases.models import Case
    from mdtapp.people.models import User

DEMO = DEMO_CASES[0]  # a breast tumour, five materials, three questions
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)  # before its meeting, after all its dates
PANEL = {
    "pathologist": "pathology",
    "radiologist": "radiology",
    "medical_oncologist": "medical_oncology",
    "surgeon": "surgical_oncology",
    "radiation_oncologist": "radiation_oncology",
}


@dataclass
class Bench:
    """People by their name in tests/conftest.py. `case_no` is the case they work on."""

    app: Flask
    case_no: str = ""
    ids: dict[str, int] = field(default_factory=dict)
    browsers: dict[str, Person] = field(default_factory=dict)

    @classmethod
    def ready(cls, app: Flask) -> Bench:
        """The case is in review, its materials are in, nobody has written anything."""
        bench = cls(app)
        for who in ("coordinator", "chair", *PANEL):
            bench.ids[who] = add_person(app, who, at=NOW)
        bench.open_case()
        bench.receive_materials()
        return bench

    def user(self, who: str) -> User:
        """The person, inside a running transaction."""
        from mdtapp.people.queries import get_person

        return get_person(self.ids[who])

    def case(self) -> Case:
        from mdtapp.cases.queries import find_case

        found = find_case(self.case_no)
        assert found is not None
        return found

    def open_case(self) -> None:
        from mdtapp.cases import operations
        from mdtapp.cases.models import MemberRole, Sex, Situation
        from mdtapp.clinical.bitext import Bitext
        from mdtapp.store.db import unit_of_work

        patient, known, outside = DEMO["patient"], DEMO["case"], dict(DEMO["outside"])
        words = {key: Bitext.of(outside.pop(key)) for key in ("diagnosis_text", "plan")}
        with self.app.app_context(), unit_of_work():
            actor = self.user("coordinator")
            case = operations.register(
                actor=actor,
                at=NOW,
                patient=operations.PatientFacts(
                    patient["pseudonym"],
                    Sex(patient["sex"]),
                    patient["birth_year"],
                    patient["home_country"],
                    patient["home_language"],
                    menopausal=patient["menopausal"],
                ),
                case=operations.CaseRecord(
                    Bitext.of(DEMO["title"]),
                    Situation(known["situation"]),
                    known["primary_site"],
                    known["laterality"],
                    wishes=Bitext("To keep the breast.", "希望保乳。"),
                ),
                received_on=date.fromisoformat(known["received_on"]),
            )
            questions = [(Bitext.of(question["text"]), "") for question in DEMO["questions"]]
            operations.set_questions(actor=actor, at=NOW, case=case, questions=questions)
            wanted = operations.OutsideRecord(words["diagnosis_text"], words["plan"], outside)
            operations.transcribe_outside(actor=actor, at=NOW, case=case, label="A", wanted=wanted)
            operations.add_member(
                actor=actor, at=NOW, case=case, user=self.user("chair"), role=MemberRole.CHAIR
            )
            for who, discipline in PANEL.items():
                operations.add_member(
                    actor=actor,
                    at=NOW,
                    case=case,
                    user=self.user(who),
                    role=MemberRole.AUTHOR,
                    discipline=discipline,
                    due_on=date(2026, 11, 13),
                )
            for action in ("begin_intake", "mark_ready", "open_review"):
                operations.move(actor=actor, at=NOW, case=case, action=action)
            self.case_no = case.case_no

    def receive_materials(self) -> None:
        """M1 to M5 as small texts, and one that was asked for and has not come."""
        from mdtapp.materials import operations
        from mdtapp.materials.status import MaterialKind
        from mdtapp.store.db import unit_of_work

        coordinator = self.browser("coordinator")
        token = coordinator.csrf_token("/account")
        for material in DEMO["materials"]:
            answer = coordinator.post(
                f"/cases/{self.case_no}/materials/files",
                data=f"{material['title']} of the invented case".encode(),
                content_type="application/octet-stream",
                headers={"X-File-Name": f"{material['id']}.txt", "X-CSRFToken": token},
            )
            assert answer.status_code == 201, answer.text
        with self.app.app_context(), unit_of_work():
            operations.add_material(
                actor=self.user("coordinator"),
                at=NOW,
                case=self.case(),
                kind=MaterialKind.IMAGING_DICOM,
                title="MRI of both breasts",
            )

    def receive_images(self, folder: Path, *contents: bytes) -> None:
        """DICOM files of the case, vouched for; they pass through `folder`."""
        from mdtapp.audit.trail import SystemActor
        from mdtapp.materials.status import Source

        place = folder / "images"
        place.mkdir()
        for number, content in enumerate(contents):
            (place / f"{number}.dcm").write_bytes(content)
        with self.app.app_context():
            self.app.extensions["mdtapp.intake"].import_path(
                [place],
                case_no=self.case_no,
                actor=SystemActor("tests"),
                vouch="test",
                source=Source.COMMAND_LINE,
            )

    def browser(self, who: str) -> Person:
        if who not in self.browsers:
            self.browsers[who] = sign_in(self.app, who, self.ids[who])
        return self.browsers[who]

    def url(self, who: str, rest: str = "") -> str:
        """The address of the input this person writes."""
        return f"/cases/{self.case_no}/inputs/{PANEL[who]}{rest}"

    def open_materials(self, who: str) -> None:
        """The person opens every material they tick."""
        for reference in DEMO["inputs"][PANEL[who]]["materials_reviewed"]:
            answer = self.browser(who).get(f"/cases/{self.case_no}/materials/{reference[1:]}?bare=1")
            assert answer.status_code == 200

    def save(
        self, who: str, data: dict[str, Any], *, version: int | None = None, json: bool = False, **more: Any
    ) -> TestResponse:
        """Sends the whole form with these answers, as the page or as its script does."""
        browser = self.browser(who)
        sent = {**posted(data), **more, "csrf_token": browser.csrf_token("/account")}
        sent["row_version"] = str(self.version(who) if version is None else version)
        headers = {"Accept": "application/json"} if json else {}
        return browser.post(self.url(who), data=sent, headers=headers)

    def version(self, who: str) -> int:
        page = self.browser(who).get(self.url(who)).text
        found = re.search(r'name="row_version" value="(\d+)"', page)
        assert found is not None
        return int(found[1])

    def sign(self, who: str, **changed: Any) -> TestResponse:
        """Signs what is saved, confirming every warning."""
        browser, page = self.browser(who), self.url(who, "/review")
        warnings = re.findall(r'name="warnings" value="([^"]+)"', browser.get(page).text)
        sent = {"right_patient": "y", "warnings": warnings, "password": browser.password, **changed}
        return browser.submit(page, sent, action=self.url(who, "/sign"))

    def signed(self, *people: str) -> Bench:
        """These people open their materials, write their invented input and sign it."""
        for who in people:
            self.open_materials(who)
            assert self.save(who, DEMO["inputs"][PANEL[who]]).status_code == 302
            answer = self.sign(who)
            assert answer.status_code == 302, answer.text
        return self

    def stored(self, who: str) -> dict[str, Any]:
        """The answers of the running revision."""
        from mdtapp.opinions.inputs.queries import get_input
        from mdtapp.store.db import unit_of_work

        with self.app.app_context(), unit_of_work(writing=False):
            return dict(get_input(self.case().id, PANEL[who]).data)


def posted(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Stored answers as a browser sends them."""
    sent: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, bool):
            sent[name] = str(value).lower()
        elif isinstance(value, dict):
            sent |= posted(value, f"{name}-")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for index, row in enumerate(value):
                sent |= posted(row, f"{name}-{index}-")
        elif isinstance(value, list):
            sent[name] = list(value)
        else:
            sent[name] = str(value)
    return sent
