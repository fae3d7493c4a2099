"""The short-lived pass that replaces the link once the code was right."""

from __future__ import annotations

from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from mdtapp.delivery.models import Delivery

LIFETIME = timedelta(minutes=30)
PURPOSE = "recipient-pass"


def make_pass(secret: str, delivery: Delivery, at: datetime) -> str:
    """A signed text that names the delivery and when the pass ends; the link's token is not in it."""
    until = int((at + LIFETIME).timestamp())
    return _signer(secret).dumps([delivery.id, delivery.token_hash[:16], until])


def read_pass(secret: str, text: str | None, at: datetime) -> tuple[int, str] | None:
    """`(delivery id, beginning of its token's hash)` of a pass that is ours and not over; else None."""
    if not text:
        return None
    try:
        delivery_id, mark, until = _signer(secret).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return (delivery_id, mark) if at.timestamp() < until else None


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=PURPOSE)
