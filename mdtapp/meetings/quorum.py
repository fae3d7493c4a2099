"""Whether those present may decide: the chair, every core discipline, and enough of them live."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mdtapp.clinical.bitext import Bitext

LEAST_LIVE = 3


@dataclass(frozen=True, slots=True)
class Quorum:
    """`missing` are core disciplines neither live nor in writing, in the order of the catalogue.

    `live` counts the core disciplines with somebody in the room or on video, `core` all of them.
    """

    met: bool
    chair: bool
    missing: tuple[str, ...]
    live: int
    core: int
    sentence: Bitext


def quorum(
    *, chair: bool, live: Collection[str], written: Collection[str], core: Mapping[str, Bitext]
) -> Quorum:
    """The rule of model 1.14: chair, each core discipline live or with a signed input, three of them live.

    `chair`: the chair is in the room or on video. `live`: disciplines with a physician there;
    `written`: disciplines with a signed input; `core`: the core disciplines with their names.
    """
    missing = tuple(key for key in core if key not in live and key not in written)
    count = sum(key in live for key in core)
    met = chair and not missing and count >= LEAST_LIVE
    return Quorum(met, chair, missing, count, len(core), _sentence(chair, missing, count, core))


def _sentence(chair: bool, missing: tuple[str, ...], live: int, core: Mapping[str, Bitext]) -> Bitext:
    if chair and not missing and live >= LEAST_LIVE:
        return (
            Bitext(
                f"Quorum met: {live} of {len(core)} core disciplines are here, the others have signed their input.",
                f"已达法定人数：{len(core)}个核心学科中{live}个到会，其余已签署书面意见。",
            )
            if live < len(core)
            else Bitext(
                f"Quorum met: all {len(core)} core disciplines are here.",
                f"已达法定人数：{len(core)}个核心学科全部到会。",
            )
        )
    gaps = [Bitext("the chair", "主席")] * (not chair) + [core[key] for key in missing]
    en, zh = "", ""
    if gaps:
        en += f" Missing: {', '.join(gap.en for gap in gaps)}."
        zh += f"缺：{'、'.join(gap.in_language('zh') for gap in gaps)}。"
    if live < LEAST_LIVE:
        en += f" {live} of at least {LEAST_LIVE} core disciplines are here live."
        zh += f"到会或视频的核心学科为{live}个，至少需{LEAST_LIVE}个。"
    return Bitext(
        f"Quorum not met.{en} The case can be discussed and deferred, not concluded.",
        f"未达法定人数。{zh}可以讨论或推迟，不能作结论。",
    )
