"""The limits the conflict rules measure against.

The defaults are clinical convention, not taken from one source; each site's panel has to
approve them. `dataclasses.replace(DEFAULT_THRESHOLDS, lvef_pct=45)` gives a site's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Units stand in the names; a value below a `..._pct`, clearance or count is too low."""

    er_positive_pct: float = 1
    """ER or PR below this is negative."""
    er_endocrine_pct: float = 10
    """From here on endocrine treatment is expected."""
    cldn18_pct: float = 75

    cisplatin_contraindicated_ml_min: float = 50
    cisplatin_caution_ml_min: float = 60
    methotrexate_ml_min: float = 60
    pemetrexed_ml_min: float = 45
    renal_drug_ml_min: float = 30
    """Fluoropyrimidines and bone agents."""
    contrast_ml_min: float = 30
    nephrotoxic_herb_ml_min: float = 60

    lvef_pct: float = 50
    anthracycline_lifetime_mg_m2: float = 400
    neuropathy_ctcae_grade: float = 2
    cytotoxic_neutrophils_10e9_l: float = 1.5
    cytotoxic_platelets_10e9_l: float = 75
    bleeding_herb_platelets_10e9_l: float = 75
    acupuncture_neutrophils_10e9_l: float = 1
    acupuncture_platelets_10e9_l: float = 50
    bilirubin_xuln: float = 1.5
    """Above this times the upper limit of normal."""
    alt_xuln: float = 1.5
    g8_score: float = 14
    """At or below this a geriatric assessment is advised."""

    ecog_limited: float = 3
    ecog_bedbound: float = 4
    pregnancy_until_years: float = 50
    fertility_until_years: float = 45

    antivegf_to_surgery_days: int = 28
    imaging_days: int = 42
    imaging_days_breast: int = 60
    imaging_days_prostate: int = 180


DEFAULT_THRESHOLDS: Final = Thresholds()
