"""Pathology: counts, markers, grade, stage and identity of the specimen."""

from __future__ import annotations

from mdtapp.clinical.biomarkers import gleason_grade_group, mismatch_repair_fits
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import check
from mdtapp.disciplines.checks.sides import is_paired_organ_without_side

HERE = "pathology"
MMR_PROTEINS = ("mlh1", "pms2", "msh2", "msh6")


def _exceeds(answers: Answers, part: str, whole: str) -> bool:
    some, all_ = answers.number(part), answers.number(whole)
    return some is not None and all_ is not None and some > all_


@check(
    "PA-1",
    "error",
    HERE,
    ("nodes_positive", "nodes_examined"),
    en="More positive nodes than examined.",
    zh="阳性淋巴结数多于送检数。",
)
def more_positive_nodes_than_examined(answers: Answers) -> bool:
    return _exceeds(answers, "nodes_positive", "nodes_examined")


@check(
    "PA-2",
    "error",
    HERE,
    ("cores_positive", "cores_total"),
    en="More positive cores than taken.",
    zh="阳性针数多于穿刺针数。",
)
def more_positive_cores_than_taken(answers: Answers) -> bool:
    return _exceeds(answers, "cores_positive", "cores_total")


@check(
    "PA-3",
    "warning",
    HERE,
    ("m_category", "stage_prefix"),
    en="There is no pM0: leave M empty or use a clinical M.",
    zh="不存在pM0，请留空或使用临床M。",
)
def pathological_m0(answers: Answers) -> bool:
    return answers.is_one_of("stage_prefix", "p", "yp") and answers.is_one_of("m_category", "M0")


@check(
    "PA-4",
    "error",
    HERE,
    ("her2_ish",),
    en="HER2 2+ needs an ISH result (or mark it not done).",
    zh="HER2 2+须填写ISH结果（或未做）。",
)
def her2_equivocal_without_ish(answers: Answers) -> bool:
    return answers.is_one_of("her2_ihc", "2+") and not answers.has("her2_ish")


@check(
    "PA-5",
    "error",
    HERE,
    ("grade_group", "gleason_primary", "gleason_secondary"),
    en="The grade group does not match the Gleason score.",
    zh="分级组与Gleason评分不符。",
)
def grade_group_against_gleason(answers: Answers) -> bool:
    primary, secondary, group = (
        answers.number(key) for key in ("gleason_primary", "gleason_secondary", "grade_group")
    )
    if primary is None or secondary is None or group is None:
        return False
    return gleason_grade_group(int(primary), int(secondary)) != group


@check(
    "PA-6",
    "error",
    HERE,
    ("mmr_status", *MMR_PROTEINS),
    en="The mismatch-repair status does not match the proteins entered.",
    zh="MMR结论与所填蛋白结果不符。",
)
def mismatch_repair_against_proteins(answers: Answers) -> bool:
    proteins = [answers.text(protein) for protein in MMR_PROTEINS]
    return not mismatch_repair_fits(proteins, answers.text("mmr_status"))


@check(
    "PA-7",
    "error",
    HERE,
    ("behaviour", "t_category"),
    en="In-situ disease with an invasive T category.",
    zh="原位病变却填写浸润T分类。",
)
def in_situ_with_invasive_t(answers: Answers) -> bool:
    t = answers.text("t_category")
    return answers.is_one_of("behaviour", "in_situ") and bool(t) and not t.startswith(("Tis", "Ta"))


@check(
    "PA-8",
    "error",
    HERE,
    ("adequacy", "diagnosis_status"),
    en="A definite diagnosis on inadequate material.",
    zh="材料不足却给出明确诊断。",
)
def definite_on_inadequate_material(answers: Answers) -> bool:
    return answers.is_one_of("adequacy", "inadequate") and answers.is_one_of("diagnosis_status", "definite")


@check(
    "PA-9",
    "error",
    HERE,
    ("nodes_positive", "n_category"),
    en="Positive nodes with N0.",
    zh="淋巴结阳性却为N0。",
)
def positive_nodes_with_n0(answers: Answers) -> bool:
    positive = answers.number("nodes_positive")
    return positive is not None and positive > 0 and answers.is_one_of("n_category", "N0")


@check(
    "PA-10",
    "error",
    HERE,
    ("stage_prefix", "neoadjuvant_before"),
    en="After treatment use the yp prefix.",
    zh="治疗后应使用yp前缀。",
)
def p_prefix_after_treatment(answers: Answers) -> bool:
    return answers.is_one_of("neoadjuvant_before", "yes") and answers.is_one_of("stage_prefix", "p")


@check(
    "PA-11",
    "error",
    HERE,
    ("confidence", "slide_format"),
    en="Without slides the agreement is on the report only: confidence cannot be high.",
    zh="未见切片，仅能就报告发表意见，把握程度不能为高。",
)
def sure_without_slides(answers: Answers) -> bool:
    unseen = answers.is_one_of("slide_format", "photos", "report_only")
    agreed = answers.is_one_of("agree_diagnosis", "agree")
    return unseen and agreed and answers.is_one_of("confidence", "high")


check(
    "PA-12",
    "error",
    HERE,
    ("laterality",),
    en="A paired organ needs a side.",
    zh="成对器官须填写侧别。",
)(is_paired_organ_without_side)


@check(
    "PA-13",
    "error",
    HERE,
    ("agree_diagnosis", "identity_verified"),
    en="The identity is not confirmed: mark the outside diagnosis as not assessable.",
    zh="标本身份未确认，外院诊断须标为“无法评估”。",
)
def verdict_on_unknown_identity(answers: Answers) -> bool:
    judged = answers.is_one_of("agree_diagnosis", "agree", "minor", "major")
    return judged and answers.is_one_of("identity_verified", False)
