"""Reads the data files into a catalogue; anything wrong in them is a FaultyDefinition with file and line.

A site's own folder may hold the same kinds of files: what it defines replaces by key (a whole discipline,
choice set, block, checklist, opinion section or result class), what it does not mention stays as delivered.
A file that begins with `changes: radiology` changes single fields of a discipline, a choice set that holds `change`
single codes; see mdtapp.disciplines.site_changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, cast

from mdtapp.clinical.bitext import Bitext
from mdtapp.disciplines import field_reader, site_changes, yaml_source
from mdtapp.disciplines.definitions import (
    Catalogue,
    ChecklistItem,
    Choice,
    ChoiceSet,
    Discipline,
    FaultyDefinition,
    Field,
    OpinionSection,
    ResultClass,
    Section,
)
from mdtapp.disciplines.field_reader import Vocabulary, bitext
from mdtapp.disciplines.site_changes import with_blocks
from mdtapp.disciplines.yaml_source import Entries

DELIVERED = Path(__file__).parent / "data"
SHARED_FILES = frozenset({"blocks.yaml", "choices.yaml", "checklists.yaml", "opinion.yaml"})
AUDIENCES = ("patient", "clinician", "both")


_site_folder: Path | None = None


def use_site_files(folder: Path) -> Catalogue:
    """Makes a site's files count for the whole process, as the application does when it starts.

    Raises FaultyDefinition and changes nothing when a file cannot be used; a missing folder is no fault.
    """
    global _site_folder
    used = folder if folder.is_dir() else None
    known = read_catalogue(used)
    _site_folder = used
    return known


def catalogue(site_folder: Path | None = None) -> Catalogue:
    """What is asked: with the site's files in use, or those of another folder."""
    return read_catalogue(site_folder or _site_folder)


@cache
def read_catalogue(site_folder: Path | None) -> Catalogue:
    """The delivered files with those of `site_folder` (if it exists) on top. Read once for each folder."""
    folders = [DELIVERED, *([site_folder] if site_folder is not None and site_folder.is_dir() else [])]
    for folder in folders[1:]:
        yaml_source.refuse_other_endings(folder)
    choices = {key: _choice_set(key, entries) for key, entries in _lists(folders, "choices.yaml").items()}
    sections = {entry.text("key"): _section(entry) for entry in _opinion(folders, "sections", "key")}
    return Catalogue(
        disciplines=_disciplines(folders, Vocabulary(choices, sections.keys(), _spoken(folders))),
        choices=choices,
        sections=tuple(sections.values()),
        result_classes={
            entry.text("code"): _result_class(entry) for entry in _opinion(folders, "result_classes", "code")
        },
        checklists={
            family: tuple(_checklist_item(entry, choices) for entry in entries)
            for family, entries in _lists(folders, "checklists.yaml").items()
        },
    )


def _read(path: Path) -> Entries:
    """A delivered file is read once; nothing changes what was read, only copies of it."""
    return _delivered(path.name) if path.parent == DELIVERED else yaml_source.read(path)


@cache
def _delivered(name: str) -> Entries:
    return yaml_source.read(DELIVERED / name)


def _lists(folders: Iterable[Path], name: str) -> dict[str, list[Entries]]:
    """A file of named lists, the site's lists replacing the delivered ones of the same name."""
    lists: dict[str, list[Entries]] = {}
    for folder in folders:
        if (folder / name).is_file():
            source = _read(folder / name)
            for key in source:
                if name == "choices.yaml" and isinstance(source[key], Entries):
                    lists[key] = site_changes.changed_choices(source, key, lists.get(key))
                else:
                    lists[key] = source.mappings(key)
    return lists


def _opinion(folders: Iterable[Path], part: str, key: str) -> list[Entries]:
    """One list of opinion.yaml, the site's items replacing the delivered ones of the same key."""
    items: dict[str, Entries] = {}
    for folder in folders:
        if (folder / "opinion.yaml").is_file():
            source = _read(folder / "opinion.yaml")
            source.only("sections", "result_classes")
            if part in source:
                items |= {entry.text(key): entry for entry in source.mappings(part)}
    return list(items.values())


def _choice_set(key: str, entries: list[Entries]) -> ChoiceSet:
    choices: dict[str, Choice] = {}
    for entry in entries:
        entry.only("code", "en", "zh", "more")
        code = entry.text("code")
        if code in choices:
            entry.fault(f"the code “{code}” stands twice in “{key}”", "code")
        label = Bitext(en=entry.text("en"), zh=entry.text("zh"))
        choices[code] = Choice(code, label, entry.flag("more"))
    return ChoiceSet(key, tuple(choices.values()))


def _section(entry: Entries) -> OpinionSection:
    entry.only("key", "label", "audience")
    audience = cast(Literal["patient", "clinician", "both"], entry.one_of("audience", AUDIENCES))
    return OpinionSection(entry.text("key"), bitext(entry, "label"), audience)


