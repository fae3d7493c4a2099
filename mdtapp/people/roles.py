"""Roles, permissions, and the one table that maps them.

A permission says what kind of act a role may do at all; whether it may be done to a
particular case is decided by membership (`mdtapp.cases.access`).
"""

from __future__ import annotations

from enum import StrEnum

from mdtapp.clinical.bitext import Bitext


class Role(StrEnum):
    """What a person is in this centre."""

    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    CHAIR = "chair"
    TRANSLATOR = "translator"
    ADMIN = "admin"


ROLE_LABELS = {
    Role.COORDINATOR: Bitext("Coordinator", "协调员"),
    Role.SPECIALIST: Bitext("Specialist", "专科医生"),
    Role.CHAIR: Bitext("Chair", "主席"),
    Role.TRANSLATOR: Bitext("Translator", "翻译"),
    Role.ADMIN: Bitext("Administrator", "管理员"),
}


class Permission(StrEnum):
    """Acts, `subject:verb`."""

    ACCOUNT_USE = "account:use"
    CASE_READ = "case:read"
    CASE_WRITE = "case:write"
    MATERIAL_READ = "material:read"
    MATERIAL_WRITE = "material:write"
    STUDY_STORE = "study:store"
    TRAY_USE = "tray:use"
    INPUT_WRITE = "input:write"
    INPUT_RETURN = "input:return"
    CONFLICT_READ = "conflict:read"
    CONFLICT_RESOLVE = "conflict:resolve"
    MEETING_READ = "meeting:read"
    MEETING_PLAN = "meeting:plan"
    MEETING_RUN = "meeting:run"
    MEETING_DISSENT = "meeting:dissent"
    OPINION_READ = "opinion:read"
    OPINION_EDIT = "opinion:edit"
    OPINION_CHECK = "opinion:check"
    OPINION_SIGN = "opinion:sign"
    OPINION_RELEASE = "opinion:release"
    DELIVERY_SEND = "delivery:send"
    DELIVERY_REVOKE = "delivery:revoke"
    PERSON_MANAGE = "person:manage"
    NODE_MANAGE = "node:manage"
    AUDIT_READ = "audit:read"


_READ = {
    Permission.ACCOUNT_USE,
    Permission.CASE_READ,
    Permission.MATERIAL_READ,
    Permission.CONFLICT_READ,
    Permission.MEETING_READ,
    Permission.OPINION_READ,
}
_SPECIALIST = _READ | {
    Permission.STUDY_STORE,
    Permission.INPUT_WRITE,
    Permission.MEETING_DISSENT,
    Permission.OPINION_SIGN,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.COORDINATOR: frozenset(
        _READ
        | {
            Permission.CASE_WRITE,
            Permission.MATERIAL_WRITE,
            Permission.STUDY_STORE,
            Permission.TRAY_USE,
            Permission.MEETING_PLAN,
            Permission.OPINION_CHECK,
            Permission.OPINION_RELEASE,
            Permission.DELIVERY_SEND,
            Permission.DELIVERY_REVOKE,
        }
    ),
    Role.SPECIALIST: frozenset(_SPECIALIST),
    Role.CHAIR: frozenset(
        _SPECIALIST
        | {
            Permission.INPUT_RETURN,
            Permission.CONFLICT_RESOLVE,
            Permission.MEETING_RUN,
            Permission.OPINION_EDIT,
            Permission.DELIVERY_REVOKE,
        }
    ),
    Role.TRANSLATOR: frozenset(
        {
            Permission.ACCOUNT_USE,
            Permission.CASE_READ,
            Permission.MATERIAL_READ,
            Permission.OPINION_READ,
            Permission.OPINION_CHECK,
        }
    ),
    Role.ADMIN: frozenset(
        {Permission.ACCOUNT_USE, Permission.PERSON_MANAGE, Permission.NODE_MANAGE, Permission.AUDIT_READ}
    ),
}
