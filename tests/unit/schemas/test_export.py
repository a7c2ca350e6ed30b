import json
from pathlib import Path

from schemas.envelope import STREAM_RECORD
from schemas.events import VIEWER_EVENT
from schemas.export import document, text

COMMITTED = Path(__file__).parents[3] / "docs" / "events.schema.json"
TYPES = {
    *("play", "progress", "pause", "complete", "abandon", "rate", "rate_remove"),
    *("list_add", "list_remove", "impression", "click", "dismiss", "search"),
    "playback_quality",
}


def references(part):
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        yield from part.get("discriminator", {}).get("mapping", {}).values()
        part = list(part.values())
    if isinstance(part, list):
        yield from (found for value in part for found in references(value))


def test_the_committed_schema_is_current():
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "write it anew: PYTHONPATH=lambda_src python -m schemas.export docs/events.schema.json"
    )


def test_it_holds_every_type_and_no_other():
    assert set(document()["$defs"]["ViewerEvent"]["discriminator"]["mapping"]) == TYPES


def test_every_version_that_is_read_is_described():
    versions = {
        shape["properties"]["schema"]["const"]
        for shape in document()["$defs"].values()
        if "schema" in shape.get("properties", {})
    }
    assert versions == {1, 2}
    assert {"Envelope", "EnvelopeV1"} <= set(json.dumps(STREAM_RECORD.json_schema()).split('"'))


def test_every_reference_leads_somewhere():
    shapes = document()["$defs"]
    for reference in references(document()):
        assert reference.removeprefix("#/$defs/") in shapes
    assert set(VIEWER_EVENT.json_schema()["$defs"]) <= set(shapes)
