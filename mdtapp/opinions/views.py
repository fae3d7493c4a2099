"""Conflicts, the chair's desk, signatures, documents, and the page that says whether a document is genuine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import record
from mdtapp.cases.access import can_see
from mdtapp.cases.models import Case
from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import LANGUAGES, Bitext, Language
from mdtapp.disciplines import catalogue
from mdtapp.documents.verify import content_hash as document_hash
from mdtapp.errors import Conflict
from mdtapp.meetings.queries import decision_of
from mdtapp.opinions import access, findings, operations, queries, signing
from mdtapp.opinions.audience import AUDIENCES
from mdtapp.opinions.case_page import banner_for, may_see_inputs_of
from mdtapp.opinions.conflict_cards import cards_of, point_of
from mdtapp.opinions.conflicts import RULES
from mdtapp.opinions.desk.forms import CommentForm, editor_forms
from mdtapp.opinions.desk.page import check_may_read, desk_context
from mdtapp.opinions.documents import Press
from mdtapp.opinions.forms import (
    AddendumForm,
    FinaliseForm,
    NewStatementForm,
    ReasonForm,
    ResultForm,
    SettlementForm,
    SignForm,
    StatementForm,
)
from mdtapp.opinions.models import Opinion, OpinionVersion, SignatureMeaning, Statement
from mdtapp.opinions.outside_plan import points_to_check
from mdtapp.opinions.signers import missing_signers
from mdtapp.opinions.signing import House
from mdtapp.opinions.status import OpinionStatus
from mdtapp.opinions.words import ADDENDUM_REASON, MEANING
from mdtapp.people.access import may
from mdtapp.people.roles import Permission
from mdtapp.store.db import unit_of_work
from mdtapp.store.numbers import whole_number
from mdtapp.web.clock import now, settings, today
from mdtapp.web.guards import public, public_upload, requires
from mdtapp.web.limits import limiter, password_again
from mdtapp.web.login import signed_in

opinions = Blueprint("opinions", __name__)
LARGEST_DOCUMENT = 20_000_000


@opinions.get("/opinions")
@requires(Permission.OPINION_READ)
def opinion_list() -> ResponseReturnValue:
    return render_template("opinions/list.html", opinions=queries.opinions_for(signed_in()))


@opinions.get("/cases/<case_no>/conflicts")
@requires(Permission.CONFLICT_READ)
def conflict_list(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    visible = may_see_inputs_of(case, signed_in())
    opinion = queries.find_opinion(case.id)
    is_chair = access.can_edit(signed_in(), case)
    facts = queries.case_facts(case) if visible else None
    return _page(
        "opinions/conflicts.html",
        case,
        "conflicts",
        visible=visible,
        cards=cards_of(case, facts, signed_in()) if facts is not None else [],
        rules=len(RULES),
        points=[point_of(point) for point in points_to_check(case, signed_in(), facts)],
        opinion=opinion,
        is_chair=is_chair,
        can_edit=is_chair and opinion is not None and opinion.status == OpinionStatus.IN_EDIT,
    )


@opinions.post("/cases/<case_no>/conflicts/<rule>/settle")
@requires(Permission.CONFLICT_RESOLVE)
def settle(case_no: str, rule: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    form = SettlementForm()
    if not form.validate_on_submit():
        raise form.refusal(
            Bitext("Choose how the conflict is settled and say why.", "请选择处理方式并说明理由。")
        )
    operations.settle(
        actor=signed_in(),
        at=now(),
        opinion=queries.get_opinion(case.id),
        rule=rule,
        resolution=form.resolution.data or "",
        reason=form.to_reason(),
        chosen=form.chosen.data or "",
        row_version=whole_number(form.row_version.data),
        seen=form.seen.data or "",
    )
    return _after_conflict(case_no, rule)


@opinions.post("/cases/<case_no>/conflicts/<rule>/reopen")
@requires(Permission.CONFLICT_RESOLVE)
def settle_anew(case_no: str, rule: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    operations.settle_anew(
        actor=signed_in(),
        at=now(),
        opinion=queries.get_opinion(case.id),
        rule=rule,
        row_version=whole_number(request.form.get("row_version")),
    )
    return _after_conflict(case_no, rule)


@opinions.post("/cases/<case_no>/conflicts/<rule>/confirm")
@requires(Permission.OPINION_SIGN)
def confirm(case_no: str, rule: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    findings.confirm(
        actor=signed_in(),
        at=now(),
        case=case,
        rule=rule,
        row_version=whole_number(request.form.get("row_version")),
    )
    return _after_conflict(case_no, rule)


@opinions.get("/cases/<case_no>/opinion")
@requires(Permission.OPINION_READ)
def desk(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    opinion = queries.find_opinion(case.id)
    if opinion is None:
        return _page(
            "opinions/not_started.html",
            case,
            "opinion",
            decision=decision_of(case.id),
            can_edit=access.can_edit(signed_in(), case),
        )
    return _desk(case, opinion)


@opinions.post("/cases/<case_no>/opinion/start")
@requires(Permission.OPINION_EDIT)
def start(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    operations.start(actor=signed_in(), at=now(), case=case)
    return _to_desk(case_no)


@opinions.get("/cases/<case_no>/opinion/addendum/<int:number>")
@requires(Permission.OPINION_READ)
def addendum(case_no: str, number: int) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    return _desk(case, queries.get_opinion(case.id, number))


@opinions.post("/cases/<case_no>/opinion/addendum")
@requires(Permission.OPINION_EDIT)
def start_addendum(case_no: str) -> ResponseReturnValue:
    case = get_case(case_no, signed_in())
    form = AddendumForm().fill_choices()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Say why, and write what is added.", "请选择原因并填写补充内容。"))
    opened = operations.start_addendum(
        actor=signed_in(), at=now(), case=case, reason=form.reason.data or "", text=form.to_text()
    )
    return _to_desk(case_no, opened.number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/statements/<int:statement_id>")
@requires(Permission.OPINION_EDIT)
def reword(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = StatementForm()
    if not form.validate_on_submit():
        raise form.refusal(
            Bitext(
                "This text cannot be kept: it is too long or holds invisible marks.",
                "内容过长或含有不可见字符，无法保存。",
            )
        )
    operations.reword(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=statement_id,
        text=form.to_text(),
        row_version=whole_number(form.row_version.data) or 0,
    )
    return _to_desk(case_no, number, f"statement-{statement_id}")


@opinions.post("/cases/<case_no>/opinion/<int:number>/statements")
@requires(Permission.OPINION_EDIT)
def add(case_no: str, number: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = NewStatementForm().fill_choices(opinion)
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Choose the section and write the sentence.", "请选择部分并填写内容。"))
    statement = operations.add(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        section=form.section.data or "",
        text=form.to_text(),
        question=form.question.data or "",
        audience=form.audience.data or "",
    )
    return _to_desk(case_no, number, f"statement-{statement.id}")


@opinions.post("/cases/<case_no>/opinion/<int:number>/statements/<int:statement_id>/shift")
@requires(Permission.OPINION_EDIT)
def shift(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    by = 1 if request.form.get("by") == "down" else -1
    operations.shift(
        actor=signed_in(), at=now(), opinion=_opinion(case_no, number), statement_id=statement_id, by=by
    )
    return _to_desk(case_no, number, f"statement-{statement_id}")


@opinions.post("/cases/<case_no>/opinion/<int:number>/statements/<int:statement_id>/drop")
@requires(Permission.OPINION_EDIT)
def drop(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    operations.drop(
        actor=signed_in(),
        at=now(),
        opinion=_opinion(case_no, number),
        statement_id=statement_id,
        reason=_reason(),
        row_version=whole_number(request.form.get("row_version")),
    )
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/statements/<int:statement_id>/bring-back")
@requires(Permission.OPINION_EDIT)
def bring_back(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    operations.bring_back(
        actor=signed_in(), at=now(), opinion=_opinion(case_no, number), statement_id=statement_id
    )
    return _to_desk(case_no, number, f"statement-{statement_id}")


@opinions.post("/cases/<case_no>/opinion/<int:number>/result")
@requires(Permission.OPINION_EDIT)
def choose_result(case_no: str, number: int) -> ResponseReturnValue:
    form = ResultForm().fill_choices()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Choose one of the result classes.", "请选择结论类别。"))
    operations.choose_result(
        actor=signed_in(),
        at=now(),
        opinion=_opinion(case_no, number),
        result_class=form.result_class.data or "",
        also=form.also.data or [],
    )
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/send-to-review")
@requires(Permission.OPINION_EDIT)
def send_to_review(case_no: str, number: int) -> ResponseReturnValue:
    operations.send_to_review(actor=signed_in(), at=now(), opinion=_opinion(case_no, number))
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/take-back")
@requires(Permission.OPINION_EDIT)
def take_back(case_no: str, number: int) -> ResponseReturnValue:
    operations.take_back(actor=signed_in(), at=now(), opinion=_opinion(case_no, number))
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/pass-to-language")
@requires(Permission.OPINION_RELEASE)
def pass_to_language(case_no: str, number: int) -> ResponseReturnValue:
    operations.pass_to_language(actor=signed_in(), at=now(), opinion=_opinion(case_no, number))
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/language-checked")
@requires(Permission.OPINION_CHECK)
def check_language(case_no: str, number: int) -> ResponseReturnValue:
    operations.check_language(
        actor=signed_in(),
        at=now(),
        opinion=_opinion(case_no, number),
        row_version=whole_number(request.form.get("row_version")),
    )
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/finalise")
@requires(Permission.OPINION_EDIT)
@password_again
def finalise(case_no: str, number: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = FinaliseForm()
    if form.validate_on_submit():
        with form.showing_refusals():
            signing.finalise(
                actor=signed_in(),
                at=now(),
                opinion=opinion,
                row_version=whole_number(form.row_version.data) or 0,
                password=form.password.data or "",
                house=_house(),
            )
            flash(_("The text is frozen. The panel can sign it now."), "ok")
            return _to_desk(case_no, number)
    opinion = _opinion(case_no, number)
    return _desk(opinion.case, opinion, finalise_form=form), 422


@opinions.post("/cases/<case_no>/opinion/<int:number>/sign")
@requires(Permission.OPINION_SIGN)
@password_again
def sign(case_no: str, number: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = SignForm().fill_choices()
    if form.validate_on_submit():
        with form.showing_refusals():
            signing.sign(
                actor=signed_in(),
                at=now(),
                opinion=opinion,
                expected_hash=form.content_hash.data or "",
                meaning=SignatureMeaning(form.meaning.data),
                password=form.password.data or "",
            )
            flash(_("Signed. Thank you."), "ok")
            return _to_desk(case_no, number)
    opinion = _opinion(case_no, number)
    return _desk(opinion.case, opinion, sign_form=form), 422


@opinions.post("/cases/<case_no>/opinion/<int:number>/refuse")
@requires(Permission.OPINION_SIGN)
def refuse(case_no: str, number: int) -> ResponseReturnValue:
    signing.refuse(actor=signed_in(), at=now(), opinion=_opinion(case_no, number), reason=_reason())
    flash(_("The text is back with the chair. Earlier signatures are void."), "warn")
    return _to_desk(case_no, number)


@opinions.post("/cases/<case_no>/opinion/<int:number>/release")
@requires(Permission.OPINION_RELEASE)
def release(case_no: str, number: int) -> ResponseReturnValue:
    press = _press()
    with unit_of_work(writing=False):  # nobody else waits for the database while pages are made
        opinion = _opinion(case_no, number)
        access.check_can_release(signed_in(), opinion.case)
        version = queries.signed_version(opinion)
        pdfs = {(version.id, language): press.final(version, language) for language in LANGUAGES}

    def made(version: OpinionVersion, language: Language) -> bytes:
        if (version.id, language) not in pdfs:  # sent back and signed anew meanwhile
            raise Conflict(signing.TEXT_CHANGED)
        return pdfs[version.id, language]

    signing.release(
        actor=signed_in(),
        at=now(),
        opinion=_opinion(case_no, number),
        store=press.store,
        make=made,
    )
    flash(_("The document is made and can be sent."), "ok")
    return _to_desk(case_no, number)


@opinions.get("/cases/<case_no>/opinion/<int:number>/document.pdf")
@requires(Permission.OPINION_READ, records=True)
def document(case_no: str, number: int) -> ResponseReturnValue:
    """The document as it stands: released, frozen, or the chair's draft with its watermark."""
    language: Language = "zh" if request.args.get("lang") == "zh" else "en"
    press = _press()
    with unit_of_work(writing=False):  # nobody else waits for the database while pages are made
        opinion = _opinion(case_no, number)
        check_may_read(opinion, signed_in())
        version, case_id = queries.running_version(opinion), opinion.case_id
        if version is not None:
            pdf = press.document_of(version, language)
            subject, stage = f"version:{version.id}", f"v{version.version}"
        else:
            pdf = press.draft(opinion, _house(), language)
            subject, stage = f"opinion:{opinion.id}", "draft"
    record(
        EventType.DOCUMENT_DOWNLOADED,
        actor=signed_in(),
        at=now(),
        subject=subject,
        case_id=case_id,
        sha256=document_hash(pdf),
    )
    return pdf_response(pdf, f"{case_no}-{stage}.pdf")


