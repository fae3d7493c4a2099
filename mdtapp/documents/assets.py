"""Our own fonts, icons and styles by name, and a fetcher that serves these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from weasyprint.urls import URLFetcher, URLFetcherResponse

FONTS = ("MDTSansSC-Regular.ttf", "MDTSansSC-Bold.ttf")
ICONS = ("confirmed", "changed", "added", "needed", "urgent", "question", "mark")


class RefusedAddress(ValueError):
    """A document asked for something that is not one of its own assets."""


class OwnAssets(URLFetcher):
    """Answers `asset:NAME` from memory; every other address, whatever its scheme, is refused and noted."""

    def __init__(self, assets: Mapping[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.assets = assets
        self.refused: list[str] = []

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """The asset of that name. `headers` belongs to the signature and is of no use here."""
        asset = self.assets.get(url)
        if asset is None:
            self.refused.append(url)
            raise RefusedAddress(f"not an asset of the document: {url[:80]}")
        content, media_type = asset
        return URLFetcherResponse(url, content, {"Content-Type": media_type})


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
