"""The document of a version: stored bytes once released, rendered from the frozen text before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mdtapp.cases.identity import unseal
from mdtapp.clinical.bitext import Bitext, Language
from mdtapp.documents.renderer import Renderer
from mdtapp.errors import InvalidTransition
from mdtapp.opinions.freezing import freeze, identity_digest
from mdtapp.opinions.models import Opinion, OpinionVersion
from mdtapp.opinions.signing import House, frozen_of, signatures_of
from mdtapp.opinions.status import OpinionStatus
from mdtapp.store.objects import ObjectStore

DRAFT = Bitext("DRAFT – not for use", "草稿，不作诊疗依据")
UNSIGNED = Bitext("NOT SIGNED YET", "尚未签署")
UNRELEASED = Bitext("SIGNED, NOT RELEASED YET", "已签署，尚未发布")
OTHER_PERSON = Bitext(
    "The patient's identity was changed after this text was frozen, so no document names it. "
    "Seal the identity as it was, or have the text sent back and frozen again.",
    "文本定稿后患者身份信息已被修改，不能据此生成文件。请恢复原身份信息，或退回文本后重新定稿。",
)


@dataclass(frozen=True, slots=True)
class Press:
    """What making a document needs: the renderer, where bytes are kept, the identity key, the verify address."""

    renderer: Renderer
    store: ObjectStore
    identity_key: str
    base_url: str

    def document_of(self, version: OpinionVersion, lang: Language = "en") -> bytes:
        """The released bytes; before release the frozen text, marked as not signed or not released."""
        released = version.pdf_zh_sha256 if lang == "zh" else version.pdf_sha256
        return self.store.read(released) if released else self.unreleased(version, lang)

    def final(self, version: OpinionVersion, lang: Language = "en") -> bytes:
        """With signatures and the patient's name, as it is released."""
        return self.renderer.render_opinion(
            self._named(version),
            signatures=signatures_of(version),
            pictures=self._pictures(frozen_of(version)),
            lang=lang,
            watermark=None,
            code=version.verify_code,
            verify_url=f"{self.base_url}/verify?code={version.verify_code}",
        )

    def unreleased(self, version: OpinionVersion, lang: Language = "en") -> bytes:
        """The frozen text with whatever signatures there are, watermarked, under the pseudonym."""
        signed = version.opinion.status == OpinionStatus.SIGNED
        frozen = frozen_of(version)
        return self.renderer.render_opinion(
            frozen,
            signatures=signatures_of(version),
            pictures=self._pictures(frozen),
            lang=lang,
            watermark=UNRELEASED if signed else UNSIGNED,
            code=None,
        )

    def draft(self, opinion: Opinion, house: House, lang: Language = "en") -> bytes:
        """The chair's text as it stands now, watermarked, under the pseudonym."""
        frozen = freeze(
            opinion,
            version=len(opinion.versions) + 1,
            on=house.today,
            hospital=house.hospital,
            identity=None,
            key=house.identity_key,
        )
        pictures = self._pictures(frozen)
        return self.renderer.render_opinion(
            frozen, signatures=[], pictures=pictures, lang=lang, watermark=DRAFT, code=None
        )

    def _pictures(self, frozen: Mapping[str, Any]) -> dict[str, bytes]:
        """The key images the frozen text names, by hash."""
        return {row["picture"]: self.store.read(row["picture"]) for row in frozen.get("key_images") or []}

    def _named(self, version: OpinionVersion) -> Mapping[str, Any]:
        """The frozen text with the patient's name from the sealed identity, as a signed medical document must.

        The name printed is the one the panel signed for: another identity than the frozen one is refused.
        """
        frozen = frozen_of(version)
        sealed = version.opinion.case.patient.identity
        identity = unseal(sealed.sealed, self.identity_key) if sealed else None
        digest = identity_digest(identity, self.identity_key) if identity else None
        if digest != frozen["patient"]["identity_digest"]:
            raise InvalidTransition(OTHER_PERSON)
        return frozen | {"patient": frozen["patient"] | {"name": identity.get("name") if identity else None}}
