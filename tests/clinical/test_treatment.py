import pytest

from mdtapp.clinical.treatment import CYTOTOXIC_CLASSES, Plan, Step, english, steps_of


def step(modality="systemic", *drugs, prefer="preferred", **columns):
    return Step.of(
        "x", 0, {"modality": modality, "drug_classes": list(drugs), "preference": prefer, **columns}
    )


def plan(*steps):
    return Plan(steps)


def test_a_step_reads_its_row_and_leaves_out_what_is_no_text():
    read = Step.of("radiology", 3, {"modality": 5, "drug_classes": ["ici", 1], "description": "Plain TEXT"})
    assert (read.author, read.row, read.modality) == ("radiology", 3, "")
    assert read.drug_classes == frozenset({"ici"})
    assert "plain text" in read.text


@pytest.mark.parametrize(
    ("prefer", "active", "preferred"),
    [
        ("preferred", True, True),
        ("acceptable", True, False),
        ("conditional", True, False),
        ("not_recommended", False, False),
        ("", False, False),
    ],
)
def test_what_counts_as_advised(prefer, active, preferred):
    found = plan(step("surgery", prefer=prefer))
    assert (found.advises("surgery"), found.prefers("surgery")) == (active, preferred)


def test_a_token_is_a_modality_or_a_drug_class():
    found = plan(step("chemoradiation", "cisplatin", intent="curative"))
    assert found.advises("chemoradiation")
    assert found.advises("ici", "cisplatin")
    assert not found.advises("systemic")
    assert found.prefers_intent("curative")
    assert not found.prefers_intent("palliative")


def test_antibody_drug_conjugates_are_cytotoxic_and_antibodies_are_not():
    assert plan(step("systemic", "adc_cd79b")).advises_cytotoxic
    assert not plan(step("systemic", "ici", "anti_her2", "parp")).advises_cytotoxic
    assert len(CYTOTOXIC_CLASSES) == 20


def test_words_are_looked_for_in_all_english_texts_of_all_steps():
    found = plan(step("surgery", prefer="not_recommended", timing={"en": "After HEPARIN", "zh": "肝素后"}))
    assert found.mentions("heparin")
    assert not found.mentions("肝素")


def test_steps_keep_their_place_and_may_be_given_a_preference():
    first, second = steps_of(
        "outside", [{"modality": "surgery"}, {"preference": "acceptable"}], unsaid="preferred"
    )
    assert (first.row, first.preference, second.row, second.preference) == (0, "preferred", 1, "acceptable")


@pytest.mark.parametrize(
    ("preferred", "refused", "contradict"),
    [
        (step("surgery"), step("surgery"), True),
        (step("surgery"), step("ablation"), False),
        (step("systemic", "ici", "taxane"), step("systemic", "ici"), True),
        (step("systemic", "ici"), step("systemic", "taxane"), False),
        (step("systemic", "ici"), step("systemic"), False),
        (step("systemic"), step("systemic"), True),
        (step("chemoradiation", "cisplatin"), step("chemoradiation"), False),
        (step("tace_haic", "oxaliplatin"), step("tace_haic"), True),
    ],
)
def test_when_a_refusal_meets_a_step(preferred, refused, contradict):
    assert preferred.contradicts(refused) is contradict


def test_a_step_is_part_of_one_that_holds_all_its_drugs():
    assert step("systemic", "taxane").is_part_of(step("systemic", "taxane", "carboplatin"))
    assert not step("systemic", "taxane", "ici").is_part_of(step("systemic", "taxane"))
    assert not step("surgery").is_part_of(step("ablation"))


@pytest.mark.parametrize(
    ("value", "text"), [({"en": "A", "zh": "甲"}, "A"), ({"zh": "甲"}, ""), ("A", "A"), (3, "")]
)
def test_english(value, text):
    assert english(value) == text
