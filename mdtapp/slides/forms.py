"""The form under a region that was just drawn."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from mdtapp.slides.operations import LONGEST_NAME
from mdtapp.web.forms import PageForm


class RegionForm(PageForm):
    """A name, and the outline the page's script wrote."""

    name = StringField(_l("Name"), [DataRequired(_l("Name the region")), Length(max=LONGEST_NAME)])
    outline = HiddenField(validators=[DataRequired(_l("Draw the region first")), Length(max=20_000)])
