"""The small forms around an input: signing, and saying why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectMultipleField, TextAreaField
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
        """The warnings to confirm; one that stands at several fields is confirmed once."""
        self.warnings.choices = list({finding.id: finding.message for finding in warnings}.items())
        return self


class ReasonForm(PageForm):
    """One sentence: why an input is amended, given back or declined."""

    reason = TextAreaField(
        _l("Reason"), [DataRequired(_l("Say why in one sentence")), Length(max=1000)], render_kw={"rows": 2}
    )
