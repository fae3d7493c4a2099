"""One case in real browsers, from the request to the receipt; each step by the person whose step it is."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from mdtapp.demo import paper
from mdtapp.demo.people import PASSWORD
from mdtapp.demo.story import Story, stories
from tests.browser import axe
from tests.journeys.answers import Author
from tests.journeys.cast import Cast, Person, on_a_fresh_installation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

HERE = ZoneInfo("Asia/Shanghai")
SPECIALISTS = {
    "pathologist": "pathology",
    "radiologist": "radiology",
    "oncologist": "medical_oncology",
    "surgeon": "surgical_oncology",
    "radiotherapist": "radiation_oncology",
}
SIGNERS = ("chair", *SPECIALISTS)
CONSENTED = ["review", "transfer_abroad", "home_doctor"]
OUTSIDE_FIELDS = (
    "primary_site",
    "laterality",
    "histology_group",
    "behaviour",
    "stage_system",
    "t_category",
    "n_category",
    "m_category",
    "stage_group",
)
OTHERWISE = ("accept_with_reason", "reword", "record_dissent", "request_material")
BOTH_LANGUAGES = {"en": "Read again together; this stands.", "zh": "已共同复核，维持此意见。"}


@pytest.fixture
def cast(chromium: Browser, tmp_path: Path) -> Iterator[Cast]:
    with on_a_fresh_installation(chromium, tmp_path) as cast:
        yield cast


@pytest.fixture
def story() -> Story:
    """The invented case of a woman with breast cancer; its dates lie in the last two weeks."""
    return next(each for each in stories(datetime.now(HERE).date()) if each.key == "breast")


def test_one_case_travels_every_step(cast: Cast, story: Story, tmp_path: Path) -> None:
    # The request
    case = registers(cast["coordinator"], story)
    seals_the_identity(cast["coordinator"], case, story)
    writes_down_the_questions(cast["coordinator"], case, story)
    transcribes_the_outside_opinion(cast["coordinator"], case, story)
    records_consent(cast["coordinator"], case, story)
    uploads_the_material(cast["coordinator"], case, story, tmp_path)
    seats_the_panel(cast["coordinator"], case, story)
    checks_the_transcription(cast["coordinator2"], case)
    opens_the_case_for_inputs(cast["coordinator"], case)

    # The inputs, each hidden from the others until its author has signed
    for who, discipline in SPECIALISTS.items():
        writes_and_signs(cast[who], case, discipline, story.data["inputs"][discipline])

    # The meeting
    meeting = plans_a_meeting(cast["coordinator"], case)
    holds_the_meeting(cast["chair"], meeting, case, story)

    # The opinion
    drafts_the_opinion(cast["chair"], case)
    settles_each_conflict(cast["chair"], case, story)
    for who in SPECIALISTS:
        confirms_what_waits_for_a_second_person(cast[who], case)
    answers_the_open_questions(cast["chair"], case, story)
    leaves_out_what_stands_in_one_language(cast["chair"], case)
    takes_the_step(cast["chair"], case, "Send to the panel for review")
    takes_the_step(cast["coordinator"], case, "Pass on to the language check")
    takes_the_step(cast["translator"], case, "I compared both languages: they say the same")
    freezes_the_text(cast["chair"], case)
    for who in SIGNERS:
        signs_the_opinion(cast[who], case)

    # The delivery
    takes_the_step(cast["coordinator"], case, "Make the document and release it")
    link, code = sends(cast["coordinator"], case, story)
    document = reads_on_a_phone(cast.stranger_with_phone(), link, code, story, tmp_path)
    sees_that_it_arrived(cast["coordinator"], case)

    # What anybody can check afterwards
    assert cast.server.mdtapp("verify-pdf", str(document)).startswith("genuine")
    assert json.loads(cast.server.mdtapp("verify-audit", "--json"))["whole"] is True


# --- the request --------------------------------------------------------------------------------


def registers(tang: Person, story: Story) -> str:
    """Returns the case's number."""
    patient, known = story.data["patient"], story.data["case"]
    tang.opens("/cases")
    tang.page.get_by_role("link", name="New case").first.click()
    tang.fills(
        pseudonym=patient["pseudonym"],
        sex=patient["sex"],
        birth_year=patient["birth_year"],
        home_country=patient["home_country"],
        home_language=patient["home_language"],
        physician_role=patient["home_physician"]["role"],
        physician_institution=story.data["outside"]["institution"],
        situation=known["situation"],
        primary_site=known["primary_site"],
        laterality=known["laterality"],
        **_both("title", story.data["title"]),
        **_both("wishes", story.data["wishes"]),
    )
    tang.looks_for_barriers()
    tang.presses("Register the case")
    found = re.search(r"/cases/([^/]+)", tang.page.url)
    assert found, tang.page.url
    return found[1]