def _result_class(entry: Entries) -> ResultClass:
    entry.only("code", "label", "patient_line")
    return ResultClass(entry.text("code"), bitext(entry, "label"), bitext(entry, "patient_line"))


def _checklist_item(entry: Entries, choices: Mapping[str, ChoiceSet]) -> ChecklistItem:
    entry.only("code", "label", "criticality", "max_age_days")
    criticality = entry.one_of("criticality", tuple(choice.code for choice in choices["criticality"]))
    return ChecklistItem(entry.text("code"), bitext(entry, "label"), criticality, entry.whole("max_age_days"))


def _spoken(folders: list[Path]) -> dict[str, set[str]]:
    """The codes of each choice set in any of the folders."""
    codes: dict[str, set[str]] = {}
    for end in range(1, len(folders) + 1):
        for name, entries in _lists(folders[:end], "choices.yaml").items():
            codes.setdefault(name, set()).update(entry.text("code") for entry in entries)
    return codes


def _disciplines(folders: list[Path], words: Vocabulary) -> dict[str, Discipline]:
    """Every discipline in the order of its `position`, a site's own ones after the delivered of equal position."""
    blocks = _lists(folders, "blocks.yaml")
    sources, changes = _sources(folders)
    delivered = read_catalogue(None).disciplines if len(folders) > 1 else {}
    shared = any((folder / name).is_file() for folder in folders[1:] for name in SHARED_FILES)
    own = _sources([DELIVERED])[0]
    found: list[Discipline] = []
    for key, source in sources.items():
        if key in delivered and key not in changes and not shared and source is own.get(key):
            found.append(delivered[key])
            continue
        meant = {field.key: field for field in delivered[key].fields()} if key in delivered else {}
        found.append(_discipline(source, changes.get(key), blocks, words, meant))
    return {one.key: one for one in sorted(found, key=lambda one: one.position)}


def _sources(folders: Iterable[Path]) -> tuple[dict[str, Entries], dict[str, Entries]]:
    """By key the file of each discipline, a site's own before the delivered one, and the site's changes."""
    sources: dict[str, Entries] = {}
    changes: dict[str, Entries] = {}
    for folder in folders:
        here: dict[str, Entries] = {}
        for path in sorted(folder.glob("*.yaml")):
            if path.name not in SHARED_FILES:
                source = _read(path)
                kept = changes if site_changes.CHANGES in source else here
                key = source.text(site_changes.CHANGES if kept is changes else "key")
                if key in kept:
                    source.fault(f"{kept[key].file} is a file for “{key}” already")
                kept[key] = source
        sources |= here
    for key, change in changes.items():
        if key not in sources:
            change.fault(f"there is no discipline “{key}”", site_changes.CHANGES)
    return sources, changes


def _discipline(
    source: Entries,
    changes: Entries | None,
    blocks: Mapping[str, list[Entries]],
    words: Vocabulary,
    meant: Mapping[str, Field],
) -> Discipline:
    """The discipline of a file; what a site's changes make impossible is named at the changes, not at what they meet."""
    unchanged = _read_discipline(source, blocks, words, meant)
    if changes is None:
        return unchanged
    merged = site_changes.changed(source, changes, blocks)
    try:
        return _read_discipline(merged, blocks, words, meant)
    except FaultyDefinition as fault:
        if fault.file == changes.file:
            raise
        line = site_changes.line_about(changes, fault.reason)
        raise FaultyDefinition(changes.file, line, f"after this change {fault.reason}") from fault


def _read_discipline(
    source: Entries, blocks: Mapping[str, list[Entries]], words: Vocabulary, meant: Mapping[str, Field]
) -> Discipline:
    source.only("key", "short", "label", "core", "position", "sections")
    sections: list[Section] = []
    fields: list[Field] = []
    entries: list[Entries] = []
    for part in source.mappings("sections"):
        part.only("key", "label", "fields")
        if part.text("key") in {section.key for section in sections}:
            part.fault(f"the section “{part.text('key')}” stands twice", "key")
        own = with_blocks(part.mappings("fields"), blocks)
        read = tuple(field_reader.field(entry, words) for entry in own)
        sections.append(Section(part.text("key"), bitext(part, "label"), read))
        fields += read
        entries += own
    field_reader.refuse_repeats(fields, entries)
    by_key = {field.key: field for field in fields}
    field_reader.check_neighbours(by_key, dict(zip(by_key, entries, strict=True)))
    field_reader.refuse_other_meaning(by_key, meant, dict(zip(by_key, entries, strict=True)))
    discipline = Discipline(
        key=source.text("key"),
        short=source.text("short"),
        label=bitext(source, "label"),
        core=source.flag("core"),
        position=source.whole("position") or 0,
        version="",
        sections=tuple(sections),
        choices={name: words.choices[name] for name in sorted(_used_choices(fields))},
    )
    return replace(discipline, version=_version(discipline))


def _version(discipline: Discipline) -> str:
    text = json.dumps(discipline.as_json(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _used_choices(fields: Iterable[Field]) -> set[str]:
    return {one.choices for field in fields for one in (field, *field.columns) if one.choices}
