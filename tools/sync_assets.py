"""Copy the few front-end files the pages need out of node_modules.

`mdtapp/static/vendor/` (not in git) receives Tabler, htmx, OpenSeadragon and the two page fonts, with
`manifest.json` naming each file's SHA-256; `mdtapp/static/icons.svg` (in git, so that an
installation without npm has its icons) is rebuilt from the icons named in `icons.txt`.
Nothing is written when everything is already in place.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "mdtapp" / "static"
INTER = "@fontsource-variable/inter"
NOTO_SANS_SC = "@fontsource-variable/noto-sans-sc"

ICONS = Path(__file__).with_name("icons.txt")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--node-modules", type=Path, default=ROOT / "node_modules")
    modules: Path = arguments.parse_args().node_modules
    if not (modules / "@tabler/core").is_dir():
        print(f"{modules} has no packages: run 'npm ci --ignore-scripts' first.", file=sys.stderr)
        return 1
    changed = sync_vendor(modules, STATIC / "vendor")
    changed += write_if_changed(STATIC / "icons.svg", sprite(modules / "@tabler/icons").encode())
    print(f"Front-end files: {changed} written." if changed else "Front-end files: up to date.")
    return 0


def sync_vendor(modules: Path, target: Path) -> int:
    """Bring `target` to exactly the wanted files; returns how many were written or removed."""
    manifest: dict[str, str] = {}
    changed = 0
    for name, content in wanted(modules):
        manifest[name] = hashlib.sha256(content).hexdigest()
        changed += write_if_changed(target / name, content)
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_file() and name not in manifest and name != "manifest.json":
            path.unlink()
            changed += 1
    text = json.dumps(dict(sorted(manifest.items())), indent=1) + "\n"
    return changed + write_if_changed(target / "manifest.json", text.encode())


def wanted(modules: Path) -> Iterator[tuple[str, bytes]]:
    """Every (name below static/vendor, content) the pages load, licences beside them."""
    yield "tabler.css", layered((modules / "@tabler/core/dist/css/tabler.min.css").read_text("utf-8"))
    yield "htmx.js", without_source_map((modules / "htmx.org/dist/htmx.min.js").read_text("utf-8"))
    seadragon = modules / "openseadragon/build/openseadragon/openseadragon.min.js"
    yield "openseadragon.js", without_source_map(seadragon.read_text("utf-8"))
    yield "inter/inter.css", (modules / INTER / "wght.css").read_bytes()
    yield "noto-sans-sc/noto-sans-sc.css", (modules / NOTO_SANS_SC / "index.css").read_bytes()
    yield from fonts(modules / INTER, "inter", "*-wght-normal.woff2")
    yield from fonts(modules / NOTO_SANS_SC, "noto-sans-sc", "*-wght-normal.woff2")
    yield "licences/htmx.txt", (modules / "htmx.org/LICENSE").read_bytes()
    yield "licences/openseadragon.txt", (modules / "openseadragon/LICENSE.txt").read_bytes()
    yield "licences/tabler-icons.txt", (modules / "@tabler/icons/LICENSE").read_bytes()


def fonts(package: Path, folder: str, pattern: str) -> Iterator[tuple[str, bytes]]:
    yield f"licences/{folder}.txt", (package / "LICENSE").read_bytes()
    for path in sorted((package / "files").glob(pattern)):
        yield f"{folder}/files/{path.name}", path.read_bytes()


def layered(css: str) -> bytes:
    """Tabler inside a cascade layer, so that every rule of app.css wins without a fight."""
    css = css.removeprefix('@charset "UTF-8";')
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    return f'@charset "UTF-8";@layer tabler{{{css}}}\n'.encode()


def without_source_map(script: str) -> bytes:
    return re.sub(r"\n?//# sourceMappingURL=.*", "", script).encode()


def sprite(package: Path) -> str:
    """One SVG of symbols, `<use href="icons.svg#circle-check">`; strokes follow the text colour."""
    symbols = [
        symbol(package / "icons/outline" / f"{name}.svg", name)
        for name in sorted(set(ICONS.read_text("utf-8").split()))
    ]
    head = "<!-- Tabler Icons, MIT licence, Copyright (c) 2020-2026 Paweł Kuna -->"
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{head}\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(path: Path, name: str) -> str:
    shapes = re.findall(
        r"<(?:path|circle|rect|line|polyline|ellipse|polygon)\b[^>]*/>", path.read_text("utf-8")
    )
    kept = [re.sub(r"\s+", " ", shape) for shape in shapes if 'stroke="none"' not in shape]
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(kept)}</symbol>'


def write_if_changed(path: Path, content: bytes) -> int:
    """1 when the file was written, 0 when it already held `content`."""
    if path.is_file() and path.read_bytes() == content:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return 1


if __name__ == "__main__":
    sys.exit(main())
