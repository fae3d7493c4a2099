"""The released opinion as a DICOM object for the hospital's PACS."""

from __future__ import annotations

from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.imaging.encapsulated_pdf import (
    SOP_CLASS,
    TRANSFER_SYNTAX,
    DocumentFacts,
    SourceStudy,
    encapsulate,
    instance_uid,
)
from mdtapp.opinions.documents import Press
from mdtapp.opinions.models import OpinionVersion
from mdtapp.pacs.queries import LinkedStudy
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
