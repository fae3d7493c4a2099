"""Material arrives: reports, slides, studies; one study for the tray, one that carries another name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from mdtapp.cases import operations as cases
from mdtapp.clock import FixedClock
from mdtapp.demo import paper
from mdtapp.demo.people import person
from mdtapp.demo.stage import Stage
from mdtapp.demo.story import Story
from mdtapp.imaging.intake import Intake
from mdtapp.imaging.limited import shared_reader
from mdtapp.materials.operations import NamedActor, add_material, describe
from mdtapp.materials.queries import materials_of
from mdtapp.materials.spool import Spool
from mdtapp.materials.status import MaterialKind, MaterialStatus, Source
from mdtapp.store.db import unit_of_work

SOMEBODY_ELSE = "Doe^Jordan"


def receive_materials(stage: Stage, story: Story) -> None:
    """Each listed material as a file of its own, in order, so that its number is the one the inputs cite."""
    folder = stage.folder / story.key
    folder.mkdir()
    for material in story.data["materials"]:
        _receive(stage, story, material, folder)
    if story.state == "incomplete":
        _wait_for_slides(stage, story)


def _receive(stage: Stage, story: Story, material: dict[str, Any], folder: Path) -> None:
    kind = MaterialKind(material["kind"])
    if kind == MaterialKind.IMAGING_DICOM:
        path = paper.study(material, story.data, folder)
    elif kind == MaterialKind.SLIDES:
        path = paper.slide(material, f"{story.key}-{material['id']}", folder)
    else:
        path = paper.report(material, story.data, folder)
    _intake(stage, story).import_path(
        [path], case_no=stage.case_no(story), actor=_coordinator(), source=Source.DEMONSTRATION
    )
    with stage.act(story) as case:
        row = materials_of(case)[-1]
        describe(
            actor=person("coordinator"),
            at=stage.moment(story.received_on, 11),
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


def deliver_strays(stage: Stage, story: Story) -> None:
    """A study nobody has asked for waits in the tray; one under another name waits for a decision."""
    folder = stage.folder / "strays"
    folder.mkdir()
    template = next(row for row in story.data["materials"] if row.get("phantom") == "ct_chest")
    stray = paper.study({**template, "id": "T1"}, story.data, folder, name="Unknown^Traveller")
    spool = Spool(stage.settings.instance / "spool")
    intake = _intake(stage, story)
    for path in sorted(stray.iterdir())[:6]:
        with path.open("rb") as stream:
            spooled = spool.receive(
                stream,
                name=path.name,
                source=Source.DICOM,
                actor="system:gateway",
                at=stage.at,
            )
        intake.process(spool, spooled)
    foreign = paper.study({**template, "id": "T2"}, story.data, folder, name=SOMEBODY_ELSE)
    intake.import_path(
        [foreign], case_no=stage.case_no(story), actor=_coordinator(), source=Source.DEMONSTRATION
    )


def _intake(stage: Stage, story: Story) -> Intake:
    clock = FixedClock(stage.moment(story.received_on, 10))
    return Intake(stage.app.extensions["mdtapp.objects"], shared_reader(), stage.identity_key, clock)


def _coordinator() -> NamedActor:
    with unit_of_work(writing=False):
        return NamedActor(person("coordinator").actor_ref)
