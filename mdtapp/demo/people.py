"""The invented people of the demonstration centre, and the sign-ins that are printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mdtapp.audit.trail import Actor
from mdtapp.people.models import User
from mdtapp.people.operations import add_person
from mdtapp.people.queries import find_by_email
from mdtapp.people.roles import Role

PASSWORD = "demonstration-only"
DOMAIN = "demo.invalid"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What seeding prints: how one invented person signs in."""

    email: str
    password: str
    role: str
    disciplines: list[str]


@dataclass(frozen=True, slots=True)
class Player:
    """One invented person. `key` is the first part of the e-mail address."""

    key: str
    name: str
    name_zh: str
    role: Role
    disciplines: tuple[str, ...] = ()
    title: str = ""

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"


PLAYERS = (
    Player("coordinator", "Tang Yue", "唐悦", Role.COORDINATOR),
    Player("coordinator2", "Gu Mingze", "顾明泽", Role.COORDINATOR),
    Player("chair", "Dr Lin Qiaoyun", "林乔云", Role.CHAIR, ("medical_oncology",), "Professor"),
    Player("chair2", "Dr Sun Yiheng", "孙亦衡", Role.CHAIR, (), "Professor"),
    Player(
        "oncologist", "Dr Cheng Ruohan", "程若涵", Role.SPECIALIST, ("medical_oncology",), "Chief physician"
    ),
    Player("pathologist", "Dr Bai Wenxiu", "白文秀", Role.SPECIALIST, ("pathology",), "Chief physician"),
    Player("radiologist", "Dr Shen Haoran", "沈浩然", Role.SPECIALIST, ("radiology",), "Chief physician"),
    Player("surgeon", "Dr Qiao Ansheng", "乔安生", Role.SPECIALIST, ("surgical_oncology",), "Professor"),
    Player(
        "radiotherapist",
        "Dr Fang Ruolan",
        "方若兰",
        Role.SPECIALIST,
        ("radiation_oncology",),
        "Chief physician",
    ),
    Player(
        "nuclear", "Dr He Zhiyuan", "何致远", Role.SPECIALIST, ("nuclear_medicine",), "Attending physician"
    ),
    Player(
        "geneticist",
        "Dr Luo Jingyi",
        "罗静宜",
        Role.SPECIALIST,
        ("genetics_molecular",),
        "Attending physician",
    ),
    Player(
        "palliative",
        "Dr Xie Chunhe",
        "谢春和",
        Role.SPECIALIST,
        ("palliative_supportive",),
        "Chief physician",
    ),
    Player("tcm", "Dr Mei Changqing", "梅长青", Role.SPECIALIST, ("tcm_integrative",), "Chief physician"),
    Player("nurse", "Yuan Xiaohe", "袁小禾", Role.SPECIALIST, ("coordinator_nursing",), "Head nurse"),
    Player("translator", "Ding Siqi", "丁思齐", Role.TRANSLATOR),
    Player("admin", "Zou Kai", "邹凯", Role.ADMIN),
)


def sign_ins() -> list[SignIn]:
    """Every invented person's sign-in; they work on this machine only."""
    return [SignIn(p.email, PASSWORD, str(p.role), list(p.disciplines)) for p in PLAYERS]


def add_players(*, actor: Actor, at: datetime) -> None:
    """Adds whoever is missing."""
    for number, player in enumerate(PLAYERS, start=1):
        if find_by_email(player.email) is None:
            add_person(
                actor=actor,
                at=at,
                email=player.email,
                name=player.name,
                name_zh=player.name_zh,
                role=player.role,
                disciplines=player.disciplines,
                password=PASSWORD,
                title=player.title,
                licence_no=f"DEMO-{110000 + number}" if player.title else "",
                practice_since=date(2008, 7, 1) if player.title else None,
                institution="Invented centre",
                demonstration=True,
            )


def person(key: str) -> User:
    """One of them, in the running transaction."""
    found = find_by_email(f"{key}@{DOMAIN}")
    assert found is not None, f"{key} is not seeded"
    return found


# Who writes what where a story names nobody: the first of the list.
AUTHORS = {discipline: player.key for player in reversed(PLAYERS) for discipline in player.disciplines}
