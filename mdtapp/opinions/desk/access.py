"""Who comments on the text of an opinion, and who marks a comment as dealt with."""

from __future__ import annotations

from mdtapp.cases.models import Case, MemberRole
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import InvalidTransition, NotAllowed
from mdtapp.opinions.models import Opinion
from mdtapp.opinions.status import OpinionStatus
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission

COMMENTED = (OpinionStatus.IN_EDIT, OpinionStatus.TEXT_REVIEW, OpinionStatus.LANGUAGE_CHECK)
"""Afterwards the text is frozen: a signer sends it back instead."""


def can_comment(user: User, case: Case) -> bool:
    """Authors and the chair of the case."""
    return may(user, Permission.OPINION_SIGN) and any(
        member.user_id == user.id and member.role in (MemberRole.AUTHOR, MemberRole.CHAIR)
        for member in case.members
    )


def check_can_comment(user: User, opinion: Opinion) -> None:
    check_permission(user, Permission.OPINION_SIGN)
    if not can_comment(user, opinion.case):
        raise NotAllowed(Bitext("Only members of this panel comment.", "仅本会诊组成员可以评论。"))
    if opinion.status not in COMMENTED:
        raise InvalidTransition(
            Bitext(
                "The text is frozen. Send it back with a reason instead of commenting.",
                "文本已定稿，如有意见请说明理由退回。",
            )
        )
