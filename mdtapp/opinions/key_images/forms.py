"""The note of a key image."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.web.forms import PageForm


class KeyImageForm(PageForm):
    instance = HiddenField()
    frame = HiddenField()
    note_en = TextAreaField(_l("What it shows"), [Optional(), Length(max=400)])
    note_zh = TextAreaField(_l("What it shows (Chinese)"), [Optional(), Length(max=400)])

    def to_note(self) -> Bitext:
        return Bitext((self.note_en.data or "").strip(), (self.note_zh.data or "").strip())
