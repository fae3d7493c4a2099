"""The words of a case's codes in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from mdtapp.cases.models import ConsentPurpose, MemberRole, Sex, Situation, Urgency
from mdtapp.cases.status import CaseStatus
from mdtapp.clinical.bitext import Bitext

SEX = {
    Sex.FEMALE: Bitext("Female", "女"),
    Sex.MALE: Bitext("Male", "男"),
    Sex.OTHER: Bitext("Other", "其他"),
    Sex.UNKNOWN: Bitext("Not known", "不详"),
}
SITUATION = {
    Situation.NEW_MULTIPLE_OPTIONS: Bitext("Newly diagnosed, several options", "新诊断，有多种选择"),
    Situation.CONFLICTING_OPINIONS: Bitext("Conflicting opinions", "既往意见相互矛盾"),
    Situation.RARE_UNCLEAR: Bitext("Rare, aggressive or unclear tumour", "罕见、侵袭性强或诊断不明"),
    Situation.PROGRESSION_RECURRENCE: Bitext("Progression, recurrence or resistance", "进展、复发或耐药"),
    Situation.NEW_COUNTRY_PLANNING: Bitext("Planning treatment in a new country", "计划在新的国家治疗"),
}
URGENCY = {
    Urgency.ROUTINE: Bitext("Routine", "常规"),
    Urgency.FAST: Bitext("Fast", "加急"),
    Urgency.SAFETY: Bitext("Safety", "安全问题"),
}
CONSENT = {
    ConsentPurpose.REVIEW: Bitext("Review of the records by this centre", "本中心审阅病历资料"),
    ConsentPurpose.TRANSFER_ABROAD: Bitext("Transfer of the opinion abroad", "意见书传输至境外"),
    ConsentPurpose.HOME_DOCTOR: Bitext("Sharing with the home doctor", "与当地医生共享"),
    ConsentPurpose.TEACHING: Bitext("Teaching, without name", "去标识后用于教学"),
}
MEMBER_ROLE = {
    MemberRole.COORDINATOR: Bitext("Coordinator", "协调员"),
    MemberRole.AUTHOR: Bitext("Author", "学科医生"),
    MemberRole.CHAIR: Bitext("Chair", "主席"),
    MemberRole.TRANSLATOR: Bitext("Translator", "翻译"),
}
INVITING_PARTY = {
    "home_physician": Bitext("Home physician", "当地医生"),
    "home_hospital": Bitext("Home hospital", "当地医院"),
    "coordinating_body": Bitext("The patient, through a coordinating body", "患者（经协调机构）"),
}
ACTION = {
    "begin_intake": Bitext("Begin intake", "开始接收"),
    "mark_incomplete": Bitext("Wait for missing material", "等待补充资料"),
    "resume_intake": Bitext("Resume intake", "恢复接收"),
    "mark_ready": Bitext("Ready for the panel", "资料就绪"),
    "open_review": Bitext("Open for inputs", "开放学科意见"),
    "schedule": Bitext("On the agenda", "列入议程"),
    "unschedule": Bitext("Off the agenda", "移出议程"),
    "discuss": Bitext("Discussed", "已讨论"),
    "start_drafting": Bitext("Drafting", "撰写意见书"),
    "sign": Bitext("Signed", "已签署"),
    "deliver": Bitext("Delivered", "已送达"),
    "follow_up": Bitext("Start follow-up", "开始随访"),
    "close": Bitext("Close the case", "结案"),
    "reopen": Bitext("Reopen", "重新打开"),
    "withdraw": Bitext("Withdraw", "撤回"),
    "hold": Bitext("Put on hold", "暂停"),
}
RESUME = Bitext("Resume", "恢复")

S = CaseStatus


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """States a person looks for together."""

    label: Bitext
    statuses: list[CaseStatus]


STATUS_GROUPS = (
    StatusGroup(Bitext("Collecting", "收集资料"), [S.NEW, S.INTAKE, S.INCOMPLETE, S.READY]),
    StatusGroup(Bitext("Inputs open", "学科意见"), [S.IN_REVIEW]),
    StatusGroup(Bitext("Meeting", "会诊"), [S.SCHEDULED, S.DISCUSSED]),
    StatusGroup(Bitext("Writing", "撰写"), [S.DRAFTING, S.REOPENED]),
    StatusGroup(Bitext("Sent", "送达与随访"), [S.SIGNED, S.DELIVERED, S.FOLLOW_UP]),
    StatusGroup(Bitext("Resting", "暂停与结束"), [S.ON_HOLD, S.CLOSED, S.WITHDRAWN]),
)


def action_label(action: str) -> Bitext:
    """The words of an action; every way back from hold reads "resume"."""
    return ACTION.get(action, RESUME)