def seals_the_identity(tang: Person, case: str, story: Story) -> None:
    identity = story.identity
    tang.opens(f"/cases/{case}/identity")
    tang.fills(
        name=identity["name"],
        birth_date=identity["birth_date"],
        sex=identity["sex"],
        patient_ids="; ".join(identity["patient_ids"]),
        contact=identity["contact"],
    )
    tang.presses("Seal")


def writes_down_the_questions(tang: Person, case: str, story: Story) -> None:
    questions = [question["text"] for question in story.data["questions"]]
    tang.opens(f"/cases/{case}/questions")
    tang.fills(
        english="\n".join(text["en"] for text in questions),
        chinese="\n".join(text["zh"] for text in questions),
    )
    tang.presses("Save")


def transcribes_the_outside_opinion(tang: Person, case: str, story: Story) -> None:
    outside = story.data["outside"]
    tang.opens(f"/cases/{case}")
    tang.page.get_by_role("link", name="Transcribe the outside opinion").click()
    tang.fills(
        institution=outside["institution"],
        country=story.data["patient"]["home_country"],
        **_both("diagnosis", outside["diagnosis_text"]),
        **_both("plan", outside["plan"]),
        **{name: outside[name] for name in OUTSIDE_FIELDS},
    )
    tang.presses("Save")


def records_consent(tang: Person, case: str, story: Story) -> None:
    tang.opens(f"/cases/{case}/consent")
    tang.fills(purposes=CONSENTED, given_on=story.received_on.isoformat())
    tang.presses("Record")


def uploads_the_material(tang: Person, case: str, story: Story, folder: Path) -> None:
    """Reports, a slide and two studies through the file chooser, one after another, then what each of them is."""
    tang.opens(f"/cases/{case}/materials")
    for material in story.data["materials"]:
        path = _material(material, story, folder)
        tang.page.set_input_files("#upload-files", path)
        row = tang.page.locator("[data-upload-list] .arriving", has_text=path.name)
        row.locator(".pill", has_text="Kept").wait_for()
    tang.page.reload()
    tang.looks_for_barriers()
    for number, material in enumerate(story.data["materials"], start=1):
        tang.opens(f"/cases/{case}/materials/{number}")
        tang.fills(
            title=material["title"],
            kind=material["kind"],
            dated_on=material["date"],
            language=material["language"],
        )
        tang.presses("Save")


def seats_the_panel(tang: Person, case: str, story: Story) -> None:
    """Each by the name and the part that the list offers."""
    wanted = ["Tang Yue", "Gu Mingze", "Lin Qiaoyun", "Ding Siqi"]
    places = [("coordinator", "Gu Mingze"), ("chair", "Lin Qiaoyun"), ("translator", "Ding Siqi")]
    names = ("Bai Wenxiu", "Shen Haoran", "Cheng Ruohan", "Qiao Ansheng", "Fang Ruolan")
    places += [(f"author/{key}", name) for key, name in zip(SPECIALISTS.values(), names, strict=True)]
    tang.opens(f"/cases/{case}/panel")
    for part, name in places:
        option = tang.page.locator(f'select[name="place"] option[value*="/{part}"]', has_text=name)
        tang.fills(place=option.get_attribute("value"), due_on=datetime.now(HERE).date().isoformat())
        tang.presses("Add")
    for name in (*wanted, *names):
        tang.page.locator("th", has_text=name).wait_for()


def checks_the_transcription(gu: Person, case: str) -> None:
    gu.opens(f"/cases/{case}")
    gu.presses("I compared it with the original: it is right")
    gu.page.get_by_text("Transcription checked by a second person.").wait_for()


def opens_the_case_for_inputs(tang: Person, case: str) -> None:
    tang.opens(f"/cases/{case}")
    tang.presses("Ready for the panel")
    tang.presses("Open for inputs")
    tang.looks_for_barriers()


def _material(material: dict[str, Any], story: Story, folder: Path) -> Path:
    """One file for each material; a study is packed, as a patient's CD often comes."""
    if material["kind"] == "slides":
        return paper.slide(material, story.key, folder)
    if material["kind"] != "imaging_dicom":
        return paper.report(material, story.data, folder)
    study = paper.study(material, paper.subject_of(story.identity), folder)
    packed = study.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(study.iterdir()):
            archive.write(path, path.name)
    return packed


