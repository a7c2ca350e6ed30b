"""The loop: what a viewer does counts in the very next recommendations."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from tests.integration.waiting import WITHIN_SECONDS, an_event, eventually, ids


@pytest.fixture
def fan(running) -> str:
    """The profile of the first demo viewer: a long history of one taste."""
    return f"/v1/profiles/{running.accounts[0]['profile_id']}"


def test_recommendations_fit_the_taste_and_say_why(api, fan, running):
    genre = running.accounts[0]["label"].removesuffix("-fan")
    items = api.get(f"{fan}/recommendations", limit=10)["items"]
    fitting = [item for item in items if genre in {name.lower() for name in item["genres"]}]
    assert len(fitting) >= 6
    assert all(item["reason"]["text"] for item in items)


def test_reasons_name_titles_of_the_viewers_own_history(api, fan):
    history = {row["title_id"] for row in api.get(f"{fan}/export")["viewing"]}
    items = api.get(f"{fan}/recommendations", limit=20)["items"]
    named = {title_id for item in items for title_id in item["reason"]["title_ids"]}
    assert named
    assert named & history


def test_no_rated_title_is_recommended(api, fan):
    rated = {row["title_id"] for row in api.get(f"{fan}/export")["viewing"]}
    assert rated
    assert rated.isdisjoint(ids(api.get(f"{fan}/recommendations", limit=100)))


def test_a_completed_title_changes_the_next_recommendations(api, fan):
    before = ids(api.get(f"{fan}/recommendations", limit=10))
    api.post(f"{fan}/events", {"events": [an_event("complete", before[0])]})

    def without_it() -> list[str] | None:
        after = ids(api.get(f"{fan}/recommendations", limit=10))
        return None if before[0] in after else after

    after = eventually(without_it)
    assert after, f"{before[0]} is still recommended after {WITHIN_SECONDS} s"
    assert after != before


def test_a_new_viewer_gets_popular_titles_then_personal_ones(api, profile):
    path = f"/v1/profiles/{profile}/recommendations"
    cold = api.get(path, limit=10)["items"]
    assert {item["source"] for item in cold} <= {"popularity", "trending"}
    crime = api.get("/v1/search", q="crime", limit=5)["items"]
    events = [an_event("rate", item["title_id"], rating=5) for item in crime]
    api.post(f"/v1/profiles/{profile}/events", {"events": events})

    def personal() -> bool:
        sources = {item["source"] for item in api.get(path, limit=10)["items"]}
        return bool(sources & {"content", "collaborative"})

    assert eventually(personal)


def test_the_home_page_has_rows_without_repeats(api, fan):
    rows = api.get(f"{fan}/home")["rows"]
    assert {"top_picks"} <= {row["row_id"] for row in rows}
    shown = [
        item["title_id"]
        for row in rows
        if row["row_id"] != "continue_watching"
        for item in row["items"]
    ]
    assert len(shown) == len(set(shown))


def test_what_was_begun_is_in_continue_watching(api, profile):
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    event = an_event("progress", title, position_seconds=600, duration_seconds=5400)
    api.post(f"/v1/profiles/{profile}/events", {"events": [event]})

    def first_row() -> dict | None:
        row = api.get(f"/v1/profiles/{profile}/home")["rows"][0]
        return row if row["row_id"] == "continue_watching" else None

    row = eventually(first_row)
    assert row
    assert [(i["title_id"], i["position_seconds"]) for i in row["items"]] == [(title, 600.0)]


def test_a_childs_profile_sees_nothing_above_its_ceiling(api):
    profile = api.post("/v1/profiles", {"name": "child", "maturity_ceiling": 8})["profile_id"]
    try:
        shown = api.get(f"/v1/profiles/{profile}/recommendations", limit=50)["items"]
        for row in api.get(f"/v1/profiles/{profile}/home")["rows"]:
            shown += row["items"]
        assert shown
        assert all(item["maturity"] is not None and item["maturity"] <= 8 for item in shown)
    finally:
        api.delete(f"/v1/profiles/{profile}")


def test_a_poison_record_is_kept_and_its_shard_goes_on(api, profile, deployment):
    stream = deployment.output("events", "EventStreamName")
    poison = f'{{"schema": 1, "event": "not an object", "mark": "{uuid.uuid4()}"}}'.encode()
    deployment.client("kinesis").put_record(StreamName=stream, PartitionKey=profile, Data=poison)
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    path = f"/v1/profiles/{profile}"
    api.post(f"{path}/events", {"events": [an_event("complete", title)]})
    assert eventually(lambda: api.get(f"{path}/export")["viewing"], seconds=10)
    assert eventually(lambda: _kept(deployment, poison), seconds=10)


def _kept(deployment, poison: bytes) -> bool:
    """Whether the failure bucket holds the record, whole, with a reason."""
    s3 = deployment.client("s3")
    bucket = deployment.output("content", "FailureBucketName")
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="poison/").get("Contents", []):
        record = json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
        if base64.b64decode(record["data"]) == poison and record["reason"]:
            return True
    return False
