"""What was done to the images of an export: counts by action and attribute, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mdtapp.clinical.bitext import Bitext
from mdtapp.imaging.copy_order import Form
from mdtapp.imaging.deidentify.pixel_risk import HELD_WORDS, Held
from mdtapp.imaging.deidentify.table import EDITION

PROFILE = f"Basic Application Level Confidentiality Profile (DICOM {EDITION}, Annex E)"
OPTIONS = (
    "Clean Graphics",
    "Clean Structured Content",
    "Retain Longitudinal Temporal Information with Modified Dates",
    "Retain Patient Characteristics",
    "Retain Safe Private",
)
ACTION_WORDS = {
    "D": Bitext("replaced by a dummy", "替换为占位值"),
    "Z": Bitext("emptied", "清空"),
    "X": Bitext("removed", "移除"),
    "K": Bitext("kept", "保留"),
    "C": Bitext("cleaned (dates shifted, items walked)", "清理（日期平移、逐项处理）"),
    "U": Bitext("replaced by a new UID", "替换为新 UID"),
}
WARNING = Bitext(
    "No program can promise that every trace of a person is gone. Look at the images before you pass them on.",
    "任何程序都无法保证完全去除个人信息。转交前请查看影像。",
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An instance that is not in the zip. `uid` is the one it would have in this form."""

    series_number: int | None
    instance_number: int | None
    uid: str
    why: Held
    words: Bitext

    def as_json(self) -> dict[str, Any]:
        return {
            "series_number": self.series_number,
            "instance_number": self.instance_number,
            "sop_instance_uid": self.uid,
            "reason": str(self.why),
            "sentence": self.words.as_json(),
        }


@dataclass(slots=True)
class ExportReport:
    """Filled while the zip is written."""

    form: Form
    at: datetime
    included: int = 0
    not_listed: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    done: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def take(self, rows: Iterable[tuple[str, str, str, int]]) -> None:
        """Adds what the child did to one instance."""
        for tag, keyword, action, count in rows:
            self.done[tag, keyword, action] += count

    def hold(
        self,
        series_number: int | None,
        instance_number: int | None,
        uid: str,
        why: Held,
        words: Bitext | None,
    ) -> None:
        self.left_out.append(LeftOut(series_number, instance_number, uid, why, words or HELD_WORDS[why]))

    def as_json(self) -> dict[str, Any]:
        """`{"form", "made_at", "included", "left_out": […], "actions": {…}, "attributes": […], …}`."""
        told: dict[str, Any] = {
            "schema": "mdtapp.image-export/1",
            "form": str(self.form),
            "made_at": self.at.isoformat(timespec="seconds"),
            "included": self.included,
            "not_in_dicomdir": self.not_listed,
            "left_out": [entry.as_json() for entry in self.left_out],
        }
        if self.form is not Form.DEIDENTIFIED:
            return told
        actions: Counter[str] = Counter()
        for (_tag, _keyword, action), count in self.done.items():
            actions[action] += count
        return {
            **told,
            "profile": PROFILE,
            "options": list(OPTIONS),
            "actions": dict(sorted(actions.items())),
            "attributes": [
                {"tag": tag, "keyword": keyword, "action": action, "count": count}
                for (tag, keyword, action), count in sorted(self.done.items())
            ],
            "warning": WARNING.as_json(),
        }

    def as_text(self) -> str:
        """The same for reading: both languages, one line an attribute."""
        lines = [
            f"Images in this zip 影像数: {self.included}",
            f"Left out 未包含: {len(self.left_out)}",
            *(_line(entry) for entry in self.left_out),
        ]
        if self.form is Form.DEIDENTIFIED:
            lines += ["", WARNING.en, WARNING.zh, "", PROFILE, *(f"- {option}" for option in OPTIONS), ""]
            for action, words in ACTION_WORDS.items():
                rows = [(key, count) for key, count in sorted(self.done.items()) if key[2] == action]
                if rows:
                    lines.append(f"{action}  {words.en} {words.zh}: {sum(count for _, count in rows)}")
                    lines += [f"   {tag}  {keyword}  {count}" for (tag, keyword, _), count in rows]
        return "\r\n".join(lines) + "\r\n"


def _line(entry: LeftOut) -> str:
    place = f"{_or_dash(entry.series_number)}/{_or_dash(entry.instance_number)}"
    return f"- series/image 序列/图像 {place}: {entry.words.en} {entry.words.zh}"


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)
