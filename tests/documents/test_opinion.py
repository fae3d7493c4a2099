"""What a rendered opinion says: every statement in both languages, whatever leads and whatever is missing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Literal

import pytest
from PIL import Image
from pypdf import PdfReader

from mdtapp.clinical.bitext import Bitext
from mdtapp.documents.opinion import opinion_html, render_opinion
from mdtapp.documents.renderer import Renderer
from mdtapp.documents.verify import frozen_hash
from mdtapp.errors import Invalid
from tests.documents.conftest import bare, bare_text, frozen_opinion, section, statements

TextOf = Callable[..., str]
OPTIONAL = (
    "hospital", "patient", "case", "outside", "also", "questions", "sections", "panel", "materials", "meeting",
    "dissent", "signers", "audit_head", "result_class", "date",
)  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["breast", "lung"])
def test_prints_every_statement_in_both_languages(name: str, lang: Literal["en", "zh"]) -> None:
    frozen = frozen_opinion(name)
    printed = bare_text(render_opinion(frozen, signatures=[], lang=lang))
    wanted = [text for one in statements(frozen) for text in one["text"].values()]
    assert [text for text in wanted if bare(text) not in printed] == []


def test_prints_the_number_of_every_statement(breast: dict[str, Any], text_of: TextOf) -> None:
    html = opinion_html(breast, signatures=[])
    assert [one["number"] for one in statements(breast) if f">{one['number']}</span>" not in html] == []


def test_the_chosen_language_leads(breast: dict[str, Any], text_of: TextOf) -> None:
    english, chinese = text_of(breast, lang="en"), text_of(breast, lang="zh")
    assert english.index("Yoursecondopinion") < english.index("您的第二诊疗意见")
    assert chinese.index("您的第二诊疗意见") < chinese.index("Yoursecondopinion")


def test_dates_are_written_as_each_language_writes_them(breast: dict[str, Any], text_of: TextOf) -> None:
    printed = text_of(breast)
    assert "17Nov2026" in printed
    assert "2026年11月17日" in printed


@pytest.mark.parametrize("missing", OPTIONAL)
def test_a_missing_part_stays_out(missing: str, lung: dict[str, Any], text_of: TextOf) -> None:
    del lung[missing]
    assert "SO-2026-0418" in text_of(lung)


def test_the_least_that_can_be_frozen_still_prints() -> None:
    least = {"schema": "mdtapp.opinion/1", "case_no": "SO-1", "sections": []}
    assert "SO-1" in bare_text(render_opinion(least, signatures=[]))


def test_a_section_without_statements_has_no_heading(breast: dict[str, Any], text_of: TextOf) -> None:
    section(breast, "supportive_tcm").clear()
    assert "Supportivecare" not in text_of(breast)


def test_a_section_a_site_has_added_is_printed(breast: dict[str, Any], text_of: TextOf) -> None:
    breast["labels"] = {"sections": {"nutrition": {"en": "Nutrition", "zh": "营养"}}}
    breast["sections"].append(
        {"key": "nutrition", "statements": [{"number": "99.1", "text": {"en": "Eat.", "zh": "进食。"}}]}
    )
    printed = text_of(breast)
    assert "Nutrition营养" in printed
    assert "Eat." in printed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_text_in_one_language_says_that_its_translation_is_pending(
    language: str, breast: dict[str, Any], text_of: TextOf
) -> None:
    statement = section(breast, "follow_up")[0]
    statement["text"] = {language: "Only this 一种语言"}
    printed = text_of(breast)
    assert "Onlythis一种语言" in printed
    assert ("翻译待完成" if language == "en" else "translationpending") in printed


def test_original_words_marked_for_translation_are_printed_once(
    breast: dict[str, Any], text_of: TextOf
) -> None:
    words = "Рекомендовано наблюдение"
    section(breast, "follow_up")[0] |= {"text": {"en": words, "zh": words}, "needs_translation": ["zh"]}
    printed = text_of(breast)
    assert printed.count(bare(words)) == 1
    assert "翻译待完成" in printed


def test_an_unanswered_question_is_shown_as_open(breast: dict[str, Any], text_of: TextOf) -> None:
    section(breast, "questions_answered").pop()
    assert "Thisversionholdsnoanswertothisquestion." in text_of(breast)


def test_patient_is_named_from_the_frozen_version(
    lung: dict[str, Any], breast: dict[str, Any], text_of: TextOf
) -> None:
    assert bare("Ерлан Сәбитұлы Қасымов") in text_of(lung)
    assert "AMBER-417" in text_of(breast)


def test_every_page_carries_case_version_hash_and_page_numbers(breast: dict[str, Any]) -> None:
    pages = PdfReader(io.BytesIO(render_opinion(breast, signatures=[]))).pages
    short = frozen_hash(breast)[:12]
    for number, page in enumerate(pages, 1):
        text = bare(page.extract_text())
        wanted = ["SO-2026-0417", short, f"Page{number}of{len(pages)}", f"第{number}页，共{len(pages)}页"]
        wanted += ["DEMONSTRATION", "演示文件", "Remotereviewofrecords", "仅远程审阅资料"]
        assert [one for one in wanted if one not in text] == [], number


def test_a_draft_is_marked_on_every_page(breast: dict[str, Any]) -> None:
    mark = Bitext("DRAFT – not for use", "草稿，不得使用")
    pages = PdfReader(io.BytesIO(render_opinion(breast, signatures=[], watermark=mark))).pages
    assert all("DRAFT–notforuse" in bare(page.extract_text()) for page in pages)


def test_signed_and_awaiting_boxes(
    breast: dict[str, Any], signatures: list[dict[str, Any]], text_of: TextOf
) -> None:
    printed = text_of(breast, signatures=signatures)
    assert printed.count("17Nov2026,10:20UTC+8") == 2
    assert printed.count("awaitingsignature") == 3


def test_a_signature_nobody_asked_for_is_printed_too(breast: dict[str, Any], text_of: TextOf) -> None:
    extra = {"name": "Dr Guest", "discipline": "radiology", "role": "reader", "at": "2026-11-17T10:20:00Z"}
    assert "DrGuest" in text_of(breast, signatures=[extra])


def test_the_code_is_printed_and_drawn(breast: dict[str, Any]) -> None:
    plain = render_opinion(breast, signatures=[])
    coded = render_opinion(
        breast, signatures=[], code="7Q4K-M2XA-93TD", verify_url="https://hospital.example/verify/7Q4K"
    )
    assert "7Q4K-M2XA-93TD" not in bare_text(plain)
    assert "7Q4K-M2XA-93TD" in bare_text(coded)
    assert b"/Figure" in coded or len(coded) > len(plain)


def test_a_dissent_of_the_meeting_is_printed_once(lung: dict[str, Any], text_of: TextOf) -> None:
    words = bare(lung["dissent"][0]["text"]["en"])
    assert text_of(lung).count(words) == 1
    lung["sections"] = [one for one in lung["sections"] if one["key"] != "dissent"]
    assert text_of(lung).count(words) == 1


def test_an_addendum_says_which_one_it_is(breast: dict[str, Any], text_of: TextOf) -> None:
    breast |= {"kind": "addendum", "number": 2}
    printed = text_of(breast)
    assert "Addendum2toyoursecondopinion" in printed
    assert "第二诊疗意见补充（第2号）" in printed


def test_missing_records_are_named(breast: dict[str, Any], text_of: TextOf) -> None:
    assert "Missing:requested" in text_of(breast)


def test_key_images_are_printed_with_their_words_and_origin(
    breast: dict[str, Any], renderer: Renderer, signatures: list[dict[str, Any]]
) -> None:
    """The picture goes by its hash; one that is not given fails the document instead of leaving a hole."""
    stream = io.BytesIO()
    Image.linear_gradient("L").save(stream, "JPEG")
    name = "ab" * 32
    breast["key_images"] = [
        {
            "picture": name,
            "note": {"en": "The mass in the upper outer quadrant.", "zh": "外上象限肿块。"},
            "citation": {"en": "MG · 2026-09-01 · image 2", "zh": "MG · 2026-09-01 · 图像2"},
            "chosen_by": {"name": "Dr Lin Yue", "name_zh": "林越"},
        }
    ]
    pdf = renderer.render_opinion(breast, signatures=signatures, pictures={name: stream.getvalue()})
    reader = PdfReader(io.BytesIO(pdf))
    (number,) = [
        place for place, page in enumerate(reader.pages) if "upper outer quadrant" in page.extract_text()
    ]
    page = reader.pages[number]
    assert len(page.images) >= 1
    text = bare(page.extract_text())
    for words in ("外上象限肿块", "MG·2026-09-01·image2", "DrLinYue"):
        assert words in text
    with pytest.raises(Invalid):
        renderer.render_opinion(breast, signatures=signatures, pictures={})


def dissent(frozen: dict[str, Any], audience: str | None) -> dict[str, Any]:
    """The first dissent of the section, for the readers that were chosen."""
    row = section(frozen, "dissent")[0]
    row["text"] = {"en": "Surgery first would be better.", "zh": "先手术更好。"}
    if audience:
        row["audience"] = audience
    return row


@pytest.mark.parametrize(
    ("audience", "place"), [(None, "doctor"), ("clinician", "doctor"), ("both", "patient")]
)
def test_a_dissent_stands_where_its_readers_read(
    lung: dict[str, Any], text_of: TextOf, audience: str | None, place: str
) -> None:
    dissent(lung, audience)
    printed = text_of(lung)
    where = printed.index("Surgeryfirstwouldbebetter.")
    assert printed.count("Surgeryfirstwouldbebetter.") == 1
    assert (where > printed.index("Foryourdoctor")) == (place == "doctor")


def test_a_dissent_for_the_record_is_on_no_page(lung: dict[str, Any], text_of: TextOf) -> None:
    lung["dissent"][0]["text"] = {"en": "Surgery first would be better.", "zh": "先手术更好。"}
    row = dissent(lung, "record")
    row["text"] = {"en": "Surgery: Surgery first would be better.", "zh": "外科：先手术更好。"}
    assert "wouldbebetter" not in text_of(lung)


def test_the_chairs_citations_stand_in_place_of_the_inputs(lung: dict[str, Any], text_of: TextOf) -> None:
    row = section(lung, "recommendation")[0]
    why = {"en": "not approved there", "zh": "当地未批准"}
    row["frame"] = {
        "citations": [
            {"body": "nccn", "name": "NSCLC 2026", "level": "category 9", "relation": "same", "why": {}},
            {"body": "home", "name": "Decree 7", "level": "", "relation": "different", "why": why},
        ],
        "availability": "travel",
    }
    printed = text_of(lung)
    assert "NCCN:NSCLC2026,category9;saysthesame" in printed
    assert "Homerule:Decree7;differs:notapprovedthere" in printed
    assert "当地规定：Decree7；不一致：当地未批准" in printed
    assert "Needstravel" in printed


def test_each_claim_of_the_home_hospital_stands_beside_the_verdict(
    breast: dict[str, Any], text_of: TextOf
) -> None:
    assert "pointbypoint" not in text_of(breast)
    breast["ledger"] = [
        {
            "claim": "outside.n_category",
            "label": {"en": "N category", "zh": "N分类"},
            "theirs": {"en": "N0", "zh": "N0"},
            "verdict": "major",
            "ours": {"en": "N1", "zh": "N1"},
            "impact": {"en": "Changes treatment", "zh": "将改变治疗"},
            "by": ["radiology"],
        },
        {
            "claim": "outside.plan",
            "label": {"en": "Treatment plan", "zh": "治疗方案"},
            "theirs": {"en": "Surgery.", "zh": "手术。"},
            "verdict": "agree",
            "ours": {"en": "", "zh": ""},
            "impact": None,
            "by": ["medical_oncology", "surgical_oncology"],
        },
    ]
    printed = text_of(breast)
    assert "Whatwassaidathome,pointbypoint外院所述逐项对照" in printed
    for words in ("Majordifference重大不一致[RA]", "Changestreatment将改变治疗", "Agree同意[MO,SO]"):
        assert words in printed
