"""How a key image is named in words and in the frozen opinion."""

from __future__ import annotations

from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging.models import ImagingInstance
from mdtapp.opinions.key_images.models import KeyImage


def citation(image: KeyImage) -> Bitext:
    """Modality, date, series and image: `CT · 2026-02-01 · series 4, image 27`."""
    return citation_of(image.instance, image.frame)


def citation_of(instance: ImagingInstance, frame: int) -> Bitext:
    """The same of an image that is not chosen yet; `frame` counts from 1."""
    series, study = instance.series, instance.series.study
    head = [series.modality or "DICOM", study.study_date.isoformat() if study.study_date else ""]
    en, zh = [], []
    for value, words in (
        (series.number, ("series {}", "序列{}")),
        (instance.instance_number, ("image {}", "图像{}")),
        (frame if instance.frames > 1 else None, ("frame {}", "第{}帧")),
    ):
        if value is not None:
            en.append(words[0].format(value))
            zh.append(words[1].format(value))
    start = [part for part in head if part]
    return Bitext(
        " · ".join([*start, ", ".join(en)] if en else start),
        " · ".join([*start, "，".join(zh)] if zh else start),
    )


def as_frozen(image: KeyImage) -> dict[str, Any]:
    """What is signed: the picture by its hash, the words, the image it was made of."""
    return {
        "picture": image.rendered_sha256,
        "note": image.note.as_json(),
        "citation": citation(image).as_json(),
        "sop_instance_uid": image.instance.sop_instance_uid,
        "frame": image.frame,
        "chosen_by": {"name": image.chosen_by.name, "name_zh": image.chosen_by.name_zh},
    }
