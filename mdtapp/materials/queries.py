"""Reading materials and arrivals, always within one case (or the tray)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import joinedload

from mdtapp.cases.models import Case
from mdtapp.clinical.bitext import Bitext
from mdtapp.errors import NotFound
from mdtapp.materials.models import IntakeBatch, IntakeFile, Material, Opening
from mdtapp.materials.reasons import OTHER_CONTENT
from mdtapp.materials.status import FileKind, Outcome
from mdtapp.people.models import User
from mdtapp.people.roles import Role
from mdtapp.store.db import foresee, once, session

PAGE = 200
NO_SUCH_MATERIAL = Bitext(
    "There is no such material in this case. Go back to the list of materials.",
    "本病例无此资料，请返回资料列表。",
)


def materials_of(case: Case) -> Sequence[Material]:
    """Every material of the case in the order of its number."""
    return session.scalars(
        select(Material).where(Material.case_id == case.id).order_by(Material.number)
    ).all()


def get_material(case: Case, number: int) -> Material:
    """Material `M<number>` of the case; NotFound otherwise."""
    found = session.scalars(
        select(Material).where(Material.case_id == case.id, Material.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound(NO_SUCH_MATERIAL)
    return found


def find_same_document(case: Case, sha256: str) -> Material | None:
    """A material of this case with the same bytes."""
    query = select(Material).where(Material.case_id == case.id, Material.sha256 == sha256)
    return session.scalars(query.order_by(Material.id)).first()


def as_listed(case: Case) -> list[dict[str, Any]]:
    """The materials as draft, opinion and exchange format list them: `{id, kind, title, date, language, status}`."""
    return [
        {
            "id": material.reference,
            "kind": str(material.kind),
            "title": material.title,
            "date": material.dated_on.isoformat() if material.dated_on else None,
            "language": material.language,
            "status": str(material.status),
        }
        for material in materials_of(case)
    ]


def opened_by(user: User, case: Case) -> set[int]:
    """Ids of the case's materials this person has opened."""
    query = select(Opening.material_id).join(Material, Material.id == Opening.material_id)
    return set(session.scalars(query.where(Material.case_id == case.id, Opening.user_id == user.id)))


def is_opened_by_panel(material: Material) -> bool:
    """Whether anybody but a coordinator has opened it; from then on it is fixed."""
    query = (
        select(Opening.id)
        .join(User, User.id == Opening.user_id)
        .where(Opening.material_id == material.id, User.role != Role.COORDINATOR)
    )
    return session.scalars(query.limit(1)).first() is not None


def find_batch(token: str) -> IntakeBatch | None:
    return once(
        ("batch", token),
        lambda: session.scalars(select(IntakeBatch).where(IntakeBatch.token == token)).one_or_none(),
    )


def slide_pieces(material_id: int) -> dict[str, str]:
    """SHA-256 by file name of what came with the material, a MIRAX slide `x.mrxs`, in the folder `x` beside it.

    Pieces that came later complete it when the `.mrxs` came with them again.
    """
    rows = select(IntakeFile.batch_id, IntakeFile.path).where(
        IntakeFile.material_id == material_id, IntakeFile.kind == FileKind.SLIDE
    )
    found: dict[str, str] = {}
    for batch_id, path in session.execute(rows.order_by(IntakeFile.id)):
        for name, sha256 in slide_folder(batch_id, path).items():
            found.setdefault(name, sha256)
    return found


def slide_folder(batch_id: int, path: str) -> dict[str, str]:
    """SHA-256 by file name of the pieces of the slide at `path` that came in the same batch."""
    folder = str(PurePosixPath(path).with_suffix("")) + "/"
    rows = select(IntakeFile.path, IntakeFile.sha256).where(
        IntakeFile.batch_id == batch_id,
        IntakeFile.kind == FileKind.SLIDE_PART,
        IntakeFile.path.startswith(folder, autoescape=True),
    )
    pieces = {
        name.removeprefix(folder): sha256 for name, sha256 in session.execute(rows.order_by(IntakeFile.id))
    }
    return {name: sha256 for name, sha256 in pieces.items() if sha256 and "/" not in name}


def find_file(arrival: str, position: int) -> IntakeFile | None:
    """The record of one file of an arrival, when it was made before."""
    return once(
        ("file", arrival, position),
        lambda: session.scalars(
            select(IntakeFile).where(IntakeFile.arrival == arrival, IntakeFile.position == position)
        ).one_or_none(),
    )


