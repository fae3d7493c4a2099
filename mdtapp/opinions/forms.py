"""Forms of the desk: sentences, settlements, signature, refusal, addendum."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import (
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.opinions.audience import AUDIENCES
from mdtapp.opinions.models import Opinion, SignatureMeaning
from mdtapp.opinions.words import ADDENDUM_REASON, MEANING
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language


class BitextForm(PageForm):
    """A sentence in both languages; which of the two may wait is the operation's to say."""

    text_en = TextAreaField("English", [Optional(), Length(max=10_000)])
    text_zh = TextAreaField("中文", [Optional(), Length(max=10_000)])

    def to_text(self) -> Bitext:
        return Bitext((self.text_en.data or "").strip(), (self.text_zh.data or "").strip())


class StatementForm(BitextForm):
    row_version = HiddenField()


class NewStatementForm(BitextForm):
    section = SelectField(_l("Section"), [DataRequired(_l("Choose the section"))])
    question = SelectField(_l("Answers the question"), [Optional()])
    audience = SelectField(_l("Who reads it, for a dissent"), [Optional()])

    def fill_choices(self, opinion: Opinion) -> NewStatementForm:
        language = current_language()
        self.section.choices = [(s.key, s.label.in_language(language)) for s in catalogue().sections]
        self.question.choices = [("", "–")] + [
            (q.key, f"{q.key}: {q.text.in_language(language)}"[:120]) for q in opinion.case.questions
        ]
        self.audience.choices = [
            ("", "–"),
            *((key, words.in_language(language)) for key, words in AUDIENCES.items()),
        ]
        return self


class ReasonForm(PageForm):
    reason = StringField(_l("Reason"), [DataRequired(_l("Say why in one sentence")), Length(max=1000)])


class SettlementForm(PageForm):
    """How a conflict is settled; `resolution` is the button that was pressed."""

    row_version = HiddenField()
    seen = HiddenField()
    resolution = StringField(_l("Resolution"), [DataRequired(_l("Choose how it is settled"))])
    chosen = StringField(_l("Whose view stands"), [Optional(), Length(max=60)])
    reason = TextAreaField(_l("Reason in English"), [Optional(), Length(max=4000)])
    reason_zh = TextAreaField(_l("Reason in Chinese"), [Optional(), Length(max=4000)])

    def to_reason(self) -> Bitext:
        return Bitext((self.reason.data or "").strip(), (self.reason_zh.data or "").strip())


class ResultForm(PageForm):
    result_class = RadioField(_l("Result"), [InputRequired(_l("Choose the result"))])
    also = SelectMultipleField(_l("Also"), [Optional()])

    def fill_choices(self) -> ResultForm:
        language = current_language()
        choices = [
            (key, result.label.in_language(language)) for key, result in catalogue().result_classes.items()
        ]
        self.result_class.choices = self.also.choices = choices
        return self


class FinaliseForm(PageForm):
    row_version = HiddenField()
    password = PasswordField(_l("Your password"), [DataRequired(_l("Type your password to freeze the text"))])


class SignForm(PageForm):
    content_hash = HiddenField(validators=[DataRequired()])
    meaning = RadioField(_l("I sign as"), [InputRequired(_l("Choose what your signature means"))])
    password = PasswordField(_l("Your password"), [DataRequired(_l("Type your password to sign"))])

    def fill_choices(self) -> SignForm:
        language = current_language()
        self.meaning.choices = [(str(m), MEANING[m].in_language(language)) for m in SignatureMeaning]
        return self


class AddendumForm(BitextForm):
    reason = SelectField(_l("Why an addendum"), [DataRequired(_l("Choose why"))])

    def fill_choices(self) -> AddendumForm:
        language = current_language()
        self.reason.choices = [(key, words.in_language(language)) for key, words in ADDENDUM_REASON.items()]
        return self
