"""Random fragments of cases whose values are the ones a condition asks about, and their neighbours."""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.opinions.conflicts.conditions import CYTOTOXIC, TREATMENTS, VARIANTS, WHEN, parse

Fragment = dict[str, Any]

T_CATEGORIES = ["TX", "T0", "Tis", "Ta", "T1mi", "T1c", "T2", "T2a", "T2b", "T3", "T4b"]
N_CATEGORIES = ["NX", "N0", "N0(i+)", "N1", "N1mi", "N2a", "N3"]
M_CATEGORIES = ["M0", "M0(i+)", "M1", "M1a", "M1b"]
STAGE_GROUPS = [
    "0", "0is", "I", "IA1", "IA2", "IB", "II", "IIA", "IIB", "III", "IIIA", "IIIC1", "IIIC2", "IV", "IVA", "IVB", "IS",
    "BCLC_A", "BCLC_C", "limited", "extensive", "not_applicable", "undetermined",
]  # fmt: skip
DAYS = ["2026-11-20", "2026-11-15", "2026-11-14", "2026-10-18", "2026-10-04", "2026-10-03", "2026-09-16", "2026-09-15",
        "2026-05-19", "2026-05-18", "1979-01-01"]  # fmt: skip
CHOICES: dict[str, list[Any]] = {
    "t_category": T_CATEGORIES,
    "n_category": N_CATEGORIES,
    "m_category": M_CATEGORIES,
    "stage_group": STAGE_GROUPS,
    "stage_prefix": ["c", "p", "yp"],
    "stage_system": ["tnm8", "tnm9", "bclc"],
    "laterality": ["left", "right", "bilateral", "midline", "unknown", "not_applicable"],
    "primary_site": ["breast", "lung", "stomach", "gej", "colon", "bladder", "skin", "prostate", "unknown"],
    "target_site": ["breast", "lung", "bone", "pleura"],
    "site_family": ["breast", "lung", "colorectal", "gastric", "prostate", "liver"],
    "histology_group": ["adenocarcinoma", "squamous", "small_cell", "nst_breast"],
    "grade_group": [1, 2, 3, 4, 5],
    "resectability": ["resectable", "borderline", "potentially_convertible", "unresectable_local", "not_assessable"],
    "imaging_resectability": ["resectable", "potentially_convertible", "unresectable_metastatic", "not_applicable"],
    "first_step": ["surgery", "systemic", "test"],
    "overall_intent": ["curative", "palliative", "undetermined"],
    "agree_plan": ["agree", "minor", "major", "not_assessable", "not_applicable"],
    "sufficiency": ["sufficient", "limited", "insufficient"],
    "red_flag": [True, False],
    "identity_verified": [True, False],
    "birth_year": [1970, 1980, 1985],
    "age": [39, 44, 45, 49, 50, 71],
    "sex": ["female", "male"],
    "meeting_on": ["2026-11-15"],
    "reirradiation_plan": [{"en": "Plan", "zh": "方案"}],
    "device_plan": [{"en": "Check", "zh": "评估"}],
    "procedure_laterality": ["left", "right", "bilateral"],
    "target_laterality": ["left", "right", "not_applicable"],
    "neoadjuvant_before": ["yes", "no", "unknown"],
}  # fmt: skip
DATES = {"specimen_date", "latest_staging_date", "study_date", "ecog_date", "labs_date", "last_antivegf_date"}
MULTIPLE = {"comorbidities", "contraindications", "driver_alterations"}
MODALITIES = [
    *TREATMENTS,
    "biopsy",
    "test",
    "surveillance",
    "genetic_counselling",
    "fertility",
    "supportive",
    "tcm",
]
PREFERENCES = ["preferred", "preferred", "acceptable", "conditional", "not_recommended"]
AUTHORS = ["medical_oncology", "surgical_oncology", "radiation_oncology"]
WORDS = [
    "Drug treatment", "A step", "A step", "Needle test of the node", "Contrast CT", "Angiography", "Geriatric assessment",
    "Stop aspirin five days before", "Bridging with heparin",
]  # fmt: skip
ALSO_READ = {
    "any_t_invasive": ["outside.t_category", "radiology.t_category", "medical_oncology.t_category"],
    "grade_group_shift": ["pathology.grade_group", "outside.grade_group"],
    "verdict_spread": ["medical_oncology.agree_plan", "surgical_oncology.agree_plan", "palliative_supportive.agree_plan"],
    "age_ge": ["patient.age", "patient.birth_year", "case.meeting_on"],
    "case_female": ["patient.sex"],
    "older_than": ["case.meeting_on"],
    "any_red_flag": ["medical_oncology.red_flag", "tcm_integrative.red_flag"],
    "any_sufficiency": ["pathology.sufficiency", "nuclear_medicine.sufficiency"],
    "driver": ["pathology.driver_alterations", "genetics_molecular.variants"],
    "herb": ["tcm_integrative.herbs"],
    "no_diagnostic_study": ["radiology.studies"],
    "dates_out_of_order": [
        "pathology.specimen_date", "pathology.neoadjuvant_before", "radiology.studies", "medical_oncology.prior_lines",
        "radiation_oncology.prior_rt_courses", "case.meeting_on", "patient.birth_year", "medical_oncology.labs_date",
    ],
}  # fmt: skip


