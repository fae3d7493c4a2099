"""Markers that choose a treatment: driver alterations, mismatch repair, grade groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_BY_GENE = {
    "ALK": "alk",
    "ROS1": "ros1",
    "RET": "ret",
    "NRG1": "nrg1",
    "NTRK1": "ntrk",
    "NTRK2": "ntrk",
    "NTRK3": "ntrk",
}
# EGFR: residues and coding bases of the two exons whose changes mean opposite things for a drug.
_EGFR_EXON_19 = (range(729, 762), range(2185, 2284))
_EGFR_EXON_20 = (range(762, 824), range(2284, 2470))
_EGFR_L858R = re.compile(r"L858R|LEU858ARG|2573T>G")
_BRAF_V600E = re.compile(r"V600E|VAL600GLU|1799T>A")
_KRAS_G12C = re.compile(r"G12C|GLY12CYS|34G>T")
_CODING = re.compile(r"C\.(\d+)")
_RESIDUE = re.compile(r"(?:P\.)?\(?[A-Z]{1,3}(\d+)")


def drivers(reported: Iterable[str], variants: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Driver codes reported by pathology, with those that follow from the variant table.

    `variants` rows hold `gene` (HGNC, or a fusion such as EML4-ALK) and `hgvs`.
    """
    found = set(reported)
    for row in variants:
        found.update(variant_drivers(_text(row.get("gene")), _text(row.get("hgvs"))))
    return frozenset(found)


def variant_drivers(gene: str, change: str) -> frozenset[str]:
    """Driver codes of one variant; empty when the gene is none of the listed ones."""
    genes = {part for part in re.split(r"[-:/\s]+", gene.upper()) if part}
    written = change.upper()
    found = {_BY_GENE[name] for name in genes & _BY_GENE.keys()}
    if "EGFR" in genes:
        found.add(_egfr(written))
    if "MET" in genes:
        found.add("met_amp" if _is_amplification(written) else "met_ex14")
    if "BRAF" in genes and _BRAF_V600E.search(written):
        found.add("braf_v600e")
    if "KRAS" in genes:
        found.add("kras_g12c" if _KRAS_G12C.search(written) else "kras_other")
    if "ERBB2" in genes and not _is_amplification(written):
        found.add("her2_mut")
    return frozenset(found)


def _egfr(written: str) -> str:
    """L858R and exon 19 deletions are common; insertions and duplications count as exon 20."""
    inserts = "INS" in written or "DUP" in written
    if _EGFR_L858R.search(written):
        return "egfr_common"
    if "DEL" not in written:
        return "egfr_ex20" if inserts else "egfr_other"
    if _lies_in(written, _EGFR_EXON_19, r"EX(?:ON)?\s*19|19\s*DEL"):
        return "egfr_common"
    # A deletion-insertion adds residues in exon 20 and is an ordinary change elsewhere.
    in_exon_20 = inserts and _lies_in(written, _EGFR_EXON_20, r"EX(?:ON)?\s*20")
    return "egfr_ex20" if in_exon_20 else "egfr_other"


def _lies_in(written: str, exon: tuple[range, range], named: str) -> bool:
    residues, bases = exon
    coding = _CODING.search(written)
    if coding:
        return int(coding.group(1)) in bases
    if re.search(named, written):
        return True
    residue = _RESIDUE.search(written)
    return residue is not None and int(residue.group(1)) in residues


def _is_amplification(written: str) -> bool:
    return "AMP" in written


def gleason_grade_group(primary: int, secondary: int) -> int:
    """Grade group 1 to 5 of a Gleason pattern pair (each 1 to 5).

    3+3 is 1, 3+4 is 2, 4+3 is 3, a sum of 8 is 4, of 9 or 10 is 5. Epstein JI et al. The 2014 International Society
    of Urological Pathology (ISUP) Consensus Conference on Gleason Grading. Am J Surg Pathol 2016;40:244-252.
    """
    score = primary + secondary
    if score <= 6:
        return 1
    if score == 7:
        return 2 if primary == 3 else 3
    return 4 if score == 8 else 5


def grade_risk_class(grade_group: float) -> int:
    """Grade groups 4 and 5 carry one risk; the others stand alone."""
    return min(int(grade_group), 4)


def mismatch_repair_fits(proteins: Iterable[str], status: str) -> bool:
    """Whether the overall result follows from the four stains.

    `proteins` are `retained`, `lost`, `equivocal` or other for MLH1, PMS2, MSH2, MSH6.
    One lost protein means deficient, an isolated PMS2 or MSH6 loss included. Nothing is
    checked when no stain was read (the result may come from an MSI test or a report) or
    no overall result is given yet.
    """
    stains = set(proteins)
    if not status or not stains & {"retained", "lost"}:
        return True
    if "lost" in stains:
        return status == "dMMR"
    if "equivocal" in stains:
        return status != "dMMR"
    return status == "pMMR"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
