"""The slide page, what its viewer asks for, and the regions drawn on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, NotFound
from mdtapp.imaging.derived import DerivedStore, Indexed
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.limited import shared_reader
from mdtapp.imaging.models import ImagingInstance
from mdtapp.imaging.slide_pyramid import SlideDescription
from mdtapp.imaging.slide_reader import missing_pieces, shared_slides, together
from mdtapp.materials.operations import note_opened
from mdtapp.materials.queries import slide_pieces
from mdtapp.materials.reasons import SLIDE_TILE_UNREADABLE, slide_incomplete
from mdtapp.materials.recognition import MIRAX
from mdtapp.opinions.case_page import banner_for, may_see_inputs_of
from mdtapp.people.roles import Permission
from mdtapp.slides import access, operations, queries
from mdtapp.slides.dicom_slide import DicomSlide, Stored
from mdtapp.slides.forms import RegionForm
from mdtapp.slides.models import SlideRegion
from mdtapp.slides.outline import read_outline
from mdtapp.slides.queries import NO_SUCH_SLIDE, ShownSlide
from mdtapp.slides.source import FileSlide, MissingSlide, SlideSource, Tile
from mdtapp.store.db import let_go, unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.store.objects import ObjectStore
from mdtapp.web.clock import now, today
from mdtapp.web.errors import wants_json
from mdtapp.web.guards import requires
from mdtapp.web.language import sentence
from mdtapp.web.login import signed_in
from mdtapp.web.remembered import remembered

slides = Blueprint("slides", __name__)

KEPT = 3600  # seconds a browser keeps a tile before it asks again
PICTURES = ("label", "macro")
NOT_KEPT = Bitext("The region was not kept. Look at the fields and try again.", "区域未保存，请检查后重试。")


@slides.get("/cases/<case_no>/slides/<slide_no>")
@requires(Permission.MATERIAL_READ, records=True)
def show(case_no: str, slide_no: str) -> ResponseReturnValue:
    """A slide, or two side by side (`?beside=`); `?region=` goes to a region. Opening it is recorded."""
    with unit_of_work(writing=False):  # nobody else waits while the child looks at the slides
        case = get_case(case_no, signed_in())
        shown = [queries.get_slide(case, slide_no)]
        if request.args.get("beside"):
            shown.append(queries.get_slide(case, request.args["beside"]))
        panes = [_pane(case, slide) for slide in shown]
    user = signed_in()
    for slide in shown:
        note_opened(actor=user, at=now(), case=case, material=slide.material)
    return render_template(
        "slides/show.html",
        case=case,
        banner=banner_for(case, user, "materials", today()),
        slide=shown[0],
        panes=panes,
        others=[other for other in queries.slides_of_case(case) if other.slide_no != shown[0].slide_no],
        beside=shown[1].slide_no if len(shown) > 1 else "",
        region=whole_number(request.args.get("region")),
        bare=request.args.get("bare") == "1",
        may_draw=access.can_draw(user, case),
        sees_label=access.can_see_label(user, case),
        form=RegionForm(formdata=None),
    )


@slides.get("/cases/<case_no>/slides/<slide_no>/description.json")
@requires(Permission.MATERIAL_READ)
def description(case_no: str, slide_no: str) -> ResponseReturnValue:
    """Size, levels and spacing, where the tiles are, and the regions.

    Levels go from small to large: tile `column`, `row` of level `level` is at `tiles`. 404 with a sentence
    when the slide cannot be read.
    """
    case = get_case(case_no, signed_in())
    slide = queries.get_slide(case, slide_no)
    found = _source(case, slide).describe()
    if isinstance(found, Refusal):
        raise NotFound(found.reason.text)
    tiles = url_for("slides.tile", case_no=case_no, slide_no=slide_no, level=0, column=1, row=2)
    regions = _open_regions(case, queries.regions_of(slide))
    wanted = whole_number(request.args.get("region"))
    if wanted is not None and wanted not in {region.number for region in regions}:
        cited = queries.find_region(slide.material, wanted)
        regions += _open_regions(
            case, [cited] if cited is not None and cited.withdrawn_at is not None else []
        )
    return jsonify(
        {
            **found.as_json(),
            "cut_short": found.cut_short,
            "tiles": tiles.replace("/0/1_2.jpeg", "/{level}/{column}_{row}.jpeg"),
            "regions": [_region(case, region) for region in regions],
        }
    )


@slides.get("/cases/<case_no>/slides/<slide_no>/tiles/<int:level>/<int:column>_<int:row>.jpeg")
@requires(Permission.MATERIAL_READ)
def tile(case_no: str, slide_no: str, level: int, column: int, row: int) -> ResponseReturnValue:
    """One tile, 256 pixels wide or as stored; the browser of this person may keep it."""
    source = remembered("slide", case_no, slide_no, look=lambda: _shown(case_no, slide_no))
    return _kept(source.version, f"{level}-{column}-{row}", lambda: source.tile(level, column, row))


@slides.get("/cases/<case_no>/slides/<slide_no>/thumbnail.jpeg")
@requires(Permission.MATERIAL_READ)
def thumbnail(case_no: str, slide_no: str) -> ResponseReturnValue:
    """The slide in a few hundred pixels, without label and glass."""
    source = _shown(case_no, slide_no)
    return _kept(source.version, "thumbnail", source.thumbnail)


@slides.get("/cases/<case_no>/slides/<slide_no>/pictures/<name>.jpeg")
@requires(Permission.MATERIAL_WRITE)
def picture(case_no: str, slide_no: str, name: str) -> ResponseReturnValue:
    """The label, or the overview of the glass (`macro`): for the coordinator, never kept by the browser."""
    case = get_case(case_no, signed_in())
    access.check_can_see_label(signed_in(), case)
    source = _source(case, queries.get_slide(case, slide_no))
    if name not in PICTURES:
        raise NotFound(NO_SUCH_SLIDE)
    return _sent(source.picture(name))


@slides.post("/cases/<case_no>/slides/<slide_no>/regions")
@requires(Permission.INPUT_WRITE)
def draw(case_no: str, slide_no: str) -> ResponseReturnValue:
    """Keeps a region; answers a script with the region, a page with the slide at it."""
    form = RegionForm()
    with unit_of_work(writing=False):  # as when it is shown
        case = get_case(case_no, signed_in())
        slide = queries.get_slide(case, slide_no)
        if not form.validate_on_submit():
            raise form.refusal(NOT_KEPT)
        outline = read_outline(form.outline.data or "")
        found = _source(case, slide).describe()
    if isinstance(found, Refusal):
        raise Invalid(found.reason.text)
    region = operations.draw_region(
        actor=signed_in(),
        at=now(),
        case=case,
        slide=slide,
        size=(found.width, found.height),
        name=form.name.data or "",
        outline=outline,
    )
    if wants_json():
        return jsonify(_region(case, region)), 201
    return redirect(url_for("slides.show", case_no=case_no, slide_no=slide_no, region=region.number))


@slides.post("/cases/<case_no>/slides/<slide_no>/regions/<int:region_no>/withdraw")
@requires(Permission.INPUT_WRITE)
def withdraw(case_no: str, slide_no: str, region_no: int) -> ResponseReturnValue:
    """Takes one's own region from the list."""
    case = get_case(case_no, signed_in())
    slide = queries.get_slide(case, slide_no)
    region = queries.get_region(slide, region_no)
    operations.withdraw_region(actor=signed_in(), at=now(), case=case, region=region)
    if wants_json():
        return jsonify(_region(case, region))
    return redirect(url_for("slides.show", case_no=case_no, slide_no=slide_no))


