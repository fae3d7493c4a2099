import pytest

from mdtapp.clinical.tnm import (
    is_invasive_t,
    is_m0,
    is_m1,
    is_node_negative,
    is_node_positive,
    stage_groups_differ,
    stage_number,
    t_differs,
    t_number,
)


@pytest.mark.parametrize(
    ("category", "number"),
    [
        ("T0", 0),
        ("T1mi", 1),
        ("T2a", 2),
        ("T4b(m)", 4),
        ("TX", None),
        ("Tis", None),
        ("Ta", None),
        ("", None),
    ],
)
def test_t_number(category, number):
    assert t_number(category) == number
    assert is_invasive_t(category) is bool(number)


def test_t_differs_by_whole_steps_only():
    assert t_differs("T2b", "T3")
    assert not t_differs("T2a", "T2b")
    assert not t_differs("T2", "T3", steps=2)
    assert not t_differs("Tis", "T2")


@pytest.mark.parametrize(
    ("category", "positive", "negative"),
    [
        ("N1mi", True, False),
        ("N3c", True, False),
        ("N0(i+)", False, True),
        ("N0", False, True),
        ("NX", False, False),
    ],
)
def test_nodes(category, positive, negative):
    assert (is_node_positive(category), is_node_negative(category)) == (positive, negative)


def test_metastasis():
    assert is_m1("M1c2")
    assert is_m0("M0(i+)")
    assert not is_m0("")
    assert not is_m1("M0")


@pytest.mark.parametrize(
    ("group", "number"),
    [
        ("0is", 0),
        ("IA3", 1),
        ("IS", 1),
        ("IIC", 2),
        ("IIID", 3),
        ("IVB", 4),
        ("BCLC_A", None),
        ("extensive", None),
    ],
)
def test_stage_number(group, number):
    assert stage_number(group) == number


@pytest.mark.parametrize(
    ("groups", "differ"),
    [
        (("IA1", "IA2"), False),
        (("IA", "IB"), True),
        (("II", "IIA"), True),
        (("0a", "0is"), True),
        (("IIIC1", "IIIC2"), False),
        (("IVA", "IVB"), True),
        (("BCLC_0", "BCLC_A"), True),
        (("BCLC_B", "BCLC_B"), False),
        (("BCLC_B", "IIIA"), False),
        (("BCLC_B", "limited"), False),
        (("limited", "extensive"), True),
        (("limited", "IIIB"), False),
        (("limited", "IV"), True),
        (("extensive", "IVA"), False),
        (("extensive", "0"), True),
        (("not_applicable", "IV"), False),
        (("undetermined", "limited"), False),
        (("", "IV"), False),
        (("II",), False),
        (("II", "", "II", "III"), True),
    ],
)
def test_stage_groups(groups, differ):
    assert stage_groups_differ(groups) is differ
    assert stage_groups_differ(reversed(groups)) is differ
