"""The small forms around an input: signing, amending, returning."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from mdtapp.disciplines.checks import Finding
from mdtapp.web.forms import PageForm


class SignInputForm(PageForm):
    """Signing asks again who signs, whose input it is, and whether each warning was seen."""

    row_version = HiddenField()
    right_patient = BooleanField(
        _l("This is the right patient and the right side"),
        [DataRequired(_l("Confirm patient and side before you sign"))],
    )
    warnings = SelectMultipleField(_l("I have seen and confirm"), validate_choice=False)
    password = PasswordField(_l("Your password"), [DataRequired(_l("Type your password to sign"))])

    def fill_choices(self, warnings: list[Finding]) -> SignInputForm:
        self.warnings.choices = [(finding.id, finding.message) for finding in warnings]
        return self


class ReasonForm(PageForm):
    reason = StringField(_l("Reason"), [DataRequired(_l("Say why in one sentence")), Length(max=1000)])
