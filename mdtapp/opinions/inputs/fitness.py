"""Is an input fit to be signed by this person? Its answers, and whether they opened what they ticked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks import Finding, check_input
from mdtapp.disciplines.conditions import Context
from mdtapp.disciplines.definitions import Discipline
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of, opened_by
from mdtapp.materials.status import MaterialKind
from mdtapp.people.models import User

NOT_OPENED = "not_opened"
FORM_CHANGED = "form_changed"
SAVE_AGAIN = Bitext(
    "The form has changed since you saved. Open it, look at what is new, and save it once.",
    "表单在您保存后已有更新。请打开表单，查看新增内容后保存一次。",
)
TICKED = "materials_reviewed"


def findings_before_signing(
    user: User,
    case: Case,
    discipline: Discipline,
    data: Mapping[str, Any],
    context: Context,
    form_version: str,
) -> list[Finding]:
    """Everything that stops the signature (errors) or is to be confirmed with it (warnings).

    Answers given in another version of the form are saved with the present one first: nobody signs what was not asked.
    """
    if form_version != discipline.version:
        return [Finding(FORM_CHANGED, "error", SAVE_AGAIN, ())]
    return [*check_input(discipline, data, context), *_not_opened(user, case, data)]


def can_be_opened(material: Material) -> bool:
    """Whether there is something to look at: what was only announced has neither file nor images."""
    return material.sha256 is not None or (
        material.kind is MaterialKind.IMAGING_DICOM and material.file_kind is not None
    )


def unopened(user: User, case: Case, data: Mapping[str, Any]) -> list[Material]:
    """Materials ticked as reviewed that this person never opened here."""
    ticked = data.get(TICKED)
    chosen = set(ticked) if isinstance(ticked, list) else set()
    opened = opened_by(user, case)
    return [
        material
        for material in materials_of(case)
        if material.reference in chosen and material.id not in opened and can_be_opened(material)
    ]


def _not_opened(user: User, case: Case, data: Mapping[str, Any]) -> list[Finding]:
    names = [material.reference for material in unopened(user, case, data)]
    if not names:
        return []
    en, zh = ", ".join(names), "、".join(names)
    sentence = Bitext(
        f"You ticked {en} as reviewed but did not open it here. Open it, or take the tick away.",
        f"您勾选了{zh}，但尚未在此打开。请先打开，或取消勾选。",
    )
    return [Finding(NOT_OPENED, "error", sentence, (TICKED,))]
