"""Recommended steps: what is advised, how strongly, and what a plan holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

PREFERRED: Final = "preferred"
ACCEPTABLE: Final = "acceptable"
NOT_RECOMMENDED: Final = "not_recommended"
ACTIVE_PREFERENCES: Final = frozenset({PREFERRED, ACCEPTABLE, "conditional"})

TREATMENT_MODALITIES: Final = frozenset(
    {
        "surgery",
        "systemic",
        "radiotherapy",
        "chemoradiation",
        "ablation",
        "tace_haic",
        "radionuclide",
        "transplant",
    }
)
"""Steps that treat the tumour and cannot be undone; tests, support and watching are not among them."""

DRUG_MODALITIES: Final = frozenset({"systemic", "chemoradiation"})
"""Steps that say nothing until their drug classes are named."""

ANTIBODY_DRUG_CONJUGATES: Final = frozenset({"her2_adc", "trop2_adc", "adc_cd79b", "other_adc"})
CYTOTOXIC_CLASSES: Final = ANTIBODY_DRUG_CONJUGATES | frozenset(
    {
        "cisplatin", "carboplatin", "oxaliplatin", "taxane", "anthracycline", "fluoropyrimidine", "irinotecan",
        "gemcitabine", "pemetrexed", "etoposide", "alkylator", "methotrexate_hd", "temozolomide", "vinca", "bleomycin",
        "other_cytotoxic",
    }
)  # fmt: skip

AVAILABLE_AT_HOME: Final = frozenset({"available", "available_private"})

_TEXT_COLUMNS = ("description", "timing", "condition", "rationale")


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a recommendation table, with the author's discipline and its place in the table."""

    author: str
    row: int
    preference: str
    modality: str
    intent: str
    drug_classes: frozenset[str]
    guideline_ref: str
    guideline_relation: str
    home_availability: str
    text: str
    """All its English words in lower case."""

    @classmethod
    def of(cls, author: str, row: int, columns: Mapping[str, Any], *, unsaid: str = "") -> Step:
        """From a stored row; `unsaid` is the preference of a row that names none."""
        return cls(
            author=author,
            row=row,
            preference=_text(columns.get("preference")) or unsaid,
            modality=_text(columns.get("modality")),
            intent=_text(columns.get("intent")),
            drug_classes=frozenset(_codes(columns.get("drug_classes"))),
            guideline_ref=_text(columns.get("guideline_ref")),
            guideline_relation=_text(columns.get("guideline_relation")),
            home_availability=_text(columns.get("home_availability")),
            text=" ".join(english(columns.get(key)) for key in _TEXT_COLUMNS).lower(),
        )

    @property
    def is_active(self) -> bool:
        """Advised, be it as an alternative or on a condition."""
        return self.preference in ACTIVE_PREFERENCES

    @property
    def is_preferred(self) -> bool:
        return self.preference == PREFERRED

    def holds(self, token: str) -> bool:
        """Whether `token` is the step's modality or one of its drug classes."""
        return token == self.modality or token in self.drug_classes

    def contradicts(self, refused: Step) -> bool:
        """Whether `refused` names the treatment this step is: same kind, and a shared drug class.

        Where only one of the two names drugs, they meet unless the treatment is its drugs.
        """
        if self.modality != refused.modality:
            return False
        if self.drug_classes and refused.drug_classes:
            return bool(self.drug_classes & refused.drug_classes)
        neither_names_drugs = not self.drug_classes and not refused.drug_classes
        return neither_names_drugs or self.modality not in DRUG_MODALITIES

    def is_part_of(self, other: Step) -> bool:
        """Whether `other` is the same kind of treatment and holds every drug class of this step."""
        return self.modality == other.modality and self.drug_classes <= other.drug_classes


@dataclass(frozen=True)
class Plan:
    """All steps that are looked at together, of one author or of several."""

    steps: tuple[Step, ...]

    @cached_property
    def _advised(self) -> frozenset[str]:
        return _tokens(self.steps, lambda step: step.is_active)

    @cached_property
    def _preferred(self) -> frozenset[str]:
        return _tokens(self.steps, lambda step: step.is_preferred)

    @property
    def preferred_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.is_preferred)

    def advises(self, *tokens: str) -> bool:
        """Whether an active step has one of the tokens as modality or drug class."""
        return not self._advised.isdisjoint(tokens)

    def prefers(self, *tokens: str) -> bool:
        """As `advises`, for preferred steps only."""
        return not self._preferred.isdisjoint(tokens)

    def prefers_intent(self, *intents: str) -> bool:
        return any(step.intent in intents for step in self.preferred_steps)

    @property
    def advises_cytotoxic(self) -> bool:
        return self.advises(*CYTOTOXIC_CLASSES)

    def mentions(self, *words: str) -> bool:
        """Whether the English text of any step, advised or refused, contains one of the words."""
        return any(word in step.text for step in self.steps for word in words)


def steps_of(author: str, rows: Iterable[Mapping[str, Any]], *, unsaid: str = "") -> tuple[Step, ...]:
    """The steps of one author in the order they were written."""
    return tuple(Step.of(author, place, row, unsaid=unsaid) for place, row in enumerate(rows))


def english(value: object) -> str:
    """The English text of a bilingual value; a bare text is taken as English."""
    if isinstance(value, Mapping):
        return _text(value.get("en"))
    return _text(value)


def _tokens(steps: Sequence[Step], wanted: Callable[[Step], bool]) -> frozenset[str]:
    chosen = [step for step in steps if wanted(step)]
    return frozenset(step.modality for step in chosen).union(*(step.drug_classes for step in chosen))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _codes(value: object) -> tuple[str, ...]:
    return tuple(code for code in value if isinstance(code, str)) if isinstance(value, list) else ()
