"""Bring OHIF's prebuilt files into `mdtapp/viewer/ohif/`, fit to be served below `/viewer/`.

The npm package holds a build made for the root of a site, with a service worker, demo servers and a
guided tour. Only the files the viewer needs are taken out of the pinned package, whose hash is checked
first; the places that name an address are changed. Every change says how often its text must occur and
where: a package that differs is refused as a whole. Nothing is written when everything is in place.

    python tools/ohif.py                     fetch with npm (its cache and its configured registry), then write
    python tools/ohif.py --tarball FILE      the same from a package that lies here
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "mdtapp" / "viewer" / "ohif"
ARRAYS = Path(__file__).with_name("ohif_ndarray.js")

PACKAGE = "@ohif/app"
VERSION = "3.12.10"
INTEGRITY = "sha512-0kuF66Mq9c9dMD++bUsTjMrJpXJwaZhz9B4uS244DawAjSkTwIYFU93pxPuRUQixaRi7QAHlF3Fe1qudBlZrmA=="

ADDRESS = "/viewer/files/"  # where the view serves them, followed by the name of the release

HASH = r"[0-9a-f]{20}"
KEPT = (
    rf"(?:app|compute|histogram-worker|interpolation|polySeg|\d+)\.bundle\.{HASH}\.js",
    r"(?:app\.bundle|\d+)\.css",
    rf"{HASH}\.(?:wasm|woff2)",
    r"assets/images/[\w-]+\.png",
    r"dicom-microscopy-viewer/\w+(?:\.worker)?(?:\.min)?\.(?:js|wasm)",
)
# What a build for the root of a public site brings besides: its page, its service worker, its sign-in by
# another server, its icons, its demo servers, the models of a segmentation that loads them from elsewhere.
LEFT_OUT = (
    r".*\.map",
    r"ort/.*",
    r"index\.html|app-config\.js|google\.js|sw\.js|init-service-worker\.js",
    r"oidc-client\.min\.js|silent-refresh\.html|es6-shim\.min\.js|polyfill\.min\.js",
    r"_headers|_redirects|serve\.json|manifest\.json|ohif-logo(?:-light)?\.svg",
    r"assets/[^/]+",
)
PRESSED = {".js", ".css", ".wasm"}  # sent compressed
LICENCE = "LICENSE"


class DoesNotFit(Exception):
    """The package is not the one these changes were made for; the message says where it differs."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Replaces `old` by `new`, which must occur so often in each of the files and nowhere else.

    `where` names files without the hash in their name: `app.bundle.js` is `app.bundle.<20 hex>.js`.
    `{base}` in `new` becomes the address of the folder the files are served from.
    """

    what: str
    old: str
    new: str
    where: Mapping[str, int]


PATCHES = (
    Patch(
        "the folder every script loads its parts from",
        '__webpack_require__.p = "/";',
        '__webpack_require__.p = "{base}";',
        {
            "app.bundle.js": 1,
            "1927.bundle.js": 1,
            "6376.bundle.js": 1,
            "compute.bundle.js": 1,
            "histogram-worker.bundle.js": 1,
            "interpolation.bundle.js": 1,
            "polySeg.bundle.js": 1,
        },
    ),
    Patch("fonts of the style sheet", "url(/", "url({base}", {"app.bundle.css": 5}),
    Patch(
        "the viewer of slides",
        "browserImportFunction('/dicom-microscopy-viewer/",
        "browserImportFunction('{base}dicom-microscopy-viewer/",
        {"app.bundle.js": 1},
    ),
    # Two levels of a slide may not round to the same zoom; a thumbnail beside a level of its size is left out.
    Patch(
        "thumbnails among the levels of a slide",
        "pyramidBaseMetadata.TotalPixelMatrixColumns / img.TotalPixelMatrixColumns === "
        "pyramidBaseMetadata.TotalPixelMatrixColumns / image.TotalPixelMatrixColumns",
        "Math.round(pyramidBaseMetadata.TotalPixelMatrixColumns / img.TotalPixelMatrixColumns) === "
        "Math.round(pyramidBaseMetadata.TotalPixelMatrixColumns / image.TotalPixelMatrixColumns)",
        {"dicom-microscopy-viewer/dicomMicroscopyViewer.min.js": 1},
    ),
    # A link to a finding names series and instance; `initialFrame` is the frame of that instance, from 1.
    Patch(
        "the frame a link opens at",
        "return index === -1 ? undefined : {\n    index\n  };",
        "const frame = Number((0,utils/* getSplitParam */.yv)('initialframe')?.[0] || 1) - 1;\n"
        "  return index === -1 ? undefined : {\n    index: index + (frame > 0 ? frame : 0)\n  };",
        {"app.bundle.js": 1},
    ),
    Patch(
        "code made from text, for arrays of segmentations",
        "function compileConstructor(dtype, dimension) {\n",
        ARRAYS.read_text("utf-8") + "\nfunction compileConstructorFromText(dtype, dimension) {\n",
        {
            "app.bundle.js": 1,
            "6347.bundle.js": 1,
            "dicom-microscopy-viewer/dicomMicroscopyViewer.min.js": 1,
        },
    ),
    # A length on a picture without spacing is shown in px and would be saved as mm.
    Patch(
        "the unit of a saved length",
        "const args = toolClass.getTID300RepresentationArguments(tool, is3DMeasurement);\n"
        "    args.ReferencedSOPSequence = ReferencedSOPSequence;\n",
        "const args = toolClass.getTID300RepresentationArguments(tool, is3DMeasurement);\n"
        "    args.unit ??= tool.data?.cachedStats?.[`imageId:${tool.metadata?.referencedImageId}`]?.unit;\n"
        "    args.ReferencedSOPSequence = ReferencedSOPSequence;\n",
        {"6347.bundle.js": 1},
    ),
    # 4:2:2 holds two bytes a pixel; the package takes the lengths of 4:2:0 and 4:2:2 for one another.
    Patch(
        "uncompressed 4:2:2 colour",
        "    if (photometricInterpretation.endsWith('420')) {",
        "    if (photometricInterpretation.endsWith('422')) {",
        {"app.bundle.js": 1},
    ),
    Patch(
        "uncompressed 4:2:0 colour",
        "    else if (photometricInterpretation.endsWith('422')) {",
        "    else if (photometricInterpretation.endsWith('420')) {",
        {"app.bundle.js": 1},
    ),
    # A part that runs after its script has ended asks for the address of its file, which only Node knows: now and
    # then the whole viewer stayed blank.
    Patch(
        "the name of a file that is none",
        "return  true&&(e=e||__filename),function",
        "return  function",
        {"7431.bundle.js": 2},
    ),
    # Ultrasound and nuclear medicine of before 1999 has SOP classes of its own (PS3.6 A, retired).
    Patch(
        "images of retired kinds",
        "[sopClassDictionary.ComputedRadiographyImageStorage, ",
        "['1.2.840.10008.5.1.4.1.1.3', '1.2.840.10008.5.1.4.1.1.5', '1.2.840.10008.5.1.4.1.1.6', "
        "sopClassDictionary.ComputedRadiographyImageStorage, ",
        {"app.bundle.js": 1, "2851.bundle.js": 1},
    ),
    # One study whose series name no modality took all the case's other studies off the list.
    Patch(
        "studies without a modality",
        "for (let i = 0; i < ModalitiesInStudy.Value.length; i++) {",
        "for (let i = 0; i < (ModalitiesInStudy.Value?.length ?? 0); i++) {",
        {"app.bundle.js": 1},
    ),
    # Studies stand newest first; one without a date, which is not a number, left the order to chance.
    Patch(
        "undated studies last",
        "    const dateA = Date.parse(a);\n    const dateB = Date.parse(b);\n",
        "    const dateA = Date.parse(a) || 0;\n    const dateB = Date.parse(b) || 0;\n",
        {"app.bundle.js": 1},
    ),
    # Two studies side by side: a link has to be able to name this stage, else four panes open, two of them empty.
    Patch(
        "the stage of two studies side by side",
        "    name: '2x1',\n",
        "    id: '2x1',\n    name: '2x1',\n",
        {"2851.bundle.js": 2},
    ),
    # Only the year of birth is served; as a date it stands on 1 January, which nobody should read as a birthday.
    Patch(
        "the birth date beside the name",
        "PatientDOB: formatDate(instance.PatientBirthDate) || null",
        "PatientDOB: formatDate(instance.PatientBirthDate, 'YYYY') || null",
        {"2851.bundle.js": 1},
    ),
    # Screens show 8 bits a colour. Colour of 16 or 32 bits was cut off at 255, so that all but the darkest was white.
    Patch(
        "colour of more than 8 bits",
        "                if (isColorConversionRequired(imageFrame)) {",
        "                if (imageFrame.bitsStored > 8 && imageFrame.photometricInterpretation !== 'PALETTE COLOR') {\n"
        "                    const step = 2 ** (imageFrame.bitsStored - 8);\n"
        "                    imageFrame.pixelData = Uint8Array.from(imageFrame.pixelData, (value) => value / step);\n"
        "                    imageFrame.pixelDataLength = imageFrame.pixelData.length;\n"
        "                }\n"
        "                if (isColorConversionRequired(imageFrame)) {",
        {"app.bundle.js": 1},
    ),
    Patch("a tool box on another site", "https://cdn.jsdelivr.net/npm/", "{base}", {"2516.bundle.js": 1}),
    Patch(
        "segmentation models on another site",
        "https://huggingface.co/",
        "{base}",
        {"3081.bundle.js": 2, "7431.bundle.js": 4},
    ),
    Patch(
        "reports of faults to another site",
        "window.open('https://github.com/OHIF/Viewers/issues/new?template=bug-report.yml', '_blank')",
        "window.location.reload()",
        {"app.bundle.js": 1},
    ),
    Patch("the words on that button", '"Report Issue"', '"Reload"', {"app.bundle.js": 1}),
)
SCRIPT, STYLE = "app.bundle.js", "app.bundle.css"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tarball", type=Path, help="a package already fetched")
    parser.add_argument("--target", type=Path, default=TARGET)
    chosen = parser.parse_args(arguments)
    if is_complete(chosen.target):
        print("Viewer files: up to date.")
        return 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            tarball: Path = chosen.tarball or fetch(Path(folder))
            check_integrity(tarball.read_bytes())
            written = write(patched(read_package(tarball)), chosen.target)
    except DoesNotFit as difference:
        print(f"{PACKAGE}@{VERSION}: {difference}", file=sys.stderr)
        return 1
    print(f"Viewer files: {written} written.")
    return 0


def release() -> str:
    """The folder's name in addresses: another one whenever the package or what we change in it is another."""
    made_from = repr((PACKAGE, VERSION, INTEGRITY, ADDRESS, KEPT, PATCHES))
    return f"{VERSION}-{hashlib.sha256(made_from.encode()).hexdigest()[:8]}"


