"""What a site changes in a delivered form without copying it: single fields, columns and codes.

    changes: radiology                      # a file of the site, under any name
    sections:                               # new headings, where wanted
      - {key: ours, label: {en: Our questions, zh: 本院问题}, after: response}
    fields:
      - key: primary_size_mm                # a field there is: what stands here replaces
        label: {en: Longest side, zh: 最长径}
      - key: our_score                      # a new one: `after` a field, or at the end of a `section`
        section: ours
        type: int
        ...
      - {key: mrf_emvi, remove: true}
      - key: lesions
        columns: [...]                      # the same for the columns of a table

What rules, checks and the draft read keeps its meaning: type, unit and choices of a field there is cannot change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdtapp.disciplines.yaml_source import Entries

CHANGES = "changes"
FIXED = ("type", "unit", "choices", "ref", "agreement", "computed", "must_be_true")
PLACES = ("after", "section", "remove")


def changed(source: Entries, changes: Entries, blocks: Mapping[str, list[Entries]]) -> Entries:
    """The file of a discipline, blocks put in, with a site's changes."""
    changes.only(CHANGES, "sections", "fields")
    sections = _sections(source, changes, blocks)
    for change in changes.mappings("fields") if "fields" in changes else []:
        _change_field(sections, change)
    whole = Entries(source.file, source.line)
    whole["sections"] = sections
    return source.changed_by(whole)


def _sections(source: Entries, changes: Entries, blocks: Mapping[str, list[Entries]]) -> list[Entries]:
    """The sections with their fields as lists of their own, the site's new ones among them."""
    sections: list[Entries] = []
    for part in source.mappings("sections"):
        part.only("key", "label", "fields")
        sections.append(_with_list(part, "fields", with_blocks(part.mappings("fields"), blocks)))
    for new in changes.mappings("sections") if "sections" in changes else []:
        new.only("key", "label", "after")
        section = _with_list(new, "fields", [])
        section.pop("after", None)
        sections.insert(_place_after(sections, new, "section"), section)
    return sections


def _change_field(sections: list[Entries], change: Entries) -> None:
    key = change.text("key")
    holding = next((part for part in sections if _position(part["fields"], key) is not None), None)
    if holding is not None:
        _apply(holding["fields"], change)
        return
    if change.flag("remove"):
        change.fault(f"there is no field “{key}” to remove", "key")
    new = _without_places(change)
    if "after" in change:
        after = change.text("after")
        part = next((one for one in sections if _position(one["fields"], after) is not None), None)
        if part is None:
            change.fault(f"there is no field “{after}”", "after")
        part["fields"].insert(_place_after(part["fields"], change, "field"), new)
        return
    name = change.text("section")
    part = next((one for one in sections if one.text("key") == name), None)
    if part is None:
        change.fault(f"there is no section “{name}”", "section")
    part["fields"].append(new)


def _apply(fields: list[Entries], change: Entries) -> None:
    """Changes or removes the field there is."""
    place = _position(fields, change.text("key"))
    assert place is not None
    if change.flag("remove"):
        change.only("key", "remove")
        del fields[place]
        return
    present = fields[place]
    for name in FIXED:
        if name in change and change[name] != present.get(name):
            change.fault(
                f"“{name}” of a field there is cannot change, rules read it; add a field of your own", name
            )
    for name in PLACES:
        if name in change and name != "remove":
            change.fault(f"“{name}” is for new fields; this one stays where it is", name)
    merged = present.changed_by(_without_places(change))
    if "columns" in change:
        merged["columns"] = _changed_columns(present, change)
    fields[place] = merged


def _changed_columns(present: Entries, change: Entries) -> list[Entries]:
    if "columns" not in present:
        change.fault("only a table has columns", "columns")
    columns = list(present.mappings("columns"))
    for column in change.mappings("columns"):
        if _position(columns, column.text("key")) is not None:
            _apply(columns, column)
        elif column.flag("remove"):
            column.fault(f"there is no column “{column.text('key')}” to remove", "key")
        else:
            columns.insert(_place_after(columns, column, "column"), _without_places(column))
    return columns


def changed_choices(source: Entries, key: str, present: list[Entries] | None) -> list[Entries]:
    """A choice set with a site's changes: a code there is gets other words, a new one stands `after` another or last."""
    value = source.mapping(key)
    value.only("change")
    if present is None:
        source.fault(f"there is no choice set “{key}” to change", key)
    choices = list(present)
    for change in value.mappings("change"):
        change.only("code", "en", "zh", "more", "after", "remove")
        code = change.text("code")
        place = next((at for at, one in enumerate(choices) if one.text("code") == code), None)
        if place is None and change.flag("remove"):
            change.fault(f"there is no code “{code}” to remove", "code")
        elif place is None:
            choices.insert(_place_after(choices, change, "code", "code"), _without_places(change))
        elif change.flag("remove"):
            del choices[place]
        else:
            choices[place] = choices[place].changed_by(_without_places(change))
    return choices


def line_about(changes: Entries, reason: str) -> int:
    """The line of the change a reason is about: of the entry whose key it names, else of the file's beginning."""
    for entry in (entry for part in ("fields", "sections") for entry in changes.get(part) or ()):
        if isinstance(entry, Entries) and f"“{entry.get('key')}”" in reason:
            return entry.line
    return changes.line


def _place_after(entries: Sequence[Entries], new: Entries, kind: str, name: str = "key") -> int:
    """Where a new entry goes: behind the one it names, else last."""
    if "after" not in new:
        return len(entries)
    place = _position(entries, new.text("after"), name)
    if place is None:
        new.fault(f"there is no {kind} “{new.text('after')}”", "after")
    return place + 1


def _position(entries: Sequence[Entries], key: str, name: str = "key") -> int | None:
    return next((at for at, one in enumerate(entries) if one.get(name) == key), None)


def _without_places(entry: Entries) -> Entries:
    copy = entry.changed_by(Entries(entry.file, entry.line))
    for name in PLACES:
        copy.pop(name, None)
    return copy


def _with_list(entry: Entries, key: str, values: list[Entries]) -> Entries:
    inner = Entries(entry.file, entry.line)
    inner[key] = values
    return entry.changed_by(inner)


def with_blocks(entries: list[Entries], blocks: Mapping[str, list[Entries]]) -> list[Entries]:
    """The fields with every `block: name` replaced by the block's fields, in tables too."""
    fields: list[Entries] = []
    for entry in entries:
        if "block" not in entry:
            fields.append(_with_column_blocks(entry, blocks))
            continue
        entry.only("block", "with")
        name = entry.text("block")
        if name not in blocks:
            entry.fault(f"there is no block “{name}”", "block")
        changes = entry.mapping("with") if "with" in entry else Entries(entry.file, entry.line)
        changes.only(*(field.text("key") for field in blocks[name]))
        for field in blocks[name]:
            key = field.text("key")
            changed = field.changed_by(changes.mapping(key)) if key in changes else field
            fields.append(_with_column_blocks(changed, blocks))
    return fields


def _with_column_blocks(entry: Entries, blocks: Mapping[str, list[Entries]]) -> Entries:
    if "columns" not in entry:
        return entry
    columns = Entries(entry.file, entry.line)
    columns["columns"] = with_blocks(entry.mappings("columns"), blocks)
    return entry.changed_by(columns)
