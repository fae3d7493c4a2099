"""Which of the patient's consents each recipient needs."""

from __future__ import annotations

from collections.abc import Collection

from mdtapp.cases.models import ConsentPurpose
from mdtapp.delivery.models import RecipientKind

NEEDED = {
    RecipientKind.PATIENT: (ConsentPurpose.REVIEW, ConsentPurpose.TRANSFER_ABROAD),
    RecipientKind.HOME_PHYSICIAN: (ConsentPurpose.HOME_DOCTOR, ConsentPurpose.TRANSFER_ABROAD),
    RecipientKind.COORDINATOR: (ConsentPurpose.HOME_DOCTOR, ConsentPurpose.TRANSFER_ABROAD),
}


def missing_consents(kind: RecipientKind, given: Collection[ConsentPurpose]) -> list[ConsentPurpose]:
    """What the patient has not agreed to, in the order it is asked; empty when the opinion may be sent."""
    return [purpose for purpose in NEEDED[kind] if purpose not in given]
