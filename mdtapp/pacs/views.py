"""Pages of the hospital's PACS: the administrator names them, coordinators search, fetch and send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.delivery import queries as delivery_queries
from mdtapp.errors import Invalid, NotFound
from mdtapp.gateway.connection_test import Check, run_checks
from mdtapp.gateway.query import FoundStudy
from mdtapp.gateway.scu import PeerFailed
from mdtapp.imaging import desk
from mdtapp.imaging import operations as imaging_operations
from mdtapp.imaging import queries as imaging_queries
from mdtapp.imaging.limited import shared_reader
from mdtapp.materials.identity import Identity
from mdtapp.opinions.case_page import banner_for, closed_series, may_see_inputs_of
from mdtapp.opinions.documents import Press
from mdtapp.pacs import access, operations, queries
from mdtapp.pacs.document import document_object, document_title, originals_of, returned_objects
from mdtapp.pacs.fetching import peer_of
from mdtapp.pacs.forms import (
    RETRIEVE_WORDS,
    SEND_BY_WORDS,
    FetchForm,
    NodeForm,
    SearchForm,
    SendForm,
    SendMadeForm,
    made_title,
)
from mdtapp.pacs.identity_keys import comparison_of
from mdtapp.pacs.models import PacsNode
from mdtapp.pacs.searching import find_for
from mdtapp.pacs.status import ACTIVE, Retrieve, SendBy
from mdtapp.pacs.stow_place import place_of
from mdtapp.people.roles import Permission
from mdtapp.store.db import let_go, unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.store.objects import ObjectStore
from mdtapp.web.clock import now, settings, today
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

nodes = Blueprint("nodes", __name__)
pacs = Blueprint("pacs", __name__)
CASE = "/cases/<case_no>/pacs"
NODE = "/pacs/<int(max=2147483647):node_id>"
FETCH = f"{CASE}/fetches/<int(max=2147483647):fetch_id>/<verb>"
SENDING = f"{CASE}/sendings/<int(max=2147483647):sending_id>/<verb>"
VERBS = {"cancel": operations.cancel, "resume": operations.resume}


# --- the administrator --------------------------------------------------------------------------


@nodes.get("/pacs")
@requires(Permission.NODE_MANAGE)
def node_list() -> ResponseReturnValue:
    return render_template(
        "pacs/nodes.html", nodes=queries.all_nodes(), ways=RETRIEVE_WORDS, sent=SEND_BY_WORDS
    )


@nodes.get("/pacs/new")
@requires(Permission.NODE_MANAGE)
def new_node() -> ResponseReturnValue:
    return _node_page(None, NodeForm().fill_choices())


@nodes.post("/pacs/new")
@requires(Permission.NODE_MANAGE)
def add_node() -> ResponseReturnValue:
    form = NodeForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            node = operations.add_node(actor=signed_in(), at=now(), facts=form.to_facts(), key=_key())
            flash(_("The PACS is entered. Test the connection now."), "ok")
            return redirect(url_for("nodes.edit_node", node_id=node.id))
    return _node_page(None, form), 422


@nodes.get(NODE)
@requires(Permission.NODE_MANAGE)
def edit_node(node_id: int) -> ResponseReturnValue:
    node = queries.get_node(node_id)
    return _node_page(node, NodeForm().fill_choices().fill_from(node))


@nodes.post(NODE)
@requires(Permission.NODE_MANAGE)
def amend_node(node_id: int) -> ResponseReturnValue:
    node, form = queries.get_node(node_id), NodeForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.amend_node(
                actor=signed_in(),
                at=now(),
                node=node,
                facts=form.to_facts(),
                row_version=form.version,
                key=_key(),
            )
            flash(_("Saved."), "ok")
            return redirect(url_for("nodes.edit_node", node_id=node_id))
    return _node_page(queries.get_node(node_id), form), 422


@nodes.post(f"{NODE}/test")
@requires(Permission.NODE_MANAGE)
def test_connection(node_id: int) -> ResponseReturnValue:
    """Tries every step and says which one fails; it changes nothing."""
    node = queries.get_node(node_id)
    peer = peer_of(node, settings())
    destination = settings().dicom_ae_title if node.retrieve is Retrieve.MOVE else None
    place = place_of(node, _key()) if node.send_by is SendBy.STOW else None
    let_go()
    checks = run_checks(peer, destination=destination, place=place)
    node = queries.get_node(node_id)
    return _node_page(node, NodeForm(formdata=None).fill_choices().fill_from(node), checks)


def _node_page(node: PacsNode | None, form: NodeForm, checks: list[Check] | None = None) -> str:
    return render_template(
        "pacs/node.html",
        node=node,
        form=form,
        checks=checks or [],
        ours=settings().dicom_ae_title,
        listener=f"{settings().dicom_ae_title} · {settings().dicom_port}",
        unknown_to_listener=node is not None and _unknown_to_listener(node),
    )


def _unknown_to_listener(node: PacsNode) -> bool:
    """Whether what this PACS sends by C-MOVE would be refused by our own listener."""
    known = settings().dicom_peers
    listed = any(title == node.ae_title for title, _ in known)
    local = not known and node.host in {"localhost", "127.0.0.1", "::1"}
    return node.retrieve is Retrieve.MOVE and not listed and not local


# --- the coordinator ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One study a search found, beside what the case has of it."""

    study: FoundStudy
    day: date | None
    lines: list[desk.Line]
    verdict: tuple[Bitext, str, str]
    here: int
    fetch: Any


