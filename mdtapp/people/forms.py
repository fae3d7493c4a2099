"""Sign-in, passwords and persons."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional

from mdtapp.disciplines import catalogue
from mdtapp.people.roles import ROLE_LABELS, Role
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language


class SignInForm(PageForm):
    email = StringField(_l("E-mail"), [DataRequired(_l("Enter your e-mail address")), Length(max=254)])
    password = PasswordField(_l("Password"), [DataRequired(_l("Enter your password")), Length(max=256)])


class NewPasswordForm(PageForm):
    password = PasswordField(_l("New password"), [DataRequired(_l("Enter a new password")), Length(max=256)])


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField(_l("Current password"), [DataRequired(_l("Enter your current password"))])


class PersonForm(PageForm):
    """A person as the administrator sees them."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter the name")), Length(max=120)])
    name_zh = StringField(_l("Name in Chinese"), [Optional(), Length(max=120)])
    role = SelectField(_l("Role"), [DataRequired(_l("Choose a role"))])
    disciplines = SelectMultipleField(_l("Disciplines"))
    title = StringField(_l("Job title"), [Optional(), Length(max=120)])
    licence_no = StringField(_l("Licence number"), [Optional(), Length(max=60)])
    active = BooleanField(_l("May sign in"), default=True)

    def fill_choices(self) -> PersonForm:
        language = current_language()
        self.role.choices = [(str(role), ROLE_LABELS[role].in_language(language)) for role in Role]
        self.disciplines.choices = [
            (key, discipline.label.in_language(language))
            for key, discipline in catalogue().disciplines.items()
        ]
        return self


class NewPersonForm(PersonForm):
    email = StringField(_l("E-mail"), [DataRequired(_l("Enter the e-mail address")), Length(max=254)])
