"""Forms of the export pages."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from mdtapp.imaging.copy_order import FORM_LABELS, Form
from mdtapp.imaging.queries import SeriesRow
from mdtapp.web.forms import PageForm
from mdtapp.web.language import sentence


class ExportForm(PageForm):
    """Which series leave, in which form, and why."""

    kind = RadioField(_l("In which form"), [DataRequired(message=_l("Choose a form"))])
    series = SelectMultipleField(
        _l("Series"), [DataRequired(message=_l("Choose at least one series"))], coerce=int
    )
    reason = TextAreaField(_l("What for"), [Optional(), Length(max=2000)])

    def fill_choices(self, forms: Sequence[Form], rows: Sequence[SeriesRow]) -> ExportForm:
        self.kind.choices = [(str(form), sentence(FORM_LABELS[form])) for form in forms]
        self.series.choices = [(row.series.id, _series_words(row)) for row in rows]
        return self

    def preset(self, forms: Sequence[Form], rows: Sequence[SeriesRow]) -> ExportForm:
        """As the page first shows it: the safest form, every series."""
        self.kind.data = str(forms[0])
        self.series.data = [row.series.id for row in rows]
        return self


class ClearanceForm(PageForm):
    """Pictures a coordinator has looked at; which ones is read beside the form."""

    reason = TextAreaField(
        _l("What you looked for"), [DataRequired(message=_l("Write one sentence")), Length(max=2000)]
    )


class WithdrawForm(PageForm):
    """Takes clearances back; which ones is read beside the form."""


def _series_words(row: SeriesRow) -> str:
    number = "" if row.series.number is None else f"{row.series.number} · "
    words = f"{number}{row.series.modality} {row.series.description}".strip()
    return f"{words or '—'} ({row.instances})"