@pacs.get(CASE)
@requires(Permission.MATERIAL_WRITE)
def case_pacs(case_no: str) -> ResponseReturnValue:
    return _page(_for_coordinator(case_no))


@pacs.get(f"{CASE}/progress")
@requires(Permission.MATERIAL_WRITE)
def progress(case_no: str) -> ResponseReturnValue:
    """The part of the page that goes on by itself."""
    return render_template("pacs/_transfers.html", **_transfers(_for_coordinator(case_no)))


@pacs.post(f"{CASE}/search")
@requires(Permission.MATERIAL_WRITE)
def search(case_no: str) -> ResponseReturnValue:
    """Asks a PACS for the studies of the sealed identity. That it was asked is recorded first."""
    case = _for_coordinator(case_no)
    form = SearchForm().fill_choices(queries.active_nodes())
    if not form.validate_on_submit():
        return _page(case, search_form=form), 422
    node = queries.get_active_node(whole_number(form.node_id.data) or -1)
    peer, known = peer_of(node, settings()), _known(case)
    shown = request.form.get("names") == "1"
    if known is None:
        form.refuse("", NO_IDENTITY)
        return _page(case, search_form=form), 422
    with unit_of_work():  # committed before the question goes out, and the database is not held meanwhile
        operations.note_search(actor=signed_in(), at=now(), case=case, node=node)
        if shown:
            imaging_operations.note_names_shown(actor=signed_in(), at=now(), case=case)
    try:
        found = find_for(
            peer, known, modality=form.modality.data or "", first=form.first.data, last=form.last.data
        )
    except Invalid as refusal:
        form.refuse("", refusal.sentence)
        return _page(_for_coordinator(case_no), search_form=form), 422
    except PeerFailed as failure:
        return _page(_for_coordinator(case_no), search_form=form, failure=failure.sentence)
    case = _for_coordinator(case_no)
    rows = [_result(case, study, known, shown=shown) for study in found]
    return _page(case, search_form=form, results=rows, asked_node=node.id, names_shown=shown)


NO_IDENTITY = Bitext(
    "This case has no sealed identity, so there is nobody to search for. Seal the identity first.",
    "本病例尚未录入身份信息，无法查询。请先录入身份信息。",
)


@pacs.post(f"{CASE}/fetches")
@requires(Permission.MATERIAL_WRITE)
def fetch(case_no: str) -> ResponseReturnValue:
    """Puts one study into the queue; the worker brings it."""
    case, form = _for_coordinator(case_no), FetchForm()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Search again, then fetch the study.", "请重新查询后再取回。"))
    operations.ask_fetch(
        actor=signed_in(),
        at=now(),
        case=case,
        node=queries.get_active_node(form.node),
        study_instance_uid=form.study_instance_uid.data or "",
        study_date=form.day,
        modalities=form.modalities.data or "",
        description=form.description.data or "",
    )
    return redirect(url_for("pacs.case_pacs", case_no=case_no))


@pacs.post(FETCH)
@requires(Permission.MATERIAL_WRITE)
def move_fetch(case_no: str, fetch_id: int, verb: str) -> ResponseReturnValue:
    """Cancels or resumes a fetch."""
    case = _for_coordinator(case_no)
    return _move(case, queries.get_fetch(case, fetch_id), verb)


@pacs.post(f"{CASE}/sendings")
@requires(Permission.DELIVERY_SEND)
def send(case_no: str) -> ResponseReturnValue:
    """Puts the released opinion into the queue to a PACS."""
    case = get_case(case_no, signed_in())
    access.check_can_send(signed_in(), case)
    form = _send_form(case)
    if form.validate_on_submit():
        with form.showing_refusals():
            version = delivery_queries.get_released_version(case, whole_number(form.version_id.data) or -1)
            made = document_object(
                version,
                "zh" if form.language.data == "zh" else "en",
                queries.get_linked_study(case, whole_number(form.study_id.data) or -1),
                press=_press(),
                objects=_objects(),
                hospital=Bitext(settings().hospital_name_en, settings().hospital_name_zh),
            )
            operations.ask_sending(
                actor=signed_in(),
                at=now(),
                case=case,
                node=queries.get_active_node(whole_number(form.to_node_id.data) or -1),
                title=document_title(version),
                objects=[made],
                version=version,
            )
            return redirect(url_for("pacs.case_pacs", case_no=case_no))
    return _page(get_case(case_no, signed_in()), send_form=form), 422


