"""Which pictures may carry the patient's name in their pixels: a person looks before they leave the house."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from mdtapp.clinical.bitext import Bitext

_BURNED_IN = {"US", "IVUS", "SC", "XA", "RF", "ES", "OT", "XC", "GM"}
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
_DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104."
_COMPUTED = {  # segmentations, label maps, doses and parametric maps hold numbers, not pictures of a screen
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",
    "1.2.840.10008.5.1.4.1.1.481.2",
    "1.2.840.10008.5.1.4.1.1.30",
}
_OF_THE_GLASS = {"LABEL", "OVERVIEW", "LOCALIZER"}


class Held(StrEnum):
    """Why an instance is not in a copy."""

    BURNED_IN = "burned_in"
    MODALITY = "modality"
    SECONDARY = "secondary"
    DERIVED = "derived"
    OVERLAY = "overlay_in_pixels"
    SLIDE_LABEL = "slide_label"
    DOCUMENT = "document"
    UNREADABLE = "unreadable"


HELD_WORDS = {
    Held.BURNED_IN: Bitext(
        "The header says that text is burned into the picture.", "文件头注明图像内烧录了文字。"
    ),
    Held.MODALITY: Bitext(
        "Pictures of this kind often carry the name, and the header does not say that this one does not.",
        "此类图像常带有姓名，且文件头未说明本图像没有。",
    ),
    Held.SECONDARY: Bitext(
        "A screen capture or scan: it may show a name.", "屏幕截图或扫描件，可能显示姓名。"
    ),
    Held.DERIVED: Bitext(
        "A picture computed from others: text may have been drawn into it.",
        "由其他图像计算得出，可能绘入文字。",
    ),
    Held.OVERLAY: Bitext(
        "Drawings lie inside the pixels and cannot be taken out.", "图形嵌在像素内，无法移除。"
    ),
    Held.SLIDE_LABEL: Bitext("The label or overview of a slide.", "切片标签或全貌图。"),
    Held.DOCUMENT: Bitext(
        "A document inside DICOM: its text cannot be cleaned.", "DICOM 内嵌文档，其文字无法清理。"
    ),
    Held.UNREADABLE: Bitext("The file cannot be read.", "文件无法读取。"),
}
CLEARABLE = {
    Held.BURNED_IN,
    Held.MODALITY,
    Held.SECONDARY,
    Held.DERIVED,
}  # what a person can decide by looking


def why_held(
    *, modality: str, sop_class_uid: str, image_type: Sequence[str], burned_in: str, has_pixels: bool
) -> Held | None:
    """Why this instance waits for a person, or is never copied; None when its pixels are no risk."""
    kind = {value.strip().upper() for value in image_type}
    if sop_class_uid.startswith(_DOCUMENTS):
        return Held.DOCUMENT
    if sop_class_uid == _SLIDE and kind & _OF_THE_GLASS:
        return Held.SLIDE_LABEL
    if not has_pixels or sop_class_uid in _COMPUTED:
        return None
    said = burned_in.strip().upper()
    if said == "YES":
        return Held.BURNED_IN
    if sop_class_uid == _SECONDARY_CAPTURE or sop_class_uid.startswith(_SECONDARY_CAPTURE + "."):
        return Held.SECONDARY
    if said == "NO":
        return None
    if modality.strip().upper() in _BURNED_IN:
        return Held.MODALITY
    if sop_class_uid == _SLIDE:  # resampled levels of a slide are derived by definition
        return None
    if "DERIVED" in kind:
        return Held.DERIVED
    return Held.SECONDARY if "SECONDARY" in kind else None
