"""Reading what stands around the text: comments, who is there, frozen versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.opinions.desk.models import DeskPresence, StatementComment
from mdtapp.opinions.models import Opinion, OpinionVersion, Statement
from mdtapp.people.models import User
from mdtapp.store.db import session

PRESENT_FOR = timedelta(seconds=40)
"""A page says every fifteen seconds that it is open; one that missed two is gone."""


def comments(opinion: Opinion) -> Mapping[int, list[StatementComment]]:
    """The comments of each statement, oldest first."""
    found: dict[int, list[StatementComment]] = {}
    query = select(StatementComment).join(Statement).where(Statement.opinion_id == opinion.id)
    for row in session.scalars(query.order_by(StatementComment.id)):
        found.setdefault(row.statement_id, []).append(row)
    return found


def get_comment(opinion: Opinion, statement_id: int, comment_id: int) -> StatementComment:
    query = select(StatementComment).join(Statement).where(Statement.opinion_id == opinion.id)
    this = query.where(StatementComment.id == comment_id, StatementComment.statement_id == statement_id)
    row = session.scalars(this).one_or_none()
    if row is None:
        raise NotFound(Bitext("There is no such comment.", "无此评论。"))
    return row


def others_present(opinion: Opinion, user: User, at: datetime) -> Sequence[DeskPresence]:
    """Who else has the desk open at this moment."""
    query = select(DeskPresence).where(
        DeskPresence.opinion_id == opinion.id,
        DeskPresence.user_id != user.id,
        DeskPresence.seen_at >= at - PRESENT_FOR,
    )
    return session.scalars(query.order_by(DeskPresence.user_id)).all()


def get_frozen(opinion: Opinion, number: int) -> OpinionVersion:
    """The frozen version of that number, void or not."""
    found = next((row for row in opinion.versions if row.version == number), None)
    if found is None:
        raise NotFound(Bitext("There is no such version of this opinion.", "此意见书无该版本。"))
    return found
