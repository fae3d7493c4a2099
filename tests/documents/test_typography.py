"""Values stay in order and on one line; dates are written as each language writes them."""

from __future__ import annotations

import re

import pytest

from mdtapp.documents.typography import grouped, isolate, printed_date, printed_moment


def isolated(text: str) -> list[str]:
    return re.findall(r"<bdi[^>]*>(.*?)</bdi>", str(isolate(text)))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Stage cT2 N0 M0 (IIA), was ypT1c N1", ["cT2 N0 M0", "IIA", "ypT1c N1"]),
        ("HER2 3+ and ER 80%, Ki-67 45%", ["HER2 3+", "ER 80%", "Ki-67 45%"]),
        ("PD-L1 TPS 60% (22C3)", ["PD-L1 TPS 60%"]),
        ("2.4–3.0 cm on 18 Nov 2026", ["2.4–3.0 cm", "18 Nov 2026"]),
        ("2026年10月28日CT：肿块31 mm", ["2026年10月28日", "31 mm"]),
        ("below 0.5 × 10⁹/L", ["0.5 × 10⁹/L"]),
        ("40.05 Gy in 15 fractions", ["40.05 Gy", "15"]),
        ("120 mg/m2 every 3 weeks", ["120 mg/m2", "3 weeks"]),
        ("fever of ≥38 °C", ["≥38 °C"]),
        ("I see station 4R", []),
    ],
)
def test_values_are_isolated(text: str, values: list[str]) -> None:
    assert isolated(text) == values


@pytest.mark.parametrize("text", ["", "no value", "Cytokeratin 7 & <b>20</b>", "A" * 60 + " 3+", "3 mm" * 40])
def test_nothing_is_lost_or_let_through(text: str) -> None:
    plain = re.sub(r"</?(?:bdi|span)[^>]*>", "", str(isolate(text)))
    assert plain == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_only_a_long_word_may_break() -> None:
    assert 'class="word"' in isolate("W" * 40)
    assert 'class="word"' not in isolate("neuroendocrine, 神经内分泌" * 10)


@pytest.mark.parametrize(
    ("written", "english", "chinese"),
    [
        ("2026-11-08", "8 Nov 2026", "2026年11月8日"),
        ("2026-11", "Nov 2026", "2026年11月"),
        ("2026", "2026", "2026年"),
        ("2026-02-30", "2026-02-30", "2026-02-30"),
        ("early May", "early May", "early May"),
        (None, "", ""),
    ],
)
def test_dates(written: str | None, english: str, chinese: str) -> None:
    assert (printed_date(written, "en"), printed_date(written, "zh")) == (english, chinese)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("2026-11-18T10:20:00+08:00", "18 Nov 2026, 10:20 UTC+8"),
        ("2026-11-18T10:20:31.123456+00:00", "18 Nov 2026, 10:20 UTC"),
        ("2026-11-18 10:20:00Z", "18 Nov 2026, 10:20 UTC"),
        ("2026-11-18T10:20-03:30", "18 Nov 2026, 10:20 UTC−3:30"),
        ("2026-11-18", "18 Nov 2026"),
    ],
)
def test_moments_keep_their_zone(written: str, printed: str) -> None:
    assert printed_moment(written, "en") == printed


def test_hash_in_groups() -> None:
    assert grouped("9f2c4a7be01d5a6c") == "9f2c 4a7b e01d"