def fetch(folder: Path) -> Path:
    """The package as npm brings it, from its cache where it can; no script of it runs."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--prefer-offline"]
    command += ["--loglevel=error", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    found = list(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        raise DoesNotFit(f"npm could not bring the package.\n{done.stderr.strip()}")
    return found[0]


def check_integrity(content: bytes) -> None:
    """The pinned hash, in npm's own writing (Subresource Integrity)."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != INTEGRITY:
        raise DoesNotFit(f"the package has the hash {found}, not the pinned {INTEGRITY}.")


def read_package(tarball: Path) -> dict[str, bytes]:
    """The files of the build that are kept, by their path in it, and the licence."""
    found: dict[str, bytes] = {}
    unknown = []
    with tarfile.open(tarball, "r:gz") as archive:
        for member in archive:
            name = member.name.removeprefix("package/dist/")
            if member.name == f"package/{LICENCE}":
                name = LICENCE
            elif name == member.name or not member.isfile() or matches(name, LEFT_OUT):
                continue
            elif not matches(name, KEPT):
                unknown.append(name)
                continue
            stream = archive.extractfile(member)
            assert stream is not None
            found[name] = stream.read()
    if unknown:
        raise DoesNotFit(f"nobody decided about these files: {', '.join(sorted(unknown)[:10])}.")
    return found


def matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def without_hash(name: str) -> str:
    return re.sub(rf"\.{HASH}(?=\.js$)", "", name)


def patched(files: Mapping[str, bytes], patches: Sequence[Patch] = PATCHES) -> dict[str, bytes]:
    """The files with every change made; DoesNotFit names each one that does not fit exactly."""
    by_name = {without_hash(name): name for name in files}
    changed = dict(files)
    faults = [f"{name} is missing" for name in (SCRIPT, STYLE, LICENCE) if name not in by_name]
    for patch in patches:
        old, new = patch.old.encode(), patch.new.replace("{base}", f"{ADDRESS}{release()}/").encode()
        counts = {without_hash(name): content.count(old) for name, content in files.items()}
        met = {name: count for name, count in counts.items() if count}
        if met != dict(patch.where):
            faults.append(f"{patch.what}: expected {dict(patch.where)}, found {met}")
            continue
        for name in patch.where:
            changed[by_name[name]] = changed[by_name[name]].replace(old, new)
    if faults:
        raise DoesNotFit("the changes do not fit. " + "; ".join(faults) + ".")
    return {name: without_source_map(name, content) for name, content in changed.items()}


def without_source_map(name: str, content: bytes) -> bytes:
    """Without the line that names a map we do not serve."""
    if not name.endswith((".js", ".css")):
        return content
    return re.sub(rb"\n?(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+\s*\*/)\s*$", b"\n", content)


def write(files: Mapping[str, bytes], target: Path) -> int:
    """Puts the files and their compressed copies in place, removes others, and writes the list of them last."""
    manifest = target / "manifest.json"
    manifest.unlink(missing_ok=True)
    listed = {name: entry(content) for name, content in sorted(files.items())}
    for name, content in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
        if Path(name).suffix in PRESSED:
            pressed = gzip.compress(content, 6, mtime=0)
            (target / f"{name}.gz").write_bytes(pressed)
            listed[f"{name}.gz"] = entry(pressed)
    for path in target.rglob("*"):
        if path.is_file() and path.relative_to(target).as_posix() not in listed:
            path.unlink()
    names = {without_hash(name): name for name in files}
    shown = {"release": release(), "script": names[SCRIPT], "style": names[STYLE], "files": listed}
    manifest.write_text(json.dumps(shown, indent=1) + "\n", "utf-8")
    return len(listed)


def entry(content: bytes) -> dict[str, str | int]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def is_complete(target: Path) -> bool:
    """Whether the target holds this release with every file in its length."""
    try:
        manifest = json.loads((target / "manifest.json").read_text("utf-8"))
        return manifest["release"] == release() and all(
            (target / name).stat().st_size == listed["size"] for name, listed in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


if __name__ == "__main__":
    sys.exit(main())
