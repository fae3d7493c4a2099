"""The posting forms of a page, filled as a browser would send them untouched."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """Where a form goes and what a browser would send of it untouched; `boxes` are its unticked boxes."""

    address: str
    sent: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """The posting forms of a page with everything in them."""

    def __init__(self, html: str, address: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._address = address
        self._select = self._area = ""
        self._first_option: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = values.get("method", "").lower() == "post"
            self.forms.append(Form((values.get("action") or self._address) if posts else ""))
        elif not self.forms:
            return
        elif tag == "input" and values.get("name"):
            self._input(values)
        elif tag == "select":
            self._select, self._first_option = values.get("name", ""), None
        elif tag == "option" and self._select:
            self._option(values)
        elif tag == "textarea":
            self._area = values.get("name", "")
            self.forms[-1].sent[self._area] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            if self._first_option is not None and self._select not in self.forms[-1].sent:
                self.forms[-1].sent[self._select] = [self._first_option]
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].sent[self._area][0] += data

    def _input(self, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text"), values["name"]
        if kind in {"checkbox", "radio"}:
            into = self.forms[-1].sent if "checked" in values else self.forms[-1].boxes
            into.setdefault(name, []).append(values.get("value", "on"))
        elif kind not in {"submit", "button", "file", "password"}:
            self.forms[-1].sent.setdefault(name, []).append(values.get("value", ""))

    def _option(self, values: dict[str, str]) -> None:
        value = values.get("value", "")
        self._first_option = value if self._first_option is None else self._first_option
        if "selected" in values:
            self.forms[-1].sent.setdefault(self._select, []).append(value)
