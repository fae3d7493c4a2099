"""The desk around the text: trails, comments, presence, versions, and the acts that are not words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mdtapp.cases.queries import get_case
from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import catalogue
from mdtapp.errors import NotFound
from mdtapp.opinions import access, history, operations, queries
from mdtapp.opinions.case_page import banner_for
from mdtapp.opinions.desk import access as desk_access
from mdtapp.opinions.desk import operations as desk_operations
from mdtapp.opinions.desk import queries as around
from mdtapp.opinions.desk.comparison import compare
from mdtapp.opinions.desk.forms import (
    AudienceForm,
    CommentForm,
    FrameForm,
    MoveForm,
    SplitForm,
    TakeForm,
    editor_forms,
)
from mdtapp.opinions.desk.page import act_words, check_may_read
from mdtapp.opinions.desk.trail import Trail
from mdtapp.opinions.models import Opinion, OpinionVersion
from mdtapp.opinions.signing import frozen_of
from mdtapp.opinions.status import OpinionStatus
from mdtapp.people.roles import Permission
from mdtapp.store.numbers import whole_number
from mdtapp.web.clock import now, today
from mdtapp.web.guards import requires
from mdtapp.web.login import signed_in

desk = Blueprint("desk", __name__, url_prefix="/cases/<case_no>/opinion/<int:number>")


# --- reading ----------------------------------------------------------------------------------


@desk.get("/trail/<int:statement_id>")
@requires(Permission.OPINION_READ)
def trail(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    """Where one sentence of the desk comes from."""
    opinion = _opinion(case_no, number)
    row = queries.get_statement(opinion, statement_id)
    origins = Trail.of(opinion.case).origins(
        row.provenance, editor=row.edited_by.name if row.edited_by else ""
    )
    edited = row.edited_by_id is not None and row.text != row.original
    return _trail_page(
        opinion,
        text=row.text,
        origins=origins,
        original=row.original if edited else None,
        editor=row.edited_by.name if edited and row.edited_by else "",
        edited_at=row.edited_at if edited else None,
        back=_address(opinion, f"statement-{row.id}"),
    )


@desk.get("/frozen/<int:version>")
@requires(Permission.OPINION_READ)
def frozen(case_no: str, number: int, version: int) -> ResponseReturnValue:
    """A frozen text to read on the screen, each sentence with the way to where it comes from."""
    opinion = _opinion(case_no, number)
    row = around.get_frozen(opinion, version)
    return _page("opinions/frozen.html", opinion, version=row, frozen=frozen_of(row))


@desk.get("/frozen/<int:version>/trail/<int:section>/<int:place>")
@requires(Permission.OPINION_READ)
def frozen_trail(case_no: str, number: int, version: int, section: int, place: int) -> ResponseReturnValue:
    """Where sentence `section.place` of a frozen text comes from."""
    opinion = _opinion(case_no, number)
    row = around.get_frozen(opinion, version)
    said = _sentence(row, f"{section}.{place}")
    return _trail_page(
        opinion,
        text=Bitext.of(said["text"]),
        origins=Trail.of(opinion.case).origins(said["provenance"], editor=said.get("edited_by") or ""),
        original=None,
        editor=said.get("edited_by") or "",
        edited_at=None,
        back=url_for(
            ".frozen", case_no=case_no, number=number, version=version, _anchor=f"s{section}-{place}"
        ),
    )


@desk.get("/versions")
@requires(Permission.OPINION_READ)
def versions(case_no: str, number: int) -> ResponseReturnValue:
    """Every version of the text, and what differs between two of them."""
    opinion = _opinion(case_no, number)
    steps = history.steps(opinion)
    latest = len(steps)
    after = _chosen("to", latest, latest)
    before = _chosen("from", max(0, after - 1), latest)
    order = [section.key for section in catalogue().sections]
    return _page(
        "opinions/versions.html",
        opinion,
        steps=steps,
        act_words=act_words,
        frozen_at={
            max((step.number for step in steps if step.at <= row.frozen_at), default=0): row
            for row in opinion.versions
        },
        before=before,
        after=after,
        rows=compare(history.state_at(opinion, before), history.state_at(opinion, after), order),
        results=[history.state_at(opinion, which)["result"]["result_class"] for which in (before, after)],
    )


@desk.get("/statements/<int:statement_id>/edit")
@requires(Permission.OPINION_EDIT)
def edit(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    """The tools of one sentence, to be put below it."""
    opinion = _opinion(case_no, number)
    access.check_can_edit(signed_in(), opinion.case)
    row = queries.get_statement(opinion, statement_id)
    if opinion.status != OpinionStatus.IN_EDIT:
        raise NotFound(Bitext("The text is not open for editing now.", "目前不可编辑。"))
    return render_template(
        "opinions/_editor.html", case=opinion.case, opinion=opinion, row=row, **editor_forms(row)
    )


@desk.get("/comments/<int:statement_id>")
@requires(Permission.OPINION_READ)
def comments(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    """What was said about one sentence, and the place to say more."""
    opinion = _opinion(case_no, number)
    row = queries.get_statement(opinion, statement_id)
    return render_template(
        "opinions/_comments.html",
        case=opinion.case,
        opinion=opinion,
        row=row,
        comments=around.comments(opinion).get(row.id, []),
        comment_form=CommentForm(formdata=None),
        can_comment=desk_access.can_comment(signed_in(), opinion.case)
        and opinion.status in desk_access.COMMENTED,
        is_chair=access.can_edit(signed_in(), opinion.case),
    )


@desk.post("/presence")
@requires(Permission.OPINION_READ)
def presence(case_no: str, number: int) -> ResponseReturnValue:
    """This page is open: who else has one, and whether the text has changed. Does not keep anybody signed in."""
    g.polled = True
    opinion = _opinion(case_no, number)
    desk_operations.be_present(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=whole_number(request.form.get("statement")) or None,
    )
    others = around.others_present(opinion, signed_in(), now())
    return jsonify(
        people=[{"name": row.user.name, "statement": row.statement_id} for row in others],
        latest=history.latest_number(opinion),
        status=str(opinion.status),
    )


# --- acting -----------------------------------------------------------------------------------


@desk.post("/comments/<int:statement_id>")
@requires(Permission.OPINION_SIGN)
def comment(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = CommentForm()
    if not form.validate_on_submit():
        raise form.refusal(
            Bitext("Write the comment, in at most 2000 characters.", "请填写评论，最多2000字。")
        )
    desk_operations.comment(
        actor=signed_in(), at=now(), opinion=opinion, statement_id=statement_id, text=form.text.data or ""
    )
    return _back(opinion, f"statement-{statement_id}")


@desk.post("/comments/<int:statement_id>/<int:comment_id>")
@requires(Permission.OPINION_EDIT)
def resolve_comment(case_no: str, number: int, statement_id: int, comment_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    desk_operations.resolve_comment(
        actor=signed_in(), at=now(), opinion=opinion, statement_id=statement_id, comment_id=comment_id
    )
    return _back(opinion, f"statement-{statement_id}")


@desk.post("/take")
@requires(Permission.OPINION_EDIT)
def take(case_no: str, number: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = TakeForm()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Choose a sentence that is offered.", "请选择列出的语句。"))
    row = operations.take(actor=signed_in(), at=now(), opinion=opinion, key=form.key.data or "")
    return _back(opinion, f"statement-{row.id}")


@desk.post("/statements/<int:statement_id>/split")
@requires(Permission.OPINION_EDIT)
def split(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = SplitForm()
    if not form.validate_on_submit():
        raise form.refusal(
            Bitext(
                "These texts cannot be kept: they are too long or hold invisible marks.",
                "内容过长或含有不可见字符，无法保存。",
            )
        )
    operations.split(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=statement_id,
        parts=form.to_parts(),
        row_version=whole_number(form.row_version.data) or 0,
    )
    return _back(opinion, f"statement-{statement_id}")


@desk.post("/statements/<int:statement_id>/move")
@requires(Permission.OPINION_EDIT)
def move(case_no: str, number: int, statement_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = MoveForm()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Choose where the sentence goes.", "请选择移动到的位置。"))
    operations.move(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=statement_id,
        section=form.section.data or "",
        before=form.before.data,
    )
    return _back(opinion, f"statement-{statement_id}")


@desk.post("/steps/<int:step_id>/frame")
@requires(Permission.OPINION_EDIT)
def frame(case_no: str, number: int, step_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = FrameForm().fill_choices()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Correct the guidelines and save again.", "请更正指南信息后再次保存。"))
    operations.frame(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=step_id,
        frame=form.to_frame(),
        row_version=whole_number(form.row_version.data) or 0,
    )
    return _back(opinion, f"statement-{step_id}")


@desk.post("/dissents/<int:dissent_id>/audience")
@requires(Permission.OPINION_EDIT)
def address(case_no: str, number: int, dissent_id: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    form = AudienceForm().fill_choices()
    if not form.validate_on_submit():
        raise form.refusal(Bitext("Choose who reads the dissent.", "请选择不同意见的读者。"))
    operations.address(
        actor=signed_in(),
        at=now(),
        opinion=opinion,
        statement_id=dissent_id,
        audience=form.audience.data or "",
    )
    return _back(opinion, f"statement-{dissent_id}")


@desk.post("/undo")
@requires(Permission.OPINION_EDIT)
def undo(case_no: str, number: int) -> ResponseReturnValue:
    opinion = _opinion(case_no, number)
    operations.undo(
        actor=signed_in(), at=now(), opinion=opinion, seen=whole_number(request.form.get("seen")) or 0
    )
    return _back(opinion)


# --- what the views are made of ---------------------------------------------------------------


def _opinion(case_no: str, number: int) -> Opinion:
    opinion = queries.get_opinion(get_case(case_no, signed_in()).id, number)
    check_may_read(opinion, signed_in())
    return opinion


def _sentence(version: OpinionVersion, number: str) -> dict[str, Any]:
    for section in frozen_of(version)["sections"]:
        for said in section["statements"]:
            if said["number"] == number:
                found: dict[str, Any] = said
                return found
    raise NotFound(Bitext("There is no such sentence in this version.", "此版本中无该句。"))


def _chosen(name: str, otherwise: int, latest: int) -> int:
    number = whole_number(request.args.get(name))
    return otherwise if number is None else min(max(0, number), latest)


def _trail_page(opinion: Opinion, **context: Any) -> ResponseReturnValue:
    """The whole page, or only its part for a page that shows it beside the sentence."""
    template = "opinions/_trail.html" if "part" in request.args else "opinions/trail.html"
    if "part" in request.args:
        return render_template(template, **context)
    return _page(template, opinion, **context)


def _page(template: str, opinion: Opinion, **context: Any) -> str:
    banner = banner_for(opinion.case, signed_in(), "opinion", today())
    return render_template(template, case=opinion.case, opinion=opinion, banner=banner, **context)


def _address(opinion: Opinion, anchor: str | None = None) -> str:
    case_no = opinion.case.case_no
    if opinion.number:
        return url_for("opinions.addendum", case_no=case_no, number=opinion.number, _anchor=anchor)
    return url_for("opinions.desk", case_no=case_no, _anchor=anchor)


def _back(opinion: Opinion, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(_address(opinion, anchor))
