"""The coordinator's forms: record, identity, questions, outside opinion, consent, panel."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from mdtapp.cases import words
from mdtapp.cases.models import Case, ConsentPurpose, MemberRole, OutsideOpinion, Sex, Situation, Urgency
from mdtapp.cases.operations import CaseRecord, OutsideRecord, PatientFacts
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.people.models import User
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language

COUNTRY = Regexp(r"^[A-Za-z]{2}$", message=_l("Write the two letters of the country, for example KE"))
OUTSIDE_CHOICES = {
    "primary_site": "site",
    "laterality": "laterality",
    "histology_group": "histology_group",
    "behaviour": "behaviour",
    "stage_system": "stage_system",
    "stage_prefix": "stage_prefix",
    "stage_group": "stage_group",
    "her2_ihc": "her2_ihc",
}
OUTSIDE_TEXTS = ("t_category", "n_category", "m_category")
OUTSIDE_NUMBERS = ("er_pct", "pr_pct", "ki67_pct", "grade_group")


def _labelled(enumeration: Any, labels: dict[Any, Bitext]) -> list[tuple[str, str]]:
    return [(str(member), labels[member].in_language(current_language())) for member in enumeration]


def coded(choice_set: str, *, empty: bool = True) -> list[tuple[str, str]]:
    """The codes of a choice set with labels in the page's language."""
    language = current_language()
    choices = [
        (choice.code, choice.label.in_language(language)) for choice in catalogue().choices[choice_set]
    ]
    return [("", "–"), *choices] if empty else choices


class RecordForm(PageForm):
    """The part of a case that is written once and amended."""

    row_version = HiddenField()
    title_en = StringField(
        _l("Title in English"), [DataRequired(_l("Give the case a short title")), Length(max=200)]
    )
    title_zh = StringField(_l("Title in Chinese"), [Optional(), Length(max=200)])
    situation = RadioField(_l("Situation"), [InputRequired(_l("Choose the situation"))])
    primary_site = SelectField(_l("Primary site"), [DataRequired(_l("Choose the primary site"))])
    laterality = SelectField(_l("Side"), [Optional()])
    setting = SelectField(_l("Disease setting"), [Optional()])
    diagnosed_on = DateField(_l("Diagnosed on"), [Optional()])
    due_on = DateField(_l("Answer due on"), [Optional()])
    next_home_treatment_on = DateField(_l("Next planned treatment at home"), [Optional()])
    urgency = RadioField(_l("Urgency"), [InputRequired(_l("Choose the urgency"))])
    inviting_party = SelectField(_l("Who asks"), [Optional()])
    wishes_en = TextAreaField(_l("What matters to the patient, in their words (English)"), [Optional()])
    wishes_zh = TextAreaField(_l("What matters to the patient (Chinese)"), [Optional()])

    def fill_choices(self) -> RecordForm:
        self.situation.choices = _labelled(Situation, words.SITUATION)
        self.urgency.choices = _labelled(Urgency, words.URGENCY)
        self.primary_site.choices = coded("site")
        self.laterality.choices = coded("laterality")
        self.setting.choices = coded("setting")
        language = current_language()
        self.inviting_party.choices = [("", "–")] + [
            (key, label.in_language(language)) for key, label in words.INVITING_PARTY.items()
        ]
        return self

    def fill_from(self, case: Case) -> RecordForm:
        """Starting values of an existing case."""
        for name in ("situation", "primary_site", "laterality", "setting", "urgency", "inviting_party"):
            self[name].data = str(getattr(case, name) or "")
        for name in ("diagnosed_on", "due_on", "next_home_treatment_on", "row_version"):
            self[name].data = getattr(case, name)
        self.title_en.data, self.title_zh.data = case.title.en, case.title.zh
        self.wishes_en.data, self.wishes_zh.data = case.wishes.en, case.wishes.zh
        return self

    def to_record(self) -> CaseRecord:
        return CaseRecord(
            title=Bitext((self.title_en.data or "").strip(), (self.title_zh.data or "").strip()),
            situation=Situation(self.situation.data),
            primary_site=self.primary_site.data or "",
            laterality=self.laterality.data or "",
            setting=self.setting.data or "",
            diagnosed_on=self.diagnosed_on.data,
            due_on=self.due_on.data,
            next_home_treatment_on=self.next_home_treatment_on.data,
            urgency=Urgency(self.urgency.data),
            inviting_party=self.inviting_party.data or "",
            wishes=Bitext((self.wishes_en.data or "").strip(), (self.wishes_zh.data or "").strip()),
        )


