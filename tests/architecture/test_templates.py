"""Templates: they compile, keep to the security policy, and import nothing they do not use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

from mdtapp.app import create_app
from mdtapp.config import Settings
from tests.server import instance_environment

TEMPLATES = Path(__file__).resolve().parents[2] / "mdtapp" / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
# Printed, not served: no policy applies, and paper may be laid out by attributes.
PAGES = [name for name in NAMES if not name.startswith("documents/")]

COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
AGAINST_POLICY = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "a file from elsewhere": re.compile(
        r"(?:src|srcset|data|action)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
    "htmx code that needs eval": re.compile(r"\bhx-on\b|[\"']js:", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}
FORM = re.compile(r"<form\b[^>]*>.*?</form>|<form\b[^>]*>.*\Z", re.IGNORECASE | re.DOTALL)
TOKEN = re.compile(r"csrf|hidden_tag|hidden_fields")


def source_of(name: str) -> str:
    """The template without its comments, line breaks kept."""
    text = (TEMPLATES / name).read_text("utf-8")
    return COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The application's own template environment, with its filters and functions; no database is opened."""
    folder = tmp_path_factory.mktemp("templates")
    return create_app(Settings.from_environment(instance_environment(folder))).jinja_env


@pytest.mark.parametrize("name", NAMES)
def test_compiles_and_asks_for_templates_that_exist(environment: Environment, name: str) -> None:
    tree = environment.parse((TEMPLATES / name).read_text("utf-8"), name)
    environment.compile(tree, name)
    kinds: tuple[Any, ...] = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    asked = [
        node.template.value
        for kind in kinds
        for node in tree.find_all(kind)
        if isinstance(node.template, nodes.Const)
    ]
    assert [other for other in asked if other not in NAMES] == []


@pytest.mark.parametrize("name", NAMES)
def test_imports_only_what_it_uses(environment: Environment, name: str) -> None:
    tree = environment.parse((TEMPLATES / name).read_text("utf-8"), name)
    imported: set[str] = set()
    for statement in tree.find_all(nodes.FromImport):
        imported |= {entry[1] if isinstance(entry, tuple) else entry for entry in statement.names}
    imported |= {statement.target for statement in tree.find_all(nodes.Import)}
    used = {reference.name for reference in tree.find_all(nodes.Name) if reference.ctx == "load"}
    assert imported - used == set()


@pytest.mark.parametrize("what", AGAINST_POLICY)
def test_no_page_holds(what: str) -> None:
    found = []
    for name in PAGES:
        text = source_of(name)
        found += [
            f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
            for match in AGAINST_POLICY[what].finditer(text)
        ]
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_every_posting_form_carries_the_token(name: str) -> None:
    forms = [
        form
        for form in FORM.findall(source_of(name))
        if re.search(r"method\s*=\s*.post", form, re.IGNORECASE)
    ]
    assert [form[:80] for form in forms if not TOKEN.search(form)] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_says_what_it_shows(name: str) -> None:
    pictures = re.findall(r"<img\b[^>]*>", source_of(name))
    assert [picture for picture in pictures if "alt=" not in picture] == []
