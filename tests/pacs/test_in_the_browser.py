"""The whole way in Chromium: the administrator tests the connection, the coordinator fetches and watches it come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdtapp.demo.synthetic_dicom import Examination, ct_chest, write
from tests.browser import axe, sign_in
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging import dicom, lung_case
from tests.pacs.peers import Orthanc, running_orthanc
from tests.server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SLICES = 20
SHOTS = os.environ.get("MDTAPP_TEST_SHOTS")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("orthanc")
    with running_orthanc(folder, StorageAccessOnFind="Always") as running:
        running.take(write(ct_chest(dicom.chest(seed="seen"), slices=SLICES, size=64), folder / "ct"))
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, orthanc: Orthanc) -> Iterator[tuple[Server, str]]:
    """Everything running, worker included; one coordinator, one administrator, one case with its identity."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    with running_server(tmp_path_factory.mktemp("site")) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        user_id = add_person(app, "coordinator", at=now)
        add_person(app, "admin", at=now)
        case_no = lung_case.register(app, now, identity=dicom.ZHANG_RECORD, coordinator=user_id)
        close(app)
        yield server, case_no


def shot(page: Page, name: str) -> None:
    """A picture for a person to look at, where MDTAPP_TEST_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"pacs-{name}.png"), full_page=True)


def test_from_the_entry_of_a_pacs_to_the_images(
    page: Page, site: tuple[Server, str], orthanc: Orthanc, tmp_path: Path
) -> None:
    server, case_no = site
    sign_in(page, server.base_url, PEOPLE["admin"].email, PASSWORD)
    page.get_by_role("link", name="PACS").click()
    page.get_by_text("No PACS yet").wait_for()
    assert axe(page) == []
    page.get_by_role("link", name="Enter a PACS").click()
    page.fill("input[name=name]", "Archive of the hospital")
    page.fill("input[name=ae_title]", "ORTHANK")
    page.fill("input[name=host]", "127.0.0.1")
    page.fill("input[name=port]", str(orthanc.port))
    assert axe(page) == []
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("button", name="Test the connection").click()
    page.get_by_text("does not call itself ORTHANK").wait_for()
    shot(page, "test-fails")
    assert axe(page) == []
    page.fill("input[name=ae_title]", "ORTHANC")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test the connection").click()
    page.get_by_role("button", name="Test again").wait_for()
    assert page.locator(".check-ok").count() == 6
    shot(page, "test-works")
    page.context.clear_cookies()

    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    page.goto(f"{server.base_url}/cases/{case_no}/materials")
    page.get_by_role("link", name="Fetch from the PACS").click()
    page.get_by_text("Nothing fetched yet").wait_for()
    shot(page, "empty")
    assert axe(page) == []
    page.select_option("select[name=modality]", "CT")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("Found: 1").wait_for()
    page.get_by_text("Field by field").click()
    assert "Zhang" not in page.content()
    shot(page, "found")
    assert axe(page) == []
    page.get_by_role("button", name="Fetch", exact=True).click()
    page.locator(".transfer-line .pill", has_text="Complete").wait_for(timeout=60_000)
    page.get_by_text(f"{SLICES} of {SLICES} images").wait_for()
    page.locator("#transfers summary").click()
    shot(page, "done")
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    page.reload()
    shot(page, "done-dark")
    assert axe(page) == []
    page.goto(f"{server.base_url}/cases/{case_no}/materials")
    page.get_by_text(f"{SLICES} images").first.wait_for()

    measured(server, case_no, tmp_path)
    page.goto(f"{server.base_url}/cases/{case_no}/pacs")
    page.get_by_label("Measurements").check()
    shot(page, "made")
    assert axe(page) == []
    page.locator("form[action$='/made']").get_by_role("button", name="Send to the PACS").click()
    page.get_by_text("1 of 1 taken").wait_for(timeout=60_000)
    page.locator(".transfer-line", has_text="Measurements").locator(".pill", has_text="Complete").wait_for()
    assert "SR" in {
        orthanc.ask(f"/series/{one}")["MainDicomTags"]["Modality"] for one in orthanc.ask("/series")
    }


def measured(server: Server, case_no: str, folder: Path) -> None:
    """A report made here on the fetched study, in a case that has been discussed."""
    from sqlalchemy import select

    from mdtapp.app import create_app
    from mdtapp.cases.queries import find_case
    from mdtapp.cases.status import CaseStatus
    from mdtapp.config import Settings
    from mdtapp.imaging.models import ImagingStudy
    from mdtapp.store.db import session, unit_of_work

    app = create_app(Settings.from_environment(server.environ))
    with app.app_context(), unit_of_work():
        case = find_case(case_no)
        assert case is not None
        case.status, pseudonym = CaseStatus.DISCUSSED, case.patient.pseudonym
        study = session.scalars(select(ImagingStudy.study_instance_uid)).one()
    close(app)
    report = dicom.report(
        StudyInstanceUID=study, SeriesInstanceUID="1.2.3.7", SOPInstanceUID="1.2.3.7.1", PatientID=case_no
    )
    report.PatientName, report.PatientBirthDate = pseudonym, ""
    path = folder / "report.dcm"
    path.write_bytes(dicom.encoded(report))
    server.mdtapp("import-materials", case_no, str(path))


def test_a_worker_that_is_killed_leaves_nothing_behind(
    page: Page, site: tuple[Server, str], orthanc: Orthanc, tmp_path: Path
) -> None:
    """The whole program is killed while it fetches; started again, it completes by itself."""
    server, case_no = site
    second = Examination(dicom.ZHANG, "again", date(2026, 2, 9), "CT abdomen", dicom.IN_LUNG)
    orthanc.take(write(ct_chest(second, slices=150, size=128), tmp_path / "second"))
    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    page.goto(f"{server.base_url}/cases/{case_no}/pacs")
    page.fill("input[name=first]", "2026-02-09")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Fetch", exact=True).click()
    page.get_by_text("of 150 images").wait_for(timeout=30_000)
    shot(page, "running")
    server.restart()
    page.goto(f"{server.base_url}/cases/{case_no}/pacs")
    page.get_by_text("150 of 150 images").wait_for(timeout=120_000)
    page.locator(".transfer-line .pill", has_text="Complete").nth(1).wait_for(timeout=120_000)


def test_what_is_open_and_focused_stays_so(page: Page, site: tuple[Server, str], orthanc: Orthanc) -> None:
    """While the PACS is down the page goes on asking; when it is back the fetch ends by itself."""
    server, case_no = site
    orthanc.kill()
    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    page.goto(f"{server.base_url}/cases/{case_no}/pacs")
    page.get_by_role("button", name="Look for new images").last.click()
    page.get_by_text("takes no connection").wait_for()
    shot(page, "waiting")
    assert axe(page) == []
    page.locator("#transfers summary").last.click()
    page.get_by_role("button", name="Cancel").focus()
    for _ in range(2):
        with page.expect_response(lambda answer: answer.url.endswith("/progress")):
            pass
    page.wait_for_timeout(300)
    assert page.locator("#transfers details").last.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.textContent").strip() == "Cancel"
    orthanc.start()
    page.get_by_role("button", name="Cancel").wait_for(state="detached", timeout=90_000)
    assert page.get_by_text("takes no connection").count() == 0
