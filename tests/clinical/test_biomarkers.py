from typing import Any

import pytest

from mdtapp.clinical.biomarkers import (
    drivers,
    gleason_grade_group,
    grade_risk_class,
    mismatch_repair_fits,
    variant_drivers,
)


@pytest.mark.parametrize(
    ("gene", "change", "driver"),
    [
        ("EGFR", "p.L858R", "egfr_common"),
        ("EGFR", "p.Leu858Arg", "egfr_common"),
        ("EGFR", "c.2573T>G", "egfr_common"),
        ("EGFR", "p.E746_A750del", "egfr_common"),
        ("EGFR", "p.(Glu746_Ala750del)", "egfr_common"),
        ("EGFR", "NM_005228.5:c.2235_2249del", "egfr_common"),
        ("EGFR", "p.L747_P753delinsS", "egfr_common"),
        ("EGFR", "exon 19 deletion", "egfr_common"),
        ("EGFR", "ex19del", "egfr_common"),
        ("EGFR", "p.D770_N771insSVD", "egfr_ex20"),
        ("EGFR", "p.A767_V769dup", "egfr_ex20"),
        ("EGFR", "c.2308_2309insCCAGCGTGG", "egfr_ex20"),
        ("EGFR", "p.N771delinsGY", "egfr_ex20"),
        ("EGFR", "exon 20 insertion", "egfr_ex20"),
        ("EGFR", "p.E709_T710delinsD", "egfr_other"),
        ("EGFR", "p.G719S", "egfr_other"),
        ("EGFR", "p.T790M", "egfr_other"),
        ("EGFR", "exon 18 deletion", "egfr_other"),
        ("ALK", "EML4::ALK fusion", "alk"),
        ("EML4-ALK", "fusion, variant 1", "alk"),
        ("ROS1", "CD74-ROS1", "ros1"),
        ("RET", "KIF5B-RET", "ret"),
        ("NRG1", "CD74-NRG1", "nrg1"),
        ("NTRK2", "fusion", "ntrk"),
        ("MET", "amplification", "met_amp"),
        ("MET", "c.3028+1G>T", "met_ex14"),
        ("BRAF", "p.V600E", "braf_v600e"),
        ("BRAF", "p.V600K", None),
        ("KRAS", "p.Gly12Cys", "kras_g12c"),
        ("KRAS", "p.G12D", "kras_other"),
        ("ERBB2", "p.Y772_A775dup", "her2_mut"),
        ("ERBB2", "Amplification", None),
        ("TP53", "p.R175H", None),
        ("", "", None),
    ],
)
def test_variant_drivers(gene, change, driver):
    assert variant_drivers(gene, change) == ({driver} if driver else set())


def test_drivers_join_report_and_variants():
    rows: list[dict[str, Any]] = [
        {"gene": "KRAS", "hgvs": "p.G12C"},
        {"gene": "MET"},
        {"hgvs": "p.L858R"},
        {"gene": None},
    ]
    assert drivers(["ros1"], rows) == {"ros1", "kras_g12c", "met_ex14"}


@pytest.mark.parametrize(
    ("primary", "secondary", "group"),
    [(3, 3, 1), (2, 3, 1), (3, 4, 2), (4, 3, 3), (4, 4, 4), (3, 5, 4), (5, 3, 4), (4, 5, 5), (5, 5, 5)],
)
def test_gleason_grade_group(primary, secondary, group):
    assert gleason_grade_group(primary, secondary) == group


def test_grade_groups_four_and_five_carry_one_risk():
    assert [grade_risk_class(group) for group in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("stains", "status", "fits"),
    [
        (["retained"] * 4, "pMMR", True),
        (["retained"] * 4, "dMMR", False),
        (["retained"] * 4, "indeterminate", False),
        (["retained", "lost", "retained", "retained"], "dMMR", True),
        (["retained", "lost", "equivocal", "retained"], "pMMR", False),
        (["retained", "equivocal"], "indeterminate", True),
        (["retained", "equivocal"], "pMMR", True),
        (["retained", "equivocal"], "dMMR", False),
        (["not_done"] * 4, "dMMR", True),
        ([], "dMMR", True),
        (["lost"], "", True),
    ],
)
def test_mismatch_repair(stains, status, fits):
    assert mismatch_repair_fits(stains, status) is fits
