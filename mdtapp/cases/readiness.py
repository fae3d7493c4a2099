"""What still stands between a case and its next gate, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mdtapp.clinical.bitext import Bitext


def missing_for_review(
    *, consented: bool, questions: int, outside_opinions: int, unchecked_opinions: int, identity_sealed: bool
) -> list[Bitext]:
    """Why a case is not ready for the panel; empty when it is."""
    gaps = []
    if not consented:
        gaps.append(Bitext("Consent to the review is not recorded.", "尚未记录患者对会诊的知情同意。"))
    if not identity_sealed:
        gaps.append(
            Bitext(
                "The identity is not sealed, so material cannot be held against it.",
                "尚未封存患者身份，无法核对资料。",
            )
        )
    if not questions:
        gaps.append(Bitext("The patient's question is not written down.", "尚未记录患者的问题。"))
    if not outside_opinions:
        gaps.append(Bitext("The home hospital's opinion is not transcribed.", "尚未录入当地医院意见。"))
    elif unchecked_opinions:
        gaps.append(
            Bitext(
                "The home hospital's opinion is not checked by a second person.",
                "当地医院意见尚未经第二人核对。",
            )
        )
    return gaps


def missing_for_panel(
    *, disciplines: Collection[str], chairs: int, core: Mapping[str, Bitext]
) -> list[Bitext]:
    """Why the review cannot be opened: a core discipline (label by key) without an author, or no chair."""
    gaps = [
        Bitext(f"Nobody is assigned for {label.en.lower()}.", f"{label.zh}尚未指派医生。")
        for key, label in core.items()
        if key not in disciplines
    ]
    if chairs < 1:
        gaps.append(Bitext("The case needs a chair.", "病例须有一位主席。"))
    return gaps


def in_one_sentence(gaps: Sequence[Bitext]) -> Bitext:
    """The gaps joined, for a refusal."""
    return Bitext(" ".join(gap.en for gap in gaps), "".join(gap.zh for gap in gaps))
