"""Domain error to HTTP answer, in one table: a sentence, what to do next, and no trace."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import SystemActor, record
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Conflict, DomainError, NotAllowed, NotFound, Throttled, Unauthenticated
from mdtapp.store.db import StoreBusy, session, unit_of_work
from mdtapp.web.clock import now
from mdtapp.web.interfaces import is_for_programs
from mdtapp.web.language import sentence
from mdtapp.web.login import signed_in

log = logging.getLogger(__name__)

BUSY_RETRY = 5  # seconds

CHANGED_MEANWHILE = Bitext(
    "Somebody saved this in between. Compare both texts and save again.",
    "期间他人已保存。请对照两份内容后再次保存。",
)
HTTP_SENTENCES = {
    400: Bitext(
        "The request could not be read. Go back, reload the page and try again.",
        "请求无法识别，请返回并刷新页面后重试。",
    ),
    404: Bitext(
        "There is no such page, or it is not yours to see. Go back to your work list.",
        "页面不存在或您无权查看，请返回工作列表。",
    ),
    405: Bitext(
        "This address does not take that kind of request. Go back and use the page's buttons.",
        "此地址不支持该操作，请返回并使用页面按钮。",
    ),
    408: Bitext("The request took too long to arrive. Try again.", "请求超时，请重试。"),
    413: Bitext(
        "This is more than the form takes. Shorten the text, or use the upload page for files.",
        "内容超出限制。请缩短文字，文件请使用上传页面。",
    ),
    415: Bitext("This kind of content is not accepted here.", "此处不接受该类型的内容。"),
}
STALE_FORM = Bitext(
    "This page was open for too long or came from elsewhere, so nothing was saved. Go back to it and try again.",
    "页面已过期或来源不明，尚未保存。请返回该页面后重试。",
)
TYPED_IS_HERE = Bitext(
    "What you typed stands below. Copy it before you leave this page.",
    "您填写的内容如下，离开前请先复制。",
)
OUT_OF_REACH = (OperationalError, PoolTimeout)
NOT_TEXT = {"code", "content_hash", "csrf_token", "current", "email", "password", "path", "row_version"}


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, answer_domain_error)
    app.register_error_handler(StaleDataError, lambda _e: answer_domain_error(Conflict(CHANGED_MEANWHILE)))
    app.register_error_handler(IntegrityError, _met)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(RateLimitExceeded, _throttled)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def answer_domain_error(error: DomainError) -> ResponseReturnValue:
    """The page or JSON of a refusal; a refused access is recorded, or the answer is that nothing works now."""
    if isinstance(error, Unauthenticated) and request.method in {"GET", "HEAD"} and not wants_json():
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
    if isinstance(error, NotAllowed | NotFound):
        try:
            _note_refusal(error.status)
        except StoreBusy as busy:
            error = busy
    wait = _seconds_to_wait(error)
    response = make_response(_page(error.status, error.sentence, error=error))
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _seconds_to_wait(error: DomainError) -> int:
    if isinstance(error, Throttled):
        return error.retry_after
    return BUSY_RETRY if isinstance(error, StoreBusy) else 0


def _met(error: IntegrityError) -> ResponseReturnValue:
    """Two requests wanted the same place in the database; the second is told what it would be told a moment later."""
    log.error("a constraint refused a row of %s %s", request.method, request.endpoint, exc_info=error)
    return answer_domain_error(Conflict(CHANGED_MEANWHILE))


def _forged(_error: CSRFError) -> ResponseReturnValue:
    _note_refusal(400)
    return _page(400, STALE_FORM)


def wants_json() -> bool:
    """Whether the caller is a program or asked for JSON (our scripts do), not for a page."""
    if is_for_programs(request.path):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or (best == "application/json" and not request.accept_mimetypes["text/html"])


def _page(status: int, words: Bitext, error: DomainError | None = None) -> ResponseReturnValue:
    if wants_json():
        body: dict[str, Any] = {"error": sentence(words)}
        if isinstance(error, Conflict):
            body |= {"theirs": error.theirs, "ours": error.ours, **error.detail}
        if fields := getattr(error, "fields", None):
            body["fields"] = {key: sentence(text) for key, text in fields.items()}
        return jsonify(body), status
    try:
        return render_template(
            "errors/error.html",
            status=status,
            words=words,
            error=error,
            typed=_typed(),
            typed_words=TYPED_IS_HERE,
        ), status
    except OUT_OF_REACH:  # the page asks the database who is signed in
        session.rollback()
        return current_app.response_class(f"{words.en}\n{words.zh}\n", 503, mimetype="text/plain")


def _typed() -> list[str]:
    """The texts of a refused form: the page they stood on is gone, and with it perhaps an hour's work."""
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:  # too large to be read at all
        return []
    return [
        text for name, text in fields if name not in NOT_TEXT and (" " in text.strip() or not text.isascii())
    ]


def _throttled(error: RateLimitExceeded) -> ResponseReturnValue:
    words = Bitext("Too many tries. Wait five minutes, then try again.", "尝试次数过多，请五分钟后再试。")
    return answer_domain_error(Throttled(words, retry_after=300))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400 and error.response is not None:
        return error.response
    return _page(status, HTTP_SENTENCES.get(status, HTTP_SENTENCES[400] if status < 500 else _incident("")))


def _unexpected(error: Exception) -> ResponseReturnValue:
    number = secrets.token_hex(4)
    log.error("incident %s on %s %s", number, request.method, request.endpoint, exc_info=error)
    status = 503 if isinstance(error, OUT_OF_REACH) else 500
    return _page(status, _incident(number))


def _incident(number: str) -> Bitext:
    return Bitext(
        f"Something went wrong on our side and nothing was saved. Tell the administrator the number {number}.",
        f"系统出现错误，尚未保存。请将编号 {number} 告知管理员。",
    )


def _note_refusal(status: int) -> None:
    user = signed_in(optional=True)
    if user is None or request.endpoint is None:
        return
    with unit_of_work():
        record(
            EventType.ACCESS_DENIED,
            actor=SystemActor(f"guard({user.actor_ref})"),
            at=now(),
            subject=f"route:{request.endpoint}"[:120],
            status=status,
        )