@opinions.get("/verify")
@public
def verify() -> ResponseReturnValue:
    """Anybody who holds a document may ask whether it is genuine; no clinical text is shown."""
    return render_template("opinions/verify.html", result=None, code=request.args.get("code", "")[:20])


@opinions.post("/verify")
@public_upload(LARGEST_DOCUMENT)
@limiter.limit("30 per 5 minutes")
def verify_document() -> ResponseReturnValue:
    uploaded = request.files.get("document")
    code = "".join(filter(str.isprintable, request.form.get("code", ""))).strip()[:20]
    version = None
    if uploaded and uploaded.filename:
        version = queries.find_version_by_document(document_hash(uploaded.read(LARGEST_DOCUMENT + 1)))
    elif code:
        version = queries.find_version_by_code(code)
    return render_template(
        "opinions/verify.html", result=_verification(version, by_file=bool(uploaded)), code=code
    )


@dataclass(frozen=True, slots=True)
class VerificationShown:
    """What the verify page says: genuine or not, of when, whether it is the current one."""

    genuine: bool
    by_file: bool
    version: OpinionVersion | None
    current: bool
    readable: bool = False
    """Whether whoever asks is signed in and sees the case: the page then leads to the text and its trail."""


def _verification(version: OpinionVersion | None, *, by_file: bool) -> VerificationShown:
    if version is None or not version.pdf_sha256 or not signing.is_intact(version):
        return VerificationShown(False, by_file, None, False)
    user = signed_in(optional=True)
    readable = user is not None and may(user, Permission.OPINION_READ) and can_see(user, version.opinion.case)
    return VerificationShown(True, by_file, version, queries.is_current(version), readable)


