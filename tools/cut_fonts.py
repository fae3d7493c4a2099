"""Cut the two document fonts, "MDT Sans SC" Regular and Bold, out of two Noto variable fonts.

One family that holds everything an opinion is printed with: Latin, Greek, Cyrillic and Vietnamese
from Noto Sans, Chinese (the GB 2312 set and some rarer names) and symbols from Noto Sans SC. One
family means one font per line of mixed text, and no system font in the finished document.

    pip download --no-deps justmytype-intl-cjk==0.1.0 fontpkg-noto-sans==2.15
    python tools/cut_fonts.py justmytype_intl_cjk-*.whl fontpkg_noto_sans-*.whl mdtapp/documents/fonts

Both sources are under the SIL Open Font License; "Source" is a reserved name, so the result has its own.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import zipfile
from pathlib import Path

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.merge import Merger
from fontTools.merge import Options as MergeOptions
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FAMILY = "MDT Sans SC"
VERSION = "1.000"
WEIGHTS = {"Regular": 400, "Bold": 700}
HAN_MEMBER = "justmytype_intl_cjk/fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
LATIN_MEMBER = "fontpkg_noto_sans/files/NotoSans[wdth,wght].ttf"
COPYRIGHT = (
    "Copyright 2014-2021 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source'. "
    "Copyright 2022 The Noto Project Authors (https://github.com/notofonts/latin-greek-cyrillic)."
)
LICENCE = "This Font Software is licensed under the SIL Open Font License, Version 1.1."

# Seen in people's names and in drug names, and absent from GB 2312.
RARE_HAN = "喆堃珺玥昇祎翀昉赟旻頔珅晞嫄婳彧煜玙琤瑄甯祐劼栢濬垚犇淼镕堉翯袆鋆镥镧锿蒽胨喹嗪羟"
LATIN_RANGES = (
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x2B0, 0x36F),
    (0x370, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x20A0, 0x20C0),
)
LATIN_EXTRA = "≤≥≈≠∞√−×÷←↑→↓↔‐‑–—―‘’‚“”„†‡•…‰′″‹›⁄⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉™Ω℮\u200b\u200c\u200d\u200e\u200f\u2060"
HAN_RANGES = ((0x2460, 0x24FF), (0x2500, 0x257F), (0x25A0, 0x25FF), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x3000, 0x303F),
              (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x2150, 0x218F), (0x2100, 0x214F), (0x2600, 0x27BF))  # fmt: skip
# Drawn full-width in Chinese text and narrow elsewhere; which one is chosen by the language of the text.
TWO_WIDTHS = "‘’“”…—"


def gb2312() -> set[int]:
    """Every code point of the GB 2312 character set."""
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def latin_characters() -> set[int]:
    return {code for low, high in LATIN_RANGES for code in range(low, high + 1)} | set(map(ord, LATIN_EXTRA))


def han_characters() -> set[int]:
    ranges = {code for low, high in HAN_RANGES for code in range(low, high + 1)}
    return gb2312() | ranges | set(map(ord, RARE_HAN))


def member(wheel: Path, name: str) -> TTFont:
    with zipfile.ZipFile(wheel) as archive:
        return TTFont(io.BytesIO(archive.read(name)))


def cut(font: TTFont, characters: set[int], *, features: list[str], axes: dict[str, float]) -> TTFont:
    """The characters of a variable font at one point of its axes, as a static font without hints."""
    options = Options(layout_features=features, hinting=False, glyph_names=True, notdef_outline=True)
    options.drop_tables += ["vhea", "vmtx", "BASE", "STAT", "MVAR", "HVAR", "avar"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return instantiateVariableFont(font, axes, inplace=True)


def latin_part(wheel: Path, weight: int) -> TTFont:
    return cut(
        member(wheel, LATIN_MEMBER),
        latin_characters(),
        features=["kern", "mark", "mkmk"],
        axes={"wght": weight, "wdth": 100},
    )


def han_part(wheel: Path, weight: int, taken: set[int]) -> TTFont:
    """The Chinese part. Of the two-width characters it keeps the glyphs, the Latin part has the code points."""
    wanted = (han_characters() - taken) | set(map(ord, TWO_WIDTHS))
    font = cut(member(wheel, HAN_MEMBER), wanted, features=[], axes={"wght": weight})
    for table in ("GSUB", "GPOS", "GDEF"):
        if table in font:
            del font[table]
    return font


def two_width_names(latin: TTFont, han: TTFont) -> list[tuple[str, str]]:
    """(narrow glyph, name the wide glyph has after merging) and take the wide ones out of the mapping."""
    narrow, wide = latin.getBestCmap(), han.getBestCmap()
    pairs = [(narrow[ord(character)], wide[ord(character)]) for character in TWO_WIDTHS]
    for table in han["cmap"].tables:
        table.cmap = {code: name for code, name in table.cmap.items() if chr(code) not in TWO_WIDTHS}
    taken = set(latin.getGlyphOrder())
    return [(here, f"{there}.1" if there in taken else there) for here, there in pairs]


def by_language(pairs: list[tuple[str, str]]) -> str:
    """OpenType rule: in Chinese text, whatever script surrounds it, the wide form."""
    scripts = ("DFLT", "hani", "latn")
    systems = "".join(f"languagesystem {script} dflt; languagesystem {script} ZHS;" for script in scripts)
    rules = " ".join(f"sub {narrow} by {wide};" for narrow, wide in pairs)
    uses = " ".join(f"script {script}; language ZHS; lookup wide;" for script in scripts)
    return f"{systems} lookup wide {{ {rules} }} wide; feature locl {{ {uses} }} locl;"


def rename(font: TTFont, style: str) -> None:
    """Our own names and both licences; nothing of the sources' names is left."""
    names = font["name"]
    names.names = []
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    texts = {0: COPYRIGHT, 1: FAMILY, 2: style, 3: f"{VERSION};{postscript}", 4: f"{FAMILY} {style}", 5: f"Version {VERSION}",
             6: postscript, 13: LICENCE, 14: "https://openfontlicense.org"}  # fmt: skip
    for identifier, text in texts.items():
        names.setName(text, identifier, 3, 1, 0x409)
    bold = style == "Bold"
    font["OS/2"].usWeightClass = WEIGHTS[style]
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0x61) | (0x20 if bold else 0x40)
    font["head"].macStyle = 1 if bold else 0


