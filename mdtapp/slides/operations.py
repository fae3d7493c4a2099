"""Drawing a region on a slide, and taking it away again: check, change, record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import lock_head, record
from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, Invalid
from mdtapp.people.models import User
from mdtapp.slides import access
from mdtapp.slides.models import SlideRegion
from mdtapp.slides.outline import Outline
from mdtapp.slides.queries import ShownSlide
from mdtapp.store.db import session

LONGEST_NAME = 120
MOST_REGIONS = 500
OUTSIDE = Bitext(
    "This outline lies outside the slide. Draw it again on the picture.",
    "该区域超出切片范围，请在图像上重新绘制。",
)


def draw_region(
    *,
    actor: User,
    at: datetime,
    case: Case,
    slide: ShownSlide,
    size: tuple[int, int],
    name: str,
    outline: Outline,
) -> SlideRegion:
    """A named region; `size` is that of the slide in pixels of level 0, inside which every corner must lie."""
    access.check_can_draw(actor, case)
    if not outline.inside(*size):
        raise Invalid(OUTSIDE, fields={"outline": OUTSIDE})
    lock_head()  # two at once would take the same number
    last, count = session.execute(
        select(func.max(SlideRegion.number), func.count(SlideRegion.id)).where(
            SlideRegion.material_id == slide.material.id
        )
    ).one()
    if count >= MOST_REGIONS:
        raise Conflict(
            Bitext(
                "This slide holds as many regions as it can. Cite one of those that are there.",
                "该切片的区域数量已达上限，请引用已有区域。",
            )
        )
    region = SlideRegion(
        material_id=slide.material.id,
        series_id=slide.series.id if slide.series else None,
        number=(last or 0) + 1,
        name=_checked_name(name),
        outline=[list(corner) for corner in outline.corners],
        author_id=actor.id,
        created_at=at,
    )
    session.add(region)
    session.flush()
    _record(EventType.REGION_DRAWN, actor, at, case, region)
    return region


def withdraw_region(*, actor: User, at: datetime, case: Case, region: SlideRegion) -> SlideRegion:
    """Takes the region from the list; what cites it still finds it. A second time changes nothing."""
    access.check_can_withdraw(actor, case, region)
    if region.withdrawn_at is None:
        region.withdrawn_at = at
        session.flush()
        _record(EventType.REGION_WITHDRAWN, actor, at, case, region)
    return region


def _checked_name(name: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > LONGEST_NAME:
        sentence = Bitext(
            "Give the region a name of at most 120 characters.", "请为该区域命名（不超过 120 字）。"
        )
        raise Invalid(sentence, fields={"name": sentence})
    return text


def _record(event: EventType, actor: User, at: datetime, case: Case, region: SlideRegion) -> None:
    corners: Sequence[object] = region.outline
    record(
        event,
        actor=actor,
        at=at,
        subject=f"slide_region:{region.id}",
        case_id=case.id,
        material=region.material_id,
        number=region.number,
        corners=len(corners),
    )
