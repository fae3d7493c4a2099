"""Brings the page texts' Chinese catalogue up to date: extract, merge, compile.

    python tools/translations.py            write messages.po and messages.mo
    python tools/translations.py --missing  list what has no translation yet; status 1 when anything has none

Clinical labels are not here: they stand in the discipline files, both languages side by side.
"""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
FOLDER = ROOT / "mdtapp" / "translations" / LOCALE / "LC_MESSAGES"
SOURCE, COMPILED = FOLDER / "messages.po", FOLDER / "messages.mo"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
    "lazy_ngettext": (1, 2),
}
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = """# Chinese texts of the pages. Written by `make translations`; translate the empty ones here.
#"""


def extracted() -> Catalog:
    """Every text the code and the templates ask to be translated."""
    catalog = Catalog()
    found = extract_from_dir(ROOT / "mdtapp", method_map=METHODS, keywords=KEYWORDS, strip_comment_tags=True)
    for _file, _line, message, _comments, context in found:
        catalog.add(message, None, context=context)
    return catalog


def merged() -> Catalog:
    """The committed translations for today's texts; a new text comes without one."""
    catalog = Catalog(locale=LOCALE, header_comment=HEADER, fuzzy=False)
    known = committed()
    for message in extracted():
        if not message.id:
            continue
        old = known.get(message.id, message.context)
        catalog.add(message.id, old.string if old else None, context=message.context)
    return catalog


def committed() -> Catalog:
    if not SOURCE.exists():
        return Catalog(locale=LOCALE)
    with SOURCE.open("rb") as file:
        return read_po(file, locale=LOCALE)


def missing(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    return [_key(message) for message in catalog if message.id and not _is_translated(message)]


def as_source(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(
        out, catalog, width=110, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True
    )
    # Dates and tool versions would change the file without changing a text.
    kept = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")
    lines = out.getvalue().decode().splitlines(keepends=True)
    end = next(number for number, line in enumerate(lines) if line == "\n")
    header = [line for line in lines[:end] if not line.startswith('"') or line[1:].split(":")[0] in kept]
    return "".join([*header, *lines[end:]]).encode()


def as_compiled(source: bytes) -> bytes:
    out = io.BytesIO()
    catalog = read_po(io.BytesIO(source), locale=LOCALE)
    catalog.creation_date = catalog.revision_date = NO_DATE  # else Babel writes the present minute
    write_mo(out, catalog)
    return out.getvalue()


def _is_translated(message: Message) -> bool:
    texts = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(texts)


def _key(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, (tuple, list)) else message.id)


def main() -> int:
    arguments = argparse.ArgumentParser(description="Bring the Chinese catalogue up to date.")
    arguments.add_argument("--missing", action="store_true", help="only list texts without a translation")
    catalog = merged()
    untranslated = missing(catalog)
    if arguments.parse_args().missing:
        print("\n".join(untranslated))
        return 1 if untranslated else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = as_source(catalog)
    SOURCE.write_bytes(source)
    COMPILED.write_bytes(as_compiled(source))
    print(f"{len(catalog)} texts, {len(untranslated)} without a translation.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