def came_before(case: Case, sop_instance_uid: str) -> bool:
    """Whether the case has received this instance before and kept it."""
    kept = once(
        ("kept", case.id, sop_instance_uid),
        lambda: session.scalars(
            _kept(case).where(IntakeFile.sop_instance_uid == sop_instance_uid).limit(1)
        ).first(),
    )
    return kept is not None


def _kept(case: Case) -> Select[IntakeFile]:
    return select(IntakeFile).where(
        IntakeFile.case_id == case.id, IntakeFile.reason_code != OTHER_CONTENT.code
    )


def foresee_files(places: Sequence[tuple[str, int]]) -> None:
    """Looks up in one query what `find_file` will be asked for."""
    query = select(IntakeFile).where(tuple_(IntakeFile.arrival, IntakeFile.position).in_(places))
    found = {(row.arrival, row.position): row for row in session.scalars(query)}
    foresee({("file", *place): found.get(place) for place in places})


def foresee_kept(case: Case, uids: Sequence[str]) -> None:
    """The same for `came_before`."""
    query = _kept(case).where(IntakeFile.sop_instance_uid.in_(uids))
    found = {row.sop_instance_uid: row for row in session.scalars(query)}
    foresee({("kept", case.id, uid): found.get(uid) for uid in uids})


def foresee_file(row: IntakeFile) -> None:
    """The row is there from now on, before it is written."""
    foresee({("file", row.arrival, row.position): row})
    if row.case_id is not None and row.sop_instance_uid and row.reason_code != OTHER_CONTENT.code:
        foresee({("kept", row.case_id, row.sop_instance_uid): row})


def get_file(case: Case, file_id: int) -> IntakeFile:
    """One arrival of the case; NotFound for an unknown and a foreign one alike."""
    found = session.get(IntakeFile, file_id)
    if found is None or found.case_id != case.id:
        raise NotFound(NO_SUCH_MATERIAL)
    return found


def files_of_case(
    case: Case, *, outcome: Outcome | None = None, before: int | None = None
) -> Sequence[IntakeFile]:
    """Arrivals of the case, newest first, one page; `before` is the id to go on from."""
    query = select(IntakeFile).where(IntakeFile.case_id == case.id).options(joinedload(IntakeFile.batch))
    if outcome is not None:
        query = query.where(IntakeFile.outcome == outcome)
    if before is not None:
        query = query.where(IntakeFile.id < before)
    return session.scalars(query.order_by(IntakeFile.id.desc()).limit(PAGE)).all()


def outcome_counts(case: Case) -> dict[Outcome, int]:
    """How many files of the case had each outcome."""
    query = (
        select(IntakeFile.outcome, func.count())
        .where(IntakeFile.case_id == case.id)
        .group_by(IntakeFile.outcome)
    )
    return {row[0]: row[1] for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Files that came together: how many had each outcome, and the one that stands for them."""

    batch: IntakeBatch
    counts: dict[Outcome, int]
    first: IntakeFile

    @property
    def files(self) -> int:
        return sum(self.counts.values())


def latest_batches(case: Case, limit: int = 8) -> list[BatchRow]:
    """The newest batches of the case."""
    query = select(IntakeBatch).where(IntakeBatch.case_id == case.id).order_by(IntakeBatch.id.desc())
    return [_batch_row(batch) for batch in session.scalars(query.limit(limit)).all()]


def _batch_row(batch: IntakeBatch) -> BatchRow:
    counted = (
        select(IntakeFile.outcome, func.count(), func.min(IntakeFile.id))
        .where(IntakeFile.batch_id == batch.id)
        .group_by(IntakeFile.outcome)
    )
    rows = session.execute(counted).all()
    first = session.get_one(IntakeFile, min(row[2] for row in rows))
    return BatchRow(batch, {row[0]: row[1] for row in rows}, first)


def undecided_files(case: Case | None) -> Sequence[IntakeFile]:
    """Flagged files that wait for a decision of their own (not for one about a whole study)."""
    query = select(IntakeFile).where(
        IntakeFile.case_id.is_(None) if case is None else IntakeFile.case_id == case.id,
        IntakeFile.outcome == Outcome.FLAGGED,
        IntakeFile.decision.is_(None),
        IntakeFile.reason_code == "same_uid_other_bytes",
    )
    return session.scalars(query.order_by(IntakeFile.id.desc()).limit(PAGE)).all()
