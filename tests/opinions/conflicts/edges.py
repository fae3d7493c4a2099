"""Fragments on either side of what decides: an alternative as good as a preference, a value on the limit itself,
one half of a condition without the other."""

from __future__ import annotations

from tests.opinions.conflicts.fragments import (
    ACCEPTABLE,
    BOWEL,
    BREAST,
    CONDITIONAL,
    SURGERY,
    Fragment,
    case,
    onco,
    step,
)

ALTERNATIVE = {"prefer": ACCEPTABLE}
ON_A_CONDITION = {"prefer": CONDITIONAL}
WILD = {"kras": "wild_type", "nras": "wild_type"}
POSITIVE = {"behaviour": "invasive", "er_pct": 10}
YOUNG = {"patient": {"age": 44.9}}
MEETING = {"meeting": "2026-11-15"}


def herb(**risks: bool) -> dict[str, Fragment]:
    return {"tcm_integrative": {"herbs": [{"cyp3a4": "none_known", **risks}]}}


def drug(*classes: str, prefer: str = ACCEPTABLE) -> Fragment:
    return step("systemic", *classes, prefer=prefer)


FIRES_AT_EDGES: dict[str, list[Fragment]] = {
    "X18": [
        case(**MEETING, radiology={"latest_staging_date": "2026-10-03"}),
        case(family="breast", **MEETING, radiology={"latest_staging_date": "2026-09-15"}),
        case(family="prostate", **MEETING, radiology={"latest_staging_date": "2026-05-18"}),
    ],
    "X20": [case(drug("endocrine"), pathology={"er_pct": 0.99, "pr_pct": 0.99})],
    "X21": [case(drug("taxane"), **BREAST, pathology=POSITIVE)],
    "X22": [case(drug("anti_her2"), pathology={"her2_ihc": "2+"})],
    "X23": [case(drug("taxane"), **BREAST, pathology={"her2_ihc": "3+"})],
    "X24": [case(drug("egfr_tki")), case(drug("alk_tki", prefer=CONDITIONAL))],
    "X26": [case(drug("anti_egfr_mab"), **BOWEL, pathology={"kras": "wild_type", "nras": "unknown"})],
    "X27": [case(drug("taxane"), **BOWEL, pathology={"msi": "MSI_H"})],
    "X31": [case(drug("cisplatin"), **onco(crcl_ml_min=49.9))],
    "X32": [
        case(drug("cisplatin"), **onco(crcl_ml_min=59.9)),
        case(drug("cisplatin"), **onco(crcl_ml_min=50)),
    ],
    "X33": [case(drug("anthracycline"), **onco(lvef_pct=49.9))],
    "X34": [
        case(drug("taxane"), **onco(anc_10e9_l=1.49)),
        case(drug("taxane"), **onco(platelets_10e9_l=74.9)),
    ],
    "X35": [case(drug("irinotecan"), **onco(bilirubin_xuln=1.51))],
    "X36": [
        case(drug("anti_cd20"), **onco(hbv_status="resolved")),
        case(drug("taxane"), **onco(hbv_status="carrier")),
    ],
    "X38": [case(step("systemic", "taxane"), **onco(g8_score=14))],
    "X40": [
        case(drug("anti_vegf"), **onco(comorbidities=["bleeding"])),
        case(drug("anti_vegf"), site="lung", pathology={"histology_group": "squamous"}),
        case(SURGERY, **MEETING, surgical_oncology={"last_antivegf_date": "2026-10-18"}),
    ],
    "X41": [
        case(drug("taxane"), **onco(pregnancy="pregnant")),
        case(drug("taxane"), patient={"sex": "female", "age": 49.9}, **onco(pregnancy="unknown")),
    ],
    "X42": [case(drug("adt"), **YOUNG, **onco(fertility="not_discussed"))],
    "X43": [case(drug("anthracycline"), **onco(cumulative_anthracycline=400))],
    "X44": [
        case(drug("fluoropyrimidine"), genetics_molecular={"dpyd": "intermediate"}),
        case(drug("irinotecan", prefer=CONDITIONAL), genetics_molecular={"ugt1a1": "poor"}),
    ],
    "X55": [
        case(drug("ici"), **herb(hepatotoxic=True)),
        case(drug("anti_vegf"), **herb(bleeding=True)),
        case(drug("methotrexate_hd"), **herb(nephrotoxic=True)),
        case(**herb(hepatotoxic=True), **onco(alt_xuln=1.51)),
        case(**herb(bleeding=True), **onco(platelets_10e9_l=74.9)),
        case(**herb(nephrotoxic=True), **onco(crcl_ml_min=59.9)),
    ],
    "X66": [case(drug("her2_adc"), **BREAST, pathology={"her2_ihc": "0"})],
    "X67": [case(drug("egfr_tki"), pathology={"driver_alterations": ["egfr_ex20"]})],
    "X68": [case(drug("cldn18"), pathology={"cldn18_pct": 74.9})],
    "X69": [case(drug("fluoropyrimidine"))],
    "X70": [
        case(drug("methotrexate_hd"), **onco(crcl_ml_min=59.9)),
        case(drug("pemetrexed"), **onco(crcl_ml_min=44.9)),
        case(step("supportive", "bone_agent"), **onco(crcl_ml_min=29.9)),
    ],
    "X71": [case(drug("ici"), **onco(hbv_status="unknown"))],
    "X72": [
        case(drug("bleomycin"), **onco(comorbidities=["ild"])),
        case(
            step("radiotherapy", **ALTERNATIVE),
            **onco(comorbidities=["ild"]),
            radiation_oncology={"target_site": "lung"},
        ),
    ],
    "X73": [case(step("radiotherapy", **ON_A_CONDITION), **onco(comorbidities=["pacemaker"]))],
    "X74": [case(radiology={"further_imaging": [{"test": "CT with contrast"}]}, **onco(crcl_ml_min=29.9))],
    "X76": [
        case(tcm_integrative={"interventions": [{"type": "acupuncture"}]}, **onco(anc_10e9_l=0.99)),
        case(tcm_integrative={"interventions": [{"type": "acupuncture"}]}, **onco(platelets_10e9_l=49.9)),
    ],
}