def reads(rule_id: str) -> set[str]:
    """The paths a condition reads."""
    return _PATHS[rule_id]


def random_fragment(chance: random.Random, rule_ids: Iterable[str]) -> Fragment:
    """A fragment that fills most paths of the rules with values they tell apart."""
    rules = list(rule_ids)
    fragment: Fragment = {"inputs": defaultdict(dict)}
    for path in sorted(set().union(*(reads(rule) for rule in rules))):
        if chance.random() < 0.8:
            part, key = path.split(".")
            of = fragment if part in ("case", "outside", "patient") else fragment["inputs"]
            asked = [code for rule in rules for code in _ASKED[rule].get(path, [])]
            told_apart = key not in MULTIPLE | _TABLES.keys() and asked and chance.random() < 0.6
            of.setdefault(part, {})[key] = chance.choice(asked) if told_apart else _value(chance, key, path)
    tokens = sorted(set().union(*(_TOKENS[rule] for rule in rules)))
    for author in AUTHORS:
        steps = [_step(chance, tokens) for _ in range(chance.choice([0, 1, 1, 2]))]
        if steps:
            fragment["inputs"][author]["recommendation_steps"] = steps
    _add_opinion(chance, fragment)
    fragment["inputs"] = dict(fragment["inputs"])
    return fragment


def _value(chance: random.Random, key: str, path: str) -> Any:
    if key in _TABLES:
        return [_TABLES[key](chance) for _ in range(chance.choice([0, 1, 2]))]
    if key in DATES:
        return chance.choice(DAYS)
    if key in MULTIPLE:
        return chance.sample(_CODES[path], min(len(_CODES[path]), chance.choice([1, 1, 2])))
    if key in CHOICES:
        return chance.choice(CHOICES[key])
    limits = _LIMITS.get(path)
    if limits:
        return chance.choice([limit + shift for limit in limits for shift in (-1, 0, 0.5, 1)])
    return chance.choice([*_CODES[path], "unknown", "something_else"])


def _step(chance: random.Random, tokens: list[str]) -> dict[str, Any]:
    modality = chance.choice([token for token in tokens if token in MODALITIES] or MODALITIES)
    if chance.random() < 0.3:
        modality = chance.choice(["systemic", "surgery", "radiotherapy"])
    drugs = [token for token in tokens if token not in MODALITIES] + ["other"]
    step: dict[str, Any] = {
        "preference": chance.choice(PREFERENCES),
        "modality": modality,
        "intent": chance.choice(["curative", "palliative", "adjuvant"]),
        "description": {"en": chance.choice(WORDS), "zh": "步骤"},
        "home_availability": chance.choice(["available", "available_private", "not_available", "unknown"]),
        "guideline_relation": chance.choice(["consistent", "differs", "beyond", "not_checked"]),
    }
    if chance.random() < 0.3:
        step["rationale"] = {"en": chance.choice(WORDS), "zh": "理由"}
    if chance.random() < 0.6:
        step["guideline_ref"] = "A guideline"
    if chance.random() < 0.7:
        step["drug_classes"] = chance.sample(drugs, min(len(drugs), chance.choice([1, 1, 2])))
    return step


