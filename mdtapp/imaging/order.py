"""What a radiologist checks before reading: are images missing, are they lossy, is it the right side, how old are they.

Pure rules over header values; nothing here is filled in for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from mdtapp.clinical.bitext import Bitext

LOSSY_SYNTAXES: Final = frozenset(
    {
        "1.2.840.10008.1.2.4.50",  # JPEG baseline
        "1.2.840.10008.1.2.4.51",  # JPEG extended
        "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
        "1.2.840.10008.1.2.4.91",  # JPEG 2000
        "1.2.840.10008.1.2.4.203",  # HTJ2K
    }
)
SIDES: Final = {"L": "left", "R": "right"}
MOST_NAMED: Final = 5

Gap = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is asked of one image."""

    number: int | None
    syntax: str
    attributes: dict[str, Any]

    @property
    def is_lossy(self) -> bool:
        """By its transfer syntax, or because it was lossy once (PS3.3 C.7.6.1.1.5)."""
        return self.syntax in LOSSY_SYNTAXES or str(self.attributes.get("LossyImageCompression")) == "01"


def gaps(numbers: Iterable[int | None]) -> list[Gap]:
    """Ranges of instance numbers that are missing between the lowest and the highest that came.

    Numbers are the sender's to give: some number every second, so a regular step is no gap.
    """
    known = sorted({number for number in numbers if number is not None})
    steps = [after - before for before, after in pairwise(known)]
    usual = min(steps, default=1)
    return [(before + usual, after - usual) for before, after in pairwise(known) if after - before > usual]


def remarks(images: Sequence[ImageFacts], series_side: str, case_side: str) -> list[Bitext]:
    """Sentences about one series, the gravest first; none when all is in order."""
    said = []
    side = SIDES.get(series_side.strip().upper()[:1], "")
    if side and case_side in SIDES.values() and side != case_side:
        said.append(
            Bitext(
                f"Side: these images say {side}, the case says {case_side}.",
                f"侧别：影像标注为{'左' if side == 'left' else '右'}侧，病例为{'左' if case_side == 'left' else '右'}侧。",
            )
        )
    missing = gaps(image.number for image in images)
    if missing:
        named = ", ".join(_range(gap) for gap in missing[:MOST_NAMED])
        more = " …" if len(missing) > MOST_NAMED else ""
        said.append(Bitext(f"Numbers are missing: {named}{more}.", f"图像编号缺失：{named}{more}。"))
    lossy = sum(image.is_lossy for image in images)
    if lossy:
        said.append(
            Bitext(
                f"Lossy compression: {lossy} of {len(images)} images.",
                f"有损压缩：{len(images)}幅中{lossy}幅。",
            )
        )
    return said


def age(examined_on: date | None, meeting_on: date | None, today: date) -> Bitext:
    """How old the images are at the meeting, or today where none is planned; empty without a date."""
    if examined_on is None:
        return Bitext()
    days = ((meeting_on or today) - examined_on).days
    if days < 0:
        return Bitext("The examination is dated after the meeting.", "检查日期晚于会诊日期。")
    when = Bitext("at the meeting", "会诊时") if meeting_on else Bitext("today", "今天")
    return Bitext(f"{days} days old {when.en}", f"{when.zh}距检查{days}天")


def _range(gap: Gap) -> str:
    first, last = gap
    return str(first) if first == last else f"{first}–{last}"
