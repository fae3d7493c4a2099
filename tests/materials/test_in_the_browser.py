"""The coordinator's way in the browser: drop files, watch them, decide, assign what came over DICOM."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdtapp.demo.synthetic_dicom import ct_chest, write
from tests.browser import axe, sign_in
from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.gateway.conftest import dcmtk, run
from tests.imaging import dicom, lung_case
from tests.server import Server, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """Everything running, with one coordinator and one case whose identity is sealed."""
    from mdtapp.app import create_app
    from mdtapp.config import Settings

    with running_server(tmp_path_factory.mktemp("site")) as server:
        app = create_app(Settings.from_environment(server.environ))
        now = datetime.now(UTC)
        user_id = add_person(app, "coordinator", at=now)
        case_no = lung_case.register(app, now, identity=dicom.ZHANG_RECORD, coordinator=user_id)
        close(app)
        yield server, case_no


@pytest.fixture
def materials(page: Page, site: tuple[Server, str]) -> Page:
    """The materials of the case, opened by its coordinator."""
    server, case_no = site
    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    page.goto(f"{server.base_url}/cases/{case_no}/materials")
    return page


def pill(page: Page, name: str, word: str) -> None:
    """Waits until the row of the file says the word."""
    row = page.locator("[data-upload-list] .arriving", has_text=name)
    row.locator(".pill", has_text=word).wait_for()


def test_files_are_sent_one_by_one_and_say_what_became_of_them(materials: Page, tmp_path: Path) -> None:
    page = materials
    (tmp_path / "letter.txt").write_text("A letter from home.")
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "ours.dcm").write_bytes(dicom.encoded(dicom.image()))
    (tmp_path / "theirs.dcm").write_bytes(
        dicom.encoded(
            dicom.image(StudyInstanceUID="9.9", SOPInstanceUID="9.9.1", PatientName="Wanjiru^Amina")
        )
    )
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as packed:
        packed.writestr("README", "read me")
        packed.writestr("../../evil", "x")
    page.set_input_files("#upload-files", [str(path) for path in sorted(tmp_path.iterdir())])
    pill(page, "letter.txt", "Kept")
    pill(page, "empty.pdf", "Set aside")
    pill(page, "ours.dcm", "Kept")
    pill(page, "theirs.dcm", "Identity differs")
    pill(page, "cd.zip", "Set aside 1")
    page.get_by_text("5 of 5 files").wait_for()
    assert axe(page) == []
    page.get_by_role("link", name="Show in the list").click()
    page.get_by_role("link", name="letter", exact=True).wait_for()
    assert axe(page) == []


def test_a_folder_is_dropped_with_its_paths(materials: Page) -> None:
    """A drop as a browser makes it, read through the entries of the transfer."""
    page = materials
    page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["dropped"], "dropped.txt"));
          document.querySelector("form[data-upload]").dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    pill(page, "dropped.txt", "Kept")


def test_a_lost_session_is_said_and_the_file_can_be_sent_again(materials: Page, tmp_path: Path) -> None:
    page = materials
    (tmp_path / "late.txt").write_text("late")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.set_input_files("#upload-files", [str(tmp_path / "late.txt")])
    page.get_by_text("Not received").wait_for()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.get_by_role("button", name="Try again").click()
    pill(page, "late.txt", "Kept")


def test_images_sent_over_dicom_are_assigned_and_looked_at(
    page: Page, site: tuple[Server, str], tmp_path: Path
) -> None:
    server, case_no = site
    files = write(ct_chest(dicom.chest(seed="wire"), slices=5, size=32), tmp_path / "ct")
    done = run(dcmtk("storescu"), "-aec", "MDTAPP", "127.0.0.1", str(server.dicom_port), *files)
    assert done.returncode == 0, done.stderr
    sign_in(page, server.base_url, PEOPLE["coordinator"].email, PASSWORD)
    deadline = time.monotonic() + 20
    page.goto(f"{server.base_url}/tray")
    while not page.get_by_text("1 series, 5 images").count() and time.monotonic() < deadline:
        time.sleep(0.3)
        page.reload()
    assert axe(page) == []
    assert "Zhang" not in page.content()
    page.get_by_role("link", name="Show names").click()
    page.get_by_text("Zhang^Wei=张^伟").wait_for()
    page.get_by_role("link", name="Assign").click()
    page.get_by_label("Case number").fill(case_no)
    page.get_by_role("button", name="Compare").click()
    page.get_by_label("I compared the fields").check()
    assert axe(page) == []
    page.get_by_role("button", name="Assign to this case").click()
    page.get_by_role("link", name="CT · CT chest").click()
    page.get_by_text("3 / 5").wait_for()
    picture = page.locator(".material-view img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    page.get_by_role("link", name="Next", exact=True).click()
    page.get_by_text("4 / 5").wait_for()
    assert axe(page) == []
