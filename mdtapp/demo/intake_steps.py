"""Material arrives: reports, slides, studies; one study for the tray, one under a name spelt otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from mdtapp.cases import operations as cases
from mdtapp.clock import FixedClock
from mdtapp.demo import paper
from mdtapp.demo.people import person
from mdtapp.demo.stage import Stage
from mdtapp.demo.story import Story
from mdtapp.demo.synthetic_dicom import Subject
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.limited import shared_reader
from mdtapp.materials.operations import NamedActor, add_material, describe
from mdtapp.materials.queries import materials_of
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import MaterialKind, MaterialStatus, Source
from mdtapp.store.db import unit_of_work

# Nobody the centre knows: her pictures come over the network and belong to no case yet.
STRANGER = Subject(name="Nakato^Ruth", patient_id="LVC-40863", birth_date=date(1972, 8, 5), sex="F")


def receive_materials(stage: Stage, story: Story) -> None:
    """Each listed material as a file of its own, in order, so that its number is the one the inputs cite."""
    for material in story.data["materials"]:
        receive(stage, story, material, stage.moment(story.received_on, 10))
    if story.state == "incomplete":
        _wait_for_slides(stage, story)


def receive(stage: Stage, story: Story, material: Mapping[str, Any], at: datetime) -> None:
    """One material of the story comes and the coordinator says what it is."""
    kind = MaterialKind(material["kind"])
    folder = stage.folder / story.key
    folder.mkdir(exist_ok=True)
    if kind == MaterialKind.IMAGING_DICOM:
        path = paper.study(material, paper.subject_of(story.identity), folder)
    elif kind == MaterialKind.SLIDES:
        path = paper.slide(material, f"{story.key}-{material['id']}", folder)
    else:
        path = paper.report(material, story.data, folder)
    _take_in(stage, story, path, at)
    with stage.act(story) as case:
        row = materials_of(case)[-1]
        describe(
            actor=person("coordinator"),
            at=min(at + timedelta(hours=1), stage.at),
            case=case,
            material=row,
            row_version=row.row_version,
            kind=kind,
            title=material["title"],
            dated_on=date.fromisoformat(material["date"]),
            language=material["language"],
            status=MaterialStatus(material["status"]),
        )


def _wait_for_slides(stage: Stage, story: Story) -> None:
    """The case waits for what the panel cannot do without; the wait is overdue."""
    at = stage.moment(story.received_on, 16)
    with stage.act(story) as case:
        actor = person("coordinator")
        add_material(
            actor=actor, at=at, case=case, kind=MaterialKind.SLIDES, title="Slides or block of the operation"
        )
        add_material(
            actor=actor,
            at=at,
            case=case,
            kind=MaterialKind.IMAGING_DICOM,
            title="MRI before and after surgery",
        )
        reason = "Slides and the MRI pictures are asked for; the report alone does not settle the type."
        cases.coordinate(actor=actor, at=at, case=case, action="mark_incomplete", reason=reason)


def receive_misspelt(stage: Stage, story: Story) -> None:
    """Pictures that were asked for come with the name in another spelling: a person has to decide."""
    wanted = story.data["misspelt"]
    subject = paper.subject_of({**story.identity, "name": wanted["name"]})
    folder = stage.folder / story.key
    _take_in(stage, story, paper.study(wanted, subject, folder), stage.at - timedelta(hours=20))


def receive_stray(stage: Stage) -> None:
    """A study of somebody unknown comes over the network and waits in the tray."""
    folder, spool = stage.folder / "stray", Spool(stage.settings.instance / "spool")
    folder.mkdir()
    yesterday = stage.today - timedelta(days=1)
    wanted = {"id": "stray", "phantom": "ct_chest", "title": "CT chest", "date": yesterday.isoformat()}
    at = stage.at - timedelta(hours=3)
    for path in sorted(paper.study(wanted, STRANGER, folder).iterdir()):
        with path.open("rb") as stream:
            spooled = spool.receive(
                stream, name=path.name, source=Source.DICOM, actor="system:gateway", at=at
            )
        _intake(stage, at).process(spool, spooled)


def _take_in(stage: Stage, story: Story, path: Path, at: datetime) -> None:
    _intake(stage, at).import_path(
        [path], case_no=stage.case_no(story), actor=_coordinator(), source=Source.DEMONSTRATION
    )


def _intake(stage: Stage, at: datetime) -> Intake:
    return Intake(stage.app.extensions["mdtapp.objects"], shared_reader(), stage.identity_key, FixedClock(at))


def _coordinator() -> NamedActor:
    with unit_of_work(writing=False):
        return NamedActor(person("coordinator").actor_ref)
