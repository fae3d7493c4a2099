"""Invented reports as PDF, slides as pictures, studies as DICOM: the material of the demonstration."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset

from mdtapp.clinical.bitext import Bitext
from mdtapp.demo.synthetic_dicom import (
    Examination,
    Lesion,
    Subject,
    ct_abdomen,
    ct_chest,
    mg_views,
    mr_axial,
    pt_chest,
    write,
)
from mdtapp.documents.typesetter import typesetter

DICOM_SEX = {"female": "F", "male": "M"}
NODULE = Lesion(x=-0.42, y=-0.1, z=0.1, radius=0.11)
MASS = Lesion(x=0.3, y=0.05, z=0.0, radius=0.13)
PHANTOMS: dict[str, tuple[Callable[[Examination], list[Dataset]], Lesion]] = {
    "ct_chest": (ct_chest, NODULE),
    "ct_abdomen": (ct_abdomen, Lesion(x=-0.4, y=-0.05, z=0.0, radius=0.1)),
    "mr": (mr_axial, Lesion(x=0.12, y=0.1, z=0.0, radius=0.08)),
    "mr_head": (partial(mr_axial, body_part="HEAD"), Lesion(x=-0.2, y=-0.22, z=0.1, radius=0.12)),
    "mg": (mg_views, MASS),
    "pt": (pt_chest, NODULE),
}
# What a laboratory report prints for each value of the record, with its unit.
TESTS = {
    "hb_g_l": "Haemoglobin, g/L",
    "anc_10e9_l": "Neutrophils, 10⁹/L",
    "platelets_10e9_l": "Platelets, 10⁹/L",
    "creatinine_umol_l": "Creatinine, µmol/L",
    "crcl_ml_min": "Creatinine clearance, mL/min",
    "bilirubin_xuln": "Bilirubin, × upper limit",
    "alt_xuln": "ALT, × upper limit",
    "albumin_g_l": "Albumin, g/L",
    "inr": "INR",
    "hbv_dna_iu_ml": "HBV DNA, IU/mL",
    "afp_ng_ml": "AFP, ng/mL",
    "cea_ng_ml": "CEA, ng/mL",
    "psa_ng_ml": "PSA, ng/mL",
}
TEXT_OF = {"pathology_report": "path_report", "imaging_report": "imaging_summary"}


def report(material: Mapping[str, Any], data: Mapping[str, Any], folder: Path) -> Path:
    """A one-page PDF with the words the case tells of this material, headed as invented."""
    title = escape(material["title"])
    body = {"lab_report": _laboratory, "clinic_letter": _letter}.get(material["kind"], _words)
    original = "" if material["language"] == "en" else " · translation of the original"
    html = (
        f'<html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1>'
        f"<p>{escape(data['outside']['institution'])} · {material['date']}"
        f" · patient {escape(data['patient']['pseudonym'])}{original}</p>{body(material, data)}"
        "<p>Invented for demonstration. No real person is described.</p></body></html>"
    )
    path = folder / f"{material['id']}-{_slug(material['title'])}.pdf"
    path.write_bytes(typesetter().pdf(html, identifier=hashlib.sha256(html.encode()).digest()[:16]))
    return path


def _words(material: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    words = (
        Bitext.of(material.get("words"))
        or Bitext.of(data.get(TEXT_OF.get(material["kind"], "")))
        or Bitext.of(data["outside"]["plan"])
    )
    return f"<h2>Report</h2><p>{escape(words.en)}</p><p lang='zh-Hans'>{escape(words.zh)}</p>"


def _letter(material: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    course = "".join(
        f"<li>{row['date']}: {escape(str(Bitext.of(row['text'])))}</li>" for row in data["history"]
    )
    return f"{_words(material, data)}<h2>Course</h2><ul>{course}</ul>"


def _laboratory(material: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    days = [row for row in data["labs"] if row["date"] <= material["date"]]
    measured = [key for key in TESTS if any(key in row["values"] for row in days)]
    head = "".join(f"<th>{row['date']}</th>" for row in days)
    rows = "".join(
        f"<tr><th>{TESTS[key]}</th>"
        + "".join(f"<td>{row['values'].get(key, '')}</td>" for row in days)
        + "</tr>"
        for key in measured
    )
    return f"<h2>Results</h2><table><thead><tr><th>Test</th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def slide(material: Mapping[str, Any], seed: str, folder: Path) -> Path:
    """A picture in the colours of a stained section; the pattern is noise, not tissue."""
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    size = 480
    ground = np.full((size, size, 3), (243, 224, 236), dtype=np.float64)
    y, x = np.mgrid[0:size, 0:size]
    for _ in range(420):
        cx, cy, radius = random.uniform(0, size), random.uniform(0, size), random.uniform(4, 11)
        inside = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
        ground[inside] = ground[inside] * 0.35 + np.array((92, 58, 128)) * 0.65
    path = folder / f"{material['id']}-slide.png"
    Image.fromarray(np.clip(ground + random.normal(0, 4, ground.shape), 0, 255).astype(np.uint8)).save(path)
    return path


def subject_of(identity: Mapping[str, Any]) -> Subject:
    """The invented patient as a scanner would write them; `identity` as it is sealed."""
    given, _, family = identity["name"].rpartition(" ")
    return Subject(
        name=f"{family}^{given}",
        patient_id=identity["patient_ids"][0],
        birth_date=date.fromisoformat(identity["birth_date"]),
        sex=DICOM_SEX[identity["sex"]],
    )


def study(material: Mapping[str, Any], subject: Subject, folder: Path) -> Path:
    """A folder with the DICOM files of one invented study of the subject."""
    make, lesion = PHANTOMS[material["phantom"]]
    examination = Examination(
        subject,
        f"{subject.patient_id}-{material['id']}",
        date.fromisoformat(material["date"]),
        material["title"],
        lesion,
    )
    target = folder / f"{material['id']}-study"
    write(make(examination), target)
    return target


def _slug(title: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower())[:40]
