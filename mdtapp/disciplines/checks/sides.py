"""The side of a tumour in an organ that exists twice."""

from __future__ import annotations

from mdtapp.disciplines.checks.answers import Answers

PAIRED_ORGANS = ("breast", "lung", "kidney")


def is_paired_organ_without_side(answers: Answers) -> bool:
    """A breast, lung or kidney tumour said to have no side."""
    return answers.is_one_of("primary_site", *PAIRED_ORGANS) and answers.is_one_of(
        "laterality", "not_applicable", "midline"
    )
