"""The loop: what a viewer does counts in the very next recommendations."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import uuid

import pytest

from scripts.operators.deployment import ROOT
from tests.integration.waiting import WITHIN_SECONDS, an_event, eventually, ids


@pytest.fixture
def fan(running) -> str:
    """The profile of the first demo viewer: a long history of one taste."""
    return f"/v1/profiles/{running.accounts[0]['profile_id']}"


def test_recommendations_fit_the_taste_and_say_why(api, fan, running):
    genre = running.accounts[0]["label"].removesuffix("-fan")
    items = api.get(f"{fan}/recommendations", limit=20)["items"]
    catalogue = _whole_catalogue(api)
    assert _share(items, genre) >= 2 * _share(catalogue, genre)
    assert all(item["reason"]["text"] for item in items)


def _share(titles: list[dict], genre: str) -> float:
    """How many of the titles are of the genre, 0 to 1."""
    fitting = [t for t in titles if genre in {name.lower() for name in t["genres"]}]
    return len(fitting) / len(titles)


def _whole_catalogue(api) -> list[dict]:
    page = api.get("/v1/titles", limit=100)
    titles = page["items"]
    while page["next_token"]:
        page = api.get("/v1/titles", limit=100, next_token=page["next_token"])
        titles += page["items"]
    return titles


def test_reasons_name_titles_of_the_viewers_own_history(api, fan):
    history = {row["title_id"] for row in api.get(f"{fan}/export")["viewing"]}
    items = api.get(f"{fan}/recommendations", limit=20)["items"]
    # After the titles a reason may name people, who are not of the catalogue.
    catalogue = {title["title_id"] for title in _whole_catalogue(api)}
    named = {cited for item in items for cited in item["reason"]["because"]} & catalogue
    assert named
    assert named <= history


def test_no_rated_title_is_recommended(api, fan):
    rated = {row["title_id"] for row in api.get(f"{fan}/export")["viewing"]}
    assert rated
    assert rated.isdisjoint(ids(api.get(f"{fan}/recommendations", limit=100)))


def test_a_completed_title_changes_the_next_recommendations(api, fan):
    before = ids(api.get(f"{fan}/recommendations", limit=10))
    api.send(fan, [an_event("complete", before[0])])

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
    api.send(f"/v1/profiles/{profile}", events)

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
    api.send(f"/v1/profiles/{profile}", [event])

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


def test_a_childs_reasons_name_nothing_above_its_ceiling(api):
    profile = api.post("/v1/profiles", {"name": "child", "maturity_ceiling": 8})["profile_id"]
    path = f"/v1/profiles/{profile}"
    try:
        catalogue = api.get("/v1/titles", limit=100)["items"]
        grown_up = {t["title_id"] for t in catalogue if (t["maturity"] or 0) >= 17}
        for_children = {t["title_id"] for t in catalogue if t["maturity"] == 0}
        watched = [*sorted(grown_up)[:5], *sorted(for_children)[:2]]
        events = [an_event("rate", title_id, rating=5) for title_id in watched]
        api.send(path, events)
        assert eventually(lambda: len(api.get(f"{path}/export")["viewing"]) == len(watched))
        home = [item for row in api.get(f"{path}/home")["rows"] for item in row["items"]]
        shown = [*home, *api.get(f"{path}/recommendations", limit=50)["items"]]
        named = {title_id for item in shown for title_id in item["reason"]["because"]}
        assert named
        assert named.isdisjoint(grown_up)
    finally:
        api.delete(path)


def test_a_record_of_another_age_holds_nobody_up(api, profile, deployment):
    event = {"type": "complete", "event_id": uuid.uuid4().hex, "title_id": "t"}
    record = {"schema": 1, "event": event, "account_id": "a", "profile_id": profile}
    stream = deployment.output("events", "EventStreamName")
    data = json.dumps({**record, "received_at": 1e308}).encode()
    deployment.client("kinesis").put_record(StreamName=stream, PartitionKey=profile, Data=data)
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    path = f"/v1/profiles/{profile}"
    api.send(path, [an_event("complete", title)])
    assert eventually(lambda: api.get(f"{path}/export")["viewing"])
    assert eventually(lambda: _kept(deployment, data), seconds=10)


def test_the_readmes_curl_lines_work(running):
    readme = (ROOT / "README.md").read_text()
    block = next(b for b in re.findall(r"```sh\n(.*?)```", readme, re.S) if "curl" in b)
    script = block.replace("http://127.0.0.1:8080", running.url).replace("PASTE-ONE", "mq-0001")
    answer = subprocess.run(
        ["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, receipt, after = (json.loads(document) for document in _documents(answer.stdout))
    assert len(before["items"]) == len(after["items"]) == 3
    assert receipt == {"accepted": 1, "rejected": []}


def _documents(text: str) -> list[str]:
    """JSON documents that stand one after the other, without line breaks between them."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        _, end = decoder.raw_decode(text)
        found.append(text[:end])
        text = text[end:]
    return found


def test_a_poison_record_is_kept_and_its_shard_goes_on(api, profile, deployment):
    stream = deployment.output("events", "EventStreamName")
    poison = f'{{"schema": 1, "event": "not an object", "mark": "{uuid.uuid4()}"}}'.encode()
    deployment.client("kinesis").put_record(StreamName=stream, PartitionKey=profile, Data=poison)
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    path = f"/v1/profiles/{profile}"
    api.send(path, [an_event("complete", title)])
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
