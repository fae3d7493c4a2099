"""The limited child: `python -m mdtapp.imaging.child` answers one JSON line for each request line.

Requests: `{"do": …, "path": …}` with what the act needs besides: header, index, preview, key_picture,
decoded, bulk, measurements, measure, shrink, copy, give_back. Its limits are those of `mdtapp.imaging.serving`.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pydicom

from mdtapp.imaging import copying, instance_index, key_picture, measurements, preview, reader, retrieval
from mdtapp.imaging.copy_order import Copied, CopyOrder, KeptBack
from mdtapp.imaging.encapsulated_pdf import SourceStudy
from mdtapp.imaging.header import (
    DiscIndex,
    InstanceHeader,
    InstanceIndex,
    Measurements,
    Part,
    Picture,
    PictureSize,
    Refusal,
)
from mdtapp.imaging.serving import serve
from mdtapp.imaging.text import quiet

Answer = (
    InstanceHeader
    | InstanceIndex
    | DiscIndex
    | Measurements
    | Part
    | Picture
    | PictureSize
    | Copied
    | KeptBack
    | Refusal
)


def main() -> None:
    """Serves requests from standard input until it ends."""
    quiet()
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    serve(lambda request: as_json(answer(request)))


def answer(request: dict[str, Any]) -> Answer:
    """Does what the request says."""
    path = Path(request["path"])
    match request["do"]:
        case "header":
            return reader.read(path)
        case "index":
            return instance_index.make(path, request["address"])
        case "bulk":
            return retrieval.bulk(path, request["element"])
        case "decoded":
            return retrieval.decoded(path, int(request["frame"]))
        case "key_picture":
            return key_picture.draw(path, int(request["frame"]))
        case "measurements":
            return measurements.read(path)
        case "preview":
            window = request.get("window")
            edge = int(request.get("edge", preview.MAX_EDGE))
            return preview.render(path, int(request["frame"]), edge, tuple(window) if window else None)
        case "measure":
            return preview.measure(path)
        case "shrink":
            return preview.shrink(path)
        case "copy":
            return copying.make(path, CopyOrder.of(request["order"]), cleared=bool(request["cleared"]))
        case "give_back":
            return copying.give_back(path, SourceStudy.of(request["source"]))
    raise ValueError("unknown request")


def as_json(given: Answer) -> dict[str, Any]:
    """The answer as the parent reads it (`mdtapp.imaging.limited`)."""
    match given:
        case InstanceHeader():
            return {"header": given.as_json()}
        case InstanceIndex(text, table):
            return {"json": text, "frames": base64.b64encode(table).decode()}
        case Part(content):
            return {"part": base64.b64encode(content).decode()}
        case Measurements(rows):
            return {"measurements": [asdict(row) for row in rows]}
        case DiscIndex():
            return {"disc_index": True}
        case Picture(png):
            return {"png": base64.b64encode(png).decode()}
        case PictureSize(width, height, cut_short):
            return {"size": [width, height, cut_short]}
        case Copied():
            return {"copy": given.as_json()}
        case KeptBack(why):
            return {"held": str(why)}
        case Refusal(reason):
            return {"refused": reason.code}


if __name__ == "__main__":
    main()
