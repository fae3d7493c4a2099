"""Every form as a page."""

from __future__ import annotations

import re

from mdtapp.disciplines import catalogue
from mdtapp.opinions.inputs.progress import CLAIM_PARTS
from tests.opinions.inputs.bench import Bench

JUDGED = {f"{part}_{what}" for part in CLAIM_PARTS for what in ("diagnosis", "stage", "plan", "report")}
"""Asked point by point in the table of the home hospital's record."""
MOST_NEEDED = 16


def becomes(bench: Bench, discipline: str) -> str:
    """The radiologist writes for this discipline instead; the address of the form."""
    from mdtapp.people.models import DisciplineMembership
    from mdtapp.store.db import session, unit_of_work

    with bench.app.app_context(), unit_of_work():
        author, case = bench.user("radiologist"), bench.case()
        author.memberships.clear()
        session.flush()
        author.memberships = [DisciplineMembership(discipline=discipline)]
        for member in list(case.members):
            if member.discipline == discipline and member.user_id != author.id:
                case.members.remove(member)
        session.flush()
        next(member for member in case.members if member.user_id == author.id).discipline = discipline
    return f"/cases/{bench.case_no}/inputs/{discipline}"


def test_every_form_opens_in_both_languages_asks_every_question_and_is_kept_empty(bench: Bench) -> None:
    browser = bench.browser("radiologist")
    for key, discipline in catalogue().disciplines.items():
        address = becomes(bench, key)
        for language in ("en", "zh"):
            browser.submit("/account", {"language": language, "path": "/inputs"}, action="/language")
            page = browser.get(address)
            assert page.status_code == 200, key
            assert f'<html lang="{language}' in page.text
            ids = re.findall(r'\sid="([^"]+)"', page.text)
            assert not {one for one in ids if ids.count(one) > 1}, key
            asked = set(re.findall(r'id="question-(\w+)"', page.text))
            assert {field.key for field in discipline.fields()} - asked <= JUDGED, key
        sent = {"csrf_token": browser.csrf_token("/account"), "row_version": "0"}
        kept = browser.post(address, data=sent, headers={"Accept": "application/json"})
        assert kept.status_code == 200, key
        assert 0 < kept.json["left"] <= MOST_NEEDED, (key, kept.json["left"])
