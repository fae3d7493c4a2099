"""Comments on sentences, and saying that one has the desk open."""

from __future__ import annotations

from datetime import datetime

from mdtapp.audit.events import EventType
from mdtapp.audit.trail import lock_head, record
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import Invalid, InvalidTransition
from mdtapp.opinions.access import check_can_edit
from mdtapp.opinions.desk.access import check_can_comment
from mdtapp.opinions.desk.models import DeskPresence, StatementComment
from mdtapp.opinions.desk.queries import get_comment
from mdtapp.opinions.models import Opinion
from mdtapp.opinions.queries import get_statement
from mdtapp.people.models import User
from mdtapp.store.db import session


def comment(*, actor: User, at: datetime, opinion: Opinion, statement_id: int, text: str) -> StatementComment:
    """A member of the panel says something about a sentence; the panel sees it."""
    check_can_comment(actor, opinion)
    statement = get_statement(opinion, statement_id)
    if not text.strip():
        wanting = Bitext("Write the comment.", "请填写评论。")
        raise Invalid(wanting, fields={"text": wanting})
    row = StatementComment(statement_id=statement.id, author_id=actor.id, at=at, text=text.strip())
    session.add(row)
    session.flush()
    record(
        EventType.COMMENT_WRITTEN,
        actor=actor,
        at=at,
        subject=f"comment:{row.id}",
        case_id=opinion.case_id,
        statement=statement.id,
    )
    return row


def resolve_comment(
    *, actor: User, at: datetime, opinion: Opinion, statement_id: int, comment_id: int
) -> StatementComment:
    """The chair has dealt with a comment; it stays, marked with who and when."""
    check_can_edit(actor, opinion.case)
    lock_head()
    row = get_comment(opinion, statement_id, comment_id)
    session.refresh(row)
    if row.resolved_at is not None:
        raise InvalidTransition(Bitext("This comment is dealt with already.", "该评论已处理。"))
    row.resolved_by_id, row.resolved_at = actor.id, at
    session.flush()
    record(
        EventType.COMMENT_RESOLVED, actor=actor, at=at, subject=f"comment:{row.id}", case_id=opinion.case_id
    )
    return row


def be_present(*, actor: User, at: datetime, opinion: Opinion, statement_id: int | None) -> None:
    """Says that this person has the desk open, and which sentence. Not an act on the text, so nothing is recorded."""
    if statement_id is not None:
        get_statement(opinion, statement_id)
    session.merge(
        DeskPresence(opinion_id=opinion.id, user_id=actor.id, seen_at=at, statement_id=statement_id)
    )
    session.flush()
