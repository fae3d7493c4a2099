"""Forms of the materials pages: describing, deciding, assigning."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from mdtapp.materials.models import Material
from mdtapp.materials.status import (
    MATERIAL_KIND_LABELS,
    MATERIAL_STATUS_LABELS,
    MaterialKind,
    MaterialStatus,
)
from mdtapp.web.forms import PageForm
from mdtapp.web.language import sentence


class DescribeForm(PageForm):
    """How a material is described; its bytes are not touched."""

    title = StringField(_l("Title"), [DataRequired(message=_l("Give the material a title")), Length(max=300)])
    kind = SelectField(_l("Kind"))
    dated_on = DateField(_l("Date of the document or examination"), [Optional()])
    language = StringField(_l("Language (two letters)"), [Optional(), Length(max=35)])
    status = SelectField(_l("State"))
    row_version = HiddenField()

    def fill_choices(self) -> DescribeForm:
        self.kind.choices = [(str(kind), sentence(MATERIAL_KIND_LABELS[kind])) for kind in MaterialKind]
        self.status.choices = [
            (str(status), sentence(MATERIAL_STATUS_LABELS[status])) for status in MaterialStatus
        ]
        return self

    def fill_from(self, material: Material) -> DescribeForm:
        self.title.data, self.kind.data = material.title, str(material.kind)
        self.dated_on.data, self.language.data = material.dated_on, material.language
        self.status.data, self.row_version.data = str(material.status), str(material.row_version)
        return self


class RequestForm(PageForm):
    """A material that is asked for, or known not to exist."""

    title = StringField(_l("Title"), [DataRequired(message=_l("Give the material a title")), Length(max=300)])
    kind = SelectField(_l("Kind"))
    status = SelectField(_l("State"))

    def fill_choices(self) -> RequestForm:
        absent = (MaterialStatus.REQUESTED, MaterialStatus.NOT_AVAILABLE, MaterialStatus.NOT_NEEDED)
        self.kind.choices = [(str(kind), sentence(MATERIAL_KIND_LABELS[kind])) for kind in MaterialKind]
        self.status.choices = [(str(status), sentence(MATERIAL_STATUS_LABELS[status])) for status in absent]
        return self


class DecisionForm(PageForm):
    """Why flagged images belong to the case, or do not."""

    reason = TextAreaField(_l("Why"), [Optional(), Length(max=2000)])
    row_version = HiddenField()


class AssignForm(PageForm):
    """Which case images of the tray belong to."""

    case_no = StringField(_l("Case number"), [DataRequired(message=_l("Write the number of the case"))])
    reason = TextAreaField(_l("Why, if the identity does not fit"), [Optional(), Length(max=2000)])
    confirmed = BooleanField(_l("I compared the fields: these images belong to this patient"))