class NewCaseForm(RecordForm):
    """A new case: the record, and what specialists may know of the person."""

    pseudonym = StringField(
        _l("Pseudonym"),
        [
            DataRequired(_l("Give a pseudonym such as CEDAR-208")),
            Regexp(r"^[A-Za-z]{2,20}-\d{2,6}$", message=_l("Write a word, a hyphen and a number: CEDAR-208")),
        ],
    )
    sex = RadioField(_l("Sex"), [InputRequired(_l("Choose the recorded sex"))])
    birth_year = IntegerField(
        _l("Birth year"), [Optional(), NumberRange(1900, 2100, _l("Write the year, for example 1979"))]
    )
    home_country = StringField(_l("Country"), [DataRequired(_l("Enter the country")), COUNTRY])
    home_language = StringField(
        _l("Patient's language"), [DataRequired(_l("Enter the language, for example en")), Length(max=20)]
    )
    interpreter = BooleanField(_l("Needs an interpreter"))
    physician_role = StringField(_l("Home physician's role"), [Optional(), Length(max=120)])
    physician_institution = StringField(_l("Home hospital"), [Optional(), Length(max=200)])

    def fill_choices(self) -> NewCaseForm:
        super().fill_choices()
        self.sex.choices = _labelled(Sex, words.SEX)
        if not self.urgency.data:
            self.urgency.data = str(Urgency.ROUTINE)
        return self

    def to_patient(self) -> PatientFacts:
        return PatientFacts(
            pseudonym=self.pseudonym.data or "",
            sex=Sex(self.sex.data),
            birth_year=self.birth_year.data,
            home_country=(self.home_country.data or "").upper(),
            home_language=(self.home_language.data or "").strip(),
            interpreter=bool(self.interpreter.data),
            home_physician={
                key: value
                for key, value in {
                    "role": (self.physician_role.data or "").strip(),
                    "institution": (self.physician_institution.data or "").strip(),
                }.items()
                if value
            },
        )


class IdentityForm(PageForm):
    """What stands on the patient's own records; sealed as soon as it is sent."""

    name = StringField(_l("Name as on the records"), [DataRequired(_l("Enter the name")), Length(max=200)])
    other_names = StringField(_l("Other spellings, separated by semicolons"), [Optional(), Length(max=500)])
    birth_date = DateField(_l("Birth date"), [Optional()])
    sex = RadioField(_l("Sex"), [InputRequired(_l("Choose the sex"))])
    patient_ids = StringField(
        _l("Patient numbers at home, separated by semicolons"), [Optional(), Length(max=500)]
    )
    contact = StringField(_l("E-mail or telephone"), [Optional(), Length(max=300)])

    def fill_choices(self) -> IdentityForm:
        self.sex.choices = _labelled(Sex, words.SEX)
        return self

    def to_identity(self) -> dict[str, Any]:
        return {
            "name": (self.name.data or "").strip(),
            "other_names": _listed(self.other_names.data),
            "birth_date": self.birth_date.data.isoformat() if self.birth_date.data else "",
            "sex": self.sex.data,
            "patient_ids": _listed(self.patient_ids.data),
            "contact": (self.contact.data or "").strip(),
        }


class QuestionsForm(PageForm):
    """Up to ten questions, one a line in each language; lines of the same number belong together."""

    row_version = HiddenField()
    english = TextAreaField(
        _l("Questions in English, one a line"), [DataRequired(_l("Write at least one question"))]
    )
    chinese = TextAreaField(_l("The same questions in Chinese, one a line"), [Optional()])
    original = TextAreaField(_l("In the patient's own language, one a line"), [Optional()])

    def fill_from(self, case: Case) -> QuestionsForm:
        self.english.data = "\n".join(question.text.en for question in case.questions)
        self.chinese.data = "\n".join(question.text.zh for question in case.questions)
        self.original.data = "\n".join(question.original for question in case.questions)
        self.row_version.data = case.row_version
        return self

    def to_questions(self) -> list[tuple[Bitext, str]]:
        english, chinese, original = (
            _lines(field.data) for field in (self.english, self.chinese, self.original)
        )
        pad = max(len(english), len(chinese))
        rows = [(_at(english, i), _at(chinese, i), _at(original, i)) for i in range(pad)]
        return [(Bitext(en, zh), words_) for en, zh, words_ in rows if en or zh]


