"""YAML read into plain values that remember file and line, so that a fault can be named by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import yaml

from mdtapp.disciplines.definitions import FaultyDefinition

_SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entries(dict[str, Any]):
    """A YAML mapping with the place it was read from; `places` holds file and line of each key."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.places: dict[str, tuple[str, int]] = {}

    def changed_by(self, other: Entries) -> Entries:
        """A copy in which the keys of `other` replace the own ones, places included."""
        merged = Entries(self.file, self.line)
        merged.update(self)
        merged.update(other)
        merged.places = self.places | other.places
        return merged

    def fault(self, reason: str, key: str | None = None) -> NoReturn:
        """Raises FaultyDefinition at this mapping, or at the line of one of its keys."""
        place = (self.file, self.line)
        file, line = self.places.get(key, place) if key else place
        raise FaultyDefinition(file, line, reason)

    def only(self, *allowed: str) -> None:
        """Refuses any key that is not allowed: a misspelt key must not be ignored in silence."""
        for key in self:
            if key not in allowed:
                self.fault(f"unknown key “{key}”; allowed here: {', '.join(allowed)}", key)

    def text(self, key: str) -> str:
        """A text that must be there and not empty."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            self.fault(f"“{key}” must be text (put quotes around numbers, yes and no)", key)
        return value

    def optional_text(self, key: str) -> str | None:
        return None if self.get(key) is None else self.text(key)

    def flag(self, key: str) -> bool:
        value = self.get(key, False)
        if not isinstance(value, bool):
            self.fault(f"“{key}” must be true or false", key)
        return value

    def number(self, key: str) -> float | None:
        value = self.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            self.fault(f"“{key}” must be a number", key)
        return value

    def whole(self, key: str) -> int | None:
        value = self.number(key)
        if value is not None and not isinstance(value, int):
            self.fault(f"“{key}” must be a whole number", key)
        return value

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in allowed:
            self.fault(f"“{value}” is not possible for “{key}”; use {', '.join(allowed)}", key)
        return value

    def mapping(self, key: str) -> Entries:
        value = self.get(key)
        if not isinstance(value, Entries):
            self.fault(f"“{key}” must hold keys and values", key)
        return value

    def mappings(self, key: str) -> list[Entries]:
        """A list of mappings that must be there; it may be empty."""
        value = self.get(key)
        if not isinstance(value, list):
            self.fault(f"“{key}” must be a list", key)
        for item in value:
            if not isinstance(item, Entries):
                self.fault(f"each item of “{key}” must hold keys and values", key)
        return value


def refuse_other_endings(folder: Path) -> None:
    """A file that was meant and would not be read must not be passed over in silence."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".yml", ".json") or (path.suffix.lower() == ".yaml" != path.suffix):
            raise FaultyDefinition(path.name, 1, "the name of the file must end in .yaml")


def read(path: Path) -> Entries:
    """The file's top mapping; FaultyDefinition when it is no YAML, not UTF-8 or has no top mapping."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_SAFE_LOADER)
    except UnicodeDecodeError as error:
        raise FaultyDefinition(path.name, 1, "the file is not UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "this is not YAML"
        raise FaultyDefinition(path.name, mark.line + 1 if mark else 1, str(reason)) from error
    value = _value(root, path.name) if root is not None else None
    if not isinstance(value, Entries):
        raise FaultyDefinition(path.name, 1, "the file must hold keys and values")
    return value


def _value(node: yaml.Node, file: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _entries(node, file)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, file) for item in node.value]
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise FaultyDefinition(file, node.start_mark.line + 1, f"“{node.value}” cannot be read") from error


def _entries(node: yaml.MappingNode, file: str) -> Entries:
    entries = Entries(file, node.start_mark.line + 1)
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _value(key_node, file)
        if not isinstance(key, str):
            raise FaultyDefinition(
                file, line, f"the key “{key_node.value}” must be text: put quotes around it"
            )
        if key in entries:
            raise FaultyDefinition(file, line, f"the key “{key}” stands twice")
        entries[key] = _value(value_node, file)
        entries.places[key] = (file, line)
    return entries
