"""Whole cases from a file: the expected conflicts, the same draft anywhere, and nothing stored of a wrong file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from mdtapp.audit.trail import SystemActor
from mdtapp.cases.identity import unseal
from mdtapp.cases.models import Case, OutsideOpinion, Patient
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError, Invalid
from mdtapp.materials.queries import materials_of
from mdtapp.opinions import exchange, exchange_completion, findings, queries, signing
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.inputs.queries import signed_inputs
from mdtapp.opinions.panel import draft_sources
from mdtapp.opinions.status import OpinionStatus
from mdtapp.people.models import User
from mdtapp.people.operations import sign_in
from mdtapp.people.queries import find_by_email
from mdtapp.store.db import session
from mdtapp.store.types import canonical_json
from tests.conftest import START, Person
from tests.situations import events
from tests.situations_opinion import Desk, demo

DEMOS = ("DEMO-01", "DEMO-02", "DEMO-04", "DEMO-06", "DEMO-07", "DEMO-08")
SOMEBODY = SystemActor("tests")


def taken(app: Flask, entry: dict[str, Any], **more: Any) -> Case:
    """The case of an entry, as the command imports it; needs a running transaction."""
    exchange.check(entry, 1, complete=bool(more.get("demonstration")))
    values: dict[str, Any] = {"actor": SOMEBODY, "at": START} | more
    key = app.extensions["mdtapp.identity_key"]
    return exchange.import_case(entry=entry, identity_key=key, **values).case


def completed(app: Flask, entry: dict[str, Any]) -> Case:
    case = taken(app, entry, demonstration=True)
    house = signing.House(Bitext("Qingyuan", "清源"), app.extensions["mdtapp.identity_key"], date(2026, 3, 2))
    exchange_completion.complete(actor=SOMEBODY, at=START, case=case, entry=entry, house=house)
    return case


def count(*models: Any) -> list[int]:
    return [session.query(model).count() for model in models]


# --- the shared cases ---------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("source_id", DEMOS)
def test_the_conflicts_are_those_the_file_expects(app: Flask, transaction, source_id: str):
    entry = demo(source_id)
    with transaction():
        case = taken(app, entry)
        assert [row.rule for row in findings.standing(case)] == entry["expected_conflicts"]
        assert [row.rule for row in queries.findings(case.id)] == entry["expected_conflicts"]
        assert {str(row.status) for row in queries.findings(case.id)} <= {"open"}


def test_a_case_has_everything_the_file_tells(app: Flask, transaction):
    entry = demo("DEMO-02")
    with transaction():
        case = taken(app, entry)
        assert (case.patient.pseudonym, case.patient.home_country, case.patient.birth_year) == (
            "CEDAR-208",
            "KZ",
            1963,
        )
        assert (case.primary_site, case.site_family) == ("lung", entry["case"]["site_family"])
        assert (case.meeting_on, str(case.status)) == (date(2026, 11, 12), "in_review")
        assert case.open_to_coordinators
        assert [(q.key, q.text.as_json()) for q in case.questions] == [
            (q["id"], q["text"]) for q in entry["questions"]
        ]
        assert (case.history, case.labs) == (entry["history"], entry["labs"])
        assert [row.reference for row in materials_of(case)] == [m["id"] for m in entry["materials"]]
        assert case.outside_opinions[0].plan.as_json() == entry["outside"]["plan"]
        assert case.outside_opinions[0].fields["second_plan"] == entry["outside"]["second_plan"]
        inputs = signed_inputs(case.id)
        assert {key: row.data for key, row in inputs.items()} == entry["inputs"]
        assert all(row.imported and row.signed_at for row in inputs.values())
    (event,) = events(app, "case:imported")
    assert event.detail == {"source": "DEMO-02"}


def test_every_coordinator_sees_an_imported_case(app: Flask, transaction, coordinator: Person):
    with transaction():
        case_no = taken(app, demo("DEMO-06")).case_no
    assert coordinator.get(f"/cases/{case_no}").status_code == 200


def test_a_missing_member_of_the_panel_cannot_sign_in(app: Flask, transaction):
    with transaction():
        case = taken(app, demo("DEMO-06"))
        people = {member.user for member in case.members}
        assert len(people) == 5
        for person in people:
            assert person.password_hash is None
            with pytest.raises(DomainError):
                sign_in(email=person.email, password="", at=START)
        chair = next(m.user for m in case.members if str(m.role) == "chair")
        assert (chair.name, str(chair.role)) == ("Dr. Demo Lin (MO)", "chair")


def test_the_same_members_are_found_again_and_others_are_others(app: Flask, transaction):
    entry = demo("DEMO-06")
    with transaction():
        taken(app, entry)
        taken(app, entry)
        assert session.query(User).count() == 5
        names = (
            {"name": "张伟", "name_zh": "张伟"},
            {"name": "李娜", "name_zh": "李娜"},
            {"name": "", "name_zh": "王芳"},
        )
        authors = []
        for words in names:
            other = copy.deepcopy(entry)
            other["panel"][0] |= words
            authors.append(signed_inputs(taken(app, other).id)["pathology"].author.name)
        assert authors == ["张伟", "李娜", "王芳"], "a name in Chinese script is a name"


@pytest.mark.both_databases
def test_importing_twice_makes_two_cases_of_one_patient(app: Flask, transaction):
    with transaction():
        one, two = taken(app, demo("DEMO-01")), taken(app, demo("DEMO-01"))
        assert one.case_no != two.case_no
        assert one.patient_id == two.patient_id
        assert count(Case, Patient) == [2, 1]


def test_an_identity_is_sealed_as_it_stands(app: Flask, transaction):
    identity = {"name": "Doe^Jane", "birth_date": "1979-02-01", "sex": "female", "patient_ids": ["A-1"]}
    entry = demo("DEMO-01")
    entry["patient"]["identity"] = identity
    with transaction():
        case = taken(app, entry)
        assert case.patient.identity is not None
        assert "Jane" not in case.patient.identity.sealed
        assert unseal(case.patient.identity.sealed, app.extensions["mdtapp.identity_key"]) == identity


def test_whoever_imports_needs_no_right_of_a_page(app: Flask, transaction, admin: Person):
    entry = demo("DEMO-01")
    entry["patient"]["identity"] = {"name": "Doe^Jane"}
    with transaction():
        actor = find_by_email(admin.email)
        assert actor is not None
        taken(app, entry, actor=actor)
    assert {event.actor for event in events(app, "case:imported", "identity:sealed", "conflict:found")} == {
        f"user:{admin.user_id}"
    }


@pytest.mark.both_databases
def test_the_draft_is_the_same_on_both_databases(app: Flask, transaction):
    """The bytes are pinned by the pure draft of the file, which knows no database."""
    entry = demo("DEMO-02")
    with transaction():
        case = taken(app, entry)
        made = build_draft(queries.case_facts(case), **draft_sources(case)).as_json()
        sources = draft_sources(case)
    assert all(s["provenance"] for section in made["sections"] for s in section["statements"])
    from mdtapp.opinions.facts import CaseFacts

    pure = build_draft(CaseFacts.from_json(entry), **sources).as_json()
    assert canonical_json(made) == canonical_json(pure)


# --- what may differ ----------------------------------------------------------------------------


def changed(path: str, value: Any) -> dict[str, Any]:
    """DEMO-02 with one value set; `panel.0.name` walks lists by number."""
    entry = demo("DEMO-02")
    *way, last = path.split(".")
    part: Any = entry
    for step in way:
        part = part[int(step)] if isinstance(part, list) else part.setdefault(step, {})
    part[int(last) if isinstance(part, list) else last] = value
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        {"patient": {"pseudonym": "ONLY-1"}},
        demo("DEMO-06") | {"title": "A plain text", "wishes": "To walk again.", "future": {"deep": [1, 2]}},
        changed("patient.shoe_size", 43),
        changed("inputs.pathology.unknown_field", {"a": None}),
        changed("case", {"primary_site": "lung"}),
        {"patient": {"pseudonym": "OLD-1", "age": 70}, "case": {"received_on": "2026-02-01"}},
    ],
    ids=["pseudonym alone", "texts", "patient key", "input key", "hardly a record", "age alone"],
)
def test_what_is_absent_or_unknown_passes(app: Flask, transaction, entry: dict[str, Any]):
    with transaction():
        assert taken(app, entry).case_no == "MDT-2026-0001"


def test_an_age_becomes_a_birth_year(app: Flask, transaction):
    entry = {"patient": {"pseudonym": "OLD-1", "age": 70}, "case": {"received_on": "2025-12-31"}}
    with transaction():
        assert taken(app, entry).patient.birth_year == 1955


def test_the_home_hospital_is_named_where_the_file_names_it(app: Flask, transaction):
    entry = changed("outside.institution", "City Hospital")
    entry["outside"] |= {"country": "kz", "given_on": "2026-02-03"}
    with transaction():
        row = taken(app, entry).outside_opinions[0]
        assert (row.institution, row.country, row.given_on) == ("City Hospital", "KZ", date(2026, 2, 3))
        assert row.fields.keys().isdisjoint({"institution", "country", "given_on", "plan", "steps"})


def test_materials_without_a_number_take_the_free_ones(app: Flask, transaction):
    entry = changed("materials.0.id", "the report")
    entry["materials"] = entry["materials"][:3]
    entry["materials"][1]["id"], entry["materials"][2]["id"] = "M1", "M7"
    with transaction():
        rows = materials_of(taken(app, entry))
        assert [(row.number, row.title) for row in rows] == [
            (1, entry["materials"][1]["title"]),
            (2, entry["materials"][0]["title"]),
            (7, entry["materials"][2]["title"]),
        ]


WRONG: dict[str, dict[str, Any]] = {
    "patient is a text": changed("patient", "CEDAR-208"),
    "a long pseudonym": changed("patient.pseudonym", "X" * 41),
    "birth year as text": changed("patient.birth_year", "1963"),
    "birth year with a part": changed("patient.birth_year", 1963.5),
    "birth year as flag": changed("patient.birth_year", True),
    "birth year long ago": changed("patient.birth_year", 1066),
    "country in words": changed("patient.home_country", "Kazakhstan"),
    "country as number": changed("patient.home_country", 7),
    "languages as text": changed("patient.other_languages", "kk"),
    "physician as list": changed("patient.home_physician", ["x"]),
    "identity with a wrong date": changed("patient.identity", {"name": "A", "birth_date": "1963"}),
    "site as list": changed("case.primary_site", ["lung"]),
    "a date that is none": changed("case.meeting_on", "2026-02-30"),
    "a date as number": changed("case.received_on", 20260302),
    "reasons as number": changed("case.faq", 3),
    "a long setting": changed("case.setting", "x" * 41),
    "title as number": changed("title", 5),
    "title with a wrong language": changed("title", {"en": 5}),
    "questions as object": changed("questions", {"Q1": "?"}),
    "a question as text": changed("questions.0", "Who is right?"),
    "eleven questions": changed("questions", [{"text": f"Question {n}?"} for n in range(11)]),
    "a question twice": changed("questions.1.id", "Q1"),
    "a long question id": changed("questions.0.id", "Question number one"),
    "history as text": changed("history", "long"),
    "an event without words": changed("history.0", {"date": "2026-01-01", "text": 5}),
    "laboratory values as list": changed("labs", [{"date": "2026-01-01", "values": [1]}]),
    "a material as text": changed("materials.0", "a CD"),
    "a material number twice": changed("materials.1.id", "M1"),
    "a long material title": changed("materials.0.title", "x" * 301),
    "a seat as text": changed("panel.0", "Dr Bai"),
    "an unknown discipline on the panel": changed("panel.0.discipline", "astrology"),
    "no discipline on the panel": changed("panel.0.discipline", ""),
    "a discipline twice": changed("panel.1.discipline", "pathology"),
    "two chairs": changed("panel.0.chair", True),
    "a long name": changed("panel.0.name", "x" * 121),
    "name as list": changed("panel.0.name", ["Dr", "Bai"]),
    "inputs as list": changed("inputs", [1]),
    "an input as text": changed("inputs.pathology", "fine"),
    "an input of an unknown discipline": changed("inputs.astrology", {"summary": {"en": "Leo"}}),
    "a number as text in an input": changed("inputs.medical_oncology.ecog", "1"),
    "steps as text": changed("inputs.surgical_oncology.recommendation_steps", "operate"),
    "outside as list": changed("outside", []),
    "outside country in words": changed("outside.country", "Kazakhstan"),
    "plan as number": changed("outside.plan", 1),
    "a hidden character": changed("title", {"en": "Lung\u202ecancer", "zh": "肺癌"}),
    "a NUL": changed("questions.0.original", "a\x00b"),
    "half a character": changed("wishes", {"en": "\ud800", "zh": ""}),
    "a hidden character in a key": changed("inputs.pathology.a\x00b", 1),
    "no number": changed("inputs.pathology.er_pct", float("nan")),
    "no end": changed("labs.0.values.hb_g_l", float("inf")),
}
WRONG["outside as list"] = changed("outside", [1])
UNKNOWN = {
    "no pseudonym": changed("patient.pseudonym", ""),
    "unknown sex": changed("patient.sex", "lady"),
    "identity without a name": changed("patient.identity", {"birth_date": "1963-01-01"}),
    "unknown site": changed("case.primary_site", "elbow"),
    "unknown situation": changed("case.situation", "curious"),
    "an unknown kind of material": changed("materials.0.kind", "rumour"),
    "an unknown status of material": changed("materials.0.status", "lost"),
}


def is_one_sentence_about(source_id: str, refusal: Invalid) -> bool:
    words = refusal.sentence
    whole = words.en.endswith((".", "!", "?")) and "\n" not in words.en and not words.missing()
    return whole and words.en.startswith(f"{source_id}: ")


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_entry_is_refused_before_anything_is_stored(why: str):
    with pytest.raises(Invalid) as refusal:
        exchange.check(WRONG[why], 1)
    assert is_one_sentence_about("DEMO-02", refusal.value)


@pytest.mark.parametrize("why", UNKNOWN)
def test_an_unknown_code_is_refused_with_nothing_stored(app: Flask, transaction, why: str):
    with pytest.raises(Invalid) as refusal, transaction():
        exchange_named(app, UNKNOWN[why])
    assert is_one_sentence_about("DEMO-02", refusal.value)
    with transaction():
        assert count(Case, Patient, User, OutsideOpinion) == [0, 0, 0, 0]


def exchange_named(app: Flask, entry: dict[str, Any]) -> None:
    """Checks and imports as the command does."""
    exchange.check(entry, 1)
    with exchange.named(entry, 1):
        taken(app, entry)


def test_nesting_without_end_is_refused(app: Flask, transaction):
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    with pytest.raises(Invalid, match="nested too deeply"):
        exchange.check(demo("DEMO-01") | {"extra": deep}, 1)


def test_a_case_without_an_id_is_called_by_its_place():
    with pytest.raises(Invalid, match=r"^case 3: patient must be an object\.$"):
        exchange.check({"patient": 5}, 3)


@pytest.mark.parametrize("document", [None, 5, "cases", [1], {"cases": 5}, {"cases": [None]}])
def test_a_file_without_cases_is_refused(document: Any):
    with pytest.raises(Invalid):
        exchange.cases_in(document)


@pytest.mark.parametrize("document", [[{"id": "a"}], {"cases": [{"id": "a"}]}, {"id": "a"}])
def test_a_file_may_be_a_list_an_object_with_cases_or_one_case(document: Any):
    assert exchange.cases_in(document) == [{"id": "a"}]


def test_a_known_pseudonym_of_another_person_is_refused(app: Flask, transaction):
    with transaction():
        taken(app, demo("DEMO-01"))
    with pytest.raises(Invalid, match="another sex or birth year"), transaction():
        exchange_named(app, changed("patient.pseudonym", demo("DEMO-01")["patient"]["pseudonym"]))


# --- complete -----------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("source_id", DEMOS)
def test_a_completed_case_is_signed_with_every_settlement(app: Flask, transaction, source_id: str):
    entry = demo(source_id)
    with transaction():
        case = completed(app, entry)
        opinion = queries.get_opinion(case.id)
        assert (opinion.status, str(case.status)) == (OpinionStatus.SIGNED, "signed")
        assert (opinion.result_class, opinion.also) == (
            entry["consensus"]["result_class"],
            entry["consensus"]["also"],
        )
        assert findings.blocking(case) == []
        settled = {row.rule: (row.resolution, row.chosen) for row in findings.standing(case)}
        told = {row["rule"]: (row["decision"], row.get("chosen") or "") for row in entry["resolutions"]}
        assert settled.items() <= told.items()
        version = queries.signed_version(opinion)
        assert signing.is_intact(version)
        assert all(row.imported for row in version.signatures)
        dissenters = {row["discipline"] for row in entry["consensus"]["dissent"]}
        with_dissent = {
            row.discipline for row in version.signatures if str(row.meaning) == "agree_with_dissent"
        }
        assert with_dissent == dissenters & {row.discipline for row in version.signatures}
        frozen = signing.frozen_of(version)
        assert frozen["demonstration"] is True
        assert frozen["meeting"]["date"] == entry["case"]["meeting_on"]
        assert frozen["meeting"]["votes"] == entry["consensus"]["vote"]


def test_what_is_recorded_of_a_completion_happened_now(app: Flask, transaction):
    with transaction():
        completed(app, demo("DEMO-06"))
    assert {event.at for event in events(app)} == {START}


def test_the_document_says_demonstration_on_every_page_and_is_not_sent(app: Flask, transaction):
    import io

    from pypdf import PdfReader

    from mdtapp.delivery import operations as delivery
    from mdtapp.delivery.models import RecipientKind

    press = app.extensions["mdtapp.press"]
    desk = Desk(app)
    desk.add("coordinator")
    with transaction():
        case = completed(app, demo("DEMO-06"))
        version = exchange_completion.release(
            actor=SOMEBODY, at=START, case=case, store=press.store, make=press.final
        )
        for page in PdfReader(io.BytesIO(press.document_of(version))).pages:
            words = page.extract_text().lower()
            assert "demonstration" in words
            assert "演示" in words
        recipient = delivery.add_recipient(
            actor=desk.user("coordinator"),
            at=START,
            case=case,
            kind=RecipientKind.PATIENT,
            contact=delivery.Contact(name="A reader", email="a@b.example"),
            language="en",
            key=desk.key,
        )
        with pytest.raises(Invalid, match="demonstration case"):
            delivery.send(actor=desk.user("coordinator"), at=START, recipient=recipient, version=version)


NOT_COMPLETE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no consensus": lambda entry: entry.pop("consensus"),
    "an unknown result": lambda entry: entry["consensus"].update(result_class="perfect"),
    "an unknown further result": lambda entry: entry["consensus"].update(also=["perfect"]),
    "votes as text": lambda entry: entry["consensus"].update(vote={"for": "5"}),
    "votes below nothing": lambda entry: entry["consensus"].update(vote={"for": -1}),
    "dissent of nobody": lambda entry: entry["consensus"].update(dissent=[{"text": "no"}]),
    "dissent of a stranger": lambda entry: entry["consensus"].update(
        dissent=[{"discipline": "tcm_integrative", "text": "no"}]
    ),
    "no chair": lambda entry: [seat.update(chair=False) for seat in entry["panel"]],
    "no panel": lambda entry: entry.pop("panel"),
    "an unknown mode": lambda entry: entry["panel"][0].update(mode="telepathy"),
    "no settlement": lambda entry: entry.pop("resolutions"),
    "a settlement without a way": lambda entry: entry["resolutions"][0].pop("decision"),
    "a way the rule does not know": lambda entry: entry["resolutions"][0].update(decision="coin"),
    "a settlement without a reason": lambda entry: entry["resolutions"][0].pop("reason"),
    "a settlement as text": lambda entry: entry["resolutions"].append("X14"),
    "minutes as text": lambda entry: entry["meeting"].update(minutes="25"),
    "sections as list": lambda entry: entry["opinion_seed"].update(sections=[]),
    "a seed without rows": lambda entry: entry["opinion_seed"]["sections"].update(dissent="none"),
    "a sentence in no section": lambda entry: entry["opinion_seed"]["sections"].update(
        nowhere=[{"text": "x", "provenance": [{"discipline": "chair"}]}]
    ),
}
NOT_COMPLETE["sections as list"] = lambda entry: entry["opinion_seed"].update(sections=[1])


@pytest.mark.parametrize("why", NOT_COMPLETE)
def test_an_entry_that_cannot_be_completed_is_refused_with_nothing_stored(app: Flask, transaction, why: str):
    entry = demo("DEMO-02")
    NOT_COMPLETE[why](entry)
    with pytest.raises(Invalid) as refusal, transaction(), exchange.named(entry, 1):
        completed(app, entry)
    assert refusal.value.sentence.en.startswith("DEMO-02: ")
    assert not refusal.value.sentence.missing()
    with transaction():
        assert count(Case, User) == [0, 0]


def test_the_entry_itself_is_left_as_it_was(app: Flask, transaction):
    entry = demo("DEMO-02")
    before = json.dumps(entry)
    with transaction():
        completed(app, entry)
    assert json.dumps(entry) == before