def _both(name: str, text: dict[str, str]) -> dict[str, str]:
    return {f"{name}_{language}": text[language] for language in ("en", "zh")}


# --- the inputs ---------------------------------------------------------------------------------


def writes_and_signs(specialist: Person, case: str, discipline: str, answers: dict[str, Any]) -> None:
    page = specialist.opens("/inputs")
    page.locator(f'a[href*="/cases/{case}/inputs/{discipline}"]').first.click()
    author = Author(page, discipline)
    author.looks_at(answers["materials_reviewed"])
    author.writes(answers)
    author.leaves_it_saved()
    if discipline == "radiology":
        specialist.looks_for_barriers()
    specialist.presses("Review and sign")
    needed = page.locator("#still-needed + ul").all_inner_texts()
    assert not needed, f"{discipline}: {needed}"
    for warning in page.locator('input[name="warnings"]').all():
        warning.check()
    page.locator('input[name="right_patient"]').check()
    specialist.fills(password=PASSWORD)
    specialist.presses("Sign input")


# --- the meeting --------------------------------------------------------------------------------


def plans_a_meeting(tang: Person, case: str) -> str:
    """In a few minutes; returns the address of its page."""
    soon = datetime.now(HERE) + timedelta(minutes=5)
    tang.opens("/meetings/new")
    tang.fills(title="International board", day=soon.date().isoformat(), time=f"{soon:%H:%M}", place="Room 3")
    tang.page.locator('select[name="chair"]').select_option(label=_label(tang.page, "chair", "Lin Qiaoyun"))
    tang.presses("Plan the meeting")
    tang.fills(case_no=case)
    tang.presses("Put on the agenda")
    tang.page.locator(f"#case-{case}").wait_for()
    return tang.page.url.partition("/meetings/")[2].partition("#")[0]


def _label(page: Page, select: str, words: str) -> str:
    return page.locator(f'select[name="{select}"] option', has_text=words).inner_text()


def holds_the_meeting(lin: Person, meeting: str, case: str, story: Story) -> None:
    consensus = story.data["consensus"]
    page = lin.opens(f"/meetings/{meeting}")
    lin.presses("Start the meeting")
    page.get_by_role("link", name="Next case").click()
    for seat in page.locator('[role="radiogroup"]:has(input[name^="presence_"])').all():
        seat.locator("label", has_text="In the room").click()
    lin.presses("Save attendance")
    page.get_by_text("Quorum 5 of 5").wait_for()
    lin.fills(
        result_class=consensus["result_class"],
        prompts=["history", "images", "slides", "questions", "wishes"],
        votes_for=6,
        votes_against=0,
        votes_abstain=0,
        minutes_used=story.data["meeting"]["minutes"],
        dissent_asked="y",
        **_both("decision", consensus["summary"]),
    )
    lin.looks_for_barriers()
    lin.presses("Record decision")
    lin.opens(f"/meetings/{meeting}")
    lin.presses("End the meeting")
    lin.presses("Confirm the minutes")


# --- the opinion --------------------------------------------------------------------------------


def drafts_the_opinion(lin: Person, case: str) -> None:
    lin.opens(f"/cases/{case}/opinion")
    lin.presses("Draft the opinion from the signed inputs")
    lin.page.locator(".statement").first.wait_for()
    lin.looks_for_barriers()


def settles_each_conflict(lin: Person, case: str, story: Story) -> None:
    """As the story tells where it does; else with a reason, in the first way the rule allows."""
    told = {row["rule"]: row for row in story.data["resolutions"]}
    page = lin.opens(f"/cases/{case}/conflicts")
    lin.looks_for_barriers()
    while page.locator("article.conflict form").count():
        card = page.locator("article.conflict:has(form)").first
        rule = card.locator(".conflict-rule").inner_text()
        _settles(lin, card, told.get(rule, {}))
        page.goto(page.url.partition("#")[0])
        page.locator(f"#conflict-{rule}.conflict-settled").wait_for()


def _settles(lin: Person, card: Locator, told: dict[str, Any]) -> None:
    offered = {
        button.get_attribute("value"): button.inner_text()
        for button in card.locator('button[name="resolution"]').all()
    }
    decision = next(way for way in (told.get("decision"), *OTHERWISE, "choose_input") if way in offered)
    reason = told.get("reason", BOTH_LANGUAGES)
    if decision == "choose_input":
        views = card.locator('select[name="chosen"]')
        views.select_option(told["chosen"]) if "chosen" in told else views.select_option(index=1)
    card.locator('textarea[name="reason"]').fill(reason["en"])
    card.locator('textarea[name="reason_zh"]').fill(reason["zh"])
    lin.presses(offered[decision], card)