class OutsideForm(PageForm):
    """The home hospital's diagnosis, stage and plan, as structured fields and in words."""

    row_version = HiddenField()
    institution = StringField(_l("Hospital"), [Optional(), Length(max=200)])
    country = StringField(_l("Country"), [Optional(), COUNTRY])
    given_on = DateField(_l("Date of the opinion"), [Optional()])
    diagnosis_en = TextAreaField(
        _l("Diagnosis in English"), [DataRequired(_l("Enter the diagnosis as it is written"))]
    )
    diagnosis_zh = TextAreaField(_l("Diagnosis in Chinese"), [Optional()])
    primary_site = SelectField(_l("Primary site"), [Optional()])
    laterality = SelectField(_l("Side"), [Optional()])
    histology_group = SelectField(_l("Histological type"), [Optional()])
    behaviour = SelectField(_l("Behaviour"), [Optional()])
    stage_system = SelectField(_l("Staging system and edition"), [Optional()])
    stage_prefix = SelectField(_l("Type of staging"), [Optional()])
    t_category = StringField("T", [Optional(), Length(max=12)])
    n_category = StringField("N", [Optional(), Length(max=12)])
    m_category = StringField("M", [Optional(), Length(max=12)])
    stage_group = SelectField(_l("Stage group"), [Optional()])
    er_pct = IntegerField("ER %", [Optional(), NumberRange(0, 100)])
    pr_pct = IntegerField("PR %", [Optional(), NumberRange(0, 100)])
    her2_ihc = SelectField("HER2 IHC", [Optional()])
    ki67_pct = IntegerField("Ki-67 %", [Optional(), NumberRange(0, 100)])
    grade_group = IntegerField(_l("ISUP grade group"), [Optional(), NumberRange(1, 5)])
    plan_en = TextAreaField(_l("Plan in English"), [DataRequired(_l("Enter the plan as it is written"))])
    plan_zh = TextAreaField(_l("Plan in Chinese"), [Optional()])

    def fill_choices(self) -> OutsideForm:
        for name, choice_set in OUTSIDE_CHOICES.items():
            self[name].choices = coded(choice_set)
        return self

    def fill_from(self, opinion: OutsideOpinion) -> OutsideForm:
        for name in (*OUTSIDE_CHOICES, *OUTSIDE_TEXTS, *OUTSIDE_NUMBERS):
            self[name].data = opinion.fields.get(name)
        for name in ("institution", "country", "given_on", "row_version"):
            self[name].data = getattr(opinion, name)
        self.diagnosis_en.data, self.diagnosis_zh.data = opinion.diagnosis_text.en, opinion.diagnosis_text.zh
        self.plan_en.data, self.plan_zh.data = opinion.plan.en, opinion.plan.zh
        return self

    def to_record(self, known: OutsideOpinion | None) -> OutsideRecord:
        """What was typed; of the opinion as it was known, the parts this form does not show stay."""
        names = (*OUTSIDE_CHOICES, *OUTSIDE_TEXTS, *OUTSIDE_NUMBERS)
        unseen = {key: value for key, value in known.fields.items() if key not in names} if known else {}
        fields = {name: self[name].data for name in names if self[name].data not in (None, "")}
        return OutsideRecord(
            diagnosis_text=Bitext(
                (self.diagnosis_en.data or "").strip(), (self.diagnosis_zh.data or "").strip()
            ),
            plan=Bitext((self.plan_en.data or "").strip(), (self.plan_zh.data or "").strip()),
            fields=unseen | fields,
            steps=known.steps if known else [],
            institution=self.institution.data or "",
            country=(self.country.data or "").upper(),
            given_on=self.given_on.data,
        )


class ConsentForm(PageForm):
    purposes = SelectMultipleField(_l("The patient agreed to"), [Optional()])
    given_on = DateField(_l("Signed on"), [DataRequired(_l("Enter the date of the signature"))])

    def fill_choices(self) -> ConsentForm:
        self.purposes.choices = _labelled(ConsentPurpose, words.CONSENT)
        return self


class MemberForm(PageForm):
    """One place on the panel: the choice carries person, role and discipline together."""

    place = SelectField(_l("Person"), [DataRequired(_l("Choose a person"))])
    due_on = DateField(_l("Input due on"), [Optional()])

    def fill_choices(self, people: list[User]) -> MemberForm:
        self.place.choices = [("", "–"), *(place for user in people for place in _places(user))]
        return self

    def chosen(self) -> tuple[int, MemberRole, str | None]:
        number, role, discipline = (self.place.data or "").split("/")
        return int(number), MemberRole(role), discipline or None


class LiftForm(PageForm):
    """Why the members may read each other before they have signed."""

    reason = StringField(_l("Why now"), [DataRequired(_l("Say why in one sentence")), Length(max=500)])


class MoveForm(PageForm):
    reason = StringField(_l("Reason"), [Optional(), Length(max=500)])


def _places(user: User) -> list[tuple[str, str]]:
    language = current_language()
    name = user.name_zh if language == "zh" and user.name_zh else user.name
    labels = {key: item.label.in_language(language) for key, item in catalogue().disciplines.items()}
    places = [(f"{user.id}/author/{key}", f"{labels.get(key, key)} – {name}") for key in user.disciplines]
    role = {
        "chair": MemberRole.CHAIR,
        "coordinator": MemberRole.COORDINATOR,
        "translator": MemberRole.TRANSLATOR,
    }.get(str(user.role))
    if role:
        places.append((f"{user.id}/{role}/", f"{words.MEMBER_ROLE[role].in_language(language)} – {name}"))
    return places


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").replace("；", ";").split(";") if part.strip()]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines()]


def _at(lines: list[str], index: int) -> str:
    return lines[index] if index < len(lines) else ""
