"""Forms of the desk's own acts: parts of a sentence, guidelines, readers of a dissent, comments."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.opinions.audience import AUDIENCES, DISSENT
from mdtapp.opinions.forms import BitextForm
from mdtapp.opinions.guideline_frame import AT_HOME, BODIES, RELATIONS, Citation, Frame
from mdtapp.opinions.models import Statement
from mdtapp.store.numbers import LARGEST
from mdtapp.web.forms import PageForm
from mdtapp.web.language import current_language

_BETWEEN = re.compile(r"\r?\n[ \t]*\r?\n\s*")
_AFTER_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])|(?<=[。！？])(?=.)")


class SplitForm(BitextForm):
    """Both texts with an empty line wherever a new sentence begins."""

    row_version = HiddenField()

    def to_parts(self) -> list[Bitext]:
        """Empty when English and Chinese have different numbers of parts; a language that is empty stays so."""
        text = self.to_text()
        en, zh = _parts(text.en), _parts(text.zh)
        if en and zh and len(en) != len(zh):
            return []
        count = max(len(en), len(zh))
        return [Bitext(one, two) for one, two in zip(en or [""] * count, zh or [""] * count, strict=True)]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]


def parted(text: str) -> str:
    """The text with an empty line after each sentence, to start from."""
    return "\n\n".join(part for part in _AFTER_SENTENCE.split(text) if part)


class TakeForm(PageForm):
    key = StringField(validators=[DataRequired(), Length(max=40)])


class MoveForm(PageForm):
    """`before` is the sentence it is put in front of; without one it is the last of its section."""

    section = StringField(validators=[DataRequired(), Length(max=40)])
    before = IntegerField(validators=[Optional(), NumberRange(min=1, max=LARGEST)])


class AudienceForm(PageForm):
    audience = SelectField(_l("Who reads it"), [Optional()])

    def fill_choices(self) -> AudienceForm:
        language = current_language()
        self.audience.choices = [
            ("", "–"),
            *((key, words.in_language(language)) for key, words in AUDIENCES.items()),
        ]
        return self


class CommentForm(PageForm):
    text = TextAreaField(_l("Comment"), [DataRequired(_l("Write the comment")), Length(max=2000)])


class FrameForm(PageForm):
    """One citation for each body, and where the treatment can be had; the fields are named `csco_name` and so on."""

    row_version = HiddenField()
    availability = SelectField(_l("Where it can be had"), [Optional()])

    def fill_choices(self) -> FrameForm:
        language = current_language()
        self.availability.choices = [
            ("", "–"),
            *((key, words.in_language(language)) for key, words in AT_HOME.items()),
        ]
        for body in BODIES:
            self[f"{body}_relation"].choices = [
                ("", "–"),
                *((key, words.in_language(language)) for key, words in RELATIONS.items()),
            ]
        return self

    @classmethod
    def showing(cls, row: Statement) -> FrameForm:
        """What the sentence holds now."""
        frame = Frame.of(row.frame, row.step)
        values = {"availability": frame.availability, "row_version": row.row_version}
        for one in frame.citations:
            values |= {
                f"{one.body}_name": one.name,
                f"{one.body}_level": one.level,
                f"{one.body}_relation": one.relation,
                f"{one.body}_why_en": one.why.en,
                f"{one.body}_why_zh": one.why.zh,
            }
        return cls(formdata=None, **values).fill_choices()

    def to_frame(self) -> Frame:
        def said(name: str) -> str:
            return (self[name].data or "").strip()

        return Frame(
            tuple(
                Citation(
                    body,
                    said(f"{body}_name"),
                    said(f"{body}_level"),
                    said(f"{body}_relation"),
                    Bitext(said(f"{body}_why_en"), said(f"{body}_why_zh")),
                )
                for body in BODIES
            ),
            self.availability.data or "",
        )


for _body in BODIES:
    setattr(FrameForm, f"{_body}_name", StringField(_l("Guideline and year"), [Optional(), Length(max=200)]))
    setattr(FrameForm, f"{_body}_level", StringField(_l("Level"), [Optional(), Length(max=80)]))
    setattr(FrameForm, f"{_body}_relation", SelectField(_l("Beside our advice"), [Optional()]))
    setattr(FrameForm, f"{_body}_why_en", StringField(_l("Why, in English"), [Optional(), Length(max=1000)]))
    setattr(FrameForm, f"{_body}_why_zh", StringField(_l("Why, in Chinese"), [Optional(), Length(max=1000)]))


def editor_forms(row: Statement) -> dict[str, Any]:
    """What the tools of one sentence are filled with."""
    return {
        "split_en": parted(row.text.en),
        "split_zh": parted(row.text.zh),
        "frame_form": FrameForm.showing(row) if row.section == "recommendation" else None,
        "audience_form": AudienceForm(formdata=None, audience=row.audience).fill_choices()
        if row.section == DISSENT
        else None,
        "elsewhere": [s for s in catalogue().sections if s.key not in ("result_class", row.section)],
    }
