"""C-STORE (PS3.7 9.1.1): the instance goes to the spool as sent; success is said after it is durable."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import cast

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from mdtapp.clock import Clock
from mdtapp.errors import TooLarge
from mdtapp.materials.spool import Spool, SpoolFull
from mdtapp.materials.status import Source

log = logging.getLogger(__name__)

# PS3.7 annex C and PS3.4 table B.2-1
SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
INVALID_SOP_INSTANCE = 0x0117
OUT_OF_RESOURCES = 0xA700

ACTOR = "system:gateway"
_UID = re.compile(r"[0-9.]{1,64}")


class CStore:
    """Writes one instance to the spool. `batch_of` names the association's batch."""

    def __init__(self, spool: Spool, clock: Clock, batch_of: Callable[[Association], str]) -> None:
        self.spool = spool
        self.clock = clock
        self.batch_of = batch_of

    def __call__(self, event: Event) -> int:
        request = cast(C_STORE, event.request)
        uid = str(request.AffectedSOPInstanceUID or "")
        if not _UID.fullmatch(uid):
            log.warning("refused an instance whose identifier is not a UID")
            return INVALID_SOP_INSTANCE
        try:
            self._spool(event, request, uid)
        except (SpoolFull, TooLarge) as error:
            log.error("could not keep %s: %s", uid, error)
            return OUT_OF_RESOURCES
        except Exception:
            log.exception("could not keep %s", uid)
            return PROCESSING_FAILURE
        return SUCCESS

    def _spool(self, event: Event, request: C_STORE, uid: str) -> None:
        requestor = event.assoc.requestor
        if request._dataset_file is not None:
            request._dataset_file.file.flush()
        with event.dataset_path.open("rb") as stream:
            self.spool.receive(
                stream,
                name=f"{uid}.dcm",
                source=Source.DICOM,
                actor=ACTOR,
                at=self.clock.now(),
                batch=self.batch_of(event.assoc),
                peer=f"{requestor.ae_title}@{requestor.address}",
            )
