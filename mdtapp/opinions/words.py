"""The words of an opinion's codes in both languages."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext
from mdtapp.opinions.conflicts import Resolution
from mdtapp.opinions.models import SignatureMeaning

RESOLUTION = {
    Resolution.CHOOSE_INPUT: Bitext("Use the chosen view", "采用所选意见"),
    Resolution.REWORD: Bitext("Reword in the opinion", "在意见书中改写"),
    Resolution.RECORD_DISSENT: Bitext("Record dissent", "记录不同意见"),
    Resolution.REQUEST_MATERIAL: Bitext("Ask for material", "要求补充资料"),
    Resolution.ACCEPT_WITH_REASON: Bitext("Accept with this reason", "说明理由后接受"),
    Resolution.BLOCK_UNTIL_FIXED: Bitext("The author must amend the input", "须由作者修改意见"),
}
MEANING = {
    SignatureMeaning.AGREE: Bitext("I agree with this opinion", "本人同意此意见"),
    SignatureMeaning.AGREE_WITH_DISSENT: Bitext(
        "I agree, with my recorded dissent", "本人同意，并保留已记录的不同意见"
    ),
    SignatureMeaning.REVIEWED: Bitext("I reviewed my part", "本人已审阅所负责部分"),
}
ADDENDUM_REASON = {
    "new_material": Bitext("New material arrived", "收到新资料"),
    "answer_to_question": Bitext("Answer to a question", "回答补充问题"),
    "correction": Bitext("Correction", "更正"),
    "safety": Bitext("Safety", "安全问题"),
}
OUTSIDE = Bitext("Home hospital", "当地医院")


def resolution_label(code: str) -> Bitext:
    """How a conflict was settled, in words; empty for none."""
    return RESOLUTION[Resolution(code)] if code else Bitext()
