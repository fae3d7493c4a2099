"""What can be refused, and the sentence that says what to do next.

Each error carries its sentence in English and Chinese; the web layer alone knows
HTTP and picks the language (`mdtapp.web.errors`), the command line prints English.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdtapp.clinical.bitext import Bitext


class DomainError(Exception):
    """A request that was understood and refused. `detail` never holds clinical text."""

    status = 400

    def __init__(self, sentence: Bitext, **detail: Any) -> None:
        super().__init__(sentence.en)
        self.sentence = sentence
        self.detail = detail


class Unauthenticated(DomainError):
    """Nobody is signed in, or the sign-in has run out."""

    status = 401


class NotAllowed(DomainError):
    """The person legitimately knows of the thing and may not do this to it."""

    status = 403


class NotFound(DomainError):
    """The thing does not exist, or is not this person's to see: answered alike."""

    status = 404


class InvalidTransition(DomainError):
    """The state of the thing does not allow the action."""

    status = 409


class Conflict(DomainError):
    """Somebody saved in between. `theirs` and `ours` let the page show both texts."""

    status = 409

    def __init__(self, sentence: Bitext, *, theirs: Any = None, ours: Any = None, **detail: Any) -> None:
        super().__init__(sentence, **detail)
        self.theirs = theirs
        self.ours = ours


class TooLarge(DomainError):
    """More bytes, files or characters than this place takes."""

    status = 413


class Invalid(DomainError):
    """The content does not pass its checks. `fields` maps a field key to its sentence."""

    status = 422

    def __init__(self, sentence: Bitext, *, fields: dict[str, Bitext] | None = None, **detail: Any) -> None:
        super().__init__(sentence, **detail)
        self.fields = fields or {}


class Throttled(DomainError):
    """Too many tries; `retry_after` is in seconds."""

    status = 429

    def __init__(self, sentence: Bitext, *, retry_after: int, **detail: Any) -> None:
        super().__init__(sentence, **detail)
        self.retry_after = retry_after


class NotAcceptable(DomainError):
    """The thing is there, but not in a form the caller takes."""

    status = 406
