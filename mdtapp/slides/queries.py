"""The slides of a case, whatever they came as, and the regions drawn on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.imaging.models import ImagingInstance, ImagingSeries, StudyLink
from mdtapp.imaging.queries import WHOLE_SLIDE_MICROSCOPY, in_case
from mdtapp.imaging.status import LinkState
from mdtapp.materials.models import Material
from mdtapp.materials.status import FileKind
from mdtapp.slides.models import SlideRegion
from mdtapp.store.db import session
from mdtapp.store.numbers import LARGEST

NO_SUCH_SLIDE = Bitext(
    "There is no such slide in this case. Go back to the list of materials.",
    "本病例无此切片，请返回资料列表。",
)
NO_SUCH_REGION = Bitext("There is no such region on this slide.", "该切片上无此区域。")
_SLIDE_NO = re.compile(r"(\d{1,9})(?:\.(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class ShownSlide:
    """A slide of a case: a file, or one series of a DICOM study."""

    material: Material
    series: ImagingSeries | None = None

    @property
    def slide_no(self) -> str:
        """Its place in addresses: `3`, or `3.17` for a series of a study."""
        return f"{self.material.number}.{self.series.id}" if self.series else str(self.material.number)

    @property
    def title(self) -> str:
        described = self.series.description if self.series else ""
        return described or self.material.title


def slides_of_case(case: Case) -> list[ShownSlide]:
    """Every slide of the case in the order of its materials."""
    files = session.scalars(
        select(Material).where(Material.case_id == case.id, Material.file_kind == FileKind.SLIDE)
    )
    found = [*map(ShownSlide, files), *_dicom_slides(case)]
    return sorted(found, key=lambda slide: (slide.material.number, slide.series.id if slide.series else 0))


def get_slide(case: Case, slide_no: str) -> ShownSlide:
    """The slide at this place of the case; NotFound for an unknown and a foreign one alike."""
    numbers = _SLIDE_NO.fullmatch(slide_no)
    if numbers is None or int(numbers[1]) > LARGEST:
        raise NotFound(NO_SUCH_SLIDE)
    material = session.scalars(
        select(Material).where(Material.case_id == case.id, Material.number == int(numbers[1]))
    ).one_or_none()
    if material is not None and numbers[2] is None and material.file_kind is FileKind.SLIDE:
        return ShownSlide(material)
    if material is not None and numbers[2] is not None:
        for slide in _dicom_slides(case, int(numbers[2])):
            if slide.material.id == material.id:
                return slide
    raise NotFound(NO_SUCH_SLIDE)


def slides_of_material(case: Case, material: Material) -> list[ShownSlide]:
    """What the material shows as slides: itself, or the DICOM slides of the study it stands for."""
    return [slide for slide in slides_of_case(case) if slide.material.id == material.id]


def instances_of_slide(case: Case, series: ImagingSeries) -> Sequence[ImagingInstance]:
    """The whole-slide instances of a series that belong to the case, in order of arrival."""
    query = (
        select(ImagingInstance)
        .join(ImagingSeries, ImagingSeries.id == ImagingInstance.series_id)
        .where(
            ImagingInstance.series_id == series.id,
            ImagingInstance.sop_class_uid == WHOLE_SLIDE_MICROSCOPY,
            in_case(case),
        )
        .order_by(ImagingInstance.id)
        .options(joinedload(ImagingInstance.series).joinedload(ImagingSeries.study))
    )
    return session.scalars(query).all()


def regions_of(slide: ShownSlide) -> Sequence[SlideRegion]:
    """The regions that stand on the slide, in order of their number."""
    query = select(SlideRegion).where(
        SlideRegion.material_id == slide.material.id,
        SlideRegion.series_id == (slide.series.id if slide.series else None),
        SlideRegion.withdrawn_at.is_(None),
    )
    return session.scalars(query.order_by(SlideRegion.number)).all()


def get_region(slide: ShownSlide, number: int) -> SlideRegion:
    """A region of the slide, withdrawn ones included, since texts may cite them; NotFound otherwise."""
    found = find_region(slide.material, number)
    if found is None or found.series_id != (slide.series.id if slide.series else None):
        raise NotFound(NO_SUCH_REGION)
    return found


def find_region(material: Material, number: int) -> SlideRegion | None:
    if number > LARGEST:
        return None
    query = select(SlideRegion).where(SlideRegion.material_id == material.id, SlideRegion.number == number)
    return session.scalars(query).one_or_none()


def _dicom_slides(case: Case, series_id: int | None = None) -> list[ShownSlide]:
    if series_id is not None and series_id > 2**63 - 1:
        return []
    link = aliased(StudyLink)  # `in_case` looks into the table itself
    query = (
        select(Material, ImagingSeries)
        .join(link, link.material_id == Material.id)
        .join(ImagingSeries, ImagingSeries.study_id == link.study_id)
        .join(ImagingInstance, ImagingInstance.series_id == ImagingSeries.id)
        .where(
            Material.case_id == case.id,
            link.case_id == case.id,
            link.state == LinkState.LINKED,
            ImagingInstance.sop_class_uid == WHOLE_SLIDE_MICROSCOPY,
            in_case(case),
        )
        .distinct()
    )
    if series_id is not None:
        query = query.where(ImagingSeries.id == series_id)
    return [ShownSlide(material, series) for material, series in session.execute(query)]
