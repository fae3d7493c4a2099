"""A fragment for each way a condition just fails to come true, beside the one in `rule_examples.json`."""

from tests.opinions.conflicts.fragments import (
    ACCEPTABLE,
    BOTH,
    BOWEL,
    BREAST,
    LEFT,
    RADIOTHERAPY,
    REFUSED,
    SURGERY,
    Fragment,
    case,
    onco,
    step,
)

SILENT: dict[str, list[Fragment]] = {
    "X01": [case(pathology={})],
    "X02": [
        case(site="breast", radiology=LEFT, radiation_oncology={"target_laterality": "right", "target_site": "bone"}),
        case(radiology=BOTH, radiation_oncology={"target_laterality": "right"}),
        case(surgical_oncology=BOTH | {"procedure_laterality": "left"}),
        case(outside={"laterality": "unknown"}, radiology=LEFT, pathology={"laterality": "not_applicable"}),
    ],
    "X03": [case(outside={"primary_site": "unknown"}, radiology={"primary_site": "lung"})],
    "X05": [
        case(step("systemic", "other_cytotoxic"), site="bladder", pathology={"behaviour": "in_situ"}),
        case(step("systemic", "taxane"), site="skin", pathology={"behaviour": "in_situ"}),
        case(step("systemic", "taxane", prefer=REFUSED), site="breast", pathology={"behaviour": "in_situ"}),
        case(step("systemic", "endocrine"), site="breast", pathology={"behaviour": "in_situ"}),
        case(outside={"behaviour": "invasive"}, pathology={"behaviour": "invasive"}),
    ],
    "X06": [case(step("systemic"), pathology={"behaviour": "in_situ"}), case(step("systemic"))],
    "X07": [
        case(step("surgery", prefer=ACCEPTABLE), pathology={"adequacy": "inadequate"}),
        case(SURGERY, pathology={"adequacy": "limited", "diagnosis_status": "definite"}),
    ],
    "X08": [case(pathology={"slide_format": "wsi", "agree_diagnosis": "agree"})],
    "X09": [case(pathology={"m_category": "M0"}, radiology={"m_category": "M0"}, outside={"m_category": "M0"})],
    "X10": [case(radiology={"metastases": [{"certainty": "definite", "in_outside_report": "yes"}]})],
    "X11": [case(nuclear_medicine={"m_opinion": "M1"}, radiology={"m_category": "M1"})],
    "X12": [
        case(pathology={"stage_prefix": "yp", "t_category": "T0"}, radiology={"t_category": "T3"}),
        case(
            pathology={"stage_prefix": "p", "t_category": "T0", "neoadjuvant_before": "yes"}, radiology={"t_category": "T3"}
        ),
        case(pathology={"stage_prefix": "p", "t_category": "Tis"}, radiology={"t_category": "T2"}),
        case(pathology={"stage_prefix": "p", "t_category": "T2"}, radiology={"t_category": "TX"}),
    ],
    "X13": [
        case(pathology={"n_category": "N0"}, radiology={"n_category": "N2"}),
        case(pathology={"n_category": "N1", "stage_prefix": "p"}, radiology={"n_category": "N2"}),
        case(pathology={"n_category": "N1"}, radiology={"n_category": "NX"}),
    ],
    "X14": [
        case(medical_oncology={"stage_group": "BCLC_B"}, radiology={"stage_group": "IIIA"}),
        case(medical_oncology={"stage_group": "limited"}, radiology={"stage_group": "IIIA"}),
        case(medical_oncology={"stage_group": "extensive"}, radiology={"stage_group": "IVB"}),
        case(medical_oncology={"stage_group": "undetermined"}, radiology={"stage_group": "IVB"}),
        case(medical_oncology={"stage_group": "IIIC1"}, radiology={"stage_group": "IIIC2"}),
        case(pathology={"stage_prefix": "c", "stage_group": "I"}, medical_oncology={"stage_group": "II"}),
        case(
            pathology={"stage_prefix": "yp", "stage_group": "I"},
            medical_oncology={"stage_prefix": "c", "stage_group": "II"},
        ),
        case(nuclear_medicine={"stage_group": "IV"}, medical_oncology={"stage_group": "II"}),
    ],
    "X16": [
        case(
            step("systemic"),
            step("test", text="Needle test"),
            radiology={"metastases": [{"certainty": "probable", "biopsy_advised": "yes"}]},
        ),
        case(
            step("systemic"),
            step("other", text="Core biopsy"),
            radiology={"metastases": [{"certainty": "probable", "biopsy_advised": "yes"}]},
        ),
        case(step("systemic"), radiology={"metastases": [{"certainty": "definite", "biopsy_advised": "yes"}]}),
        case(step("systemic"), radiology={"metastases": [{"certainty": "possible", "biopsy_advised": "no"}]}),
        case(
            step("systemic", intent="adjuvant"),
            radiology={"metastases": [{"certainty": "possible", "biopsy_advised": "yes"}]},
        ),
    ],
    "X17": [
        case(surgical_oncology={"m_category": "M0"}, nuclear_medicine={"quality": "limited"}),
        case(surgical_oncology={"m_category": "M0"}, radiology={"studies": [{"quality": "limited"}]}),
        case(radiology={"m_category": "M1", "sufficiency": "insufficient"}),
    ],
    "X18": [
        case(**BREAST, meeting="2026-11-15", radiology={"latest_staging_date": "2026-09-16"}),
        case(family="prostate", meeting="2026-11-15", radiology={"latest_staging_date": "2026-05-19"}),
        case(radiology={"latest_staging_date": "2020-01-01"}),
    ],
    "X19": [
        case(site="lung", radiology={"stage_group": "IB"}),
        case(site="thymus", radiology={"stage_group": "IV"}),
        case(site="lung", radiology={"stage_group": "undetermined"}),
    ],
    "X20": [case(step("systemic", "endocrine"), pathology={"er_pct": 1}), case(step("systemic", "endocrine"))],
    "X21": [
        case(step("surgery", prefer=ACCEPTABLE), **BREAST, pathology={"behaviour": "invasive", "er_pct": 90}),
        case(SURGERY, **BREAST, pathology={"behaviour": "invasive", "er_pct": 9}),
        case(SURGERY, **BREAST, pathology={"behaviour": "in_situ", "er_pct": 90}),
        case(SURGERY, site="ovary", pathology={"behaviour": "invasive", "er_pct": 90}),
    ],
    "X22": [
        case(step("systemic", "anti_her2"), pathology={"her2_ihc": "3+"}),
        case(step("systemic", "anti_her2"), pathology={"driver_alterations": ["her2_mut"]}),
    ],
    "X23": [
        case(step("systemic"), **BREAST, pathology={"behaviour": "in_situ", "her2_ihc": "3+"}),
        case(step("systemic", "her2_adc"), **BREAST, pathology={"her2_ihc": "3+"}),
        case(SURGERY, **BREAST, pathology={"her2_ihc": "3+"}),
        case(step("systemic"), site="stomach", pathology={"her2_ihc": "3+"}, medical_oncology={"setting": "new_localised"}),
        case(step("systemic"), site="colon", pathology={"her2_ihc": "3+"}, medical_oncology={"setting": "progression"}),
        case(step("systemic"), **BREAST, pathology={"her2_ihc": "2+"}),
    ],
    "X24": [
        case(step("systemic", "egfr_tki"), pathology={"driver_alterations": ["egfr_ex20"]}),
        case(step("systemic", "egfr_tki"), pathology={"driver_alterations": ["egfr_other"]}),
        case(step("systemic", "alk_tki"), pathology={"driver_alterations": ["ros1"]}),
        case(step("systemic", "alk_tki"), genetics_molecular={"variants": [{"gene": "ALK", "hgvs": "fusion"}]}),
    ],
    "X25": [
        case(step("systemic", "ici", prefer=ACCEPTABLE), pathology={"driver_alterations": ["alk"]}),
        case(step("systemic", "ici"), pathology={"driver_alterations": ["egfr_ex20"]}),
    ],
    "X26": [
        case(step("systemic", "anti_egfr_mab"), family="generic"),
        case(
            step("systemic", "anti_egfr_mab", "other_targeted"),
            **BOWEL,
            pathology={"kras": "mutated", "driver_alterations": ["kras_g12c"]},
        ),
        case(
            step("systemic", "anti_egfr_mab", "other_targeted"),
            **BOWEL,
            pathology={"kras": "wild_type", "nras": "wild_type", "braf": "mutated"},
        ),
    ],
    "X27": [
        case(step("systemic"), family="breast", pathology={"msi": "MSI_H"}),
        case(step("systemic"), family="gastric", pathology={"mmr_status": "pMMR", "msi": "MSS"}),
        case(SURGERY, **BOWEL, pathology={"mmr_status": "dMMR"}),
    ],
    "X28": [
        case(pathology={"mmr_status": "pMMR", "msi": "MSS"}, genetics_molecular={"msi": "MSS"}),
        case(pathology={"mmr_status": "indeterminate", "msi": "MSI_H"}),
    ],
    "X29": [
        case(**BREAST, pathology={"her2_ihc": "2+", "her2_ish": "positive"}),
        case(**BREAST, pathology={"her2_ihc": "1+"}),
        case(site="colon", pathology={"her2_ihc": "2+"}),
    ],
    "X30": [case(outside={"grade_group": 2}), case(outside={"grade_group": 3}, pathology={"grade_group": 3})],
    "X32": [
        case(step("systemic", "cisplatin"), **onco(crcl_ml_min=49)),
        case(step("systemic", "carboplatin")),
    ],
    "X33": [case(step("systemic", "taxane")), case(step("systemic", "her2_adc"), **onco(lvef_pct=50))],
    "X34": [case(step("systemic", "ici"), **onco(anc_10e9_l=0.5)), case(step("systemic", "taxane"))],
    "X35": [case(step("systemic", "cisplatin"), **onco(bilirubin_xuln=3))],
    "X36": [
        case(step("systemic", "taxane"), **onco(hbv_status="resolved")),
        case(step("systemic", "antiviral"), **onco(hbv_status="carrier")),
        case(step("systemic", "anti_cd20"), **onco(hbv_status="negative")),
        case(SURGERY, **onco(hbv_status="carrier")),
        case(step("supportive", "anti_cd20"), **onco(hbv_status="resolved")),
    ],
    "X37": [
        case(step("systemic", "taxane"), **onco(ecog=3)),
        case(step("surgery", prefer=ACCEPTABLE), **onco(ecog=3)),
        case(step("supportive"), **onco(ecog=4)),
    ],
    "X38": [
        case(step("systemic"), step("test", text="Geriatric assessment"), **onco(g8_score=10)),
        case(step("surgery", prefer=ACCEPTABLE), **onco(g8_score=10)),
        case(step("systemic"), **onco(g8_score=14.5)),
    ],
    "X39": [case(step("systemic", "ici", prefer=REFUSED), **onco(comorbidities=["ild"]))],
    "X40": [
        case(step("systemic", "multikinase"), site="lung", pathology={"histology_group": "squamous"}),
        case(step("systemic", "anti_vegf"), site="lung", pathology={"histology_group": "adenocarcinoma"}),
        case(step("systemic", "anti_vegf"), site="oesophagus", pathology={"histology_group": "squamous"}),
        case(SURGERY, meeting="2026-11-15", surgical_oncology={"last_antivegf_date": "2026-10-17"}),
        case(SURGERY, meeting="2026-11-15"),
        case(
            step("surgery", prefer=ACCEPTABLE),
            meeting="2026-11-15",
            surgical_oncology={"last_antivegf_date": "2026-11-10"},
        ),
    ],
    "X41": [
        case(SURGERY, **onco(pregnancy="pregnant")),
        case(RADIOTHERAPY, patient={"sex": "female", "age": 50}, **onco(pregnancy="unknown")),
        case(RADIOTHERAPY, patient={"sex": "male", "age": 30}, **onco(pregnancy="unknown")),
        case(
            RADIOTHERAPY,
            meeting="2026-11-15",
            patient={"sex": "female", "birth_year": 1976},
            **onco(pregnancy="unknown"),
        ),
    ],
    "X42": [
        case(RADIOTHERAPY, patient={"age": 45}, **onco(fertility="not_discussed")),
        case(RADIOTHERAPY, step("fertility"), patient={"age": 30}, **onco(fertility="not_discussed")),
        case(step("systemic", "ici"), patient={"age": 30}, **onco(fertility="not_discussed")),
    ],
    "X43": [case(step("systemic", "anthracycline")), case(step(), **onco(cumulative_anthracycline=450))],
    "X44": [
        case(step("systemic", "irinotecan"), genetics_molecular={"ugt1a1": "intermediate", "dpyd": "poor"}),
        case(step("systemic", "fluoropyrimidine"), genetics_molecular={"ugt1a1": "poor"}),
    ],
    "X46": [case(medical_oncology={"overall_intent": "curative"}, radiology={"overall_intent": "palliative"})],
    "X47": [
        case(
            surgical_oncology={"resectability": "unresectable_local"},
            radiology={"imaging_resectability": "unresectable_metastatic"},
        ),
        case(surgical_oncology={"resectability": "resectable"}, radiology={"imaging_resectability": "not_assessable"}),
    ],
    "X48": [case(step("surgery", prefer=ACCEPTABLE), surgical_oncology={"operable": "no"})],
    "X49": [
        case(
            RADIOTHERAPY,
            radiation_oncology={"prior_rt": "overlap", "reirradiation_plan": {"en": "Dose limits", "zh": "限量"}},
        ),
        case(SURGERY, radiation_oncology={"prior_rt": "unknown"}),
    ],
    "X50": [
        case(SURGERY, step("surgery", prefer=REFUSED)),
        case(
            step("systemic", "ici"), surgical_oncology={"recommendation_steps": [step("systemic", prefer=REFUSED)]}
        ),
        case(
            step("surgery", prefer=ACCEPTABLE),
            radiation_oncology={"recommendation_steps": [step("surgery", prefer=REFUSED)]},
        ),
    ],
    "X51": [case(radiology={"overall_response": "iUPD"}, medical_oncology={"current_regimen_response": "SD"})],
    "X52": [
        case(outside={"m_category": "M0"}, radiology={"agree_stage": "minor", "m_category": "M1"}),
        case(outside={"m_category": "M0"}, radiology={"agree_stage": "agree", "m_category": "M0"}),
        case(outside={"m_category": "M1"}, radiology={"agree_stage": "agree", "m_category": "M1b"}),
        case(outside={"stage_group": "IA1"}, radiology={"agree_stage": "agree", "stage_group": "IA2"}),
        case(outside={"grade_group": 4}, pathology={"agree_diagnosis": "agree", "grade_group": 5}),
    ],
    "X53": [case(medical_oncology={"agree_plan": "major"}, surgical_oncology={"agree_plan": "not_assessable"})],
    "X54": [case(tcm_integrative={"interaction_check": "significant", "herbs": []})],
    "X55": [
        case(SURGERY, tcm_integrative={"herbs": [{"hepatotoxic": True}, {"nephrotoxic": True}]}),
        case(step("systemic", "cisplatin"), tcm_integrative={"herbs": [{"bleeding": True}]}),
        case(tcm_integrative={"herbs": [{"hepatotoxic": True}]}, **onco(alt_xuln=1.5)),
    ],
    "X57": [case(step("test")), case(step("surveillance")), case(step("surgery", prefer=ACCEPTABLE))],
    "X58": [case(step("test", guideline_relation="not_checked"))],
    "X59": [
        case(
            step("surgery", home_availability="not_available"),
            step("systemic", prefer=ACCEPTABLE, home_availability="available_private"),
        ),
        case(step("surgery", prefer=ACCEPTABLE, home_availability="not_available")),
    ],
    "X60": [case(questions=[{"id": "Q1"}], draft={"answered": ["Q1"]}), case(questions=[])],
    "X61": [
        case(step("genetic_counselling"), pathology={"brca_tumour": "mutated"}),
        case(**BOWEL, pathology={"mmr_status": "dMMR", "braf": "mutated"}),
        case(family="gastric", pathology={"mmr_status": "dMMR"}),
    ],
    "X62": [case(medical_oncology={"red_flag": False})],
    "X63": [
        case(meeting="2026-11-15", history=[{"date": "2026-11"}, {"date": "2026"}, {"date": "soon"}]),
        case(patient={"birth_year": 1980}, history=[{"date": "1980"}]),
        case(**onco(prior_lines=[{"start": "2026-03-01", "end": "2026-03-01"}, {"start": "2026-05-01"}])),
        case(
            pathology={"specimen_date": "2026-03-02", "neoadjuvant_before": "yes"},
            **onco(prior_lines=[{"start": "2026-03-01"}]),
        ),
        case(
            pathology={"specimen_date": "2026-03-01", "neoadjuvant_before": "no"},
            **onco(prior_lines=[{"start": "2026-03-01"}]),
        ),
        case(history=[{"date": "2099-01-01"}]),
        case(meeting="2026-11-15", history=[{"date": "2026-11-15"}]),
    ],
    "X64": [
        case(**{discipline: {"sufficiency": "insufficient"}})
        for discipline in ("pathology", "radiology", "medical_oncology", "surgical_oncology", "radiation_oncology")
    ]
    + [case(pathology={"sufficiency": "limited"}, draft={"result_class": "confirmed"})],
    "X65": [case(radiology={"m_category": "M0"}, pathology={"m_category": "M1"})],
    "X66": [
        case(step("systemic", "her2_adc"), **BREAST, pathology={"her2_ihc": "ultralow"}),
        case(step("systemic", "her2_adc"), site="lung", pathology={"her2_ihc": "2+"}),
        case(step("systemic", "her2_adc"), site="lung", pathology={"her2_ihc": "3+"}),
        case(step("systemic", "her2_adc"), **BREAST, pathology={"her2_ihc": "2+"}),
        case(step("systemic", "her2_adc"), **BREAST, pathology={"her2_ihc": "3+"}),
        case(step("systemic", "her2_adc"), site="lung", pathology={"driver_alterations": ["her2_mut"]}),
        case(step("systemic", "her2_adc"), **BREAST, pathology={"her2_ish": "positive"}),
    ],
    "X67": [case(step("systemic", "egfr_tki"), pathology={"driver_alterations": ["egfr_ex20", "egfr_common"]})],
    "X68": [
        case(step("systemic", "idh_inhibitor"), pathology={"idh": "mutated"}),
        case(step("systemic", "parp"), pathology={"brca_tumour": "mutated"}),
        case(step("systemic", "parp"), genetics_molecular={"germline": "pathogenic"}),
        case(step("systemic", "parp"), genetics_molecular={"hrd": "present"}),
    ],
    "X69": [
        case(step("systemic", "fluoropyrimidine"), genetics_molecular={"dpyd": dpyd}) for dpyd in ("intermediate", "poor")
    ],
    "X70": [
        case(step("systemic", "methotrexate_hd"), **onco(crcl_ml_min=60)),
        case(step("systemic", "fluoropyrimidine", "bone_agent"), **onco(crcl_ml_min=30)),
    ],
    "X71": [
        case(step("systemic", "taxane", "anti_cd20"), **onco(hbv_status="unknown")),
        case(step("systemic", "endocrine"), **onco(hbv_status="unknown")),
    ],
    "X72": [
        case(RADIOTHERAPY, **onco(comorbidities=["ild"]), radiation_oncology={"target_site": "prostate"}),
        case(SURGERY, **onco(comorbidities=["ild"]), radiation_oncology={"target_site": "lung"}),
    ],
    "X73": [
        case(
            RADIOTHERAPY,
            **onco(comorbidities=["scleroderma"]),
            radiation_oncology={"contraindications": ["scleroderma"]},
        ),
        case(SURGERY, **onco(comorbidities=["pacemaker"])),
    ],
    "X74": [
        case(step("test", text="Contrast CT"), **onco(crcl_ml_min=30)),
        case(step("test", text="Plain CT"), **onco(crcl_ml_min=20)),
        case(radiology={"further_imaging": [{"test": "Plain CT"}]}, **onco(crcl_ml_min=20)),
        case(step("test", text="Enhanced recovery"), **onco(crcl_ml_min=20)),
    ],
    "X75": [
        case(step("surgery", text=f"Operation. {words}"), surgical_oncology={"anticoagulant": "yes"})
        for words in (
            "Stop the anticoagulant", "Hold antiplatelets", "No bridging", "Heparin until the day before", "Warfarin off",
            "Stop aspirin", "Stop clopidogrel",
        )
    ]
    + [case(step("surgery", prefer=ACCEPTABLE), surgical_oncology={"anticoagulant": "yes"})],
    "X76": [case(tcm_integrative={"interventions": [{"type": "acupressure"}]}, **onco(anc_10e9_l=0.5))],
}  # fmt: skip
