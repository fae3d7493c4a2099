"""The base of every page form: CSRF, limits on text, and refusals shown at their field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import StopValidation

from mdtapp.clinical.bitext import Bitext
from mdtapp.clinical.plain_text import forbidden_characters
from mdtapp.errors import Invalid
from mdtapp.store.db import session
from mdtapp.store.numbers import LARGEST
from mdtapp.web.language import sentence

LONGEST_LINE = 2_000
LONGEST_TEXT = 20_000


class PageForm(FlaskForm):
    """A form of a page. Text with control characters or direction marks is refused, never cleaned silently."""

    def refuse(self, field: str, words: Bitext) -> None:
        """Shows a domain refusal above its field, or above the form when there is no such field."""
        if field in self._fields:
            errors: Sequence[Any] = self._fields[field].errors
            self._fields[field].errors = [*errors, sentence(words)]
        else:
            self.form_errors.append(sentence(words))

    def refusal(self, words: Bitext) -> Invalid:
        """For a form that has no page of its own: what was wrong, field by field, in the language of the page."""
        found = {
            name: Bitext(text, text) for name, texts in self.errors.items() for text in map(str, texts[:1])
        }
        return Invalid(words, fields={str(name): text for name, text in found.items()})

    @contextmanager
    def showing_refusals(self) -> Iterator[None]:
        """`Invalid` raised inside ends the block, undoes the change and is shown at its fields."""
        try:
            yield
        except Invalid as refusal:
            session.rollback()
            for field, words in (refusal.fields or {"": refusal.sentence}).items():
                self.refuse(field, words)

    class Meta(FlaskForm.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            bound = super().bind_field(form, unbound_field, options)
            if isinstance(bound, StringField) and not isinstance(bound, PasswordField):
                longest = LONGEST_TEXT if isinstance(bound, TextAreaField) else LONGEST_LINE
                bound.validators = [_plain(longest), *bound.validators]
            elif isinstance(bound, IntegerField):
                bound.validators = [_countable, *bound.validators]
            return bound


def _countable(_form: Any, field: Field) -> None:
    """A number of hundreds of digits is more than the validators behind this one can compare."""
    if field.data is not None and abs(field.data) > LARGEST:
        field.data = None
        raise StopValidation(_("This number is too large."))


def _plain(longest: int) -> Any:
    def validate(_form: Any, field: Field) -> None:
        text = field.data or ""
        if len(text) > longest:
            raise StopValidation(_("This text is too long: at most %(longest)s characters.", longest=longest))
        if forbidden_characters(text):
            raise StopValidation(
                _(
                    "This text holds invisible control or direction marks. Type it again or paste it as plain text."
                )
            )

    return validate
