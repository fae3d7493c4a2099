"""What a lawful request to each route sends: where its address leads, what its form holds.

Every value is right, so that a refusal says something about who asks and about nothing else.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.architecture.two_cases import TwoCases, form_on
from tests.conftest import PASSWORD

Places = dict[str, Any]
Fields = dict[str, Any]
MINE = "medical_oncology"  # what the specialist who calls writes for
NEW_PASSWORD = "a new sentence for tomorrow"
SENTENCE = {"text_en": "One more sentence.", "text_zh": "再加一句。"}
WHY = {"reason": "Because it is so."}


@dataclass(frozen=True)
class Lawful:
    """`at` fills the address, `fields` the form, `query` what follows the question mark, `body` is sent bare.

    `form` names who sees the form, on which page and, where that is another one, its address: it is sent
    untouched except for `fields`.
    """

    at: Callable[[Places], Fields] = lambda _places: {}
    fields: Callable[[Places], Fields] = lambda _places: {}
    form: tuple[str, ...] = ()
    query: Callable[[Places], Fields] = lambda _places: {}
    body: bytes | None = None
    media: str = "application/octet-stream"

    def shown(self, two: TwoCases, places: Places) -> Fields:
        """What the form holds on its page. Whoever signs confirms every warning: those boxes are ticked."""
        if not self.form:
            return {}
        who, page, *action = (part.format(**places) for part in self.form)
        found = form_on(two, who, page, *action)
        del found.sent["csrf_token"]  # each caller brings their own
        return {**found.sent, **{name: found.boxes[name] for name in {"warnings"} & found.boxes.keys()}}

    def options(self, shown: Fields, places: Places) -> dict[str, Any]:
        """Keyword arguments of the test client."""
        if self.body is not None:
            return {"data": self.body, "content_type": self.media}
        return {"data": {**shown, **self.fields(places)}, "query_string": self.query(places)}


def viewer_file(_places: Places) -> Fields:
    """The viewer's own script in the release that is installed."""
    from mdtapp.viewer.files import viewer_files

    files = viewer_files()
    assert files is not None, "run `make setup-tests`"
    return {"release": files.release, "name": files.script}


def fixed(**values: Any) -> Callable[[Places], Fields]:
    return lambda _places: dict(values)


def taken(*names: str, **renamed: str) -> Callable[[Places], Fields]:
    """Values of the case's own rows, under their own name or another one."""
    return lambda places: (
        {name: places[name] for name in names} | {name: places[source] for name, source in renamed.items()}
    )


def both(*parts: Callable[[Places], Fields]) -> Callable[[Places], Fields]:
    return lambda places: {name: value for part in parts for name, value in part(places).items()}


CASE = "/cases/{case_no}"
ROOM = "/meetings/{meeting_id}/cases/{case_no}"
ITEM = taken(row_version="item_version")
MEETING = taken(row_version="meeting_version")
LINK = taken(row_version="delivery_version")
OPINION = fixed(number=0)
STATEMENT = both(OPINION, taken("statement_id"))
MY_INPUT = fixed(discipline=MINE)

IMAGE = taken("study", "series", "instance")
# What no image is, is stored for nobody: what is stored for whom is told in tests/dicomweb/test_stow.py.
NO_IMAGES = b"--x\r\nContent-Type: application/dicom\r\n\r\nnothing\r\n--x--\r\n"
RELATED = 'multipart/related; type="application/dicom"; boundary=x'

