"""How long a tile takes: SVS and DICOM, signed in and access checked over HTTP, beside OpenSlide's DeepZoom in-process.

    .venv/bin/python bench/slides.py [ROUNDS]

Prints p50 and p95 in milliseconds for a walk over every tile of the largest three levels, in an order of its own
each round. The peer reads and compresses the same tiles of the same SVS in this process, without HTTP, database or
access check. All take turns, so that what else the machine does falls on all. Needs the shared test data
(MDTAPP_TEST_DATA).
"""

from __future__ import annotations

import http.client
import io
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlencode

import openslide
from openslide.deepzoom import DeepZoomGenerator

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.conftest import PASSWORD, PEOPLE, add_person, close
from tests.imaging.dicom import SHARED
from tests.server import Server, running_server

SVS = SHARED / "slides" / "CMU-1-Small-Region.svs"
WSI = SHARED / "dicom" / "wsi" / "cmu-1-small-region"
LEVELS = 3
GOALS = {"SVS": 40, "DICOM": 10}


class Browser:
    """One signed-in person on one kept-open connection."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", int(server.environ["MDTAPP_PORT"]))
        self.cookie = ""

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = value.split(";")[0]
        return answer.status, answer.read()

    def sign_in(self, email: str) -> None:
        _, page = self.ask("GET", "/sign-in")
        found = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found is not None
        fields = {"email": email, "password": PASSWORD, "csrf_token": found[1].decode()}
        status, _ = self.ask("POST", "/sign-in", urlencode(fields))
        assert status == 302

    def get(self, path: str) -> bytes:
        status, body = self.ask("GET", path)
        assert status == 200, f"{path} answered {status}"
        return body


def prepare(server: Server) -> tuple[str, Browser]:
    """A case with both slides and the browser of its coordinator."""
    from mdtapp.app import create_app
    from mdtapp.cases import operations
    from mdtapp.cases.models import Sex, Situation
    from mdtapp.clinical.bitext import Bitext
    from mdtapp.config import Settings
    from mdtapp.people.queries import get_person
    from mdtapp.store.db import unit_of_work

    app = create_app(Settings.from_environment(server.environ))
    now = datetime.now(UTC)
    user_id = add_person(app, "coordinator", at=now)
    with app.app_context(), unit_of_work():
        case = operations.register(
            actor=get_person(user_id),
            at=now,
            patient=operations.PatientFacts("BENCH-1", Sex.MALE, 1967, "KZ", "ru"),
            case=operations.CaseRecord(
                title=Bitext("Slides", "切片"),
                situation=Situation.CONFLICTING_OPINIONS,
                primary_site="lung",
                laterality="left",
            ),
            received_on=date(2026, 3, 2),
        )
        case_no = case.case_no
    close(app)
    server.mdtapp("import-materials", case_no, str(SVS), str(WSI), "--vouch", "bench", "--json")
    browser = Browser(server)
    browser.sign_in(PEOPLE["coordinator"].email)
    return case_no, browser


def addresses(browser: Browser, case_no: str) -> dict[str, list[str]]:
    """The tiles of the largest levels of either slide."""
    listed = browser.get(f"/cases/{case_no}/materials").decode()
    numbers = sorted(set(re.findall(r"/slides/([\d.]+)/thumbnail", listed)), key=len)
    found = {}
    for kind, slide_no in zip(("SVS", "DICOM"), numbers, strict=True):
        about = json.loads(browser.get(f"/cases/{case_no}/slides/{slide_no}/description.json"))
        levels = list(enumerate(about["levels"]))[-LEVELS:]
        found[kind] = [
            about["tiles"].format(level=number, column=column, row=row)
            for number, level in levels
            for row in range(level["rows"])
            for column in range(level["columns"])
        ]
    return found


def peer() -> tuple[list[Callable[[], bytes]], openslide.OpenSlide]:
    """The same tiles of the SVS read and compressed by OpenSlide's DeepZoom in this process."""
    file = openslide.OpenSlide(SVS)
    tiles = DeepZoomGenerator(file, tile_size=256, overlap=0)

    def read(level: int, column: int, row: int) -> bytes:
        stream = io.BytesIO()
        tiles.get_tile(level, (column, row)).save(stream, "JPEG", quality=85)
        return stream.getvalue()

    def reading(level: int, column: int, row: int) -> Callable[[], bytes]:
        return lambda: read(level, column, row)

    acts = []
    for level in range(tiles.level_count - LEVELS, tiles.level_count):
        columns, rows = tiles.level_tiles[level]
        acts += [reading(level, column, row) for row in range(rows) for column in range(columns)]
    return acts, file


def milliseconds(act: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    chance = random.Random(20260302)
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), part="web") as server:
        case_no, browser = prepare(server)
        acts: dict[str, list[Callable[[], bytes]]] = {
            kind: [lambda path=path: browser.get(path) for path in paths]  # type: ignore[misc]
            for kind, paths in addresses(browser, case_no).items()
        }
        name = f"DeepZoom in-process, OpenSlide {openslide.__library_version__}"
        acts[name], file = peer()
        times: dict[str, list[float]] = {kind: [] for kind in acts}
        for _ in range(rounds):
            for kind, each in acts.items():
                chance.shuffle(each)
                times[kind] += [milliseconds(act) for act in each]
        file.close()
    print(f"{'tiles of':45} {'n':>6} {'p50 ms':>8} {'p95 ms':>8}  goal p95")
    for kind, taken in times.items():
        p95 = statistics.quantiles(taken, n=20)[-1]
        goal = f"≤ {GOALS[kind]}" if kind in GOALS else "the peer"
        print(f"{kind:45} {len(taken):6} {statistics.median(taken):8.1f} {p95:8.1f}  {goal}")


if __name__ == "__main__":
    main()
