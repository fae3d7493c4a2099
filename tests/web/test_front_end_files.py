"""Front-end packages: locked without addresses, copied without leftovers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tools import sync_assets

ROOT = Path(sync_assets.__file__).parents[1]
ICON = '<svg viewBox="0 0 24 24">\n  <path stroke="none" d="M0 0h24v24H0z" />\n  <path\n    d="M9 12l2 2" />\n</svg>'


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A node_modules of one small file each."""
    files = {
        "@tabler/core/dist/css/tabler.min.css": '@charset "UTF-8";a{b:c}\n/*# sourceMappingURL=tabler.min.css.map */',
        "htmx.org/dist/htmx.min.js": "var htmx;\n//# sourceMappingURL=htmx.min.js.map",
        "htmx.org/LICENSE": "0BSD",
        "openseadragon/build/openseadragon/openseadragon.min.js": "var OpenSeadragon;\n//# sourceMappingURL=o.map",
        "openseadragon/LICENSE.txt": "BSD-3-Clause",
        "@tabler/icons/LICENSE": "MIT",
        "@tabler/icons/icons/outline/check.svg": ICON,
        f"{sync_assets.INTER}/wght.css": "@font-face{}",
        f"{sync_assets.INTER}/LICENSE": "OFL",
        f"{sync_assets.INTER}/files/inter-latin-wght-normal.woff2": "font",
        f"{sync_assets.INTER}/files/inter-latin-wght-italic.woff2": "not loaded",
        f"{sync_assets.NOTO_SANS_SC}/index.css": "@font-face{}",
        f"{sync_assets.NOTO_SANS_SC}/LICENSE": "OFL",
        f"{sync_assets.NOTO_SANS_SC}/files/noto-sans-sc-4-wght-normal.woff2": "font",
    }
    for name, content in files.items():
        path = tmp_path / "node_modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path / "node_modules"


def test_copies_what_pages_load_and_says_what_it_is(modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    assert sync_assets.sync_vendor(modules, target) > 0
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert set(manifest) == files - {"manifest.json"}
    assert "inter/files/inter-latin-wght-italic.woff2" not in files
    for name, expected in manifest.items():
        assert hashlib.sha256((target / name).read_bytes()).hexdigest() == expected
    assert (target / "tabler.css").read_text("utf-8") == '@charset "UTF-8";@layer tabler{a{b:c}\n}\n'
    assert (target / "htmx.js").read_text("utf-8") == "var htmx;"
    assert (target / "openseadragon.js").read_text("utf-8") == "var OpenSeadragon;"


def test_second_run_writes_nothing_and_leftovers_go(modules: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    sync_assets.sync_vendor(modules, target)
    assert sync_assets.sync_vendor(modules, target) == 0
    (target / "old.js").write_text("left over")
    assert sync_assets.sync_vendor(modules, target) == 1
    assert not (target / "old.js").exists()


def test_an_icon_becomes_a_symbol(modules: Path) -> None:
    path = modules / "@tabler/icons/icons/outline/check.svg"
    assert (
        sync_assets.symbol(path, "check")
        == '<symbol id="check" viewBox="0 0 24 24"><path d="M9 12l2 2" /></symbol>'
    )


def test_committed_icons_are_the_named_ones() -> None:
    sprite = (ROOT / "mdtapp/static/icons.svg").read_text("utf-8")
    names = sync_assets.ICONS.read_text("utf-8").split()
    assert names == sorted(set(names))
    assert all(f'<symbol id="{name}"' in sprite for name in names)
    assert sprite.count("<symbol") == len(names)


def test_lock_file_has_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_wanted_versions_are_exact() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert [version for version in versions if not version[0].isdigit()] == []
