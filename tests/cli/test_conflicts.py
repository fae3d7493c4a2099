"""`mdtapp conflicts`: of a case in its states, of the home hospital's plan, of fragments in any container."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from mdtapp.cases.models import Case
from mdtapp.opinions import findings, queries
from mdtapp.store.db import session
from tests.cli.conftest import Command
from tests.meetings.board import IN_MEETING
from tests.situations import events
from tests.situations_opinion import Desk, demo

FIRES = {"inputs": {"pathology": {"identity_verified": False}}}
SILENT: dict[str, Any] = {"inputs": {"pathology": {"identity_verified": True}}}


def states(said: Any) -> dict[str, str]:
    return {row["rule"]: row["state"] for row in said}


# --- of a case ----------------------------------------------------------------------------------


def test_an_imported_case_has_the_expected_conflicts(mdtapp: Command):
    rows = mdtapp.fine("conflicts", mdtapp.import_demo("DEMO-02"), "--json").json
    assert [row["rule"] for row in rows] == demo("DEMO-02")["expected_conflicts"]
    assert {row["state"] for row in rows} == {"open"}
    assert all(row.keys() == {"rule", "severity", "section", "inputs", "state"} for row in rows)
    first = next(row for row in rows if row["rule"] == "X45")
    assert (first["severity"], first["inputs"]) == (
        "major",
        ["medical_oncology.first_step", "radiation_oncology.first_step", "surgical_oncology.first_step"],
    )


def test_the_states_follow_settlement_and_change(mdtapp: Command, app: Flask, transaction):
    desk = Desk.ready(app)
    with transaction():
        opinion = desk.started("DEMO-02")
        case_no = opinion.case.case_no
        x45 = next(row for row in findings.standing(opinion.case) if row.rule == "X45")
        desk.settle(opinion, x45, "choose_input", chosen="medical_oncology")
    assert states(mdtapp.fine("conflicts", case_no, "--json").json)["X45"] == "resolved"
    with transaction():
        case = session.query(Case).one()
        desk.changed_input(case, "radiation_oncology", first_step="surgery")
    assert states(mdtapp.fine("conflicts", case_no, "--json").json)["X45"] == "open", (
        "other values, another conflict"
    )
    with transaction():
        case = session.query(Case).one()
        for discipline in ("medical_oncology", "radiation_oncology", "surgical_oncology"):
            desk.changed_input(case, discipline, first_step="systemic")
    said = mdtapp.fine("conflicts", case_no, "--json").json
    assert states(said)["X45"] == "obsolete"
    assert [row["rule"] for row in said] == sorted(row["rule"] for row in said), "one entry a rule, in order"
    with transaction():
        assert queries.get_finding(1, "X45").status == "resolved", "printing stores nothing"
        findings.refresh(actor=desk.user("chair"), at=IN_MEETING, case=session.query(Case).one())
    assert states(mdtapp.fine("conflicts", case_no, "--json").json)["X45"] == "obsolete"


def test_the_home_hospitals_plan_is_looked_at_instead(mdtapp: Command, app: Flask):
    entry = demo("DEMO-02")
    entry["outside"]["steps"] = entry["inputs"]["surgical_oncology"]["recommendation_steps"]
    case_no = mdtapp.fine("import-case", mdtapp.file(entry), "--json").json[0]["case_no"]
    before = len(events(app))
    rows = mdtapp.fine("conflicts", case_no, "--outside", "--json").json
    assert all("outside.steps" in row["inputs"] for row in rows)
    assert {row["state"] for row in rows} <= {"open"}
    assert len(events(app)) == before
    assert mdtapp.fine("conflicts", mdtapp.import_demo("DEMO-06"), "--outside", "--json").json == []


def test_for_people_a_line_each(mdtapp: Command):
    lines = mdtapp.fine("conflicts", mdtapp.import_demo("DEMO-08")).out.splitlines()
    assert [line.split()[0] for line in lines] == demo("DEMO-08")["expected_conflicts"]


# --- of fragments -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (FIRES, ["X01"]),
        (SILENT, []),
        ({}, []),
        ([], []),
        ([FIRES, SILENT, {}], [["X01"], [], []]),
        ({"X01": {"fires": FIRES, "silent": SILENT}}, {"X01": {"fires": ["X01"], "silent": []}}),
        ({"a": [FIRES, {"b": [SILENT]}]}, {"a": [["X01"], {"b": [[]]}]}),
        ({"draft": {"result_class": "confirmed", "sections": [], "answered": []}}, []),
        ({"patient": None, "case": None, "inputs": None}, []),
        ({"inputs": {"pathology": None}}, []),
        ({"inputs": {"astrology": {"sign": "leo"}}}, []),
        (FIRES | {"note": "an unknown part"}, ["X01"]),
    ],
)
def test_fragments_are_answered_in_their_own_shape(mdtapp: Command, given: Any, printed: Any):
    assert mdtapp.fine("conflicts", "--file", mdtapp.file(given), "--json").json == printed
    assert mdtapp.fine("conflicts", "--file", mdtapp.file(given)).json == printed


def test_whole_cases_are_fragments_too(mdtapp: Command, demo_file: Path):
    said = mdtapp.fine("conflicts", "--file", mdtapp.file(json.loads(demo_file.read_text())["cases"])).json
    assert said == [entry["expected_conflicts"] for entry in json.loads(demo_file.read_text())["cases"]]


def test_a_fragment_of_the_home_plan(mdtapp: Command):
    steps = [{"modality": "systemic_therapy", "drug_classes": ["pd1_pdl1"]}]
    path = mdtapp.file(
        {"outside": {"steps": steps}, "inputs": {"pathology": {"driver_alterations": ["egfr_common"]}}}
    )
    panel = mdtapp.fine("conflicts", "--file", path).json
    outside = mdtapp.fine("conflicts", "--file", path, "--outside").json
    assert isinstance(panel, list)
    assert isinstance(outside, list)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (5, "holds no fragments"),
        ("X01", "holds no fragments"),
        (None, "holds no fragments"),
        ([1], "holds no fragments"),
        ({"a": "b"}, "holds no fragments"),
        ({"a": {"b": 5}}, "holds no fragments"),
        ({"inputs": []}, "inputs must be an object."),
        ({"inputs": {"pathology": "fine"}}, "inputs.pathology must be an object."),
        ({"inputs": {"pathology": {"er_pct": "90"}}}, "pathology.er_pct must be a number."),
        ({"questions": {"Q1": "?"}}, "questions must be a list of objects."),
        ({"draft": {"sections": "all"}}, "draft.sections must be a list of texts."),
        ({"outside": {"steps": [1]}}, "outside.steps must be a list of objects."),
    ],
)
def test_a_wrong_fragment_is_told_in_one_sentence(mdtapp: Command, given: Any, sentence: str):
    assert sentence in mdtapp.refused("conflicts", "--file", mdtapp.file(given), "--json")


def test_fragments_need_no_installation(tmp_path: Path):
    from tests.server import instance_environment

    bare = Command(instance_environment(tmp_path), tmp_path)
    assert bare.fine("conflicts", "--file", bare.file([FIRES])).json == [["X01"]]
    assert not (tmp_path / "instance").exists()


def test_a_case_or_a_file_but_not_both(mdtapp: Command):
    path = mdtapp.file({})
    assert "not both" in mdtapp.refused("conflicts", "MDT-2026-0001", "--file", path)
