"""What follows from other answers. It is shown beside the author's own value and never fills it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.clinical import recist
from mdtapp.clinical.biomarkers import gleason_grade_group
from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.body import body_surface_m2
from mdtapp.clinical.kidney import creatinine_clearance_ml_min
from mdtapp.clinical.radiotherapy import biological_dose_gy, dose_per_fraction_gy, equivalent_dose_2gy
from mdtapp.disciplines.conditions import Context, is_filled, number

Value = float | str | None
AGE, SEX = "patient.age", "patient.sex"
STAGE = ("stage_system", "stage_prefix", "t_category", "n_category", "m_category")
RECIST = "recist11"
LINEAR_QUADRATIC = Bitext("linear-quadratic model", "线性二次模型")


@dataclass(frozen=True, slots=True)
class Computation:
    """One formula: its name as people know it, the answers it needs, and the value (a number or a code) or None."""

    method: Bitext
    needs: tuple[str, ...]
    value: Callable[[Context], Value]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the formula makes of the answers; `missing` are the questions it still needs once one of them is answered."""

    method: Bitext
    value: Value
    missing: tuple[str, ...]


def _numbers(formula: Callable[..., float | None], *questions: str) -> Callable[[Context], Value]:
    """A formula of numbers; None while one of them is missing."""

    def value(context: Context) -> Value:
        given = [number(context.answer(question)) for question in questions]
        return None if None in given else formula(*given)

    return value


def _creatinine_clearance(context: Context) -> Value:
    age, weight, creatinine = (
        number(context.answer(question)) for question in (AGE, "weight_kg", "creatinine_umol_l")
    )
    sex = context.answer(SEX)
    if age is None or weight is None or creatinine is None or sex not in ("female", "male"):
        return None
    return creatinine_clearance_ml_min(
        age_years=age, weight_kg=weight, creatinine_umol_l=creatinine, is_female=sex == "female"
    )


def _grade_group(primary: float, secondary: float) -> float | None:
    within = primary in (1, 2, 3, 4, 5) and secondary in (1, 2, 3, 4, 5)
    return gleason_grade_group(int(primary), int(secondary)) if within else None


def _lesions(context: Context) -> list[Mapping[str, Any]]:
    rows = context.answer("lesions")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _target_sum(column: str) -> Callable[[Context], Value]:
    return lambda context: recist.target_sum_mm(_lesions(context), column)


def _target_response(context: Context) -> Value:
    if context.answer("criteria") != RECIST:
        return None
    return recist.target_response(_lesions(context), number(context.answer("sum_nadir_mm")))


def _overall_response(context: Context) -> Value:
    """From the author's own target response, or the computed one while there is none."""
    if context.answer("criteria") != RECIST:
        return None
    computed = _target_response(context) if recist.targets(_lesions(context)) else "not_applicable"
    target = context.answer("target_response") or computed
    others = [context.answer(question) for question in ("non_target_response", "new_lesion")]
    if not isinstance(target, str) or not all(isinstance(one, str) for one in others):
        return None
    return recist.overall_response(target, *others)


def _stage_group(context: Context) -> Value:
    """The group the site's own table gives; nothing without a table."""
    given = [context.answer(question) for question in STAGE]
    site = context.answer("primary_site") or context.case.get("primary_site")
    words = [one for one in (site, *given) if isinstance(one, str) and one]
    if context.stage_of is None or len(words) <= len(given):
        return None
    return context.stage_of(*words)


COMPUTATIONS: dict[str, Computation] = {
    "body_surface_m2": Computation(
        Bitext("Mosteller", "Mosteller公式"),
        ("height_cm", "weight_kg"),
        _numbers(body_surface_m2, "height_cm", "weight_kg"),
    ),
    "creatinine_clearance_ml_min": Computation(
        Bitext("Cockcroft-Gault", "Cockcroft-Gault公式"),
        ("creatinine_umol_l", "weight_kg", AGE, SEX),
        _creatinine_clearance,
    ),
    "gleason_grade_group": Computation(
        Bitext("ISUP 2014, from the Gleason patterns", "ISUP 2014，依据Gleason结构分级"),
        ("gleason_primary", "gleason_secondary"),
        _numbers(_grade_group, "gleason_primary", "gleason_secondary"),
    ),
    "dose_per_fraction_gy": Computation(
        Bitext("total dose / fractions", "总剂量÷次数"),
        ("dose_gy", "fractions"),
        _numbers(dose_per_fraction_gy, "dose_gy", "fractions"),
    ),
    "biological_dose_gy": Computation(
        LINEAR_QUADRATIC,
        ("dose_gy", "fractions", "alpha_beta_gy"),
        _numbers(biological_dose_gy, "dose_gy", "fractions", "alpha_beta_gy"),
    ),
    "equivalent_dose_2gy": Computation(
        LINEAR_QUADRATIC,
        ("dose_gy", "fractions", "alpha_beta_gy"),
        _numbers(equivalent_dose_2gy, "dose_gy", "fractions", "alpha_beta_gy"),
    ),
    "target_sum_baseline_mm": Computation(
        Bitext("sum of the target lesions", "靶病灶之和"), (), _target_sum("baseline_mm")
    ),
    "target_sum_current_mm": Computation(
        Bitext("sum of the target lesions", "靶病灶之和"), (), _target_sum("current_mm")
    ),
    "target_response": Computation(Bitext("RECIST 1.1", "RECIST 1.1"), (), _target_response),
    "overall_response": Computation(Bitext("RECIST 1.1", "RECIST 1.1"), (), _overall_response),
    "stage_group": Computation(
        Bitext("this site's staging table", "本院分期表"),
        (),
        _stage_group,
    ),
}


def suggestion(name: str, context: Context) -> Suggestion:
    """What the computation a field names makes of the answers and the case.

    Nothing is called missing before one of the needed answers of the form itself is given.
    """
    computation = COMPUTATIONS[name]
    missing = tuple(question for question in computation.needs if not is_filled(context.answer(question)))
    begun = any(is_filled(context.answer(question)) for question in computation.needs if "." not in question)
    return Suggestion(computation.method, computation.value(context), missing if begun else ())