def _add_opinion(chance: random.Random, fragment: Fragment) -> None:
    fragment["questions"] = [{"id": f"Q{number}"} for number in range(chance.choice([0, 1, 2]))]
    answer = chance.choice([{"en": "Yes.", "zh": "是。"}, {"en": "", "zh": ""}])
    fragment["inputs"]["tcm_integrative"]["answers"] = [{"question_id": "Q0", "answer": answer}]
    if chance.random() < 0.3:
        fragment["history"] = [{"date": chance.choice(DAYS)}]
    if chance.random() < 0.5:
        fragment["draft"] = {
            "result_class": chance.choice(["confirmed", "insufficient_information"]),
            "sections": chance.choice([[], ["red_flags"]]),
            "answered": chance.choice([[], ["Q1"]]),
        }


_TABLES = {
    "studies": lambda chance: {
        "quality": chance.choice(["diagnostic", "limited", "report_only"]), "date": chance.choice(DAYS)
    },
    "metastases": lambda chance: {
        "certainty": chance.choice(["definite", "probable", "possible"]),
        "in_outside_report": chance.choice(["yes", "no"]),
        "biopsy_advised": chance.choice(["yes", "no"]),
    },
    "herbs": lambda chance: {
        "hepatotoxic": chance.random() < 0.4,
        "bleeding": chance.random() < 0.4,
        "nephrotoxic": chance.random() < 0.4,
        "cyp3a4": chance.choice(["none_known", "possible", "significant", "not_checked"]),
    },
    "interventions": lambda chance: {"type": chance.choice(["acupuncture", "herbal"])},
    "further_imaging": lambda chance: {"test": chance.choice(WORDS)},
    "variants": lambda chance: dict(zip(("gene", "hgvs"), chance.choice(sorted(VARIANTS)), strict=True)),
    "prior_lines": lambda chance: {"start": chance.choice(DAYS), "end": chance.choice(DAYS)},
    "prior_rt_courses": lambda chance: {"end": chance.choice(DAYS)},
}  # fmt: skip

_PATHS: dict[str, set[str]] = defaultdict(set)
_TOKENS: dict[str, set[str]] = defaultdict(set)
_CODES: dict[str, list[str]] = defaultdict(list)
_ASKED: dict[str, dict[str, list[str]]] = defaultdict(dict)
_LIMITS: dict[str, list[float]] = defaultdict(list)


def _learn(rule_id: str) -> None:
    """Collect what the condition of one rule reads and tells apart."""
    for node in ast.walk(parse(WHEN[rule_id])):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        args = [ast.literal_eval(arg) for arg in node.args]
        _PATHS[rule_id].update(ALSO_READ.get(name, []))
        if name in ("rec", "pref"):
            _TOKENS[rule_id].add(args[0])
        elif name == "rec_cytotoxic":
            _TOKENS[rule_id].update([*CYTOTOXIC, "ici"])
        elif name == "lab_lt":
            _note(rule_id, f"medical_oncology.{args[0]}", args[1])
        elif name == "driver":
            _CODES["pathology.driver_alterations"] += [*args[0], "none_found"]
        elif name in ("differ", "stage_differ", "tdiff", "resect_differ"):
            _PATHS[rule_id].update(arg for arg in args if isinstance(arg, str))
        elif args and isinstance(args[0], list):
            _PATHS[rule_id].update(args[0] if name == "any_starts" else [])
        elif args and "." in str(args[0]):
            _note(rule_id, args[0], args[1] if len(args) > 1 else None)


def _note(rule_id: str, path: str, value: Any) -> None:
    _PATHS[rule_id].add(path)
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        _LIMITS[path].append(value)
    else:
        codes = value if isinstance(value, list) else [value]
        _CODES[path] += codes
        _ASKED[rule_id].setdefault(path, []).extend(codes)


for _rule_id in WHEN:
    _learn(_rule_id)
