"""The slides of a case, whatever they came as, and the regions drawn on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, select
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
_SLIDE_NO = re.compile(r"([0-9]{1,9})(?:\.([1-9][0-9]{0,8}))?")
_LINK = aliased(StudyLink)  # `in_case` looks into the table itself


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
    found = [*map(ShownSlide, session.scalars(_files(case))), *_dicom_slides(case)]
    return sorted(found, key=lambda slide: (slide.material.number, slide.series.id if slide.series else 0))


def get_slide(case: Case, slide_no: str) -> ShownSlide:
    """The slide at this place of the case; NotFound for an unknown and a foreign one alike."""
    numbers = _SLIDE_NO.fullmatch(slide_no)
    if numbers is None:
        raise NotFound(NO_SUCH_SLIDE)
    number, series_id = int(numbers[1]), int(numbers[2] or 0)
    found = _dicom_slides(case, Material.number == number, ImagingSeries.id == series_id) if series_id else []
    if not numbers[2]:
        query = _files(case).where(Material.number == number)
        found = [ShownSlide(material) for material in session.scalars(query)]
    if not found:
        raise NotFound(NO_SUCH_SLIDE)
    return found[0]


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


def _files(case: Case) -> Select[Material]:
    return select(Material).where(Material.case_id == case.id, Material.file_kind == FileKind.SLIDE)


def _dicom_slides(case: Case, *conditions: ColumnElement[bool]) -> list[ShownSlide]:
    query = (
        select(Material, ImagingSeries)
        .join(_LINK, _LINK.material_id == Material.id)
        .join(ImagingSeries, ImagingSeries.study_id == _LINK.study_id)
        .where(
            Material.case_id == case.id,
            _LINK.case_id == case.id,
            _LINK.state == LinkState.LINKED,
            exists().where(
                ImagingInstance.series_id == ImagingSeries.id,
                ImagingInstance.sop_class_uid == WHOLE_SLIDE_MICROSCOPY,
                in_case(case),
            ),
            *conditions,
        )
    )
    slides = {series.id: ShownSlide(material, series) for material, series in session.execute(query)}
    return list(slides.values())
