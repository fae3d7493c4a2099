import pytest

from mdtapp.clinical.recist import (
    has_too_many_targets,
    overall_response,
    target_response,
    unmeasurable_targets,
)


def target(baseline, current, organ="liver", node=False):
    return {"role": "target", "organ": organ, "is_node": node, "baseline_mm": baseline, "current_mm": current}


@pytest.mark.parametrize(
    ("lesions", "smallest", "response"),
    [
        ([target(90, 63)], None, "PR"),
        ([target(90, 64)], None, "SD"),
        ([target(50, 60)], None, "PD"),
        ([target(50, 59)], None, "SD"),
        ([target(20, 24)], None, "SD"),
        ([target(74, 89)], 50, "PD"),
        ([target(100, 60)], 40, "PD"),
        ([target(40, 0)], None, "CR"),
        ([target(40, 0), target(20, 9.9, node=True)], None, "CR"),
        ([target(40, 0), target(20, 10, node=True)], None, "PR"),
        ([target(40, 40), target(20, None)], None, "NE"),
        ([target(None, 40)], None, None),
        ([target(True, 40)], None, None),
        ([{"role": "new", "current_mm": 11}], None, None),
        ([], None, None),
    ],
)
def test_target_response(lesions, smallest, response):
    assert target_response(lesions, smallest) == response


@pytest.mark.parametrize(
    ("target_value", "non_target", "new", "response"),
    [
        ("PR", "PD", "no", "PD"),
        ("PD", "CR", "no", "PD"),
        ("CR", "CR", "yes", "PD"),
        ("CR", "CR", "no", "CR"),
        ("CR", "not_applicable", "no", "CR"),
        ("CR", "non_CR_non_PD", "no", "PR"),
        ("CR", "NE", "no", "PR"),
        ("PR", "NE", "no", "PR"),
        ("SD", "non_CR_non_PD", "unknown", "SD"),
        ("NE", "CR", "no", "NE"),
        ("not_applicable", "CR", "no", "CR"),
        ("not_applicable", "non_CR_non_PD", "no", "SD"),
        ("not_applicable", "NE", "no", None),
        ("", "CR", "no", None),
    ],
)
def test_overall_response(target_value, non_target, new, response):
    assert overall_response(target_value, non_target, new) == response


def test_at_most_five_targets_and_two_in_an_organ():
    organs = ["liver", "liver", "lung", "lung", "bone"]
    assert not has_too_many_targets([target(20, 20, organ) for organ in organs])
    assert has_too_many_targets([target(20, 20, organ) for organ in [*organs, "brain"]])
    assert has_too_many_targets([target(20, 20)] * 3)
    assert not has_too_many_targets([{"role": "non_target", "organ": "liver"}] * 9)


def test_targets_large_enough_to_be_followed():
    lesions = [
        target(10, 5),
        target(9.9, 5),
        target(15, 5, node=True),
        target(14.9, 5, node=True),
        target(None, 5),
    ]
    assert unmeasurable_targets(lesions) == [lesions[1], lesions[3]]
