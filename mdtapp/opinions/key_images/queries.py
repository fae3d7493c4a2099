"""Reading key images."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed, NotFound
from mdtapp.opinions.key_images.models import KeyImage
from mdtapp.people.models import User
from mdtapp.store.db import session

NOT_OPEN = Bitext(
    "Others' key images open together with their inputs: once yours is signed, or when the meeting begins.",
    "他人的关键图像与其学科意见同时开放：您签署后或会诊开始后可见。",
)
NO_SUCH_IMAGE = Bitext("There is no such key image in this case.", "本病例无此关键图像。")


def standing(case: Case) -> Sequence[KeyImage]:
    """Those that were not taken back, in the order they were chosen."""
    query = (
        select(KeyImage)
        .where(KeyImage.case_id == case.id, KeyImage.withdrawn_at.is_(None))
        .order_by(KeyImage.id)
    )
    return session.scalars(query).unique().all()


def visible(case: Case, user: User, *, others_open: bool) -> list[KeyImage]:
    """One's own always; those of others once their inputs are open too."""
    return [row for row in standing(case) if others_open or row.chosen_by_id == user.id]


def get(case: Case, user: User, image_id: int, *, others_open: bool) -> KeyImage:
    """NotFound for an unknown and a foreign one alike; NotAllowed for one that is not open yet."""
    found = next((row for row in standing(case) if row.id == image_id), None)
    if found is None:
        raise NotFound(NO_SUCH_IMAGE)
    if not others_open and found.chosen_by_id != user.id:
        raise NotAllowed(NOT_OPEN)
    return found


def find_own(case: Case, user: User, instance_id: int, frame: int) -> KeyImage | None:
    """What this person said of this frame, also when they took it back."""
    query = select(KeyImage).where(
        KeyImage.case_id == case.id,
        KeyImage.instance_id == instance_id,
        KeyImage.frame == frame,
        KeyImage.chosen_by_id == user.id,
    )
    return session.scalars(query).unique().one_or_none()
