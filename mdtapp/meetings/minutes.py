"""What minutes hold in codes: who was there how, why a case was deferred, what was talked about, the vote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mdtapp.clinical.bitext import Bitext


class Presence(StrEnum):
    """How a member took part in one case."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    WRITTEN = "written"
    ABSENT = "absent"


class DeferralReason(StrEnum):
    """Why a case was not concluded."""

    NO_QUORUM = "no_quorum"
    MATERIAL_MISSING = "material_missing"
    TEST_NEEDED = "test_needed"
    NO_AGREEMENT = "no_agreement"
    NO_TIME = "no_time"
    PATIENT_ASKED = "patient_asked"
    MEETING_CANCELLED = "meeting_cancelled"


DEFERRAL_LABELS = {
    DeferralReason.NO_QUORUM: Bitext("No quorum", "未达法定人数"),
    DeferralReason.MATERIAL_MISSING: Bitext("Material is missing", "资料缺失"),
    DeferralReason.TEST_NEEDED: Bitext("A test is needed first", "需先补做检查"),
    DeferralReason.NO_AGREEMENT: Bitext("No agreement yet", "尚未达成一致"),
    DeferralReason.NO_TIME: Bitext("Out of time", "时间不足"),
    DeferralReason.PATIENT_ASKED: Bitext("The patient asked for it", "患者要求"),
    DeferralReason.MEETING_CANCELLED: Bitext("The meeting was cancelled", "会诊已取消"),
}

# What the chair may choose; the other one is said by cancelling the meeting.
CHOOSABLE_REASONS = tuple(reason for reason in DeferralReason if reason != DeferralReason.MEETING_CANCELLED)

# What a board forgets most easily, ticked as it happens.
PROMPTS = {
    "history": Bitext("History heard", "已了解病史"),
    "images": Bitext("Images shown", "已阅影像"),
    "slides": Bitext("Slides shown", "已阅切片"),
    "other_illness": Bitext("Other illness and fitness", "合并症与体能"),
    "questions": Bitext("Patient’s questions read aloud", "已宣读患者问题"),
    "wishes": Bitext("Patient’s wishes", "患者意愿"),
    "less_treatment": Bitext("Less treatment considered", "已考虑减少治疗"),
    "trial": Bitext("Trial considered", "已考虑临床试验"),
    "fertility_genetics": Bitext("Fertility and genetics considered", "已考虑生育与遗传"),
    "home": Bitext("What is available at home", "当地可及性"),
}


@dataclass(frozen=True, slots=True)
class Votes:
    """How many of those present voted which way."""

    in_favour: int
    against: int = 0
    abstain: int = 0

    @property
    def total(self) -> int:
        return self.in_favour + self.against + self.abstain

    def as_json(self) -> dict[str, int]:
        return {"for": self.in_favour, "against": self.against, "abstain": self.abstain}


def consensus(votes: Votes) -> str:
    """`unanimous` (nobody against or abstaining), `majority` (more for than against) or `none`."""
    if votes.in_favour and votes.total == votes.in_favour:
        return "unanimous"
    return "majority" if votes.in_favour > votes.against else "none"
