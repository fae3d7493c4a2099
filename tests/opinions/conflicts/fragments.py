"""Short ways to write a fragment of a case."""

from __future__ import annotations

from typing import Any

Fragment = dict[str, Any]

PREFERRED, ACCEPTABLE, CONDITIONAL, REFUSED = "preferred", "acceptable", "conditional", "not_recommended"


def step(modality: str = "systemic", *drugs: str, prefer: str = PREFERRED, **columns: Any) -> Fragment:
    """A recommended step; a palliative one unless said."""
    text = columns.pop("text", "Step")
    return {
        "seq": 1,
        "preference": prefer,
        "modality": modality,
        "intent": columns.pop("intent", "palliative"),
        "description": {"en": text, "zh": "步骤"},
        "drug_classes": list(drugs),
        **columns,
    }


def case(*steps: Fragment, **parts: Any) -> Fragment:
    """Steps of medical oncology; `site`, `family` and `meeting`; inputs and other parts by name."""
    fragment: Fragment = {
        key: parts.pop(key) for key in ("patient", "outside", "questions", "history", "draft") if key in parts
    }
    known = {"primary_site": "site", "site_family": "family", "meeting_on": "meeting"}
    fragment["case"] = {key: parts.pop(short) for key, short in known.items() if short in parts}
    fragment["inputs"] = parts
    if steps:
        parts.setdefault("medical_oncology", {})["recommendation_steps"] = list(steps)
    return fragment


def onco(**values: Any) -> Fragment:
    return {"medical_oncology": values}


SURGERY = step("surgery", intent="curative")
RADIOTHERAPY = step("radiotherapy", intent="curative")
BREAST = {"site": "breast", "family": "breast"}
BOWEL = {"site": "colon", "family": "colorectal"}
LEFT, RIGHT, BOTH = {"laterality": "left"}, {"laterality": "right"}, {"laterality": "bilateral"}