def pdf_response(pdf: bytes, name: str) -> Response:
    """A PDF we made, for the browser's own viewer."""
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _opinion(case_no: str, number: int) -> Opinion:
    return queries.get_opinion(get_case(case_no, signed_in()).id, number)


def _desk(case: Case, opinion: Opinion, **forms: Any) -> str:
    user = signed_in()
    check_may_read(opinion, user)
    version = queries.running_version(opinion)
    context = desk_context(case, opinion, user, now())
    opened = _opened(context, "edit") if context["can_edit"] else None
    section = next((s.key for s in catalogue().sections if s.key == request.args.get("add")), None)
    return _page(
        "opinions/desk.html",
        case,
        "opinion",
        **context,
        version=version,
        sent_back=queries.sent_back(opinion),
        opened=opened,
        opened_comments=_opened(context, "comment"),
        editor=editor_forms(opened) if opened else {},
        may_sign=signing.may_sign(user, opinion),
        may_refuse=signing.may_refuse(user, opinion),
        missing=missing_signers(version) if version else [],
        addenda=queries.addenda(case.id),
        meanings=MEANING,
        audiences=AUDIENCES,
        addendum_reasons=ADDENDUM_REASON,
        adding=section,
        new_form=NewStatementForm(formdata=None, section=section).fill_choices(opinion),
        result_form=_result_form(opinion),
        reason_form=ReasonForm(formdata=None),
        comment_form=CommentForm(formdata=None),
        addendum_form=AddendumForm(formdata=None).fill_choices(),
        finalise_form=forms.get("finalise_form")
        or FinaliseForm(formdata=None, row_version=opinion.row_version),
        sign_form=forms.get("sign_form") or _sign_form(version),
    )


