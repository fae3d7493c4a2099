"""A fetcher that serves our own assets and nothing else. Only the rendering process needs it."""

from __future__ import annotations

from collections.abc import Mapping

from weasyprint.urls import URLFetcher, URLFetcherResponse


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