LAWFUL: dict[str, Lawful] = {
    # people
    "people.sign_in_post": Lawful(fields=lambda p: {"email": "admin@maple-11.invalid", "password": PASSWORD}),
    "people.set_language": Lawful(fields=fixed(language="zh")),
    "people.reset": Lawful(at=taken(token="reset_token")),
    "people.reset_post": Lawful(at=taken(token="reset_token"), fields=fixed(password=NEW_PASSWORD)),
    "people.change_password": Lawful(fields=fixed(current=PASSWORD, password=NEW_PASSWORD)),
    "people.add_person": Lawful(
        fields=fixed(email="new@maple-11.invalid", name="Dr New", role="specialist", disciplines="radiology")
    ),
    "people.edit_person": Lawful(at=taken("user_id")),
    "people.amend_person": Lawful(at=taken("user_id"), form=("admin", "/people/{user_id}")),
    "people.issue_reset": Lawful(at=taken("user_id")),
    # cases
    "cases.register": Lawful(
        fields=fixed(
            title_en="A new case",
            situation="conflicting_opinions",
            primary_site="colon",
            urgency="routine",
            pseudonym="WILLOW-33",
            sex="female",
            birth_year="1970",
            home_country="KZ",
            home_language="ru",
        )
    ),
    "cases.amend_record": Lawful(form=("coordinator", CASE + "/record")),
    "cases.seal_identity": Lawful(fields=fixed(name="Name^Again", sex="male")),
    "cases.set_questions": Lawful(form=("coordinator", CASE + "/questions")),
    "cases.edit_outside": Lawful(at=fixed(label="A")),
    "cases.transcribe_outside": Lawful(at=fixed(label="A"), form=("coordinator", CASE + "/outside/A")),
    "cases.check_outside": Lawful(at=fixed(label="A"), fields=taken(row_version="outside_version")),
    "cases.record_consent": Lawful(
        form=("coordinator", CASE + "/consent"), fields=fixed(given_on="2026-02-01")
    ),
    "cases.add_member": Lawful(
        fields=lambda places: {"place": f"{places['people']['carer']}/author/palliative_supportive"}
    ),
    "cases.remove_member": Lawful(at=taken("member_id")),
    "cases.lift_independence": Lawful(fields=fixed(**WHY)),
    "cases.move": Lawful(at=fixed(action="hold"), fields=fixed(**WHY)),
    # materials
    "materials.show": Lawful(at=taken(number="material")),
    "materials.content": Lawful(at=taken(number="material")),
    "materials.describe": Lawful(
        at=taken(number="material"), form=("coordinator", CASE + "/materials/{material}")
    ),
    "materials.request_material": Lawful(fields=fixed(title="The slides", kind="slides", status="requested")),
    "materials.receive": Lawful(body=b"words"),
    "materials.receive_form": Lawful(fields=lambda _places: {"files": (io.BytesIO(b"words"), "words.txt")}),
    "materials.settle": Lawful(at=taken("file_id"), fields=fixed(**WHY)),
    "materials.decide": Lawful(
        at=both(taken("link_id"), fixed(verb="accept")),
        fields=both(fixed(**WHY), taken(row_version="link_version")),
    ),
    "materials.tray_row": Lawful(at=taken("study_id", "identity_id"), query=taken(case="case_no")),
    "materials.tray_row_names": Lawful(at=taken("study_id", "identity_id"), query=taken(case="case_no")),
    "materials.assign": Lawful(
        at=taken("study_id", "identity_id"), fields=both(taken("case_no"), fixed(**WHY, confirmed="y"))
    ),
    "exports.export_page": Lawful(at=taken(study_id="linked_study")),
    "exports.export": Lawful(
        at=taken(study_id="linked_study"), fields=both(fixed(kind="served"), taken(series="series_id"))
    ),
    "exports.clearance": Lawful(at=taken(study_id="linked_study")),
    "exports.clear": Lawful(
        at=taken(study_id="linked_study"), fields=both(fixed(**WHY), taken(instance="instance_id"))
    ),
    "exports.withdraw": Lawful(at=taken(study_id="linked_study"), fields=taken(instance="instance_id")),
    "imaging.series_preview": Lawful(at=taken("series_id")),
    "dicomweb.search_studies": Lawful(),
    "dicomweb.search_series": Lawful(at=taken("study")),
    "dicomweb.search_instances": Lawful(at=taken("study", "series")),
    "dicomweb.study_metadata": Lawful(at=taken("study")),
    "dicomweb.series_metadata": Lawful(at=taken("study", "series")),
    "dicomweb.instance_metadata": Lawful(at=IMAGE),
    "dicomweb.retrieve_study": Lawful(at=taken("study")),
    "dicomweb.retrieve_series": Lawful(at=taken("study", "series")),
    "dicomweb.retrieve_instance": Lawful(at=IMAGE),
    "dicomweb.frames": Lawful(at=both(IMAGE, fixed(frames="1"))),
    "dicomweb.bulk_data": Lawful(at=both(IMAGE, fixed(element="7FE00010"))),
    "dicomweb.thumbnail": Lawful(at=both(IMAGE, fixed(frame="1"))),
    "dicomweb.rendered": Lawful(at=both(IMAGE, fixed(frame="1"))),
    "dicomweb.store": Lawful(at=taken("study"), body=NO_IMAGES, media=RELATED),
    "key_images.listed": Lawful(),
    "key_images.picture": Lawful(at=taken("image_id")),
    "key_images.new": Lawful(query=taken(instance="instance_id")),
    "key_images.choose": Lawful(fields=both(taken(instance="instance_id"), fixed(frame="1"))),
    "key_images.withdraw": Lawful(at=taken("image_id")),
    "imaging.frame_picture": Lawful(at=both(taken("instance_id"), fixed(frame=1))),
    # slides
    "slides.show": Lawful(at=taken("slide_no")),
    "slides.description": Lawful(at=taken("slide_no")),
    "slides.tile": Lawful(at=both(taken("slide_no"), fixed(level=0, column=0, row=0))),
    "slides.thumbnail": Lawful(at=taken("slide_no")),
    "slides.picture": Lawful(at=both(taken("slide_no"), fixed(name="label"))),
    "slides.draw": Lawful(
        at=taken("slide_no"), fields=fixed(name="Front", outline="[[5, 5], [40, 5], [40, 60]]")
    ),
    "slides.withdraw": Lawful(at=both(taken("slide_no"), fixed(region_no=1))),
    # viewer
    "viewer.page": Lawful(at=fixed(place="viewer")),
    "viewer.key_image": Lawful(query=IMAGE),
    "viewer.file": Lawful(at=viewer_file),
    # inputs
    "inputs.workbench": Lawful(at=MY_INPUT),
    "inputs.save": Lawful(at=MY_INPUT, fields=taken(row_version="input_version")),
    "inputs.review": Lawful(at=MY_INPUT),
    "inputs.sign": Lawful(
        at=MY_INPUT,
        form=("specialist", f"{CASE}/inputs/{MINE}/review", f"{CASE}/inputs/{MINE}/sign"),
        fields=fixed(right_patient="y", password=PASSWORD),
    ),
    "inputs.decline": Lawful(at=MY_INPUT, fields=fixed(**WHY)),
    "inputs.ask_to_decline": Lawful(at=MY_INPUT),
    "inputs.read": Lawful(at=fixed(discipline="pathology", revision=1)),
    "inputs.amend": Lawful(at=MY_INPUT, fields=fixed(**WHY)),
    "inputs.uphold_verdict": Lawful(at=MY_INPUT, fields=fixed(claim="outside.t_category")),
    "inputs.return_to_author": Lawful(at=MY_INPUT, fields=fixed(**WHY)),
    # meetings
    "meetings.plan": Lawful(
        fields=lambda places: {
            "title": "Another board",
            "day": "2026-12-20",
            "time": "14:00",
            "minutes": "60",
            "place": "Room 3",
            "chair": str(places["people"]["chair"]),
        }
    ),
    "meetings.reschedule": Lawful(
        form=("coordinator", "/meetings/{meeting_id}/reschedule"), fields=fixed(day="2026-12-20")
    ),
    "meetings.put_on_agenda": Lawful(
        fields=both(MEETING, taken(case_no="spare_case_no"), fixed(planned_minutes="15"))
    ),
    "meetings.reorder": Lawful(at=fixed(direction="up"), fields=MEETING),
    "meetings.take_off": Lawful(fields=both(MEETING, fixed(**WHY))),
    "meetings.prepare": Lawful(fields=MEETING),
    "meetings.cancel": Lawful(fields=both(MEETING, fixed(**WHY))),
    "meetings.run": Lawful(at=fixed(step="start"), fields=MEETING),
    "meetings.take_attendance": Lawful(form=("chair", ROOM, ROOM + "/attendance")),
    "meetings.record_dissent": Lawful(
        fields=fixed(dissent_en="I see it differently.", dissent_zh="我有不同意见。")
    ),
    "meetings.conclude": Lawful(
        fields=both(
            ITEM,
            fixed(
                result_class="modified_treatment",
                decision_en="Tests first.",
                decision_zh="先补检查。",
                votes_for="4",
                votes_against="0",
                votes_abstain="0",
                dissent_asked="y",
                prompts=["images", "wishes"],
            ),
        )
    ),
    "meetings.defer": Lawful(fields=both(ITEM, fixed(defer_reason="no_time", note="Next week."))),
    # opinions
    "opinions.settle": Lawful(
        at=taken(rule="open_rule"),
        fields=both(fixed(resolution="reword", reason="Both mean the same.", reason_zh="两者一致。")),
    ),
    "opinions.settle_anew": Lawful(
        at=taken(rule="settled_rule"), fields=taken(row_version="settled_version")
    ),
    "opinions.confirm": Lawful(at=taken(rule="settled_rule"), fields=taken(row_version="settled_version")),
    "opinions.addendum": Lawful(at=fixed(number=1)),
    "opinions.start_addendum": Lawful(fields=fixed(reason="correction", **SENTENCE)),
    "opinions.reword": Lawful(
        at=STATEMENT, fields=both(fixed(**SENTENCE), taken(row_version="statement_version"))
    ),
    "opinions.add": Lawful(at=OPINION, fields=fixed(section="summary_patient", **SENTENCE)),
    "opinions.shift": Lawful(at=STATEMENT, fields=fixed(by="down")),
    "opinions.drop": Lawful(at=STATEMENT, fields=fixed(**WHY)),
    "opinions.bring_back": Lawful(at=STATEMENT),
    "opinions.choose_result": Lawful(at=OPINION, fields=fixed(result_class="modified_treatment")),
    "opinions.send_to_review": Lawful(at=OPINION),
    "opinions.take_back": Lawful(at=OPINION),
    "opinions.pass_to_language": Lawful(at=OPINION),
    "opinions.check_language": Lawful(at=OPINION),
    "opinions.finalise": Lawful(
        at=OPINION, fields=both(taken(row_version="opinion_version"), fixed(password=PASSWORD))
    ),
    "opinions.sign": Lawful(
        at=OPINION, fields=both(taken("content_hash"), fixed(meaning="agree", password=PASSWORD))
    ),
    "opinions.refuse": Lawful(at=OPINION, fields=fixed(**WHY)),
    "opinions.release": Lawful(at=OPINION),
    "opinions.document": Lawful(at=OPINION),
    "desk.trail": Lawful(at=STATEMENT),
    "desk.versions": Lawful(at=OPINION),
    "desk.comments": Lawful(at=STATEMENT),
    "desk.edit": Lawful(at=STATEMENT),
    "desk.presence": Lawful(at=OPINION),
    "desk.comment": Lawful(at=STATEMENT, fields=fixed(text="Softer?")),
    "desk.resolve_comment": Lawful(at=both(STATEMENT, taken("comment_id"))),
    "desk.take": Lawful(at=OPINION, fields=taken(key="offer_key")),
    "desk.undo": Lawful(at=OPINION, fields=taken(seen="text_version")),
    "desk.split": Lawful(
        at=STATEMENT,
        fields=both(
            fixed(text_en="One.\n\nTwo.", text_zh="一。\n\n二。"), taken(row_version="statement_version")
        ),
    ),
    "desk.move": Lawful(at=STATEMENT, fields=fixed(section="follow_up")),
    "desk.frame": Lawful(
        at=both(OPINION, taken("step_id")),
        fields=both(fixed(csco_name="Colon 2026", availability="travel"), taken(row_version="step_version")),
    ),
    "desk.address": Lawful(at=both(OPINION, taken("dissent_id")), fields=fixed(audience="both")),
    "desk.frozen": Lawful(at=fixed(number=0, version=1)),
    "desk.frozen_trail": Lawful(at=fixed(number=0, version=1, section=1, place=1)),
    "opinions.verify_document": Lawful(fields=taken(code="verify_code")),
    # delivery
    "delivery.add_recipient": Lawful(
        fields=fixed(
            kind="patient", name="A reader", email="a@b.example", email_again="a@b.example", language="en"
        )
    ),
    "delivery.show_contact": Lawful(at=taken("recipient_id")),
    "delivery.send": Lawful(at=taken("recipient_id"), fields=taken("version_id")),
    "delivery.resend": Lawful(at=taken("delivery_id"), fields=LINK),
    "delivery.revoke": Lawful(at=taken("delivery_id"), fields=both(LINK, fixed(**WHY))),
    "delivery.fail": Lawful(at=taken("delivery_id"), fields=LINK),
    "delivery.open_link": Lawful(at=taken("token")),
    "delivery.enter_code": Lawful(at=taken("token"), fields=taken("code")),
    # the hospital's PACS
    "nodes.add_node": Lawful(
        fields=fixed(
            name="Another PACS",
            ae_title="PACS2",
            host="127.0.0.1",
            port="104",
            retrieve="get",
            send_by="store",
            stow_auth="none",
            active="y",
        )
    ),
    "nodes.edit_node": Lawful(at=taken("node_id")),
    "nodes.amend_node": Lawful(at=taken("node_id"), form=("admin", "/pacs/{node_id}")),
    "nodes.test_connection": Lawful(at=taken("node_id")),
    "pacs.search": Lawful(fields=taken("node_id")),
    "pacs.fetch": Lawful(fields=both(taken("node_id"), fixed(study_instance_uid="1.2.3.99"))),
    "pacs.move_fetch": Lawful(at=both(taken("fetch_id"), fixed(verb="cancel"))),
    "pacs.send": Lawful(
        fields=both(
            taken("version_id", to_node_id="node_id", study_id="linked_study_id"), fixed(language="en")
        )
    ),
    "pacs.send_made": Lawful(fields=taken(series="made_series_id", made_node_id="node_id")),
    "pacs.move_sending": Lawful(at=both(taken("sending_id"), fixed(verb="cancel"))),
    # files
    "static": Lawful(at=fixed(filename="favicon.svg")),
}
UNTOUCHED = Lawful()


def lawful(endpoint: str) -> Lawful:
    """The request of that endpoint; an address and nothing more where nothing more is needed."""
    return LAWFUL.get(endpoint, UNTOUCHED)
