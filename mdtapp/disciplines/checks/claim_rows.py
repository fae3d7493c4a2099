"""The claim rows of an input: what the home hospital said, piece by piece, and the verdict on each piece.

A row is `{claim, verdict, ours, impact, why, anchors}`: the key of the claim (`outside.t_category`), an agreement
code, what it should be (text, number or bitext), an impact code, a bitext, and places in the material.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mdtapp.clinical.agreement import IMPACTS, VERDICTS, claim_object
from mdtapp.clinical.bitext import LANGUAGES, Bitext
from mdtapp.disciplines.checks.anchors import are_anchors
from mdtapp.disciplines.checks.finding import Finding
from mdtapp.disciplines.checks.single import (
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_ROWS,
    characters,
    length,
    unknown_keys,
)
from mdtapp.disciplines.conditions import is_filled

KEYS = ("claim", "verdict", "ours", "impact", "why", "anchors")
CLAIM = re.compile(r"[a-z][a-z0-9_.]{0,119}")
NO_VERDICT = ("not_assessable", "not_applicable")


def check_claims(rows: Any) -> Iterator[Finding]:
    """Findings about the shape of the claim rows, and about a major difference that is said to change nothing."""
    if rows is None:
        return
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        yield _finding(
            "rows", "claims", f"claims are a list of at most {MOST_ROWS} rows", f"条目最多{MOST_ROWS}行"
        )
        return
    for index, row in enumerate(rows):
        place = f"claims.{index}"
        if not isinstance(row, Mapping):
            yield _finding("type", place, "a claim is a row with its verdict", "每条须为一行并附意见")
            continue
        yield from unknown_keys(row, KEYS, f"{place}.")
        yield from _row(row, place)


def explained_by_claims(finding: Finding, rows: Any) -> bool:
    """Whether a missing comment on an object is no gap, because every differing claim of it says why.

    Nobody types the same reason twice.
    """
    field = finding.fields[0]
    if finding.id != "required" or not field.startswith("comment_") or not isinstance(rows, list):
        return False
    differing = [
        row
        for row in rows
        if isinstance(row, Mapping)
        and row.get("verdict") in ("minor", "major")
        and isinstance(row.get("claim"), str)
        and f"comment_{claim_object(row['claim'])}" == field
    ]
    return bool(differing) and all(is_filled(row.get("why")) for row in differing)


def _row(row: Mapping[str, Any], place: str) -> Iterator[Finding]:
    claim = row.get("claim")
    if not isinstance(claim, str) or not CLAIM.fullmatch(claim):
        yield _finding("type", f"{place}.claim", "name the claim", "请注明所评条目")
    for key, codes in (("verdict", (*VERDICTS, *NO_VERDICT)), ("impact", IMPACTS)):
        if row.get(key) not in (None, "", *codes):
            yield _finding(
                "choice", f"{place}.{key}", "choose one of the offered answers", "请从所列选项中选择一项"
            )
    if row.get("verdict") == "major" and row.get("impact") == "none":
        yield _finding(
            "COM-1",
            f"{place}.impact",
            "a major discordance needs a clinical impact other than “no effect”",
            "重大不一致的临床影响不能为“无影响”",
        )
    yield from _words(row.get("why"), f"{place}.why", LONGEST_TEXT, one_line=False)
    ours = row.get("ours")
    if isinstance(ours, bool) or not isinstance(ours, int | float):
        yield from _words(ours, f"{place}.ours", LONGEST_LINE, one_line=True)
    yield from _anchors(row.get("anchors"), f"{place}.anchors")


def _words(value: Any, place: str, limit: int, *, one_line: bool) -> Iterator[Finding]:
    """A bitext, or where one line is enough a bare text."""
    if value is None or (one_line and value == ""):
        return
    texts = [value] if one_line and isinstance(value, str) else _texts(value)
    if texts is None:
        yield _finding("type", place, "write the text in English and Chinese", "请用英文和中文填写")
        return
    for text in texts:
        for id_, en, zh in (*length(text, limit), *characters(text)):
            yield _finding(id_, place, en, zh)
    if not isinstance(value, str) and Bitext.of(value).missing():
        yield _finding("language", place, "write it in English and in Chinese", "请同时填写英文和中文")


def _texts(value: Any) -> list[str] | None:
    if not isinstance(value, Mapping) or not set(value) <= set(LANGUAGES):
        return None
    texts = [value[language] for language in value]
    return texts if all(isinstance(text, str) for text in texts) else None


def _anchors(value: Any, place: str) -> Iterator[Finding]:
    if not is_filled(value):
        return
    if not are_anchors(value):
        yield _finding("type", place, "mark the place in the material again", "请重新标注资料中的位置")


def _finding(id_: str, place: str, en: str, zh: str) -> Finding:
    message = Bitext(f"Home hospital's claim: {en}.", f"外院条目：{zh}。")
    return Finding(id_, "error", message, (place,))
