"""The loop: what a viewer does counts in the very next recommendations."""

from __future__ import annotations

import json
import time
import uuid

import pytest

WITHIN_SECONDS = 3.0


def an_event(kind: str, title_id: str, **more) -> dict:
    return {"event_id": uuid.uuid4().hex, "type": kind, "title_id": title_id, **more}


def ids(answer: dict) -> list[str]:
    return [item["title_id"] for item in answer["items"]]


def eventually(check, *, seconds: float = WITHIN_SECONDS):
    """The first true value of ``check``, or its last value when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


@pytest.fixture
def fan(running) -> str:
    """The profile of the demo viewer with the history of a crime fan."""
    return f"/v1/profiles/{running.accounts[0]['profile_id']}"


def test_recommendations_fit_the_taste_and_say_why(api, fan, running):
    genre = running.accounts[0]["label"].removesuffix("-fan")
    items = api.get(f"{fan}/recommendations", limit=10)["items"]
    fitting = [item for item in items if genre in {name.lower() for name in item["genres"]}]
    assert len(fitting) >= 6
    assert all(item["reason"]["text"] for item in items)


def test_no_rated_title_is_recommended(api, fan):
    rated = {row["title_id"] for row in api.get(f"{fan}/export")["viewing"]}
    assert rated
    assert rated.isdisjoint(ids(api.get(f"{fan}/recommendations", limit=100)))


def test_a_completed_title_changes_the_next_recommendations(api, fan):
    before = api.get(f"{fan}/recommendations", limit=10)
    watched = ids(before)[0]
    api.post(f"{fan}/events", {"events": [an_event("complete", watched)]})
    after = eventually(
        lambda: (
            answer
            if watched not in ids(answer := api.get(f"{fan}/recommendations", limit=10))
            else None
        )
    )
    assert after, f"{watched} is still recommended after {WITHIN_SECONDS} s"
    assert ids(after) != ids(before)


def test_a_new_viewer_is_served_popular_titles_then_personal_ones(api, profile):
    path = f"/v1/profiles/{profile}"
    cold = api.get(f"{path}/recommendations", limit=10)
    assert {item["source"] for item in cold["items"]} <= {"popularity", "trending"}
    catalogue = api.get("/v1/search", q="crime", limit=5)["items"]
    events = [an_event("rate", item["title_id"], rating=5) for item in catalogue]
    api.post(f"{path}/events", {"events": events})
    warm = eventually(
        lambda: (
            answer
            if {item["source"] for item in answer["items"]} & {"content", "collaborative"}
            else None
        )
        if (answer := api.get(f"{path}/recommendations", limit=10))
        else None
    )
    assert warm


def test_a_poison_record_is_kept_and_its_shard_goes_on(api, profile, deployment):
    stream = deployment.output("events", "EventStreamName")
    poison = f'{{"schema": 1, "event": "not an object", "mark": "{uuid.uuid4()}"}}'.encode()
    deployment.client("kinesis").put_record(
        StreamName=stream, PartitionKey=profile, Data=poison
    )
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    path = f"/v1/profiles/{profile}"
    api.post(f"{path}/events", {"events": [an_event("complete", title)]})
    assert eventually(lambda: api.get(f"{path}/export")["viewing"], seconds=10)
    assert eventually(lambda: kept(deployment, poison), seconds=10)


def kept(deployment, poison: bytes) -> bool:
    """Whether the failure bucket holds the record, whole, with a reason."""
    import base64

    s3 = deployment.client("s3")
    bucket = deployment.output("content", "FailureBucketName")
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="poison/").get("Contents", []):
        record = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        if base64.b64decode(record["data"]) == poison and record["reason"]:
            return True
    return False
