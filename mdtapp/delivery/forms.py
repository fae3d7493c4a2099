"""The coordinator's forms of delivery, and the recipient's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery.operations import Contact
from mdtapp.delivery.words import KIND
from mdtapp.store.numbers import whole_number
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdtapp.delivery.models import RecipientKind
    from mdtapp.opinions.models import OpinionVersion

LANGUAGES = [SelectChoice("en", "English"), SelectChoice("zh", "中文")]


class RecipientForm(PageForm):
    """Who is to receive the opinion. The address is typed twice: a typing error would send it to a stranger."""

    kind = RadioField(_l("Who"), [InputRequired(_l("Choose who receives it"))])
    name = StringField(_l("Name"), [DataRequired(_l("Enter the name")), Length(max=120)])
    email = StringField(_l("E-mail"), [Optional(), Length(max=254)])
    email_again = StringField(
        _l("E-mail again"), [EqualTo("email", _l("The two addresses differ. Type both again"))]
    )
    phone = StringField(_l("Telephone"), [Optional(), Length(max=40)])
    language = RadioField(
        _l("Language of the page"), [InputRequired(_l("Choose the language"))], default="en"
    )

    def fill_choices(self) -> RecipientForm:
        self.kind.choices = [SelectChoice(str(kind), label) for kind, label in KIND.items()]
        self.language.choices = LANGUAGES
        return self

    @property
    def recipient_kind(self) -> RecipientKind:
        return next(kind for kind in KIND if str(kind) == self.kind.data)

    def to_contact(self) -> Contact:
        return Contact(
            name=(self.name.data or "").strip(),
            email=(self.email.data or "").strip(),
            phone=(self.phone.data or "").strip(),
        )


class SendForm(PageForm):
    """Which released text goes out."""

    version_id = SelectField(_l("Document"), [DataRequired(_l("Choose the document"))])

    def fill_choices(self, versions: Sequence[OpinionVersion]) -> SendForm:
        language = current_language()
        self.version_id.choices = [
            SelectChoice(str(version.id), version_label(version).in_language(language))
            for version in versions
        ]
        return self


class LinkForm(PageForm):
    """A step on one link, with the version of what the page showed."""

    row_version = HiddenField()

    @property
    def version(self) -> int:
        """-1, which is always stale, when it was tampered with."""
        return whole_number(self.row_version.data) or -1


class RevokeForm(LinkForm):
    reason = StringField(_l("Reason"), [DataRequired(_l("Say why in one sentence")), Length(max=500)])


class CodeForm(PageForm):
    """The recipient's code; checked by the operation, which counts the tries."""

    code = StringField("code", [Optional(), Length(max=64)])


def version_label(version: OpinionVersion) -> Bitext:
    """`Opinion, version 1` or `Addendum 2, version 1`."""
    number = version.opinion.number
    name = Bitext(f"Addendum {number}", f"补充意见{number}") if number else Bitext("Opinion", "意见书")
    return Bitext(f"{name.en}, version {version.version}", f"{name.zh}，第{version.version}版")