def _opened(context: dict[str, Any], name: str) -> Statement | None:
    """The sentence whose tools the address asks for, where scripts do not fetch them."""
    wanted = whole_number(request.args.get(name))
    return next((one.row for one in context["sentences"] if one.row.id == wanted), None)


def _result_form(opinion: Opinion) -> ResultForm:
    return ResultForm(formdata=None, result_class=opinion.result_class, also=opinion.also).fill_choices()


def _sign_form(version: OpinionVersion | None) -> SignForm:
    return SignForm(formdata=None, content_hash=version.content_hash if version else "").fill_choices()


def _reason() -> str:
    form = ReasonForm()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Say why in one sentence.", "请用一句话说明原因。"))
    return form.reason.data or ""


def _page(template: str, case: Case, tab: str, **context: Any) -> str:
    return render_template(template, case=case, banner=banner_for(case, signed_in(), tab, today()), **context)


def _after_conflict(case_no: str, rule: str) -> ResponseReturnValue:
    """Back to the page the conflict was settled on: the desk, or the list of conflicts."""
    page = "opinions.desk" if request.form.get("back") == "desk" else "opinions.conflict_list"
    return redirect(url_for(page, case_no=case_no, _anchor=f"conflict-{rule}"))


def _to_desk(case_no: str, number: int = 0, anchor: str | None = None) -> ResponseReturnValue:
    if number:
        return redirect(url_for("opinions.addendum", case_no=case_no, number=number, _anchor=anchor))
    return redirect(url_for("opinions.desk", case_no=case_no, _anchor=anchor))


def _house() -> House:
    site = settings()
    return House(
        hospital=Bitext(site.hospital_name_en, site.hospital_name_zh),
        identity_key=current_app.extensions["mdtapp.identity_key"],
        today=today(),
    )


def _press() -> Press:
    press: Press = current_app.extensions["mdtapp.press"]
    return press
