"""The coordinator's pages of delivery, and the page a recipient opens on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.cases.identity import unseal
from mdtapp.cases.queries import get_case
from mdtapp.delivery import access, operations, queries, words
from mdtapp.delivery.codes import normalised
from mdtapp.delivery.forms import CodeForm, LinkForm, RecipientForm, RevokeForm, SendForm, version_label
from mdtapp.delivery.history import ledger_entries
from mdtapp.delivery.link import PAGE_STATUS, LinkState
from mdtapp.delivery.main_points import main_points
from mdtapp.delivery.passes import LIFETIME, make_pass, read_pass
from mdtapp.opinions.case_page import banner_for
from mdtapp.opinions.documents import Press
from mdtapp.opinions.queries import is_current
from mdtapp.opinions.signing import frozen_of
from mdtapp.people.roles import Permission
from mdtapp.store.db import unit_of_work
from mdtapp.web.clock import now, settings, today
from mdtapp.web.guards import public, requires
from mdtapp.web.language import set_cookie_language
from mdtapp.web.limits import limiter
from mdtapp.web.login import signed_in

if TYPE_CHECKING:
    from mdtapp.cases.models import Case
    from mdtapp.delivery.models import Delivery

delivery = Blueprint("delivery", __name__)
CASE = "/cases/<case_no>/delivery"
RECIPIENT = f"{CASE}/recipients/<int(max=2147483647):recipient_id>"
LINK = f"{CASE}/links/<int(max=2147483647):delivery_id>"
PASS_COOKIE = "mdtapp_recipient"


# --- the coordinator ----------------------------------------------------------------------------


@delivery.get("/delivery")
@requires(Permission.DELIVERY_SEND)
def delivery_list() -> ResponseReturnValue:
    rows = queries.cases_to_deliver(signed_in())
    return render_template("delivery/list.html", rows=rows, words=words, state_of=queries.state_of)


@delivery.get(CASE)
@requires(Permission.OPINION_READ)
def case_delivery(case_no: str) -> ResponseReturnValue:
    case = _case(case_no)
    return _page(case)


@delivery.post(f"{CASE}/recipients")
@requires(Permission.DELIVERY_SEND)
def add_recipient(case_no: str) -> ResponseReturnValue:
    case, form = _case(case_no), RecipientForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            operations.add_recipient(
                actor=signed_in(),
                at=now(),
                case=case,
                kind=form.recipient_kind,
                contact=form.to_contact(),
                language=form.language.data,
                key=_identity_key(),
            )
            flash(_("The recipient is added. Nothing is sent yet."), "ok")
            return redirect(url_for("delivery.case_delivery", case_no=case_no))
    return _page(case, form=form), 422


@delivery.post(f"{RECIPIENT}/contact")
@requires(Permission.DELIVERY_SEND)
def show_contact(case_no: str, recipient_id: int) -> ResponseReturnValue:
    case = _case(case_no)
    recipient = queries.get_recipient(case, recipient_id)
    operations.note_contact_shown(actor=signed_in(), at=now(), recipient=recipient)
    return _page(case, shown={recipient.id: unseal(recipient.sealed_contact, _identity_key())})


@delivery.post(f"{RECIPIENT}/send")
@requires(Permission.DELIVERY_SEND)
def send(case_no: str, recipient_id: int) -> ResponseReturnValue:
    case = _case(case_no)
    recipient = queries.get_recipient(case, recipient_id)
    form = SendForm().fill_choices(queries.released_versions(case))
    if form.validate_on_submit():
        with form.showing_refusals():
            handover = operations.send(
                actor=signed_in(),
                at=now(),
                recipient=recipient,
                version=queries.get_released_version(case, int(form.version_id.data)),
            )
            return _hand_over(case, handover)
    return _page(case, send_form=form), 422


@delivery.post(f"{LINK}/resend")
@requires(Permission.DELIVERY_SEND)
def resend(case_no: str, delivery_id: int) -> ResponseReturnValue:
    case, form = _case(case_no), LinkForm()
    link = queries.get_delivery(case, delivery_id)
    handover = operations.resend(actor=signed_in(), at=now(), delivery=link, row_version=form.version)
    return _hand_over(case, handover)


@delivery.post(f"{LINK}/revoke")
@requires(Permission.OPINION_READ)
def revoke(case_no: str, delivery_id: int) -> ResponseReturnValue:
    """For a coordinator or the chair of the case, which the operation checks."""
    case, form = _case(case_no), RevokeForm()
    link = queries.get_delivery(case, delivery_id)
    if form.validate_on_submit():
        operations.revoke(
            actor=signed_in(),
            at=now(),
            delivery=link,
            row_version=form.version,
            reason=form.reason.data or "",
        )
        flash(_("The link is revoked. It opens nothing any more."), "ok")
        return redirect(url_for("delivery.case_delivery", case_no=case_no))
    return _page(case, revoke_form=form), 422


@delivery.post(f"{LINK}/fail")
@requires(Permission.DELIVERY_SEND)
def fail(case_no: str, delivery_id: int) -> ResponseReturnValue:
    link = queries.get_delivery(_case(case_no), delivery_id)
    operations.fail(actor=signed_in(), at=now(), delivery=link, row_version=LinkForm().version)
    flash(_("Marked as not reached. Call the recipient, then send again."), "ok")
    return redirect(url_for("delivery.case_delivery", case_no=case_no))


# --- whoever holds a link -----------------------------------------------------------------------


@delivery.get("/r/<token>")
@public
@limiter.limit("60 per 5 minutes")
def open_link(token: str) -> ResponseReturnValue:
    """Public: it asks for the code and changes nothing, whoever or whatever opens it."""
    found = queries.find_by_token(token)
    state = queries.state_of(found, now()) if found else LinkState.UNKNOWN
    if state != LinkState.OPEN:
        return _closed(state)
    return render_template("delivery/code.html", token=token, words=words, refusal=None)


@delivery.post("/r/<token>")
@public
@limiter.limit("10 per 5 minutes")
def enter_code(token: str) -> ResponseReturnValue:
    """Public: the code is the second factor. Wrong tries are kept although the answer is a refusal."""
    form = CodeForm()
    code = form.code.data or ""
    if not normalised(code):
        return redirect(url_for("delivery.open_link", token=token))
    with unit_of_work():
        result = operations.unlock(token=token, code=code, at=now())
        if result.delivery is not None:
            set_cookie_language(result.delivery.recipient.language)
            return _with_pass(redirect(url_for("delivery.recipient_page")), result.delivery)
    if result.state != LinkState.OPEN:
        return _closed(result.state)
    refusal = words.wrong_code(result.tries_left)
    return render_template("delivery/code.html", token=token, words=words, refusal=refusal), 422


@delivery.get("/r/opinion")
@public
def recipient_page() -> ResponseReturnValue:
    """Public: for the holder of a pass."""
    link, refusal = _held_link()
    if link is None:
        return refusal
    return render_template(
        "delivery/opinion.html",
        link=link,
        points=main_points(frozen_of(link.version)),
        current=is_current(link.version),
        withdrawn=queries.is_withdrawn(link.version),
        size=_size(link),
    )


@delivery.get("/r/opinion.pdf")
@public
def recipient_document() -> ResponseReturnValue:
    """Public: for the holder of a pass; that it was fetched is recorded."""
    link, refusal = _held_link()
    if link is None:
        return refusal
    if queries.is_withdrawn(link.version):
        return _closed(LinkState.EXPIRED)
    content = _press().document_of(link.version)
    name = f"second-opinion-{link.recipient.case.case_no}.pdf"
    with unit_of_work():
        operations.note_download(at=now(), delivery=link)
    answer = Response(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@delivery.post("/r/acknowledge")
@public
def acknowledge() -> ResponseReturnValue:
    """Public: for the holder of a pass."""
    link, refusal = _held_link()
    if link is None:
        return refusal
    operations.acknowledge(at=now(), delivery=link)
    return redirect(url_for("delivery.recipient_page"))


# --- what the pages show ------------------------------------------------------------------------


def _case(case_no: str) -> Case:
    """The case, for whoever may follow its deliveries."""
    case = get_case(case_no, signed_in())
    access.check_can_revoke(signed_in(), case)
    return case


def _page(
    case: Case,
    *,
    form: RecipientForm | None = None,
    send_form: SendForm | None = None,
    revoke_form: RevokeForm | None = None,
    shown: dict[int, dict[str, Any]] | None = None,
) -> str:
    versions = queries.released_versions(case)
    return render_template(
        "delivery/case.html",
        case=case,
        banner=banner_for(case, signed_in(), "delivery", today()),
        versions=versions,
        version_label=version_label,
        recipients=queries.recipients_of(case, now()),
        state_of=queries.state_of,
        is_current=is_current,
        ledger=ledger_entries(queries.ledger(case)),
        may_send=access.can_send(signed_in(), case),
        form=form or RecipientForm(formdata=None).fill_choices(),
        send_form=send_form or SendForm(formdata=None).fill_choices(versions),
        revoke_form=revoke_form or RevokeForm(formdata=None),
        shown=shown or {},
        words=words,
        replaced=operations.REPLACED,
    )


def _hand_over(case: Case, handover: operations.Handover) -> str:
    """Shown once and kept nowhere: the address with the token, and the code."""
    operations.note_contact_shown(actor=signed_in(), at=now(), recipient=handover.delivery.recipient)
    return render_template(
        "delivery/handover.html",
        case=case,
        banner=banner_for(case, signed_in(), "delivery", today()),
        link=handover.delivery,
        address=settings().base_url + url_for("delivery.open_link", token=handover.token),
        code=handover.code,
        contact=unseal(handover.delivery.recipient.sealed_contact, _identity_key()),
        words=words,
    )


def _closed(state: LinkState) -> ResponseReturnValue:
    return render_template("delivery/closed.html", text=words.CLOSED[state], words=words), PAGE_STATUS[state]


def _held_link() -> tuple[Delivery | None, ResponseReturnValue]:
    """The link of the pass in the cookie, or the answer for whoever holds none that is good."""
    held = read_pass(_secret(), request.cookies.get(PASS_COOKIE), now())
    if held is None:
        return None, (render_template("delivery/closed.html", text=words.OPEN_AGAIN, words=words), 401)
    link = queries.find_by_pass(*held)
    state = queries.state_of(link, now()) if link else LinkState.UNKNOWN
    if link is None or state != LinkState.OPEN:
        return None, _closed(state)
    return link, ""


def _with_pass(answer: Any, link: Delivery) -> ResponseReturnValue:
    response = make_response(answer)
    response.set_cookie(
        PASS_COOKIE,
        make_pass(_secret(), link, now()),
        max_age=int(LIFETIME.total_seconds()),
        path="/r/",
        httponly=True,
        samesite="Strict",
        secure=settings().secure_cookies,
    )
    return response


def _size(link: Delivery) -> int | None:
    sha256 = link.version.pdf_sha256
    return _press().store.path(sha256).stat().st_size if sha256 else None


def _press() -> Press:
    press: Press = current_app.extensions["mdtapp.press"]
    return press


def _identity_key() -> str:
    key: str = current_app.extensions["mdtapp.identity_key"]
    return key


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