@pacs.post(f"{CASE}/made")
@requires(Permission.DELIVERY_SEND)
def send_made(case_no: str) -> ResponseReturnValue:
    """Puts what was made here of the images into the queue to a PACS, one sending for each series."""
    case = get_case(case_no, signed_in())
    access.check_can_send(signed_in(), case)
    made, form = queries.made_here(case, closed_series(case, signed_in())), SendMadeForm()
    if form.fill_choices(made, queries.active_nodes()).validate_on_submit():
        with form.showing_refusals():
            chosen = [row for row in made if row.series.id in (form.series.data or [])]
            parcels = [(row.series.id, made_title(row), originals_of(row)) for row in chosen]
            let_go()
            copies = [
                (series_id, title, returned_objects(originals, objects=_objects(), reader=shared_reader()))
                for series_id, title, originals in parcels
            ]
            case = get_case(case_no, signed_in())
            for series_id, title, objects in copies:
                operations.ask_sending(
                    actor=signed_in(),
                    at=now(),
                    case=case,
                    node=queries.get_active_node(whole_number(form.made_node_id.data) or -1),
                    title=title,
                    objects=objects,
                    series=imaging_queries.get_series(case, series_id),
                )
            return redirect(url_for("pacs.case_pacs", case_no=case_no))
    return _page(get_case(case_no, signed_in()), made_form=form), 422


@pacs.post(SENDING)
@requires(Permission.DELIVERY_SEND)
def move_sending(case_no: str, sending_id: int, verb: str) -> ResponseReturnValue:
    """Cancels a sending, or sends again."""
    case = get_case(case_no, signed_in())
    access.check_can_send(signed_in(), case)
    return _move(case, queries.get_sending(case, sending_id), verb)


def _move(case: Case, transfer: operations.AnyTransfer, verb: str) -> ResponseReturnValue:
    if verb not in VERBS:
        raise NotFound(queries.NO_SUCH_TRANSFER)
    VERBS[verb](actor=signed_in(), at=now(), transfer=transfer)
    return redirect(url_for("pacs.case_pacs", case_no=case.case_no))


# --- what the pages show ------------------------------------------------------------------------


def _for_coordinator(case_no: str) -> Case:
    case = get_case(case_no, signed_in())
    access.check_can_fetch(signed_in(), case)
    return case


def _page(
    case: Case,
    *,
    search_form: SearchForm | None = None,
    send_form: SendForm | None = None,
    made_form: SendMadeForm | None = None,
    results: list[ResultRow] | None = None,
    failure: Bitext | None = None,
    asked_node: int = 0,
    names_shown: bool = False,
) -> str:
    offered = queries.active_nodes()
    made = queries.made_here(case, closed_series(case, signed_in()))
    return render_template(
        "pacs/case.html",
        banner=banner_for(case, signed_in(), "materials", today()),
        nodes=offered,
        form=search_form or SearchForm(formdata=None).fill_choices(offered),
        send_form=send_form or _send_form(case, empty=True),
        made=made,
        made_form=made_form or SendMadeForm(formdata=None).fill_choices(made, offered),
        made_title=made_title,
        made_open=may_see_inputs_of(case, signed_in()),
        made_sent=queries.latest_sendings(case),
        versions=delivery_queries.released_versions(case),
        linked=queries.linked_studies(case),
        identity_sealed=case.patient.identity is not None,
        results=results,
        failure=failure,
        asked_node=asked_node,
        names_shown=names_shown,
        **_transfers(case),
    )


def _transfers(case: Case) -> dict[str, Any]:
    fetches = queries.fetches_of(case)
    sendings = queries.sendings_of(case)
    return {
        "case": case,
        "fetches": [(row, queries.series_counts(row)) for row in fetches],
        "sendings": sendings,
        "running": any(row.state in ACTIVE for row in fetches)
        or any(row.state in ACTIVE for row in sendings),
        "active": ACTIVE,
        "most_tries": operations.MOST_TRIES,
    }


def _send_form(case: Case, *, empty: bool = False) -> SendForm:
    form = SendForm(formdata=None) if empty else SendForm()
    studies = [(row, _study_words(row)) for row in queries.linked_studies(case)]
    return form.fill_choices(delivery_queries.released_versions(case), studies, queries.active_nodes())


def _study_words(row: queries.LinkedStudy) -> str:
    day = row.study.study_date.isoformat() if row.study.study_date else ""
    return " · ".join(filter(None, (day, imaging_operations.study_title(row.study))))


def _result(case: Case, study: FoundStudy, known: Identity, *, shown: bool) -> ResultRow:
    comparison = comparison_of(study, known)
    return ResultRow(
        study,
        imaging_operations.as_date(study.study_date),
        desk.lines(comparison, names_shown=shown),
        desk.VERDICT_WORDS[comparison.verdict],
        queries.count_here(case, study.study_instance_uid),
        queries.find_fetch(case, study.study_instance_uid),
    )


def _known(case: Case) -> Identity | None:
    return imaging_queries.known_identity(case, current_app.extensions["mdtapp.identity_key"])


def _press() -> Press:
    press: Press = current_app.extensions["mdtapp.press"]
    return press


def _key() -> str:
    key: str = current_app.extensions["mdtapp.identity_key"]
    return key


def _objects() -> ObjectStore:
    found: ObjectStore = current_app.extensions["mdtapp.objects"]
    return found
