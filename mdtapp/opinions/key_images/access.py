"""Who may point at images: whoever writes or chairs on the case; who sees what others pointed at."""

from __future__ import annotations

from mdtapp.cases.access import is_chair
from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotAllowed
from mdtapp.opinions.key_images.models import KeyImage
from mdtapp.people.access import may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def can_choose(user: User, case: Case) -> bool:
    author = any(member.user_id == user.id and member.role == MemberRole.AUTHOR for member in case.members)
    return may(user, Permission.INPUT_WRITE) and (author or is_chair(user, case))


def check_can_choose(user: User, case: Case) -> None:
    if not can_choose(user, case):
        raise NotAllowed(
            Bitext(
                "Only authors and the chair of this case choose key images.",
                "仅本病例的作者和主席可选择关键图像。",
            )
        )


def can_withdraw(user: User, case: Case, image: KeyImage) -> bool:
    """Whoever chose it, and the chair."""
    return can_choose(user, case) and (image.chosen_by_id == user.id or is_chair(user, case))


def check_can_withdraw(user: User, case: Case, image: KeyImage) -> None:
    if not can_withdraw(user, case, image):
        raise NotAllowed(
            Bitext("Only whoever chose it, or the chair, takes it back.", "仅选择者本人或主席可撤回。")
        )
