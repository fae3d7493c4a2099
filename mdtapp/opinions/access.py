"""Who may see, edit, check, sign and release an opinion."""

from __future__ import annotations

from mdtapp.cases.access import check_is_chair, is_chair, is_coordinator
from mdtapp.cases.models import Case, MemberRole
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import InvalidTransition, NotAllowed
from mdtapp.people.access import check_permission, may
from mdtapp.people.models import User
from mdtapp.people.roles import Permission


def check_can_edit(user: User, case: Case) -> None:
    """The chair of the case merges and edits."""
    check_permission(user, Permission.OPINION_EDIT)
    check_is_chair(user, case)


def can_edit(user: User, case: Case) -> bool:
    return may(user, Permission.OPINION_EDIT) and is_chair(user, case)


def check_can_check_language(user: User, case: Case) -> None:
    """A coordinator or translator of the case, never the chair who wrote the text."""
    check_permission(user, Permission.OPINION_CHECK)
    if not can_check_language(user, case):
        raise NotAllowed(
            Bitext(
                "A translator or coordinator of this case checks the language, not the chair.",
                "语言核对须由本病例的翻译或协调员完成，主席不可自行核对。",
            )
        )


def can_check_language(user: User, case: Case) -> bool:
    translator = any(m.user_id == user.id and m.role == MemberRole.TRANSLATOR for m in case.members)
    return (
        may(user, Permission.OPINION_CHECK)
        and (translator or is_coordinator(user, case))
        and not is_chair(user, case)
    )


def check_can_release(user: User, case: Case) -> None:
    check_permission(user, Permission.OPINION_RELEASE)
    if not is_coordinator(user, case):
        raise NotAllowed(
            Bitext("A coordinator of this case releases the opinion.", "意见书由本病例的协调员发布。")
        )


def check_is_running(case: Case) -> None:
    """Nothing about the opinion moves while its case is on hold or withdrawn."""
    if case.status in (CaseStatus.ON_HOLD, CaseStatus.WITHDRAWN):
        raise InvalidTransition(
            Bitext(
                "The case is on hold or withdrawn, so its opinion rests. The coordinator resumes the case first.",
                "病例已暂停或撤回，意见书不能继续处理。须先由协调员恢复病例。",
            ),
            state=str(case.status),
        )


def can_release(user: User, case: Case) -> bool:
    return may(user, Permission.OPINION_RELEASE) and is_coordinator(user, case)
