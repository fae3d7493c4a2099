"""Searching a PACS for one patient's studies, as a page asks it."""

from __future__ import annotations

from datetime import date

from mdtapp.gateway import query
from mdtapp.gateway.query import FoundStudy
from mdtapp.gateway.scu import Peer
from mdtapp.materials.identity import Identity
from mdtapp.pacs.identity_keys import searches


def find_for(
    peer: Peer, known: Identity, *, modality: str = "", first: date | None = None, last: date | None = None
) -> list[FoundStudy]:
    """Studies of the patient, newest first: by each patient number, and by name with birth date.

    Not every PACS can match the modality of a study, so it is looked at here too. PeerFailed, Invalid.
    """
    narrowed = {"StudyDate": query.date_range(first, last), "ModalitiesInStudy": modality}
    found: dict[str, FoundStudy] = {}
    with query.querying(peer) as association:
        for keys in searches(known):
            asked = {**keys, **{keyword: value for keyword, value in narrowed.items() if value}}
            for study in query.studies(association, asked):
                found.setdefault(study.study_instance_uid, study)
    fitting = [study for study in found.values() if _has(study, modality)]
    return sorted(fitting, key=lambda study: study.study_date, reverse=True)


def _has(study: FoundStudy, modality: str) -> bool:
    return not modality or not study.modalities or modality in study.modalities
