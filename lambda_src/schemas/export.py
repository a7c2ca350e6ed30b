"""The events' JSON Schema, from the models themselves, for clients and other readers.

``python -m schemas.export docs/events.schema.json`` (with ``lambda_src`` on the path) writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.envelope import Envelope, EnvelopeV1
from schemas.events import VIEWER_EVENT, sent_event
from schemas.interactions import EventBatch

_REF = "#/$defs/{model}"


def document() -> dict[str, Any]:
    """All shapes under ``$defs``: the request's, each event's, each version of the record's."""
    event = VIEWER_EVENT.json_schema(ref_template=_REF)
    shapes = event.pop("$defs") | {"ViewerEvent": event}
    _, others = models_json_schema(
        [(EventBatch, "validation"), (EnvelopeV1, "validation"), (Envelope, "validation")],
        ref_template=_REF,
    )
    shapes |= others["$defs"]
    item = sent_event(_REF.format(model="ViewerEvent"))
    shapes["EventBatch"]["properties"]["events"]["items"] = item
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Marquee's events",
        "description": "What clients send (EventBatch) and what is on the stream and in the lake.",
        "oneOf": [{"$ref": _REF.format(model=name)} for name in ("Envelope", "EnvelopeV1")],
        "$defs": dict(sorted(shapes.items())),
    }


def text() -> str:
    """The document as it is committed."""
    written = json.dumps(document(), indent=2, ensure_ascii=False)
    return written.replace("``", "`") + "\n"  # docstrings quote in their own way


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
