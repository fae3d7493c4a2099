"""Places in the material that an input cites: how they read, where they lead, and whether the case has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines.checks import Finding
from mdtapp.disciplines.checks.anchors import CITED
from mdtapp.imaging.models import ImagingInstance
from mdtapp.imaging.queries import instances_of_series, series_of_study, study_of_material
from mdtapp.materials.models import Material
from mdtapp.materials.queries import materials_of
from mdtapp.materials.status import MaterialKind
from mdtapp.slides.queries import find_region

MARKS = (("page", "p. "), ("series", "s"), ("instance", "i"), ("frame", "f"), ("region", "r"))
ASKED_BY = {
    "page": "page",
    "region": "region",
    "series": "at_series",
    "instance": "at_instance",
    "frame": "at_frame",
}
"""Parts of a place as the address of a material asks for them."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One place as a page shows it: its words, and the address it leads to (number of the material, query)."""

    words: str
    address: tuple[int, dict[str, int]] | None


def cited_at(data: Mapping[str, Any], key: str) -> list[Cited]:
    """The places beside one answer."""
    cited = data.get(CITED)
    return cited_places(cited.get(key) if isinstance(cited, Mapping) else None)


def cited_places(places: Any) -> list[Cited]:
    """A stored list of places; anything else is none."""
    found = places if isinstance(places, list) else []
    return [Cited(place_words(place), place_address(place)) for place in found]


def image_place(reference: str, image: ImagingInstance, frame: int) -> dict[str, Any]:
    """An image of the material `reference` as a place; series and image where their headers number them."""
    place: dict[str, Any] = {"material": reference}
    if image.series.number is not None and image.instance_number is not None:
        place |= {"series": image.series.number, "instance": image.instance_number}
        place |= {"frame": frame} if image.frames > 1 else {}
    return place


def place_words(place: Any) -> str:
    """A place in the material as it is cited: `M3 s3 i187`, `M5 p. 1`, `M2 r1 Invasive front`."""
    if not isinstance(place, Mapping):
        return str(place)
    said = [f"{mark}{place[key]}" for key, mark in MARKS if place.get(key) not in (None, "")]
    return " ".join([str(place.get("material") or ""), *said, str(place.get("note") or "")]).strip()


def place_address(place: Any) -> tuple[int, dict[str, int]] | None:
    """The number of the material, and where in it: `(2, {"region": 1})`. None where the place names no material."""
    number = _number(place)
    if number is None:
        return None
    inside = {asked: place[key] for key, asked in ASKED_BY.items() if _counts(place.get(key))}
    return number, inside


def places_not_there(case: Case, data: Mapping[str, Any]) -> list[Finding]:
    """One finding for each cited place that the case does not have; malformed ones are for `check_input`."""
    listed = list(_listed(data))
    if not listed:
        return []
    materials = {material.number: material for material in materials_of(case)}
    missing = []
    for path, place in listed:
        material = materials.get(_number(place) or 0)
        if material is None or not _is_in(case, material, place):
            words = place_words(place)[:80]
            message = Bitext(
                f"{words} is not in the material of this case. Remove the citation and cite the place again.",
                f"本病例资料中无 {words}，请移除该引用后重新引用。",
            )
            missing.append(Finding("place", "error", message, (path,)))
    return missing


def _listed(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every cited place with the path of what it stands beside."""
    cited, rows = data.get(CITED), data.get("claims")
    beside = list(cited.items()) if isinstance(cited, Mapping) else []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, Mapping):
            beside.append((f"claims.{index}.anchors", row.get("anchors")))
    for path, places in beside:
        for place in places if isinstance(places, list) else []:
            if isinstance(place, Mapping):
                yield path, place


def _is_in(case: Case, material: Material, place: Mapping[str, Any]) -> bool:
    page, region = place.get("page"), place.get("region")
    if page is not None and not (_counts(page) and page <= (material.pages or 100_000)):
        return False
    if region is not None:
        return _counts(region) and find_region(material, region) is not None
    return place.get("series") is None or _has_image(case, material, place)


def _has_image(case: Case, material: Material, place: Mapping[str, Any]) -> bool:
    study = study_of_material(case, material.id)
    if study is None and material.kind is MaterialKind.IMAGING_DICOM:
        return True  # announced, its images are elsewhere: nothing here to check against
    rows = series_of_study(case, study) if study else []
    series = [row.series for row in rows if row.series.number == place["series"]]
    if place.get("instance") is None:
        return bool(series)
    frame = place.get("frame", 1)
    return any(
        image.instance_number == place["instance"] and _counts(frame) and frame <= image.frames
        for one in series
        for image in instances_of_series(case, one)
    )


def _number(place: Any) -> int | None:
    if not isinstance(place, Mapping):
        return None
    found = re.fullmatch(r"M(\d{1,9})", str(place.get("material") or ""))
    return int(found[1]) if found else None


def _counts(value: Any) -> bool:
    """Whether it is a number that counts from one."""
    return type(value) is int and value > 0
