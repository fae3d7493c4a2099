"""The codes of the minutes."""

from __future__ import annotations

import pytest

from mdtapp.meetings.minutes import (
    CHOOSABLE_REASONS,
    DEFERRAL_LABELS,
    PROMPTS,
    DeferralReason,
    Votes,
    consensus,
)


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (Votes(5), "unanimous"),
        (Votes(1), "unanimous"),
        (Votes(5, 1), "majority"),
        (Votes(5, 0, 1), "majority"),
        (Votes(2, 2), "none"),
        (Votes(1, 2), "none"),
        (Votes(0, 0, 3), "none"),
        (Votes(0), "none"),
    ],
)
def test_consensus(votes: Votes, expected: str) -> None:
    assert consensus(votes) == expected


def test_votes_as_json() -> None:
    assert Votes(4, 1, 2).as_json() == {"for": 4, "against": 1, "abstain": 2}
    assert Votes(4, 1, 2).total == 7


def test_every_code_has_both_languages() -> None:
    labels = [*(DEFERRAL_LABELS[reason] for reason in DeferralReason), *PROMPTS.values()]
    assert [label for label in labels if label.missing() or not label] == []


def test_a_cancelled_meeting_is_no_reason_to_choose() -> None:
    assert set(DeferralReason) - set(CHOOSABLE_REASONS) == {DeferralReason.MEETING_CANCELLED}
