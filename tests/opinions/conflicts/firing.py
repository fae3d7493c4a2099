"""A fragment for each way a condition can come true, beside the one in `rule_examples.json`."""

from tests.opinions.conflicts.fragments import (
    ACCEPTABLE,
    BOTH,
    BOWEL,
    BREAST,
    CONDITIONAL,
    LEFT,
    RADIOTHERAPY,
    REFUSED,
    RIGHT,
    SURGERY,
    Fragment,
    case,
    onco,
    step,
)

FIRES: dict[str, list[Fragment]] = {
    "X02": [
        case(outside=LEFT, surgical_oncology={"procedure_laterality": "right"}),
        case(radiology=LEFT, radiation_oncology={"target_laterality": "right"}),
        case(site="breast", radiology=LEFT, radiation_oncology={"target_laterality": "right", "target_site": "breast"}),
        case(radiology=LEFT, surgical_oncology=RIGHT),
        case(pathology=LEFT, radiology=BOTH),
    ],
    "X03": [case(outside={"primary_site": "lung"}, surgical_oncology={"primary_site": "pleura"})],
    "X05": [
        case(pathology={"behaviour": "in_situ"}, surgical_oncology={"t_category": "T1mi"}),
        case(pathology={"behaviour": "in_situ"}, outside={"t_category": "T2"}),
        case(step("systemic", "taxane", prefer=CONDITIONAL), site="breast", pathology={"behaviour": "in_situ"}),
        case(step("systemic", "anti_her2", prefer=ACCEPTABLE), site="breast", pathology={"behaviour": "in_situ"}),
        case(step("chemoradiation"), pathology={"behaviour": "in_situ"}),
        case(step("systemic", "other_adc"), pathology={"behaviour": "in_situ"}),
    ],
    "X06": [
        case(step(modality, prefer=ACCEPTABLE), pathology={"behaviour": "benign"})
        for modality in ("systemic", "radiotherapy", "chemoradiation", "tace_haic", "radionuclide", "transplant")
    ],
    "X07": [
        *[
            case(step(modality), pathology={"adequacy": "inadequate"})
            for modality in ("surgery", "systemic", "radiotherapy", "chemoradiation", "tace_haic", "ablation")
        ],
        case(step("radionuclide"), pathology={"diagnosis_status": "not_possible"}),
        case(step("transplant"), pathology={"diagnosis_status": "not_possible"}),
    ],
    "X08": [
        case(pathology={"slide_format": "photos", "agree_diagnosis": verdict}) for verdict in ("agree", "minor", "major")
    ],
    "X09": [
        case(radiology={"m_category": "M1"}, surgical_oncology={"m_category": "M0"}),
        case(radiology={"m_category": "M1"}, radiation_oncology={"m_category": "M0"}),
        case(radiology={"m_category": "M1"}, medical_oncology={"m_category": "M0(i+)"}),
        case(pathology={"m_category": "M1a"}, radiology={"m_category": "M0"}),
        case(pathology={"m_category": "M1a"}, outside={"m_category": "M0"}),
    ],
    "X10": [case(radiology={"metastases": [{"certainty": "probable", "in_outside_report": "no"}]})],
    "X11": [case(nuclear_medicine={"m_opinion": "M0"}, radiology={"m_category": "M1c"})],
    "X12": [
        case(pathology={"stage_prefix": "p", "t_category": "T1"}, surgical_oncology={"t_category": "T4"}),
        case(
            pathology={"stage_prefix": "p", "t_category": "T0", "neoadjuvant_before": "no"}, radiology={"t_category": "T1"}
        ),
    ],
    "X13": [
        case(pathology={"n_category": "N1mi"}, radiology={"n_category": "N0"}),
        case(pathology={"n_category": "N0", "stage_prefix": "p"}, radiology={"n_category": "N2"}),
    ],
    "X14": [
        case(medical_oncology={"stage_group": "BCLC_B"}, radiology={"stage_group": "BCLC_C"}),
        case(medical_oncology={"stage_group": "limited"}, radiation_oncology={"stage_group": "extensive"}),
        case(medical_oncology={"stage_group": "limited"}, surgical_oncology={"stage_group": "IVA"}),
        case(medical_oncology={"stage_group": "extensive"}, outside={"stage_group": "IIIB"}),
        case(medical_oncology={"stage_group": "0is"}, radiology={"stage_group": "0a"}),
        case(outside={"stage_group": "II"}, radiology={"stage_group": "IIA"}),
        case(pathology={"stage_prefix": "p", "stage_group": "IIIA"}, medical_oncology={"stage_group": "IIB"}),
        case(
            pathology={"stage_prefix": "yp", "stage_group": "I"},
            medical_oncology={"stage_prefix": "yp", "stage_group": "II"},
        ),
    ],
    "X15": [
        case(radiation_oncology={"stage_system": "tnm8"}, medical_oncology={"stage_system": "tnm9"}),
        case(pathology={"stage_system": "bclc"}, surgical_oncology={"stage_system": "cnlc"}),
    ],
    "X16": [
        case(
            step("surgery", intent="curative"),
            radiology={"metastases": [{"certainty": "possible", "biopsy_advised": "yes"}]},
        ),
        case(
            step("systemic"),
            step("biopsy", prefer=ACCEPTABLE),
            radiology={"metastases": [{"certainty": "possible", "biopsy_advised": "yes"}]},
        ),
    ],
    "X17": [
        case(**{discipline: {"m_category": "M0"}})
        for discipline in ("medical_oncology", "surgical_oncology", "radiation_oncology", "radiology")
    ]
    + [case(radiology={"m_category": "M0", "studies": [{"quality": "report_only"}]})],
    "X18": [
        case(**BREAST, meeting="2026-11-15", radiology={"latest_staging_date": "2026-09-15"}),
        case(family="prostate", meeting="2026-11-15", radiology={"latest_staging_date": "2026-05-18"}),
        case(meeting="2026-11-15", radiology={"latest_staging_date": "2026-10-03"}),
    ],
    "X19": [
        case(site="lung", medical_oncology={"stage_group": "IIA"}),
        case(site="lung", pathology={"histology_group": "small_cell"}),
        case(site="lung", radiology={"brain_imaged": "unknown", "stage_group": "IVB"}),
    ],
    "X20": [case(step("systemic", "endocrine"), pathology={"er_pct": 0.5})],
    "X21": [
        case(SURGERY, **BREAST, pathology={"behaviour": "invasive", "er_pct": 10}),
        case(RADIOTHERAPY, **BREAST, pathology={"behaviour": "metastatic", "er_pct": 10}),
    ],
    "X22": [case(step("systemic", "anti_her2")), case(step("systemic", "anti_her2"), pathology={"her2_ish": "negative"})],
    "X23": [
        case(step("systemic"), **BREAST, pathology={"her2_ish": "positive"}),
        *[
            case(step("systemic"), site=site, pathology={"her2_ihc": "3+"}, medical_oncology={"setting": setting})
            for site, setting in (("stomach", "new_metastatic"), ("gej", "distant_recurrence"), ("gej", "progression"))
        ],
    ],
    "X24": [
        case(step("systemic", "alk_tki")),
        case(step("systemic", "egfr_tki"), pathology={"driver_alterations": ["alk"]}),
        case(step("systemic", "alk_tki"), pathology={"driver_alterations": ["egfr_common"]}),
    ],
    "X25": [
        case(step("systemic", "ici"), pathology={"driver_alterations": ["alk"]}),
        case(step("systemic", "ici"), pathology={"driver_alterations": ["egfr_other"]}),
        case(step("systemic", "ici"), genetics_molecular={"variants": [{"gene": "EGFR", "hgvs": "p.L858R"}]}),
    ],
    "X26": [
        case(step("systemic", "anti_egfr_mab"), **BOWEL),
        case(step("systemic", "anti_egfr_mab"), **BOWEL, pathology={"kras": "wild_type"}),
        case(step("systemic", "anti_egfr_mab"), **BOWEL, pathology={"nras": "wild_type"}),
        case(
            step("systemic", "anti_egfr_mab"),
            **BOWEL,
            pathology={"kras": "wild_type", "nras": "wild_type", "braf": "mutated"},
        ),
        case(
            step("systemic", "anti_egfr_mab"),
            **BOWEL,
            pathology={"kras": "mutated", "nras": "wild_type", "driver_alterations": ["kras_g12c"]},
        ),
        case(
            step("systemic", "anti_egfr_mab", "other_targeted"),
            **BOWEL,
            pathology={"kras": "mutated", "nras": "wild_type", "driver_alterations": ["kras_other"]},
        ),
    ],
    "X27": [case(step("systemic"), family="gastric", pathology={"msi": "MSI_H"})],
    "X28": [
        case(pathology={"mmr_status": "dMMR"}, genetics_molecular={"msi": "MSS"}),
        case(pathology={"mmr_status": "pMMR", "msi": "MSI_H"}),
        case(pathology={"mmr_status": "pMMR"}, genetics_molecular={"msi": "MSI_H"}),
        case(pathology={"msi": "MSS"}, genetics_molecular={"msi": "MSI_H"}),
        case(pathology={"msi": "MSI_H"}, genetics_molecular={"msi": "MSS"}),
    ],
    "X29": [
        case(site="stomach", pathology={"her2_ihc": "2+"}),
        case(site="gej", pathology={"her2_ihc": "2+", "her2_ish": "equivocal"}),
    ],
    "X30": [
        case(outside={"grade_group": here}, pathology={"grade_group": there}) for here, there in ((2, 3), (4, 3), (5, 1))
    ],
    "X32": [
        case(step("systemic", "cisplatin")),
        case(step("systemic", "cisplatin"), **onco(crcl_ml_min=50)),
        case(step("systemic", "cisplatin"), **onco(crcl_ml_min=90, comorbidities=["hearing"])),
        case(step("systemic", "cisplatin"), **onco(crcl_ml_min=90, comorbidities=["neuropathy"])),
        case(step("systemic", "cisplatin"), **onco(crcl_ml_min=90, neuropathy_grade=2)),
    ],
    "X33": [
        case(step("systemic", "anti_her2")),
        case(step("systemic", "her2_adc"), **onco(lvef_pct=49.5)),
    ],
    "X34": [
        case(step("systemic", "trop2_adc"), **onco(platelets_10e9_l=74)),
        case(step("chemoradiation", "temozolomide", prefer=CONDITIONAL), **onco(anc_10e9_l=1.4)),
    ],
    "X35": [case(step("systemic", drug), **onco(bilirubin_xuln=1.6)) for drug in ("taxane", "anthracycline", "vinca")],
    "X36": [
        *[
            case(step(modality, drug), **onco(hbv_status="resolved"))
            for modality, drug in (("systemic", "anti_cd20"), ("chemoradiation", "bispecific_t"), ("tace_haic", "car_t"))
        ],
        case(step("transplant"), **onco(hbv_status="unknown")),
        case(step("chemoradiation"), **onco(hbv_status="carrier", hbv_prophylaxis="no")),
        case(step("tace_haic"), **onco(hbv_status="carrier")),
    ],
    "X37": [
        case(step("systemic", intent="curative"), **onco(ecog=3)),
        case(step("chemoradiation"), **onco(ecog=3)),
        case(step("surgery"), **onco(ecog=3)),
        case(step("systemic", "taxane", prefer=ACCEPTABLE), **onco(ecog=4)),
    ],
    "X38": [
        case(step("chemoradiation", prefer=CONDITIONAL), **onco(g8_score=14)),
        case(SURGERY, **onco(g8_score=13.5)),
    ],
    "X39": [
        case(step("systemic", "ctla4"), **onco(comorbidities=["transplant"])),
        case(step("systemic", "ici", prefer=CONDITIONAL), **onco(comorbidities=["diabetes", "ild"])),
    ],
    "X40": [
        case(step("systemic", "multikinase"), **onco(comorbidities=["stroke"])),
        case(step("systemic", "anti_vegf"), site="lung", pathology={"histology_group": "squamous"}),
        case(SURGERY, meeting="2026-11-15", surgical_oncology={"last_antivegf_date": "2026-10-18"}),
        case(SURGERY, surgical_oncology={"last_antivegf_date": "2026-01-01"}),
    ],
    "X41": [
        *[
            case(step(modality), **onco(pregnancy="pregnant"))
            for modality in ("systemic", "radiotherapy", "chemoradiation", "radionuclide", "tace_haic")
        ],
        case(RADIOTHERAPY, radiation_oncology={"pregnancy": "pregnant"}),
        case(RADIOTHERAPY, patient={"sex": "female"}, **onco(pregnancy="unknown")),
        case(
            RADIOTHERAPY,
            meeting="2026-11-15",
            patient={"sex": "female", "birth_year": 1977},
            **onco(pregnancy="unknown"),
        ),
    ],
    "X42": [
        *[
            case(step(modality), patient={"age": 44}, **onco(fertility="not_discussed"))
            for modality in ("radiotherapy", "chemoradiation", "radionuclide", "transplant")
        ],
        case(step("systemic", "adt"), **onco(fertility="not_discussed")),
        case(step("systemic", "endocrine"), **onco(fertility="not_discussed")),
    ],
    "X43": [case(step("systemic", "anthracycline"), **onco(cumulative_anthracycline=400))],
    "X44": [
        case(step("chemoradiation", "fluoropyrimidine"), genetics_molecular={"dpyd": "intermediate"}),
        case(step("systemic", "irinotecan"), genetics_molecular={"ugt1a1": "poor"}),
    ],
    "X45": [case(radiation_oncology={"first_step": "radiotherapy"}, surgical_oncology={"first_step": "surgery"})],
    "X46": [
        case(palliative_supportive={"overall_intent": "supportive"}, radiation_oncology={"overall_intent": "palliative"})
    ],
    "X47": [
        case(
            surgical_oncology={"resectability": "potentially_convertible"},
            radiology={"imaging_resectability": "unresectable_metastatic"},
        ),
        case(
            surgical_oncology={"resectability": "borderline"},
            radiology={"imaging_resectability": "potentially_convertible"},
        ),
    ],
    "X48": [case(SURGERY, surgical_oncology={"asa_class": asa}) for asa in ("4", "5")],
    "X49": [
        case(step("chemoradiation"), radiation_oncology={"prior_rt": "overlap"}),
        case(
            step("radiotherapy", prefer=CONDITIONAL),
            radiation_oncology={"prior_rt": "overlap", "reirradiation_plan": {"en": "", "zh": ""}},
        ),
    ],
    "X50": [
        case(SURGERY, radiation_oncology={"recommendation_steps": [step("surgery", prefer=REFUSED)]}),
        case(
            step("tace_haic", "oxaliplatin"),
            surgical_oncology={"recommendation_steps": [step("tace_haic", prefer=REFUSED)]},
        ),
        case(step("systemic"), surgical_oncology={"recommendation_steps": [step("systemic", prefer=REFUSED)]}),
        case(
            step("systemic", "ici", "pemetrexed"),
            surgical_oncology={"recommendation_steps": [step("systemic", "ici", prefer=REFUSED)]},
        ),
    ],
    "X51": [
        case(radiology={"overall_response": "iCPD"}, medical_oncology={"current_regimen_response": "CR"}),
        case(radiology={"overall_response": "PR"}, medical_oncology={"current_regimen_response": "PD"}),
        case(radiology={"overall_response": "SD"}, medical_oncology={"current_regimen_response": "iCPD"}),
        case(radiology={"overall_response": "CR"}, medical_oncology={"current_regimen_response": "PD"}),
        case(radiology={"overall_response": "PD"}, medical_oncology={"current_regimen_response": "PR"}),
    ],
    "X52": [
        case(outside={"grade_group": 1}, pathology={"agree_diagnosis": "agree", "grade_group": 3}),
        case(outside={"m_category": "M0"}, radiology={"agree_stage": "agree", "m_category": "M1"}),
        case(outside={"m_category": "M1a"}, radiology={"agree_stage": "agree", "m_category": "M0"}),
        case(outside={"stage_group": "IB"}, radiology={"agree_stage": "agree", "stage_group": "IA3"}),
    ],
    "X53": [case(palliative_supportive={"agree_plan": "minor"}, tcm_integrative={"agree_plan": "major"})],
    "X54": [
        case(tcm_integrative={"interaction_check": "significant", "herbs": [{"cyp3a4": "none_known"}]}),
        case(tcm_integrative={"interaction_check": "possible", "herbs": [{"cyp3a4": "not_checked"}]}),
        case(tcm_integrative={"herbs": [{"cyp3a4": "none_known"}, {"cyp3a4": "significant"}]}),
    ],
    "X55": [
        case(tcm_integrative={"herbs": [{"hepatotoxic": True}]}, **onco(comorbidities=["liver"])),
        case(step("systemic", "ici"), tcm_integrative={"herbs": [{"hepatotoxic": True}]}),
        case(step("systemic", "multikinase"), tcm_integrative={"herbs": [{"hepatotoxic": True}]}),
        case(step("systemic", "anti_vegf"), tcm_integrative={"herbs": [{"bleeding": True}]}),
        case(step("systemic", "multikinase"), tcm_integrative={"herbs": [{"bleeding": True}]}),
        case(SURGERY, tcm_integrative={"herbs": [{"bleeding": True}]}),
        case(tcm_integrative={"herbs": [{"bleeding": True}]}, **onco(platelets_10e9_l=74)),
        case(tcm_integrative={"herbs": [{"bleeding": True}]}, surgical_oncology={"anticoagulant": "yes"}),
        case(tcm_integrative={"herbs": [{"nephrotoxic": True}]}, **onco(crcl_ml_min=59)),
        case(step("systemic", "cisplatin"), tcm_integrative={"herbs": [{"nephrotoxic": True}]}),
        case(step("systemic", "methotrexate_hd"), tcm_integrative={"herbs": [{"nephrotoxic": True}]}),
    ],
    "X57": [
        case(step(modality))
        for modality in ("surgery", "radiotherapy", "chemoradiation", "ablation", "tace_haic", "radionuclide", "transplant")
    ],
    "X58": [case(step("test", prefer=REFUSED, guideline_relation="beyond"))],
    "X59": [
        case(
            step("surgery", home_availability="not_available"),
            step("systemic", prefer=CONDITIONAL, home_availability="available"),
        ),
        case(
            step("surgery", home_availability="not_available"),
            step("systemic", prefer=ACCEPTABLE, home_availability="unknown"),
        ),
    ],
    "X60": [
        case(
            questions=[{"id": "Q1"}, {"id": "Q2"}],
            tcm_integrative={"answers": [{"question_id": "Q1", "answer": {"en": "Yes.", "zh": "是。"}}]},
        ),
        case(
            questions=[{"id": "Q1"}],
            radiology={"answers": [{"question_id": "Q1", "answer": {"en": "", "zh": " "}}]},
            draft={"answered": []},
        ),
    ],
    "X61": [
        case(pathology={"brca_tumour": "mutated"}),
        case(**BOWEL, pathology={"mmr_status": "dMMR", "braf": "wild_type"}),
    ],
    "X62": [case(tcm_integrative={"red_flag": True}, draft={"sections": ["recommendation"]})],
    "X63": [
        case(meeting="2026-11-15", history=[{"date": "2026-11-16"}]),
        case(meeting="2026-11-15", history=[{"date": "2026-12"}]),
        case(meeting="2026-11-15", radiology={"studies": [{"date": "2026-10-01"}, {"date": "2027-01-01"}]}),
        case(meeting="2026-11-15", radiology={"latest_staging_date": "2026-11-16"}),
        case(meeting="2026-11-15", nuclear_medicine={"study_date": "2026-11-16"}),
        case(meeting="2026-11-15", **onco(ecog_date="2026-11-16")),
        case(meeting="2026-11-15", **onco(labs_date="2026-11-16")),
        case(meeting="2026-11-15", **onco(prior_lines=[{"end": "2026-11-16"}])),
        case(meeting="2026-11-15", **onco(prior_lines=[{"start": "2026-11-16"}])),
        case(meeting="2026-11-15", surgical_oncology={"last_antivegf_date": "2026-11-16"}),
        case(meeting="2026-11-15", radiation_oncology={"prior_rt_courses": [{"end": "2026-11-16"}]}),
        case(patient={"birth_year": 1980}, history=[{"date": "1979"}]),
        case(**onco(prior_lines=[{"start": "2026-03-01", "end": "2026-02-28"}])),
        case(
            pathology={"specimen_date": "2026-03-02", "neoadjuvant_before": "no"},
            **onco(prior_lines=[{"start": "2026-06-01"}, {"start": "2026-03-01"}]),
        ),
    ],
    "X64": [
        case(nuclear_medicine={"sufficiency": "insufficient"}),
        case(pathology={"sufficiency": "insufficient"}, draft={"sections": []}),
    ],
    "X65": [
        case(radiology={"m_category": "M0"}, **{discipline: {"m_category": "M1b"}})
        for discipline in ("medical_oncology", "surgical_oncology", "radiation_oncology")
    ],
    "X66": [
        case(step("systemic", "her2_adc"), **BREAST),
        case(step("systemic", "her2_adc"), site="lung", pathology={"her2_ihc": "1+"}),
        case(step("systemic", "her2_adc")),
    ],
    "X67": [
        case(
            step("systemic", "egfr_tki"),
            genetics_molecular={"variants": [{"gene": "EGFR", "hgvs": "p.D770_N771insSVD"}]},
        )
    ],
    "X68": [
        case(step("systemic", "cldn18")),
        case(step("systemic", "idh_inhibitor")),
        case(step("systemic", "parp"), genetics_molecular={"hrd": "absent"}),
    ],
    "X69": [case(step("systemic", "fluoropyrimidine"), genetics_molecular={"dpyd": "not_done"})],
    "X70": [
        case(step("systemic", "methotrexate_hd"), **onco(crcl_ml_min=59)),
        case(step("systemic", "fluoropyrimidine"), **onco(crcl_ml_min=29)),
        case(step("supportive", "bone_agent"), **onco(crcl_ml_min=29)),
    ],
    "X71": [
        case(step("systemic", drug), **onco(hbv_status="unknown")) for drug in ("ici", "multikinase", "steroid", "taxane")
    ]
    + [case(step("tace_haic"), **onco(hbv_status="unknown"))],
    "X72": [
        *[
            case(step("systemic", drug), **onco(comorbidities=["ild"]))
            for drug in ("trop2_adc", "egfr_tki", "bleomycin")
        ],
        *[
            case(step(modality), **onco(comorbidities=["ild"]), radiation_oncology={"target_site": site})
            for modality, site in (
                ("radiotherapy", "lung"), ("chemoradiation", "breast"), ("radiotherapy", "oesophagus"),
                ("radiotherapy", "thymus"), ("radiotherapy", "pleura"),
            )
        ],
    ],
    "X73": [
        case(step("chemoradiation"), **onco(comorbidities=["scleroderma"])),
        case(
            RADIOTHERAPY,
            **onco(comorbidities=["scleroderma"]),
            radiation_oncology={"device_plan": {"en": "Check", "zh": "评估"}},
        ),
    ],
    "X74": [
        case(step("test", text="CT angiography"), **onco(crcl_ml_min=29)),
        case(step("test", text="A scan", rationale={"en": "With contrast", "zh": ""}), **onco(crcl_ml_min=29)),
        case(
            radiology={"further_imaging": [{"test": "Enhanced MRI"}]}, coordinator_nursing={"contrast_reaction": "yes"}
        ),
        case(radiology={"further_imaging": [{"test": "Angiogram"}]}, coordinator_nursing={"contrast_reaction": "yes"}),
    ],
    "X75": [case(step("biopsy", prefer=ACCEPTABLE), surgical_oncology={"anticoagulant": "yes"})],
    "X76": [case(tcm_integrative={"interventions": [{"type": "acupuncture"}]}, **onco(anc_10e9_l=0.9))],
}  # fmt: skip