SILENT_AT_EDGES: dict[str, list[Fragment]] = {
    "X09": [
        case(pathology={"m_category": "M1"}, radiology={"m_category": "M1"}, outside={"m_category": "M1"})
    ],
    "X11": [case(nuclear_medicine={"m_opinion": "M0"}, radiology={"m_category": "M0"})],
    "X13": [case(pathology={"n_category": "N0", "stage_prefix": "p"}, radiology={"n_category": "N0"})],
    "X14": [case(pathology={"stage_prefix": "p", "stage_group": "IIA"}, **onco(stage_group="IIA"))],
    "X18": [
        case(**MEETING, radiology={"latest_staging_date": "2026-10-04"}),
        case(family="breast", **MEETING, radiology={"latest_staging_date": "2026-09-16"}),
        case(family="prostate", **MEETING, radiology={"latest_staging_date": "2026-05-19"}),
    ],
    "X20": [
        case(drug("endocrine"), pathology={"er_pct": 0, "pr_pct": 1}),
        case(drug("endocrine"), pathology={"er_pct": 1}),
        case(drug("taxane"), pathology={"er_pct": 0}),
    ],
    "X21": [
        case(SURGERY, drug("endocrine", prefer=CONDITIONAL), **BREAST, pathology=POSITIVE),
        case(SURGERY, **BREAST, pathology={**POSITIVE, "er_pct": 9.9}),
        case(step("surgery", **ALTERNATIVE), **BREAST, pathology=POSITIVE),
    ],
    "X22": [case(drug("taxane"), pathology={"her2_ihc": "0"})],
    "X23": [case(step("systemic"), drug("anti_her2"), **BREAST, pathology={"her2_ihc": "3+"})],
    "X26": [
        case(drug("taxane"), **BOWEL, pathology={"kras": "mutated"}),
        case(
            step("systemic", "anti_egfr_mab"),
            drug("other_targeted"),
            **BOWEL,
            pathology={**WILD, "braf": "mutated"},
        ),
    ],
    "X27": [case(step("systemic"), drug("ici"), **BOWEL, pathology={"mmr_status": "dMMR"})],
    "X30": [case(pathology={"grade_group": 3}), case(outside={"grade_group": 3})],
    "X31": [
        case(drug("carboplatin"), **onco(crcl_ml_min=40)),
        case(drug("cisplatin"), **onco(crcl_ml_min=50)),
    ],
    "X32": [
        case(drug("cisplatin"), **onco(crcl_ml_min=80, neuropathy_grade=1)),
        case(drug("cisplatin"), **onco(crcl_ml_min=60)),
        case(drug("cisplatin"), **onco(crcl_ml_min=49.9)),
    ],
    "X33": [case(drug("anthracycline"), **onco(lvef_pct=50))],
    "X34": [case(drug("taxane"), **onco(anc_10e9_l=1.5, platelets_10e9_l=75))],
    "X35": [case(drug("irinotecan"), **onco(bilirubin_xuln=1.5))],
    "X36": [
        case(step("systemic"), step("supportive", "antiviral", **ALTERNATIVE), **onco(hbv_status="carrier"))
    ],
    "X37": [case(SURGERY, **onco(ecog=2)), case(step("systemic", "taxane"), **onco(ecog=3))],
    "X38": [case(step("systemic", "taxane"), **onco(g8_score=15))],
    "X40": [
        case(drug("taxane"), **onco(comorbidities=["bleeding"])),
        case(SURGERY, **MEETING, surgical_oncology={"last_antivegf_date": "2026-10-17"}),
        case(
            step("surgery", **ALTERNATIVE), **MEETING, surgical_oncology={"last_antivegf_date": "2026-11-10"}
        ),
    ],
    "X41": [case(drug("taxane"), patient={"sex": "female", "age": 50}, **onco(pregnancy="unknown"))],
    "X42": [
        case(drug("taxane"), step("fertility", **ALTERNATIVE), **YOUNG, **onco(fertility="not_discussed")),
        case(drug("taxane"), patient={"age": 45}, **onco(fertility="not_discussed")),
    ],
    "X43": [case(drug("anthracycline"), **onco(cumulative_anthracycline=399))],
    "X47": [case(radiology={"imaging_resectability": "unresectable_local"})],
    "X51": [case(radiology={"overall_response": "PR"}, **onco(current_regimen_response="SD"))],
    "X55": [
        case(step("systemic", "ici"), **herb(bleeding=False), **onco(alt_xuln=3)),
        case(**herb(hepatotoxic=True), **onco(alt_xuln=1.5)),
        case(step("surgery", **ALTERNATIVE), **herb(bleeding=True), **onco(platelets_10e9_l=75)),
        case(**herb(nephrotoxic=True), **onco(crcl_ml_min=60)),
    ],
    "X61": [
        case(**BOWEL, pathology={"mmr_status": "pMMR"}),
        case(step("genetic_counselling", **ALTERNATIVE), genetics_molecular={"germline": "pathogenic"}),
    ],
    "X63": [
        case(pathology={"neoadjuvant_before": "no"}, **onco(prior_lines=[{"start": "2026-01-01"}])),
        case(pathology={"neoadjuvant_before": "no", "specimen_date": "2026-01-01"}),
        case(**onco(prior_lines=[{"end": "2026-01-01"}, {"start": "2026-02-01"}])),
    ],
    "X65": [case(radiology={"m_category": "M1"}, outside={"m_category": "M1"})],
    "X66": [case(drug("taxane"), **BREAST, pathology={"her2_ihc": "0"})],
    "X67": [
        case(drug("egfr_tki"), pathology={"driver_alterations": ["egfr_other"]}),
        case(drug("taxane"), pathology={"driver_alterations": ["egfr_ex20"]}),
    ],
    "X68": [case(drug("cldn18"), pathology={"cldn18_pct": 75})],
    "X69": [case(drug("taxane"))],
    "X70": [
        case(drug("taxane"), **onco(crcl_ml_min=20)),
        case(drug("methotrexate_hd"), **onco(crcl_ml_min=60)),
        case(drug("pemetrexed"), **onco(crcl_ml_min=45)),
        case(drug("fluoropyrimidine"), **onco(crcl_ml_min=30)),
    ],
    "X71": [case(step("systemic", "ici"), drug("anti_cd20"), **onco(hbv_status="unknown"))],
    "X74": [case(radiology={"further_imaging": [{"test": "CT with contrast"}]}, **onco(crcl_ml_min=30))],
    "X76": [
        case(
            tcm_integrative={"interventions": [{"type": "acupuncture"}]},
            **onco(anc_10e9_l=1, platelets_10e9_l=50),
        )
    ],
}
