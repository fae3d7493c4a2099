import pytest

from mdtapp.clinical.agreement import claim_object, worst_impact, worst_verdict


@pytest.mark.parametrize(
    ("given", "worst"),
    [
        (["agree", "major", "minor"], "major"),
        (["agree", "minor"], "minor"),
        (["not_assessable", "agree"], "agree"),
        (["not_applicable", "not_assessable"], "not_assessable"),
        (["not_applicable"], "not_applicable"),
        (["", "something"], ""),
        ([], ""),
    ],
)
def test_worst_verdict(given, worst):
    assert worst_verdict(given) == worst


def test_worst_impact():
    assert worst_impact(["none", "safety", "prognosis"]) == "safety"
    assert worst_impact(["", "prognosis"]) == "prognosis"
    assert worst_impact([]) == ""


@pytest.mark.parametrize(
    ("claim", "belongs_to"),
    [
        ("outside.t_category", "stage"),
        ("stage_group", "stage"),
        ("outside.plan", "plan"),
        ("outside.steps.2", "plan"),
        ("steps[0]", "plan"),
        ("outside.rads_category", "report"),
        ("outside.her2_ihc", "diagnosis"),
        ("outside.histology_group", "diagnosis"),
        ("", "diagnosis"),
    ],
)
def test_claim_object(claim, belongs_to):
    assert claim_object(claim) == belongs_to
