"""Shared: type, edition, categories and group of the stage fit together. No staging table is delivered."""

from __future__ import annotations

from mdtapp.clinical.tnm import is_m0, is_m1, is_node_negative, is_node_positive, stage_number
from mdtapp.disciplines.checks.answers import Answers
from mdtapp.disciplines.checks.finding import ANY, check
from mdtapp.disciplines.computed import suggestion

TNM = ("tnm8", "tnm9")
CATEGORIES = ("t_category", "n_category", "m_category")
NODES_IN_STAGE_ONE = frozenset({"breast", "gej", "head_neck", "nasopharynx", "stomach", "testis", "thyroid"})


@check(
    "STG-1",
    "error",
    ANY,
    ("stage_prefix", "stage_system"),
    en="TNM needs its type (c, p, yc, yp); a type needs its system.",
    zh="TNM分期须注明分期类型（c、p、yc、yp）；填写分期类型时须注明分期系统。",
)
def type_and_system_apart(answers: Answers) -> bool:
    tnm_without_type = answers.is_one_of("stage_system", *TNM) and not answers.has("stage_prefix")
    return tnm_without_type or (answers.has("stage_prefix") and not answers.has("stage_system"))


@check(
    "STG-2",
    "error",
    ANY,
    ("stage_system",),
    en="Name the staging edition when you give a T, N or M category.",
    zh="填写T、N或M分类时须注明分期版本。",
)
def category_without_edition(answers: Answers) -> bool:
    return any(answers.has(category) for category in CATEGORIES) and not answers.has("stage_system")


@check(
    "STG-3",
    "warning",
    ANY,
    ("m_category", "stage_group"),
    en="M1 disease is not stage 0-III in TNM (known exceptions: differentiated thyroid cancer under 55, testis).",
    zh="M1一般不为0-III期（例外：55岁以下分化型甲状腺癌、睾丸肿瘤）。",
)
def m1_below_stage_four(answers: Answers) -> bool:
    number = stage_number(answers.text("stage_group"))
    return is_m1(answers.text("m_category")) and number is not None and number < 4


@check(
    "STG-4",
    "warning",
    ANY,
    ("stage_group",),
    en="The staging table of this site gives another stage group: confirm or correct.",
    zh="按本院分期表核对结果不同，请确认或更正。",
)
def differs_from_loaded_table(answers: Answers) -> bool:
    """Silent without a loaded table and while anything is missing."""
    group = answers.text("stage_group")
    return bool(group) and suggestion("stage_group", answers.context).value not in (None, group)


@check(
    "STG-5",
    "warning",
    ANY,
    ("t_category", "stage_group"),
    en="Tis N0 M0 is usually stage 0: confirm or correct.",
    zh="Tis N0 M0通常为0期，请确认或更正。",
)
def in_situ_not_stage_zero(answers: Answers) -> bool:
    number = stage_number(answers.text("stage_group"))
    in_situ = answers.text("t_category").startswith("Tis") and is_node_negative(answers.text("n_category"))
    return in_situ and is_m0(answers.text("m_category")) and number not in (None, 0)


@check(
    "STG-6",
    "warning",
    ANY,
    ("n_category", "stage_group"),
    en="Regional nodes are involved, which is not stage 0-I in most tumours: confirm or correct.",
    zh="区域淋巴结受累，多数肿瘤不为0-I期，请确认或更正。",
)
def nodes_below_stage_two(answers: Answers) -> bool:
    """Silent where a positive node may be stage I; those sites have rules of their own."""
    number = stage_number(answers.text("stage_group"))
    site = answers.text("primary_site") or str(answers.get("case.primary_site") or "")
    below = is_node_positive(answers.text("n_category")) and number is not None and number < 2
    return below and site not in NODES_IN_STAGE_ONE