def confirms_what_waits_for_a_second_person(specialist: Person, case: str) -> None:
    page = specialist.opens(f"/cases/{case}/conflicts")
    while page.get_by_role("button", name="I confirm it").count():
        specialist.presses("I confirm it")


def answers_the_open_questions(lin: Person, case: str, story: Story) -> None:
    told = {row["question_id"]: row for row in story.data["opinion_seed"]["sections"]["questions_answered"]}
    page = lin.opens(f"/cases/{case}/opinion")
    answered = page.locator("#section-questions_answered .statement").all_inner_texts()
    for question, row in told.items():
        if not any(re.search(rf"\b{question}\b", text) for text in answered):
            adding = lin.unfolds("Add a sentence")
            lin.fills(adding, section="questions_answered", question=question, **_both("text", row["text"]))
            lin.presses("Add", adding)


def leaves_out_what_stands_in_one_language(lin: Person, case: str) -> None:
    page = lin.opens(f"/cases/{case}/opinion")
    while page.locator(".statement", has_text="translation needed").count():
        statement = page.locator(".statement", has_text="translation needed").first
        statement.get_by_role("link", name="Edit").click()
        fold = lin.unfolds("Drop", statement)
        fold.locator('input[name="reason"]').fill("It stands in one language only.")
        lin.presses("Drop", fold)


def takes_the_step(person: Person, case: str, words: str) -> None:
    page = person.opens(f"/cases/{case}/opinion")
    gaps = page.locator(".notice-warn li").all_inner_texts()
    assert not gaps, gaps
    person.presses(words)


def freezes_the_text(lin: Person, case: str) -> None:
    lin.opens(f"/cases/{case}/opinion")
    lin.fills(password=PASSWORD)
    lin.presses("Finalise")


def signs_the_opinion(member: Person, case: str) -> None:
    member.opens(f"/cases/{case}/opinion")
    member.fills(meaning="agree", password=PASSWORD)
    member.presses("Sign the opinion")


# --- the delivery -------------------------------------------------------------------------------


def sends(tang: Person, case: str, story: Story) -> tuple[str, str]:
    """Returns the link and the code, which are shown this once."""
    page = tang.opens(f"/cases/{case}/delivery")
    tang.unfolds("Add recipient")
    contact = story.identity["contact"]
    tang.fills(kind="patient", name=story.identity["name"], email=contact, email_again=contact, language="en")
    tang.presses("Add")
    tang.looks_for_barriers()
    tang.presses("Send")
    return page.locator("#address").input_value(), page.locator("#handover-code").input_value()


def reads_on_a_phone(phone: Page, link: str, code: str, story: Story, folder: Path) -> Path:
    """Opens, reads, saves the document and confirms the receipt; returns the document."""
    point = story.data["consensus"]["summary"]
    phone.goto(link)
    assert axe(phone) == []
    phone.fill("#code", code)
    phone.get_by_role("button", name="Open").click()
    phone.locator(".point", has_text=point["en"]).wait_for()
    assert axe(phone) == []
    document = folder / "opinion.pdf"
    _download(phone, document)
    printed = _without_breaks("".join(page.extract_text() for page in PdfReader(document).pages))
    for language in ("en", "zh"):
        assert _without_breaks(point[language]) in printed
    phone.get_by_role("button", name="I have received it").click()
    phone.get_by_text("You confirmed on").wait_for()
    return document


def _download(phone: Page, target: Path) -> None:
    address = phone.get_by_role("link", name="Open my opinion").get_attribute("href")
    answer = phone.request.get(str(phone.evaluate("path => new URL(path, location).href", address)))
    assert answer.ok, answer.status
    content = answer.body()
    assert content.startswith(b"%PDF")
    target.write_bytes(content)


def _without_breaks(text: str) -> str:
    return re.sub(r"\s+", "", text)


def sees_that_it_arrived(tang: Person, case: str) -> None:
    page = tang.opens(f"/cases/{case}/delivery")
    page.locator(".path-done", has_text="Receipt confirmed").wait_for()
    page = tang.opens("/cases")
    page.locator("tr", has_text=case).locator(".pill", has_text="Delivered").wait_for()
