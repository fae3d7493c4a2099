"""What guidelines say of a recommendation, as the chair cites them, and whether it can be had at home.

Names and levels are typed by the chair or carried over from the inputs; no guideline text is shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext

BODIES: Final = {
    "csco": Bitext("CSCO", "CSCO"),
    "nccn": Bitext("NCCN", "NCCN"),
    "esmo": Bitext("ESMO", "ESMO"),
    "home": Bitext("Home rule", "当地规定"),
}
RELATIONS: Final = {
    "same": Bitext("says the same", "一致"),
    "different": Bitext("differs", "不一致"),
}
AT_HOME: Final = {
    "home": Bitext("Available at home", "居住国可及"),
    "travel": Bitext("Needs travel", "需赴外地或境外"),
    "not_available": Bitext("Not available", "不可及"),
    "unknown": Bitext("Unknown: ask the home team", "不详，请询问当地医生"),
}
_FROM_INPUTS: Final = {
    "available": "home",
    "available_private": "home",
    "not_available": "not_available",
    "unknown": "unknown",
}
_LEVELS: Final = {
    "csco": (("csco_grade", "grade {}"), ("csco_evidence", "{}")),
    "nccn": (("nccn_category", "category {}"),),
    "esmo": (("esmo_level", "level {}"), ("esmo_grade", "grade {}")),
}
_NOT_COVERED: Final = (None, "", "none", "not_applicable")


@dataclass(frozen=True, slots=True)
class Citation:
    """One guideline: its name and year, the level it gives, whether it says the same as we do, and why not."""

    body: str
    name: str = ""
    level: str = ""
    relation: str = ""
    why: Bitext = Bitext()

    def __bool__(self) -> bool:
        return bool(self.name or self.level or self.relation or self.why)

    def as_json(self) -> dict[str, Any]:
        return {
            "body": self.body,
            "name": self.name,
            "level": self.level,
            "relation": self.relation,
            "why": self.why.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Frame:
    """The citations in the order of `BODIES`, and where the treatment can be had (a key of `AT_HOME`, or empty)."""

    citations: tuple[Citation, ...]
    availability: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None, step: Mapping[str, Any] | None = None) -> Frame:
        """As the chair left it; before that, what the structured step of the inputs says."""
        if stored is None:
            return _of_step(step or {})
        known = {str(row["body"]): row for row in stored.get("citations") or []}
        return cls(
            tuple(
                Citation(
                    body,
                    str(row.get("name") or ""),
                    str(row.get("level") or ""),
                    str(row.get("relation") or ""),
                    Bitext.of(row.get("why")),
                )
                for body in BODIES
                for row in (known.get(body, {}),)
            ),
            str(stored.get("availability") or ""),
        )

    def as_json(self) -> dict[str, Any]:
        """Empty when nothing is said."""
        said = [one.as_json() for one in self.citations if one]
        if not said and not self.availability:
            return {}
        return {"citations": said, "availability": self.availability}


def _of_step(step: Mapping[str, Any]) -> Frame:
    relation = {"consistent": "same", "differs": "different"}.get(str(step.get("guideline_relation")), "")
    citations = []
    for body in BODIES:
        parts = [
            words.format(step[key])
            for key, words in _LEVELS.get(body, ())
            if step.get(key) not in _NOT_COVERED
        ]
        name = _named(str(step.get("guideline_ref") or ""), body)
        citations.append(Citation(body, name, ", ".join(parts), relation if body == "home" else "", Bitext()))
    return Frame(tuple(citations), _FROM_INPUTS.get(str(step.get("home_availability")), ""))


def _named(references: str, body: str) -> str:
    """Those of the references, parted by semicolons, that name the body."""
    return "; ".join(one.strip() for one in references.split(";") if body.upper() in one.upper().split())
