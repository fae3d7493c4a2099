"""What goes to the hospital's PACS as DICOM objects: the released opinion, and what was made here of the images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.errors import Invalid
from mdtapp.imaging.encapsulated_pdf import (
    SOP_CLASS,
    TRANSFER_SYNTAX,
    DocumentFacts,
    SourceStudy,
    encapsulate,
    instance_uid,
)
from mdtapp.imaging.header import Refusal
from mdtapp.imaging.limited import LimitedReader
from mdtapp.opinions.documents import Press
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs.queries import LinkedStudy, MadeSeries
from mdtapp.store.objects import ObjectStore


def document_title(version: OpinionVersion) -> str:
    """What a PACS lists it as: `MDT second opinion, version 1`."""
    number = version.opinion.number
    name = f"MDT second opinion, addendum {number}" if number else "MDT second opinion"
    return f"{name}, version {version.version}"


def document_object(
    version: OpinionVersion,
    language: Language,
    into: LinkedStudy,
    *,
    press: Press,
    objects: ObjectStore,
    hospital: Bitext,
) -> dict[str, str]:
    """Keeps the document as Encapsulated PDF in the study and says what a sending needs to know of it.

    One version in one language is always the same instance, byte for byte; another version is another instance.
    """
    source = _source(into)
    facts = DocumentFacts(
        key=f"opinion/{version.opinion_id}/{language}",
        content=version.content_hash,
        version=version.version,
        title=document_title(version),
        institution=hospital.en,
        made_at=version.frozen_at,
    )
    stored = objects.put_bytes(encapsulate(press.document_of(version, language), source, facts))
    return {
        "sha256": stored.sha256,
        "sop_class_uid": SOP_CLASS,
        "sop_instance_uid": instance_uid(source, facts),
        "transfer_syntax_uid": TRANSFER_SYNTAX,
    }


def _source(linked: LinkedStudy) -> SourceStudy:
    study, identity = linked.study, linked.identity
    return SourceStudy(
        study_instance_uid=study.study_instance_uid,
        patient_name=identity.patient_name,
        patient_id=identity.patient_id,
        birth_date=identity.birth_date,
        sex=identity.sex,
        study_date=study.study_date,
        study_time=study.study_time,
        accession_number=study.accession_number,
        description=study.description,
    )


# --- what was made here -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Original:
    """An object made here, and the study it goes back into: enough to copy it without the database."""

    sha256: str
    sop_class_uid: str
    sop_instance_uid: str
    source: SourceStudy


def originals_of(made: MadeSeries) -> list[Original]:
    source = _source(made.into)
    return [Original(one.sha256, one.sop_class_uid, one.sop_instance_uid, source) for one in made.instances]


def returned_objects(
    originals: Sequence[Original], *, objects: ObjectStore, reader: LimitedReader
) -> list[dict[str, str]]:
    """Keeps each under the patient's own name, as the PACS knows it, and says what a sending needs to know.

    UIDs stay, so that what comes back from the PACS one day is known here. Invalid when one cannot be read.
    """
    found = []
    for original in originals:
        path = objects.path(original.sha256)
        copied = reader.give_back(path, original.source)
        if isinstance(copied, Refusal):
            raise Invalid(copied.reason.text)
        with path.open("rb") as stream:
            stored = objects.put_stream(cast(BinaryIO, _Pieces(copied.pieces(stream))))
        found.append(
            {
                "sha256": stored.sha256,
                "sop_class_uid": original.sop_class_uid,
                "sop_instance_uid": original.sop_instance_uid,
                "transfer_syntax_uid": copied.record["TransferSyntaxUID"],
            }
        )
    return found


class _Pieces:
    """Pieces as a stream; how much is asked for does not matter to whoever reads it to the end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _size: int) -> bytes:
        return next(self._pieces, b"")