# Where the pixels come from


def _shown(case_no: str, slide_no: str) -> SlideSource:
    case = get_case(case_no, signed_in())
    return _source(case, queries.get_slide(case, slide_no))


def _source(case: Case, slide: ShownSlide) -> SlideSource:
    objects: ObjectStore = current_app.extensions["mdtapp.objects"]
    if slide.series is not None:
        derived: DerivedStore = current_app.extensions["mdtapp.intake"].derived
        instances = queries.instances_of_slide(case, slide.series)
        return DicomSlide(tuple(map(_stored, instances)), derived, shared_reader())
    sha256 = str(slide.material.sha256)
    if slide.material.media_type != MIRAX:
        return FileSlide(shared_slides(), objects.path(sha256), sha256)
    pieces = slide_pieces(slide.material.id)
    missing = missing_pieces(shared_slides(), objects, pieces)
    if isinstance(missing, Refusal):
        return MissingSlide(missing.reason)
    if missing:
        return MissingSlide(slide_incomplete(missing))
    path = together(objects, sha256, pieces)
    return FileSlide(shared_slides(), path, path.parent.name)


def _stored(instance: ImagingInstance) -> Stored:
    kind = instance.attributes.get("ImageType")
    flavour = str(kind[2]) if isinstance(kind, list) and len(kind) > 2 else ""
    series = instance.series
    uids = series.study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid
    return Stored(Indexed.of(instance.sha256, *uids), instance.transfer_syntax_uid, flavour)


# What is sent


def _kept(version: str, name: str, make: Callable[[], Tile | Refusal]) -> ResponseReturnValue:
    """A picture the browser may keep; asked again with its tag it costs nothing."""
    let_go()
    tag = f"{version}-{name}"
    known = version != "" and tag in request.if_none_match
    answer = Response(status=304) if known else _sent(make())
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT}"
    return answer


def _sent(made: Tile | Refusal) -> Response:
    if isinstance(made, Refusal):
        raise NotFound(made.reason.text)
    return Response(made.content, mimetype=made.media_type)


def _pane(case: Case, slide: ShownSlide) -> dict[str, Any]:
    """What the page says of a slide before its viewer starts, and all it says when that cannot start."""
    found = _source(case, slide).describe()
    whole = isinstance(found, SlideDescription)
    return {
        "slide": slide,
        "fault": "" if isinstance(found, SlideDescription) else found.reason.text,
        "pictures": found.pictures if isinstance(found, SlideDescription) else (),
        "damaged": SLIDE_TILE_UNREADABLE.text if whole and found.cut_short else "",  # type: ignore[union-attr]
        "regions": [_region(case, region) for region in _open_regions(case, queries.regions_of(slide))],
    }


def _open_regions(case: Case, regions: Sequence[SlideRegion]) -> list[SlideRegion]:
    """One's own, and those of others once their inputs are open: a region says what its author sees."""
    if may_see_inputs_of(case, signed_in()):
        return list(regions)
    return [region for region in regions if region.author_id == signed_in().id]


def _region(case: Case, region: SlideRegion) -> dict[str, Any]:
    user = signed_in()
    return {
        "number": region.number,
        "name": region.name,
        "outline": region.outline,
        "author": region.author.name,
        "own": access.can_withdraw(user, case, region) and region.withdrawn_at is None,
        "withdrawn": region.withdrawn_at is not None,
        "words": sentence(Bitext("taken away", "已移除")) if region.withdrawn_at else "",
    }
