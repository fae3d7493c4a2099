"""The typed form of the data files: disciplines, sections, fields, choices, checklists, opinion sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import DomainError


class FaultyDefinition(DomainError):
    """A data file that cannot be used; says which file, which line (from 1) and why."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        sentence = Bitext(
            en=f"{file}, line {line}: {reason}. Correct the file and start again.",
            zh=f"{file} 第{line}行有误：{reason}。请更正文件后重新启动。",
        )
        super().__init__(sentence, file=file, line=line)
        self.file = file
        self.line = line
        self.reason = reason


class FieldType(StrEnum):
    """What a field holds, and so what its stored JSON looks like."""

    TEXT = "text"  # one line
    LONGTEXT = "longtext"  # many lines
    BITEXT = "bitext"  # {"en": …, "zh": …}
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    DATE = "date"  # "2026-11-24"
    CHOICE = "choice"  # one code of a choice set
    MULTICHOICE = "multichoice"  # list of codes
    REF = "ref"  # id of something in the case
    MULTIREF = "multiref"
    TABLE = "table"  # list of objects, one per row


class Operator(StrEnum):
    """How a test compares the answer to a question with a fixed answer."""

    EXISTS = "exists"
    EQUALS = "="
    DIFFERS = "!="
    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    IN = "in"
    CONTAINS_ANY = "contains-any"
    STARTS_WITH = "starts-with"


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `question` is a field key, `table.column`, `case.x`, `outside.x` or `patient.x`."""

    question: str
    operator: Operator
    answer: Any
    negate: bool = False

    # The class name starts like a test class; pytest is not to collect it.
    __test__ = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Several tests of which all or any must hold; groups may stand inside groups."""

    behaviour: Literal["all", "any"]
    when: tuple[Condition | Test, ...]
    negate: bool = False

    def questions(self) -> Iterator[str]:
        """Every question the condition looks at, in order, with repeats."""
        for part in self.when:
            if isinstance(part, Test):
                yield part.question
            else:
                yield from part.questions()


@dataclass(frozen=True, slots=True)
class Prefill:
    """Where a fact already is.

    `source` is `outside.x`, `case.x` or `previous` (the discipline's last signed input of this case).
    Mode `compare` is shown beside the empty field and never copied; `start` is a starting value.
    """

    source: str
    mode: Literal["compare", "start"]


@dataclass(frozen=True, slots=True)
class Coding:
    """A public code for the field; `checked` is False until somebody compared it with its source."""

    system: str
    code: str
    display: str
    checked: bool


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A further unit an answer may be typed in: stored is the typed value times `factor`, in the field's own unit."""

    code: str
    factor: float

    @property
    def words(self) -> Bitext:
        return unit_words(self.code)


UNITS: Mapping[str, Bitext] = {
    "umol/L": Bitext("µmol/L", "µmol/L"),
    "10*9/L": Bitext("×10⁹/L", "×10⁹/L"),
    "m2": Bitext("m²", "m²"),
    "mg/m2": Bitext("mg/m²", "mg/m²"),
    "xULN": Bitext("× upper limit of normal", "×正常值上限"),
    "wk": Bitext("weeks", "周"),
    "min": Bitext("min", "分钟"),
    "mut/Mb": Bitext("mutations/Mb", "个突变/Mb"),
    "/uL": Bitext("/µL", "/µL"),
}


SHORT_UNITS: Mapping[str, Bitext] = {"xULN": Bitext("× ULN", "×ULN")}
"""Beside a control whose label says the rest."""


def unit_words(unit: str) -> Bitext:
    """A UCUM unit as people write it; what is not listed is written as it stands."""
    return UNITS.get(unit, Bitext(unit, unit))


