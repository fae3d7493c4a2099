"""Pages of the key images of a case."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.errors import NotFound
from mdtapp.imaging import queries as imaging
from mdtapp.imaging.models import ImagingInstance
from mdtapp.materials.queries import materials_of
from mdtapp.opinions.case_page import banner_for, may_see_inputs_of
from mdtapp.opinions.inputs.places import Cited, cited_places, image_place
from mdtapp.opinions.key_images import access, operations, queries
from mdtapp.opinions.key_images.citation import citation, citation_of
from mdtapp.opinions.key_images.forms import KeyImageForm
from mdtapp.people.roles import Permission
from mdtapp.store.numbers import whole_number
from mdtapp.store.objects import ObjectStore
from mdtapp.web.clock import now, today
from mdtapp.web.guards import requires
from mdtapp.web.language import sentence
from mdtapp.web.login import signed_in

key_images = Blueprint("key_images", __name__)


@key_images.app_template_global("key_image_places")
def places(case: Case) -> list[Cited]:
    """The key images of the case that this person may see, as places to look at and to cite."""
    rows = queries.visible(case, signed_in(), others_open=may_see_inputs_of(case, signed_in()))
    if not rows:
        return []
    references = {material.id: material.reference for material in materials_of(case)}
    found = {row.study.id: row.material_id for row in imaging.studies_of_case(case)}
    shown = []
    for row in rows:
        reference = references.get(found.get(row.instance.series.study_id) or 0)
        if reference:
            note = {"note": sentence(row.note)} if row.note else {}
            shown.append(image_place(reference, row.instance, row.frame) | note)
    return cited_places(shown)


@key_images.get("/cases/<case_no>/key-images")
@requires(Permission.MATERIAL_READ)
def listed(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    others_open = may_see_inputs_of(case, signed_in())
    images = queries.visible(case, signed_in(), others_open=others_open)
    return render_template(
        "key_images/list.html",
        case=case,
        banner=banner_for(case, signed_in(), "materials", today()),
        images=images,
        citation=citation,
        others_open=others_open,
        can_choose=access.can_choose(signed_in(), case),
        withdrawable={row.id for row in images if access.can_withdraw(signed_in(), case, row)},
        bare=_bare(),
    )


@key_images.get("/cases/<case_no>/key-images/<int:image_id>.jpg")
@requires(Permission.MATERIAL_READ)
def picture(case_no: str, image_id: int) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    image = queries.get(case, signed_in(), image_id, others_open=may_see_inputs_of(case, signed_in()))
    return current_app.response_class(_objects().read(image.rendered_sha256), mimetype="image/jpeg")


@key_images.get("/cases/<case_no>/key-images/new")
@requires(Permission.INPUT_WRITE)
def new(case_no: str) -> ResponseReturnValue:
    """The picture once more, and a place for what it shows. `?bare=1` is for the pane beside the viewer."""
    case = get_case(case_no, signed_in())
    access.check_can_choose(signed_in(), case)
    instance, frame = _image(case, request.args.get("instance"), request.args.get("frame"))
    return _form(
        case, KeyImageForm(formdata=None, instance=str(instance.id), frame=str(frame)), instance, frame
    )


@key_images.post("/cases/<case_no>/key-images")
@requires(Permission.INPUT_WRITE)
def choose(case_no: str) -> ResponseReturnValue:
    case, form = get_case(case_no, signed_in()), KeyImageForm()
    instance, frame = _image(case, form.instance.data, form.frame.data)
    if form.validate_on_submit():
        with form.showing_refusals():
            at, note, instance_id = now(), form.to_note(), instance.id
            prepared = operations.prepare(
                actor=signed_in(),
                at=at,
                case=case,
                instance=instance,
                frame=frame,
                note=note,
                intake=current_app.extensions["mdtapp.intake"],
                spool=current_app.extensions["mdtapp.spool"],
            )
            case = get_case(case_no, signed_in())
            operations.choose(
                actor=signed_in(),
                at=at,
                case=case,
                instance=imaging.get_instance(case, instance_id),
                frame=frame,
                note=note,
                prepared=prepared,
            )
            flash(_("The key image is chosen: it is shown in the meeting and printed in the opinion."), "ok")
            return redirect(url_for("key_images.listed", case_no=case_no, bare=_bare()))
    case = get_case(case_no, signed_in())
    instance, frame = _image(case, form.instance.data, form.frame.data)
    return _form(case, form, instance, frame), 422


@key_images.post("/cases/<case_no>/key-images/<int:image_id>/withdraw")
@requires(Permission.INPUT_WRITE)
def withdraw(case_no: str, image_id: int) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    image = queries.get(case, signed_in(), image_id, others_open=may_see_inputs_of(case, signed_in()))
    operations.withdraw(actor=signed_in(), at=now(), case=case, image=image)
    flash(_("Taken back. It is no longer shown or printed."), "ok")
    return redirect(url_for("key_images.listed", case_no=case_no, bare=_bare()))


def _image(case: Case, instance: str | None, frame: str | None) -> tuple[ImagingInstance, int]:
    """The frame of an image of the case; NotFound for anything else."""
    found = imaging.get_instance(case, whole_number(instance) or 0)
    number = whole_number(frame or "1") or 0
    if not 1 <= number <= found.frames:
        raise NotFound(imaging.NO_SUCH_STUDY)
    return found, number


def _form(case: Case, form: KeyImageForm, instance: ImagingInstance, frame: int) -> str:
    return render_template(
        "key_images/new.html",
        case=case,
        banner=banner_for(case, signed_in(), "materials", today()),
        form=form,
        instance=instance,
        frame=frame,
        cited=citation_of(instance, frame),
        bare=_bare(),
    )


def _bare() -> int | None:
    """1 in the pane beside the viewer, where the page stands without its surroundings; else None."""
    return 1 if request.args.get("bare") == "1" else None


def _objects() -> ObjectStore:
    found: ObjectStore = current_app.extensions["mdtapp.objects"]
    return found
