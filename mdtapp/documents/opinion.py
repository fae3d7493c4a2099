"""A frozen opinion as a printed document: HTML by our templates, then PDF. Same input, same bytes."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import segno
from babel import Locale
from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.documents.letter import Letter, arrange, length
from mdtapp.documents.origins import words_joined
from mdtapp.documents.printable import check_printable
from mdtapp.documents.steps import printed_step
from mdtapp.documents.typesetter import typesetter
from mdtapp.documents.typography import breakable, grouped
from mdtapp.documents.verify import frozen_hash
from mdtapp.documents.voices import Voices, name_of, named
from mdtapp.documents.wording import wording
from mdtapp.errors import Invalid

# A statement this long may break over pages; shorter ones stay in one piece.
LENGTHY = 900
MOST_DOTS = 20
PICTURE_LOST = Bitext(
    "A key image of this text is not in the store, so no document is made. Tell the administrator.",
    "该文本的一张关键图像未在存储中找到，无法生成文件。请告知管理员。",
)


def render_opinion(
    frozen: Mapping[str, Any],
    *,
    signatures: Sequence[Mapping[str, Any]],
    pictures: Mapping[str, bytes] = MappingProxyType({}),
    lang: Language = "en",
    watermark: Bitext | None = None,
    code: str | None = None,
    verify_url: str | None = None,
) -> bytes:
    """The PDF (A-3a, UA-1) of a frozen opinion `mdtapp.opinion/1`, both languages, `lang` leading.

    `signatures` are `{name, name_zh, discipline, role, meaning, licence_no, at, content_hash}`; signers
    without one get a line to sign on. `pictures` are the key images the text names, JPEG by hash. `code` is printed and drawn as a QR code, which holds `verify_url`
    when that is given. Raises `Invalid` for text that cannot be printed, naming the statement.
    """
    check_printable(frozen, signatures, watermark)
    if any(image["picture"] not in pictures for image in frozen.get("key_images") or []):
        raise Invalid(PICTURE_LOST)
    html = opinion_html(frozen, signatures=signatures, lang=lang, watermark=watermark, code=code)
    assets = {f"asset:{name}.jpg": (content, "image/jpeg") for name, content in pictures.items()}
    if code:
        assets["asset:check.svg"] = (_qr(verify_url or code), "image/svg+xml")
    made_from = [frozen, list(signatures), lang, watermark and watermark.as_json(), code, verify_url]
    identifier = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).digest()[:16]
    return typesetter().pdf(html, identifier=identifier, assets=assets)


def opinion_html(
    frozen: Mapping[str, Any],
    *,
    signatures: Sequence[Mapping[str, Any]],
    lang: Language = "en",
    watermark: Bitext | None = None,
    code: str | None = None,
) -> str:
    """The HTML the PDF is made of."""
    letter = arrange(frozen)
    words, patient = letter.words, frozen.get("patient") or {}
    return (
        _environment()
        .get_template("documents/opinion.html")
        .render(
            frozen=frozen,
            letter=letter,
            words=words,
            voices=Voices.leading(lang),
            hospital=frozen.get("hospital") or {},
            title=_title(frozen, letter),
            version=words.page("version", version=str(frozen.get("version", 1))),
            written_on=str(frozen.get("date") or ""),
            patient_name=patient.get("name") or patient.get("pseudonym") or "",
            person=_person(patient, letter),
            fingerprint=grouped(frozen_hash(frozen)),
            sureness=_sureness(frozen, letter),
            boxes=_boxes(frozen, signatures),
            watermark=watermark,
            code=code,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mdtapp", "templates"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "bitext": _bitext,
        "breakable": breakable,
        "grouped": grouped,
        "language_name": _language_name,
        "lengthy": lambda line: length(line) > LENGTHY,
        "line_break": Markup("<br>"),
        "name_of": name_of,
        "named": named,
        "no_step": printed_step({}, wording()),
    }
    return environment


def _bitext(value: Any) -> Bitext:
    """A text of the frozen opinion; one that is not there is empty."""
    return Bitext.of(value or None)


def _title(frozen: Mapping[str, Any], letter: Letter) -> Bitext:
    if frozen.get("kind") == "addendum":
        return letter.words.page("title_addendum", number=str(frozen.get("number") or 1))
    return letter.words.page("title")


def _person(patient: Mapping[str, Any], letter: Letter) -> Bitext:
    """ "1979 · female · Kenya"."""
    year = str(patient.get("birth_year") or "")
    parts = [
        Bitext(year, year),
        letter.words.label("sex", patient.get("sex")),
        _country(patient.get("home_country")),
    ]
    return words_joined(parts, " · ")


def _country(code: object) -> Bitext:
    return Bitext(
        *(_locale(language).territories.get(str(code or ""), str(code or "")) for language in ("en", "zh"))
    )


def _language_name(code: object) -> Bitext:
    """The name of a language from its code, "ru" as "Russian / 俄语"; an unknown code stays as it is."""
    if not code:
        return Bitext()
    return Bitext(
        *(
            _locale(language).languages.get(str(code).replace("-", "_"), str(code))
            for language in ("en", "zh")
        )
    )


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


def _sureness(frozen: Mapping[str, Any], letter: Letter) -> dict[str, Any] | None:
    """The vote in words and dots; None before a vote."""
    votes = (frozen.get("meeting") or {}).get("votes") or {}
    agreed, against, abstained = (int(votes.get(key) or 0) for key in ("for", "against", "abstain"))
    total = agreed + against
    if not total:
        return None
    page = letter.words.page
    notes = [page("sure_abstained", count=str(abstained))] if abstained else []
    if (against and any(section.key == "dissent" for section in letter.doctor_sections)) or letter.dissents:
        notes.append(page("sure_dissent"))
    phrase = page("sure_some" if against else "sure_all", agreed=str(agreed), total=str(total))
    dots = "●" * agreed + "○" * against if total <= MOST_DOTS else ""
    return {"dots": dots, "agreed": phrase, "notes": notes}


def _boxes(frozen: Mapping[str, Any], signatures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One box a signer, with the signature where it is given; signatures nobody asked for come after."""
    left = [dict(signature) for signature in signatures]
    boxes = []
    for signer in frozen.get("signers") or []:
        given = next((one for one in left if _same_person(one, signer)), None)
        if given is not None:
            left.remove(given)
        boxes.append(dict(signer) | (given or {}))
    empty = dict.fromkeys(
        ("name", "name_zh", "discipline", "role", "meaning", "licence_no", "at", "content_hash")
    )
    return [empty | box for box in [*boxes, *left]]


def _same_person(signature: Mapping[str, Any], signer: Mapping[str, Any]) -> bool:
    return all(signature.get(key) == signer.get(key) for key in ("name", "discipline"))


def _qr(content: str) -> bytes:
    """The QR code as SVG, error level M, in ink on white."""
    target = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        target, kind="svg", border=2, dark="#0b3c49", light="#fff", xmldecl=False
    )
    return target.getvalue()