@dataclass(frozen=True, slots=True)
class Field:
    """One question. Tables hold their questions per row in `columns`.

    `required` together with `shown_if` means: required while shown.
    `unit` is UCUM or "xULN" (times the upper limit of normal); `min` and `max` are in that unit, inclusive: what lies
    outside is refused. What lies outside `usual_min` and `usual_max` is asked about. `units` are further units to type in.
    `new_row` says what a new row of a table begins with in this column: the `same` as the row above, or the `next` number.
    `max_length` counts characters, for bitext in each language.
    `says` is the sentence of the draft, `says_when` another one for single codes (None: nothing is said);
    `mdtapp.disciplines.sentences.say` fills them. `feeds` is the opinion section the sentence belongs to.
    `agreement` names what of the outside opinion the field is the verdict on.
    """

    key: str
    type: FieldType
    label: Bitext
    help: Bitext = Bitext()
    tier: Literal["core", "detail"] = "core"
    required: bool = False
    required_if: Condition | None = None
    shown_if: Condition | None = None
    choices: str | None = None
    ref: str | None = None
    columns: tuple[Field, ...] = ()
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    usual_min: float | None = None
    usual_max: float | None = None
    units: tuple[OtherUnit, ...] = ()
    step: float | None = None
    pattern: str | None = None
    max_length: int | None = None
    min_items: int | None = None
    must_be_true: bool = False
    not_future: bool = False
    computed: str | None = None
    new_row: Literal["same", "next"] | None = None
    prefill: Prefill | None = None
    agreement: str | None = None
    code: Coding | None = None
    says: Bitext | None = None
    says_when: Mapping[str, Bitext | None] | None = None
    feeds: str | None = None

    @property
    def unit_words(self) -> Bitext:
        """The unit as people write it; empty without one."""
        return unit_words(self.unit) if self.unit else Bitext()

    @property
    def unit_beside(self) -> Bitext:
        """The unit as it stands beside the control."""
        return SHORT_UNITS.get(self.unit or "", self.unit_words)

    def other_unit(self, code: str) -> OtherUnit | None:
        return next((one for one in self.units if one.code == code), None)

    def column(self, key: str) -> Field:
        """The column with this key; KeyError when the table has none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading of the form."""

    key: str
    label: Bitext
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One code as it is stored; `more` puts a rare one behind "more"."""

    code: str
    label: Bitext
    more: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceSet:
    """The codes one kind of question can be answered with, in the order they are offered."""

    key: str
    choices: tuple[Choice, ...]

    def __iter__(self) -> Iterator[Choice]:
        return iter(self.choices)

    def __contains__(self, code: object) -> bool:
        return any(choice.code == code for choice in self.choices)

    def label(self, code: str) -> Bitext:
        """The label of a code; an unknown code (an older definition) speaks for itself."""
        for choice in self.choices:
            if choice.code == code:
                return choice.label
        return Bitext(en=code, zh=code)


@dataclass(frozen=True, slots=True)
class Discipline:
    """All questions of one discipline, with the choice sets they use.

    `version` (12 hexadecimal digits) changes whenever the definition or one of its choices does.
    """

    key: str
    short: str
    label: Bitext
    core: bool
    position: int
    version: str
    sections: tuple[Section, ...]
    choices: Mapping[str, ChoiceSet]

    def fields(self) -> Iterator[Field]:
        """Every field in the order of the form; columns stand inside their tables."""
        for section in self.sections:
            yield from section.fields

    def field(self, key: str) -> Field:
        """The field with this key; KeyError when there is none."""
        for field in self.fields():
            if field.key == key:
                return field
        raise KeyError(key)

    def has(self, key: str) -> bool:
        return any(field.key == key for field in self.fields())

    def as_json(self) -> dict[str, Any]:
        """The whole definition as plain data, to be kept beside the inputs written with it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """Something a complete case holds. `max_age_days` counts back from the meeting."""

    code: str
    label: Bitext
    criticality: str
    max_age_days: int | None = None


@dataclass(frozen=True, slots=True)
class OpinionSection:
    """A section of the opinion; `audience` is patient, clinician or both."""

    key: str
    label: Bitext
    audience: Literal["patient", "clinician", "both"]


@dataclass(frozen=True, slots=True)
class ResultClass:
    """A result the opinion can have, and how the patient's page puts it in one line."""

    code: str
    label: Bitext
    patient_line: Bitext


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Everything the data files say, the site's own files included."""

    disciplines: Mapping[str, Discipline]
    choices: Mapping[str, ChoiceSet]
    sections: tuple[OpinionSection, ...]
    result_classes: Mapping[str, ResultClass]
    checklists: Mapping[str, tuple[ChecklistItem, ...]]

    def label(self, choice_set: str, code: str) -> Bitext:
        """The label of a stored code."""
        return self.choices[choice_set].label(code)

    def checklist(self, site_family: str) -> tuple[ChecklistItem, ...]:
        """The generic items followed by those of the tumour family, each code once, the family's own first choice."""
        own = self.checklists.get(site_family, ()) if site_family != "generic" else ()
        codes = {item.code for item in own}
        return (*(item for item in self.checklists["generic"] if item.code not in codes), *own)
