"""The form of a discipline: what is stored comes back, what a browser sends is read or kept as typed."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.disciplines.checks import Finding, check_input
from mdtapp.opinions.inputs.form_class import form_class, from_data, from_post, show_findings, to_data
from mdtapp.opinions.inputs.form_fields import MOST_POSTED_ROWS
from tests.disciplines.inputs import DEMO_INPUTS, DEMO_NAMES

REFERENCES = {"material": [("M1", "Report"), ("M2", "Slides")], "imaging_study": [("IS1", "CT")]}
CLAIM = {
    "claim": "outside.n_category",
    "verdict": "major",
    "ours": "N1",
    "impact": "treatment_definite",
    "why": {"en": "Abnormal node.", "zh": "淋巴结异常。"},
    "anchors": [{"material": "M2", "page": 3}],
}


def form_of(discipline, language="en"):
    return form_class(catalogue().disciplines[discipline], language)


def post(discipline, **values):
    """A form as sent by a browser; lists are sent as several values."""
    pairs = [
        (key.replace("__", "-"), value)
        for key, given in values.items()
        for value in (given if isinstance(given, list) else [given])
    ]
    return from_post(form_of(discipline), MultiDict(pairs))


def as_sent(fields):
    """What a browser would send for a form that is only looked at."""
    for field in fields:
        if field.type == "FieldList":
            for row in field.entries:
                yield from as_sent(row.form)
        elif field.type == "FormField":
            yield from as_sent(field.form)
        elif field.type in ("RadioField", "SelectField", "SelectMultipleField"):
            yield from ((field.name, choice.value) for choice in field.iter_choices() if choice.selected)
        else:
            yield field.name, field._value()


def in_any_order(value: Any) -> Any:
    """Ticked boxes come back in the order of the page."""
    if isinstance(value, dict):
        return {key: in_any_order(part) for key, part in value.items()}
    if isinstance(value, list):
        return (
            sorted(value)
            if all(isinstance(part, str) for part in value)
            else [in_any_order(part) for part in value]
        )
    return value


@pytest.mark.parametrize(("_id", "discipline", "data", "_case"), DEMO_INPUTS, ids=DEMO_NAMES)
def test_stored_data_comes_back(_id, discipline, data, _case):
    assert to_data(from_data(form_of(discipline), data)) == data


@pytest.mark.parametrize(("_id", "discipline", "data", "_case"), DEMO_INPUTS, ids=DEMO_NAMES)
def test_stored_data_comes_back_from_the_browser(_id, discipline, data, _case):
    shown = from_data(form_of(discipline), data)
    assert in_any_order(to_data(from_post(form_of(discipline), MultiDict(as_sent(shown))))) == in_any_order(
        data
    )


@pytest.mark.parametrize("discipline", list(catalogue().disciplines))
def test_an_empty_form_holds_nothing_and_chooses_nothing(discipline):
    cls = form_of(discipline)
    for form in (cls(), from_data(cls, {}), from_post(cls, MultiDict())):
        assert to_data(form) == {}
        assert not [value for _name, value in as_sent(form) if value]


@pytest.mark.parametrize("discipline", list(catalogue().disciplines))
def test_every_field_and_row_can_be_shown(discipline):
    form = form_of(discipline)()
    form.offer(REFERENCES)
    for field in form:
        parts = field.blank.form if field.type == "FieldList" else [field]
        assert all(str(part()) for part in parts)


def test_classes_are_made_once_for_each_version_and_language():
    pathology = catalogue().disciplines["pathology"]
    assert form_class(pathology) is form_class(pathology)
    assert form_class(pathology) is not form_class(pathology, "zh")


@pytest.mark.parametrize(
    ("discipline", "sent", "stored"),
    [
        ("medical_oncology", {"ecog": "1"}, {"ecog": 1}),
        ("medical_oncology", {"ecog": " 0 "}, {"ecog": 0}),
        ("medical_oncology", {"ecog": "１"}, {"ecog": 1}),
        ("medical_oncology", {"ecog": "1.0"}, {"ecog": 1.0}),
        ("medical_oncology", {"ecog": "one"}, {"ecog": "one"}),
        ("medical_oncology", {"ecog": "1e5"}, {"ecog": "1e5"}),
        ("medical_oncology", {"ecog": "nan"}, {"ecog": "nan"}),
        ("medical_oncology", {"ecog": "9" * 400}, {"ecog": "9" * 400}),
        ("medical_oncology", {"ecog": "  "}, {}),
        ("medical_oncology", {"hb_g_l": "-3.50"}, {"hb_g_l": -3.5}),
        ("medical_oncology", {"hb_g_l": "3,5"}, {"hb_g_l": "3,5"}),
        ("medical_oncology", {"red_flag": "true"}, {"red_flag": True}),
        ("medical_oncology", {"red_flag": "false"}, {"red_flag": False}),
        ("medical_oncology", {"red_flag": ""}, {}),
        ("medical_oncology", {"red_flag": "perhaps"}, {}),
        ("medical_oncology", {"pregnancy": "unknown"}, {"pregnancy": "unknown"}),
        ("medical_oncology", {"pregnancy": "triplets"}, {"pregnancy": "triplets"}),
        ("medical_oncology", {"pregnancy": ""}, {}),
        (
            "medical_oncology",
            {"comorbidities": ["renal", "cardiac"]},
            {"comorbidities": ["renal", "cardiac"]},
        ),
        ("medical_oncology", {"comorbidities": ["", "cardiac"]}, {"comorbidities": ["cardiac"]}),
        ("medical_oncology", {"ecog_date": "2026-11-08"}, {"ecog_date": "2026-11-08"}),
        ("medical_oncology", {"ecog_date": "yesterday"}, {"ecog_date": "yesterday"}),
        ("medical_oncology", {"child_pugh": " A6 "}, {"child_pugh": "A6"}),
        (
            "medical_oncology",
            {"summary__en": "One.\r\nTwo.", "summary__zh": ""},
            {"summary": {"en": "One.\nTwo."}},
        ),
        ("medical_oncology", {"summary__en": "  ", "summary__zh": "\r\n"}, {}),
        ("medical_oncology", {"materials_reviewed": ["M1", "M2"]}, {"materials_reviewed": ["M1", "M2"]}),
        ("medical_oncology", {"nonsense": "x"}, {}),
        (
            "radiology",
            {"studies__7__modality": "CT", "studies__3__modality": "MR", "studies__5__region": " "},
            {"studies": [{"modality": "MR"}, {"modality": "CT"}]},
        ),
        (
            "radiology",
            {"studies__x__modality": "CT", "studies__²__modality": "CT", "studies__-1__modality": "CT"},
            {},
        ),
        ("radiology", {"studies": "CT", "studies__0": "CT"}, {}),
        ("radiology", {"lesions__0__is_node": "false"}, {"lesions": [{"is_node": False}]}),
        (
            "radiology",
            {"further_imaging__0__reason__zh": "分期"},
            {"further_imaging": [{"reason": {"zh": "分期"}}]},
        ),
        (
            "radiology",
            {"claims__0__claim": "outside.n_category"},
            {"claims": [{"claim": "outside.n_category"}]},
        ),
        ("radiology", {"claims__0__anchors": '[{"page": 1}]'}, {"claims": [{"anchors": [{"page": 1}]}]}),
        ("radiology", {"claims__0__anchors": "{"}, {"claims": [{"anchors": "{"}]}),
        ("radiology", {"claims__0__anchors": "[" * 100_000}, {"claims": [{"anchors": "[" * 100_000}]}),
        ("tcm_integrative", {"claims__0__claim": "outside.plan"}, {}),
    ],
)
def test_what_a_browser_sends(discipline, sent, stored):
    data = to_data(post(discipline, **sent))
    assert data == stored
    assert [type(value) for value in data.values()] == [type(value) for value in stored.values()]


def test_more_rows_than_may_be_stored_are_still_read():
    sent = {f"studies__{row}__region": "Chest" for row in range(MOST_POSTED_ROWS + 50)}
    data = to_data(post("radiology", **sent))
    assert len(data["studies"]) == MOST_POSTED_ROWS
    assert "rows" in {finding.id for finding in check_input(catalogue().disciplines["radiology"], data)}


def test_what_cannot_be_read_stays_in_its_field():
    form = post("medical_oncology", ecog="one", pregnancy="triplets")
    assert form.ecog._value() == "one"
    assert [choice.value for choice in form.pregnancy.iter_choices() if choice.selected] == ["triplets"]


def test_claims_come_back():
    form = from_data(form_of("radiology"), {"claims": [CLAIM]})
    assert to_data(form) == {"claims": [CLAIM]}
    assert to_data(from_post(form_of("radiology"), MultiDict(as_sent(form)))) == {"claims": [CLAIM]}
    assert form.claims[0].form.claim.type == "HiddenField"


@pytest.mark.parametrize(("ours", "shown"), [(31.5, "31.5"), ({"en": "N1", "zh": "N1期"}, "N1"), (None, "")])
def test_what_we_say_instead_is_one_line(ours, shown):
    form = from_data(form_of("radiology"), {"claims": [{**CLAIM, "ours": ours}]})
    assert form.claims[0].form.ours._value() == shown


@pytest.mark.parametrize(
    "data",
    [
        {"unknown": 1, "ecog": 1},
        {"recommendation_steps": [{"seq": 1, "meta": {}, "prefix": "x", "formdata": "y"}], "ecog": 1},
        {"recommendation_steps": "none", "summary": 5, "claims": "none", "ecog": 1},
        {"recommendation_steps": [5, None], "summary": ["x"], "comorbidities": 7, "ecog": 1},
    ],
)
def test_data_of_another_shape_does_not_break_the_form(data):
    assert to_data(from_data(form_of("medical_oncology"), data))["ecog"] == 1


def test_labels_are_in_both_languages_and_drop_downs_in_the_page_language():
    form = form_of("medical_oncology", "zh")()
    assert form.ecog.label.text == Bitext("ECOG performance status", "ECOG体力状态评分")
    assert form.ecog.description.zh.startswith("0=")
    assert form.ecog.definition.max == 4
    assert next(choice.label for choice in form.hbv_status.iter_choices()).zh == "HBsAg及抗-HBc均阴性"
    assert "初诊，局限" in form.setting()
    assert "New, localised" in form_of("medical_oncology")().setting()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("ecog", "StringField"),
        ("child_pugh", "StringField"),
        ("hbv_status", "RadioField"),
        ("setting", "SelectField"),
        ("comorbidities", "SelectMultipleField"),
        ("materials_reviewed", "SelectMultipleField"),
        ("red_flag", "RadioField"),
        ("summary", "FormField"),
        ("prior_lines", "FieldList"),
    ],
)
def test_the_kind_of_control(key, kind):
    assert form_of("medical_oncology")()[key].type == kind


def test_rare_choices_come_last():
    form = form_of("medical_oncology")()
    codes = [choice.value for choice in form.comorbidities.iter_choices()]
    assert codes.index("hiv") > codes.index("other")
    groups = dict(form.stage_group.iter_groups())
    assert "0is" in [choice.value for choice in groups["More"]]
    assert "IIIA" in [choice.value for choice in groups[None]]


def test_an_optional_answer_can_be_taken_back_and_a_needed_one_not():
    form = form_of("medical_oncology")()
    assert [choice.value for choice in form.irreversible_before_biopsy.iter_choices()] == [
        "true",
        "false",
        "",
    ]
    assert [choice.value for choice in form.red_flag.iter_choices()] == ["true", "false"]
    assert form.red_flag.flags.required
    assert not form.kps.flags.required


def test_references_are_offered_in_rows_too():
    form = from_data(form_of("radiology"), {"studies": [{"study_ref": "IS1"}, {"study_ref": "IS9"}]})
    form.offer(REFERENCES)
    assert [choice.value for choice in form.materials_reviewed.iter_choices()] == ["M1", "M2"]
    offered = [[choice.value for choice in row.form.study_ref.iter_choices()] for row in form.studies]
    assert offered == [["", "IS1"], ["", "IS1", "IS9"]]
    blank = form.studies.blank
    assert blank.name == "studies-__row__"
    assert [choice.value for choice in blank.form.study_ref.iter_choices()] == ["", "IS1"]
    assert len(form.studies) == 2


@pytest.mark.parametrize(
    ("action", "name", "expected"),
    [
        ("add_row", "studies", ["a", "b", "c", None]),
        ("remove_row", "studies-4", ["a", "c"]),
        ("move_up", "studies-4", ["b", "a", "c"]),
        ("move_down", "studies-4", ["a", "c", "b"]),
        ("move_up", "studies-1", ["a", "b", "c"]),
        ("move_down", "studies-9", ["a", "b", "c"]),
        ("remove_row", "studies-2", ["a", "b", "c"]),
        ("remove_row", "studies-x", ["a", "b", "c"]),
        ("remove_row", "studies-²", ["a", "b", "c"]),
        ("remove_row", "", ["a", "b", "c"]),
    ],
)
def test_rows_without_scripts(action, name, expected):
    form = post("radiology", studies__1__region="a", studies__4__region="b", studies__9__region="c")
    table = form.table("studies")
    assert table is not None
    table.rearrange(action, name)
    assert [row.form.region.data for row in table] == expected
    assert [row.form.region.name for row in table] == [
        f"studies-{place}-region" for place in range(len(expected))
    ]


def test_only_tables_have_rows():
    form = form_of("radiology")()
    assert form.table("primary_site") is None
    assert form.table("validate") is None


@pytest.mark.parametrize(
    ("id_", "path", "place"),
    [
        ("range", "primary_size_mm", "primary_size_mm"),
        ("required", "studies", "studies"),
        ("choice", "studies.1.modality", "studies-1-modality"),
        ("type", "studies.1", "studies"),
        ("range", "studies.9.slice_mm", "studies"),
        ("unknown", "studies.1.colour", "studies"),
        ("language", "local_extent", "local_extent-zh"),
        ("required", "local_extent", "local_extent-en"),
        ("unknown", "colour", None),
    ],
)
def test_findings_stand_at_their_field(id_, path, place):
    """Row numbers count stored rows; the empty row in front of them is not stored."""
    form = post(
        "radiology",
        studies__0__region="",
        studies__1__region="Chest",
        studies__2__region="Head",
        local_extent__en="x",
    )
    place = place and place.replace("studies-1", "studies-2")
    show_findings(form, [Finding(id_, "error", Bitext("Wrong.", "错误。"), (path,))])

    def at(fields):
        for field in fields:
            parts = {"FormField": lambda f: [f.form], "FieldList": lambda f: [row.form for row in f]}
            for inner in parts.get(field.type, lambda _f: [])(field):
                yield from at(inner)
            if field.type != "FormField" and list(field.errors) == ["Wrong."]:
                yield field.name

    assert list(at(form)) == ([place] if place else [])
    assert form.form_errors == ([] if place else ["Wrong."])


def test_findings_speak_the_language_of_the_page():
    form = form_of("radiology", "zh")()
    show_findings(form, [Finding("x", "error", Bitext("Wrong.", "错误。"), ("primary_site",))])
    assert list(form.primary_site.errors) == ["错误。"]


def test_a_finding_with_several_fields_stands_at_the_first():
    form = form_of("pathology")()
    finding = Finding(
        "PA-1", "error", Bitext("Wrong.", "错误。"), ("gone", "nodes_positive", "nodes_examined")
    )
    show_findings(form, [finding])
    assert list(form.nodes_positive.errors) == ["Wrong."]
    assert list(form.nodes_examined.errors) == []


CREATININE = {
    "creatinine_umol_l": 97.24,
    "entered": {"creatinine_umol_l": {"value": 1.1, "unit": "mg/dL"}},
}


@pytest.mark.parametrize(
    ("typed", "chosen", "stored"),
    [
        ("97", "", {"creatinine_umol_l": 97}),
        ("97 µmol/L", "", {"creatinine_umol_l": 97}),
        ("97 umol/l", "mg/dL", {"creatinine_umol_l": 97}),
        ("1.1", "mg/dL", CREATININE),
        ("1.1 mg/dL", "", CREATININE),
        ("1.1MG/DL", "", CREATININE),
        ("１．１ mg/dL", "", CREATININE),
        ("1.1", "stones", {"creatinine_umol_l": 1.1}),
        ("1.1 stones", "", {"creatinine_umol_l": "1.1 stones"}),
        ("about 1", "mg/dL", {"creatinine_umol_l": "about 1"}),
        ("", "mg/dL", {}),
    ],
)  # fmt: skip
def test_a_value_is_taken_in_the_unit_it_was_measured_in(typed, chosen, stored):
    sent = {"creatinine_umol_l": typed, "creatinine_umol_l-unit": chosen}
    assert to_data(from_post(form_of("medical_oncology"), MultiDict(sent))) == stored


def test_it_comes_back_as_it_was_typed():
    form = from_data(form_of("medical_oncology"), CREATININE)
    assert form["creatinine_umol_l"]._value() == "1.1"
    assert form["creatinine_umol_l"].unit.code == "mg/dL"
    assert to_data(form) == CREATININE
    changed = from_data(form_of("medical_oncology"), {**CREATININE, "creatinine_umol_l": 110})
    assert changed["creatinine_umol_l"]._value() == "110"
    assert to_data(changed) == {"creatinine_umol_l": 110}


def test_in_a_row_the_unit_stands_behind_the_number():
    row = {"baseline_mm": 34, "entered": {"baseline_mm": {"value": 3.4, "unit": "cm"}}}
    form = post("radiology", lesions__0__baseline_mm="3.4 cm", lesions__1__baseline_mm="12 mm")
    assert to_data(form)["lesions"] == [row, {"baseline_mm": 12}]
    again = from_data(form_of("radiology"), {"lesions": [row]})
    assert again["lesions"].entries[0].form.baseline_mm._value() == "3.4 cm"
    assert to_data(again)["lesions"] == [row]