def build(han_wheel: Path, latin_wheel: Path, style: str, target: Path) -> None:
    latin = latin_part(latin_wheel, WEIGHTS[style])
    han = han_part(han_wheel, WEIGHTS[style], set(latin.getBestCmap()))
    pairs = two_width_names(latin, han)
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / "latin.ttf", Path(folder) / "han.ttf"]
        for font, part in zip((latin, han), parts, strict=True):
            font["post"].formatType = 2.0  # without names the wide glyphs could not be found again
            font["post"].extraNames, font["post"].mapping = [], {}
            font.save(part)
        merged = Merger(MergeOptions()).merge([str(part) for part in parts])
    addOpenTypeFeaturesFromString(merged, by_language(pairs), tables=["GSUB"])
    rename(merged, style)
    merged["post"].formatType = 3.0
    merged["head"].created = merged["head"].modified = 3_800_000_000
    merged.recalcTimestamp = False
    merged.save(target)
    print(f"{target}: {len(merged.getGlyphOrder())} glyphs, {target.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("han_wheel", type=Path)
    parser.add_argument("latin_wheel", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for style in WEIGHTS:
        target = arguments.folder / f"{FAMILY.replace(' ', '')}-{style}.ttf"
        build(arguments.han_wheel, arguments.latin_wheel, style, target)
    with zipfile.ZipFile(arguments.latin_wheel) as archive:
        text = archive.read("fontpkg_noto_sans/LICENSE").decode("utf-8")
    _first, rest = text.split("\n", 1)
    (arguments.folder / "OFL.txt").write_text(
        COPYRIGHT.replace(". Copyright", ".\nCopyright") + "\n" + rest, encoding="utf-8"
    )


if __name__ == "__main__":
    main()
