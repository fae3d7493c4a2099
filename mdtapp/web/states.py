"""How a state looks: its word in both languages, its icon, and its tone.

The tone is one of the six of the stylesheet: `accent` (work is open), `info` (a gate is
closed for input, something arrives), `ok` (sent, received, signed), `warn` (waiting for
others), `bad` (late, missing, refused) and `neutral` (on hold, closed). The word comes
first: without colour the screen still works.
"""

from __future__ import annotations

from dataclasses import dataclass

from mdtapp.clinical.bitext import Bitext


@dataclass(frozen=True, slots=True)
class Look:
    """One state as a pill: `icon` is a symbol of static/icons.svg, `tone` a colour role."""

    word: Bitext
    tone: str
    icon: str


def _look(en: str, zh: str, tone: str, icon: str) -> Look:
    return Look(Bitext(en, zh), tone, icon)


LOOKS: dict[str, dict[str, Look]] = {
    "case": {
        "new": _look("New", "新建", "accent", "clipboard-plus"),
        "intake": _look("Intake", "接收", "accent", "clipboard-list"),
        "incomplete": _look("Completing", "补充资料", "warn", "hourglass"),
        "ready": _look("Ready", "就绪", "accent", "clipboard-check"),
        "in_review": _look("Input open", "会诊意见", "accent", "stethoscope"),
        "scheduled": _look("Meeting", "待会诊", "info", "calendar-event"),
        "discussed": _look("Discussed", "已讨论", "info", "gavel"),
        "drafting": _look("Drafting", "撰写", "accent", "pencil"),
        "signed": _look("Signed", "已签署", "ok", "signature"),
        "delivered": _look("Delivered", "已送达", "ok", "send"),
        "follow_up": _look("Follow-up", "随访", "ok", "heart-handshake"),
        "closed": _look("Closed", "已结案", "neutral", "archive"),
        "reopened": _look("Reopened", "重新打开", "accent", "refresh"),
        "withdrawn": _look("Withdrawn", "已撤回", "neutral", "circle-x"),
        "on_hold": _look("On hold", "暂停", "neutral", "player-pause"),
    },
    "input": {
        "assigned": _look("Not started", "未开始", "neutral", "circle-dashed"),
        "draft": _look("Draft", "草稿", "accent", "pencil"),
        "submitted": _look("Signed", "已签署", "ok", "lock"),
        "returned": _look("Question back", "退回提问", "info", "message-question"),
        "locked": _look("Signed, locked", "已签署并锁定", "ok", "lock"),
        "amended": _look("Amended", "已修订", "ok", "lock"),
        "declined": _look("Declined", "已谢绝", "neutral", "circle-x"),
    },
    "panel": {
        "assigned": _look("Assigned", "已指派", "accent", "user-check"),
        "accepted": _look("Accepted", "已接受", "ok", "user-check"),
        "declined": _look("Declined", "已谢绝", "neutral", "circle-x"),
        "replaced": _look("Replaced", "已替换", "neutral", "refresh"),
    },
    "meeting": {
        "planned": _look("Planned", "已计划", "neutral", "calendar"),
        "agenda_open": _look("Agenda open", "议程开放", "accent", "list-check"),
        "prepared": _look("Prepared", "已准备", "info", "clipboard-check"),
        "in_session": _look("In session", "会诊中", "accent", "users-group"),
        "ended": _look("Ended", "已结束", "info", "check"),
        "minutes_confirmed": _look("Minutes confirmed", "纪要已确认", "ok", "circle-check"),
        "cancelled": _look("Cancelled", "已取消", "neutral", "circle-x"),
    },
    "agenda": {
        "waiting": _look("Waiting", "待讨论", "neutral", "clock"),
        "concluded": _look("Concluded", "已有结论", "ok", "circle-check"),
        "deferred": _look("Deferred", "已推迟", "warn", "hourglass"),
    },
    "presence": {
        "in_person": _look("In the room", "到会", "ok", "user-check"),
        "video": _look("By video", "视频", "ok", "video"),
        "written": _look("In writing", "书面", "info", "file-text"),
        "absent": _look("Absent", "缺席", "neutral", "minus"),
    },
    "decision": {
        "decided": _look("Decided", "已决定", "ok", "gavel"),
        "tests_first": _look("Tests first", "先补检查", "warn", "test-pipe"),
        "options": _look("Options", "多个选项", "info", "git-fork"),
        "deferred": _look("Deferred", "推迟", "neutral", "clock"),
    },
    "opinion": {
        "draft": _look("Draft", "草稿", "accent", "file-text"),
        "in_edit": _look("In editing", "编辑中", "accent", "pencil"),
        "text_review": _look("Text review", "文本审阅", "accent", "eye"),
        "language_check": _look("Language check", "语言核对", "warn", "language"),
        "awaiting_signature": _look("Awaiting signatures", "等待签署", "warn", "signature"),
        "signed": _look("Signed", "已签署", "ok", "signature"),
        "released": _look("Released", "已发布", "ok", "send"),
        "superseded": _look("Replaced", "已被替代", "neutral", "history"),
        "withdrawn": _look("Withdrawn", "已撤回", "bad", "circle-x"),
    },
    "delivery": {
        "prepared": _look("Prepared", "已准备", "neutral", "mail"),
        "sent": _look("Sent", "已发送", "info", "send"),
        "opened": _look("Opened", "已打开", "info", "mail-opened"),
        "acknowledged": _look("Acknowledged", "已确认收到", "ok", "circle-check"),
        "failed": _look("Not reached", "未送达", "bad", "alert-octagon"),
        "expired": _look("Expired", "已过期", "warn", "clock"),
        "revoked": _look("Revoked", "已撤销", "neutral", "circle-x"),
    },
    "transfer": {
        "waiting": _look("Waiting", "等待", "warn", "hourglass"),
        "running": _look("On its way", "传输中", "accent", "loader"),
        "done": _look("Complete", "已完成", "ok", "circle-check"),
        "failed": _look("Failed", "失败", "bad", "alert-octagon"),
        "cancelled": _look("Cancelled", "已取消", "neutral", "circle-x"),
    },
    "material": {
        "received": _look("Received", "已收到", "ok", "circle-check"),
        "received_poor": _look("Poor quality", "质量不佳", "warn", "alert-triangle"),
        "requested": _look("Requested", "已索取", "warn", "mail"),
        "not_available": _look("Does not exist", "无法提供", "neutral", "circle-x"),
        "not_needed": _look("Not needed", "不需要", "neutral", "minus"),
    },
    "checklist": {
        "received": _look("Received", "已收到", "ok", "circle-check"),
        "partial": _look("In part", "部分", "warn", "progress-check"),
        "requested": _look("Requested", "已索取", "warn", "mail"),
        "arriving": _look("Arriving", "正在到达", "info", "upload"),
        "missing": _look("Missing", "缺失", "bad", "x"),
        "old": _look("Too old", "过旧", "warn", "calendar-time"),
        "waived": _look("Excused", "已豁免", "neutral", "file-check"),
        "not_available": _look("Does not exist", "无法提供", "neutral", "circle-x"),
        "not_needed": _look("Not needed", "不需要", "neutral", "minus"),
    },
    "outcome": {
        "accepted": _look("Kept", "已保存", "ok", "check"),
        "duplicate": _look("Duplicate", "重复", "neutral", "copy"),
        "flagged": _look("Identity differs", "身份不符", "bad", "user-exclamation"),
        "contained": _look("Set aside", "已隔离", "bad", "alert-triangle"),
    },
    "link": {
        "waiting": _look("Needs a decision", "待裁定", "warn", "question-mark"),
        "linked": _look("In the case", "已归入病例", "ok", "check"),
        "rejected": _look("Not this patient", "非本患者", "neutral", "circle-x"),
    },
    "preview": {
        "pending": _look("Preview is being made", "正在生成预览", "info", "loader"),
        "made": _look("Preview", "预览", "ok", "photo"),
        "impossible": _look("No preview", "无法预览", "warn", "alert-triangle"),
    },
    "conflict": {
        "open": _look("Open", "待裁决", "bad", "arrows-diff"),
        "resolved": _look("Settled", "已裁决", "ok", "circle-check"),
        "obsolete": _look("No longer there", "已消失", "neutral", "history"),
    },
    "severity": {
        "critical": _look("Critical", "危急", "bad", "alert-octagon"),
        "major": _look("Major", "重大", "bad", "arrows-diff"),
        "minor": _look("Minor", "轻度", "warn", "plus-minus"),
        "info": _look("Note", "提示", "info", "info-circle"),
    },
    "agreement": {
        "agree": _look("Agree", "同意", "ok", "circle-check"),
        "minor": _look("Minor", "轻度", "warn", "plus-minus"),
        "major": _look("Major", "重大", "bad", "arrows-diff"),
        "not_assessable": _look("Can't judge", "无法判断", "neutral", "eye-off"),
        "not_applicable": _look("Not ours", "不适用", "neutral", "minus"),
        "asked_again": _look("Asked again", "须重新评价", "warn", "history"),
    },
    "concordance": {
        "same": _look("Same", "一致", "ok", "circle-check"),
        "refined": _look("Refined", "细化", "warn", "plus-minus"),
        "different": _look("Different", "不同", "bad", "arrows-diff"),
        "not_asked": _look("Not asked", "未询问", "neutral", "minus"),
    },
    "mark": {
        "confirmed": _look("We agree", "我们同意", "ok", "circle-check"),
        "changed": _look("We see it differently", "我们看法不同", "warn", "arrows-diff"),
        "added": _look("Added", "补充", "info", "plus"),
        "needed": _look("Still needed", "仍需补充", "info", "test-pipe"),
    },
    "badge": {
        "signed": _look("signed", "已签署", "accent", ""),
        "draft": _look("draft", "草稿", "accent", ""),
        "not_started": _look("not started", "未开始", "neutral", ""),
        "amended": _look("amended after signing", "签署后已修订", "accent", "lock"),
    },
}

INPUT_BADGES = {
    "assigned": "not_started",
    "declined": "not_started",
    "draft": "draft",
    "returned": "draft",
    "submitted": "signed",
    "locked": "signed",
    "amended": "amended",
}


def look(kind: str, state: str) -> Look:
    """The look of `state`; a state without an entry shows its own code, in neutral."""
    found = LOOKS.get(kind, {}).get(state)
    return found or _look(str(state).replace("_", " ").capitalize(), "", "neutral", "circle")


def badge_state(state: str) -> str:
    """The badge shape of an input state: signed, draft, not_started or amended."""
    return state if state in LOOKS["badge"] else INPUT_BADGES.get(state, "not_started")
