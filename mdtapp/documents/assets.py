"""Our own fonts, icons and styles by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

FONTS = ("MDTSansSC-Regular.ttf", "MDTSansSC-Bold.ttf")
ICONS = ("confirmed", "changed", "added", "needed", "urgent", "question", "mark")


@cache
def own_assets() -> dict[str, tuple[bytes, str]]:
    """`{address: (content, media type)}` of the fonts and icons, read once per process."""
    folder = files("mdtapp.documents")
    fonts = {f"asset:{name}": ((folder / "fonts" / name).read_bytes(), "font/ttf") for name in FONTS}
    icons = {
        f"asset:{name}.svg": ((folder / "icons" / f"{name}.svg").read_bytes(), "image/svg+xml")
        for name in ICONS
    }
    return fonts | icons


def stylesheet() -> str:
    return (files("mdtapp") / "templates" / "documents" / "opinion.css").read_text(encoding="utf-8")
