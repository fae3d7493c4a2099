"""Taking what was measured in the viewer into the form: the value, its date and where it was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from mdtapp.imaging.measured import Measured
from mdtapp.opinions.inputs.form_fields import TableField

TABLE: Final = "lesions"
_NUMBERED: Final = re.compile(r"T(\d{1,2})")


def take(table: TableField, measured: Measured) -> None:
    """A new row of the lesions; place, organ and role stay for the radiologist to say."""
    rows = [row for _entry, row in table.stored_rows()]
    table.append_entry(
        {
            "lesion_id": _next_target(rows),
            "location": measured.measurement.label,
            "current_mm": measured.length_mm,
            "current_date": measured.made_on.isoformat() if measured.made_on else None,
            "study_ref": f"M{measured.material_number}" if measured.material_number else None,
            "note": where(measured),
        }
    )
    table.offer(table.references)


def where(measured: Measured) -> str:
    """The quantity and the image, as a colleague would find it: `Length, series 4, image 27`."""
    image = measured.image
    if image is None:
        return measured.measurement.quantity
    parts = [measured.measurement.quantity]
    if image.series.number is not None:
        parts.append(f"series {image.series.number}")
    if image.instance_number is not None:
        parts.append(f"image {image.instance_number}")
    if image.frames > 1:
        parts.append(f"frame {measured.measurement.frame}")
    return ", ".join(part for part in parts if part)


def _next_target(rows: Sequence[dict[str, Any]]) -> str:
    used = [int(match[1]) for row in rows if (match := _NUMBERED.fullmatch(str(row.get("lesion_id") or "")))]
    return f"T{max(used, default=0) + 1}"
