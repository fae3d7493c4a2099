"""What delivery is called on the pages; neutral pages speak both languages, for they know no reader."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery.link import LinkState
from mdtapp.delivery.models import RecipientKind
from mdtapp.delivery.status import DeliveryStatus

KIND = {
    RecipientKind.PATIENT: Bitext("The patient", "患者"),
    RecipientKind.HOME_PHYSICIAN: Bitext("The home doctor", "当地医生"),
    RecipientKind.COORDINATOR: Bitext("The referring hospital’s coordinator", "转诊医院协调员"),
}
RECEIVES = {
    RecipientKind.PATIENT: Bitext("The page for the patient and the whole document", "患者页面及全文"),
    RecipientKind.HOME_PHYSICIAN: Bitext("The page and the whole document", "页面及全文"),
    RecipientKind.COORDINATOR: Bitext("The page and the whole document", "页面及全文"),
}
CLOSED = {
    LinkState.UNKNOWN: Bitext(
        "This address opens nothing. Check that the whole link was copied, or ask your coordinator.",
        "此链接无效。请检查是否完整复制链接，或联系您的协调员。",
    ),
    LinkState.EXPIRED: Bitext(
        "This link does not open any more. Ask your coordinator for a new one.",
        "此链接已失效，请联系您的协调员获取新链接。",
    ),
    LinkState.LOCKED: Bitext(
        "This link does not open any more. Ask your coordinator for a new one.",
        "此链接已失效，请联系您的协调员获取新链接。",
    ),
}
OPEN_AGAIN = Bitext(
    "For your privacy this page has closed. Open the link from your message again and enter the code.",
    "为保护隐私，页面已关闭。请重新打开消息中的链接并输入代码。",
)
CLOSED_TITLE = Bitext("This page is not open", "页面无法打开")
ENTER_CODE = Bitext("Enter your code", "请输入代码")
ABOUT_CODE = Bitext(
    "You were given eight letters and numbers another way than this link.",
    "八位代码由字母和数字组成，通过另一方式提供给您。",
)
CODE = Bitext("Code", "代码")
CONTINUE = Bitext("Open", "打开")


def wrong_code(tries_left: int) -> Bitext:
    """Said after a wrong code while tries are left."""
    many = "tries are" if tries_left > 1 else "try is"
    return Bitext(
        f"This code is not right. {tries_left} {many} left; ask your coordinator if you are not sure.",
        f"代码不正确，还可尝试{tries_left}次。如不确定，请联系您的协调员。",
    )


def shown_state(status: DeliveryStatus, state: LinkState) -> str:
    """The word of a link's pill: an expired or locked one says so instead of what it was before."""
    closed = state in (LinkState.EXPIRED, LinkState.LOCKED) and status != DeliveryStatus.ACKNOWLEDGED
    return str(state) if closed else str(status)
