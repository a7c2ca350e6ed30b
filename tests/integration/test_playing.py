"""The page in a real Chromium plays a packaged title, and goes on where a viewer would not notice.

``SCREENSHOT=docs/streaming.png pytest tests/integration/test_playing.py`` also takes the picture
that the documentation shows.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.node.clip import Clip, make_clip
from scripts.operators.api import Api
from tests.integration.playing import media, put_title
from tests.integration.waiting import eventually

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio",
)  # fmt: skip
SECONDS = 60
PATIENT_MS = 30_000
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: scripts/setup browser installs it"
)
VIDEO = "document.getElementById('video')"


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("clip"), "clip", seconds=SECONDS)


@pytest.fixture(scope="module")
def titles(running, deployment, token, clip) -> list[dict[str, Any]]:
    """Two titles of a row of the first demo viewer, with media: the last is the first's sequel."""
    home = Api(running.url, token).get(f"/v1/profiles/{running.accounts[0]['profile_id']}/home")
    row = max(home["rows"], key=lambda row: len(row["items"]))
    first, second = chosen = [row["items"][0], row["items"][-1]]
    episode = {"name": "Harbour", "season": 1}
    follows = {"episode": 1, "followed_by": second["title_id"]}
    put_title(deployment, clip, first["title_id"], series={**episode, **follows})
    put_title(deployment, clip, second["title_id"], series={**episode, "episode": 2})
    return chosen


@pytest.fixture(scope="module")
def said() -> dict[str, list[Any]]:
    """What the page said while the tests used it: to the console, and as events."""
    return {"console": [], "events": []}


@pytest.fixture(scope="module")
def page(running, titles, said, tmp_path_factory) -> Iterator[Any]:
    """Signed in as the first demo viewer, the rows on screen."""
    with playwright.sync_playwright() as browsers:
        context = browsers.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("chromium")), executable_path=CHROMIUM, headless=True,
            args=list(QUIET), viewport={"width": 1280, "height": 860},
        )  # fmt: skip
        context.set_default_timeout(PATIENT_MS)
        page = context.pages[0]
        page.on("console", lambda message: said["console"].append(message.text))
        page.on("pageerror", lambda error: said["console"].append(f"error: {error}"))
        page.on("request", lambda request: _note(request, said["events"]))
        page.goto(running.url)
        page.get_by_role("button", name=running.accounts[0]["label"]).click()
        page.wait_for_selector(".tile")
        yield page
        context.close()


def _note(request: Any, events: list[Any]) -> None:
    if request.method == "POST" and request.url.endswith("/events") and request.post_data:
        events.extend(json.loads(request.post_data)["events"])


def play(page: Any, title: dict[str, Any]) -> None:
    """Presses Play and waits until the picture moves."""
    close(page)
    page.locator(f".tile[data-title='{title['title_id']}'] button", has_text="Play").first.click()
    page.wait_for_selector("#theatre[data-startup-ms]")
    moving(page)


def until(page: Any, expression: str) -> None:
    """Until the expression is true. Asked from outside: the page's policy lets nothing evaluate."""
    found = eventually(lambda: page.evaluate(expression), seconds=PATIENT_MS / 1000)
    assert found, f"not within {PATIENT_MS} ms: {expression}"


def close(page: Any) -> None:
    """Closes the theatre and waits for the rows that the page then asks for and draws."""
    if page.locator("#theatre").evaluate("theatre => theatre.open"):
        with page.expect_response(lambda answer: answer.url.endswith("/home")):
            page.evaluate("document.getElementById('theatre').close()")
        until(page, "document.getElementById('status').textContent === ''")
    page.wait_for_selector(".tile")


def moving(page: Any, seconds: float = 1.0) -> None:
    """Until the picture has moved on for so long."""
    at = page.evaluate(f"{VIDEO}.currentTime")
    until(page, f"{VIDEO}.currentTime >= {at + seconds}")


def seek(page: Any, seconds: float) -> None:
    page.locator("#seek").evaluate(
        "(bar, at) => { bar.value = at; bar.dispatchEvent(new Event('change')); }", seconds
    )
    until(page, f"!{VIDEO}.seeking && {VIDEO}.currentTime >= {seconds - 1}")


@pytest.fixture
def playing(page, titles) -> Any:
    """The page with the first title on screen, near its beginning."""
    play(page, titles[0])
    seek(page, 2)
    return page


def test_a_title_without_media_has_no_play_button(page, titles, running, token):
    home = Api(running.url, token).get(f"/v1/profiles/{running.accounts[0]['profile_id']}/home")
    items = [item for row in home["rows"] for item in row["items"]]
    playable = {item["title_id"] for item in items if item["playable"]}
    assert playable < {item["title_id"] for item in items}
    tiles = page.locator(".tile").all()
    offered = {
        tile.get_attribute("data-title")
        for tile in tiles
        if tile.get_by_role("button", name="Play:").count()
    }
    # Titles may have been packaged since the page was drawn; none is offered that is not.
    assert {title["title_id"] for title in titles} <= offered <= playable


def search(page: Any, words: str) -> Any:
    """The tiles of the row that the page puts above the others."""
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").click()
    row = page.locator("section.row", has=page.get_by_role("heading", name=f"“{words}”"))
    row.wait_for()
    return row.locator(".tile")


def test_a_search_finds_a_title_by_its_name_and_goes_away(page, titles, said):
    rows = page.locator("section.row").count()
    found = search(page, titles[0]["name"])
    assert found.first.get_attribute("data-title") == titles[0]["title_id"]
    assert found.first.get_by_role("button", name="Play:").count() == 1
    assert search(page, "zzzz qqqq").count() == 0
    page.get_by_role("searchbox").fill("")
    until(page, f"document.querySelectorAll('section.row').length === {rows}")

    def told() -> dict[str, int]:
        page.wait_for_timeout(50)  # the page's requests are heard while something waits for it
        searches = [event for event in said["events"] if event["type"] == "search"]
        return {event["query"]: event["result_count"] for event in searches}

    counts = eventually(lambda: len(told()) == 2 and told(), seconds=PATIENT_MS / 1000)
    assert counts
    assert counts[titles[0]["name"]] > 0
    assert counts["zzzz qqqq"] == 0


def test_it_plays_and_shows_where_it_is(playing):
    moving(playing, 2)
    assert playing.locator("#time").inner_text().endswith("/ 1:00")
    assert playing.evaluate(f"{VIDEO}.videoHeight") > 0


def test_it_seeks(playing):
    seek(playing, 30)
    moving(playing)


def test_it_switches_rendition(playing):
    for height in ("240", "720"):
        playing.select_option("#quality", label=f"{height}p")
        until(playing, f"{VIDEO}.videoHeight === {height}")
    playing.select_option("#quality", label="Auto")


def test_it_shows_subtitles_and_takes_them_away(playing):
    playing.select_option("#subtitles", label="English")
    showing = f"""[...{VIDEO}.textTracks].some((track) => track.mode === "showing"
        && [...(track.activeCues ?? [])].some((cue) => cue.text.includes("This is second")))"""
    until(playing, showing)
    playing.select_option("#subtitles", label="Off")
    until(playing, f"!({showing})")


def test_it_speaks_another_language(playing):
    with playing.expect_response("**/audio/fr/seg-*"):
        playing.select_option("#audio", label="Français")
    moving(playing)


def test_the_seek_bar_shows_pictures(playing):
    box = playing.locator("#seek").bounding_box()
    playing.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    playing.wait_for_selector("#preview:not([hidden])")
    until(
        playing,
        """[...document.getElementById('preview').getContext('2d')
            .getImageData(0, 0, 960, 90).data].some((value) => value > 0)""",
    )
    if picture := os.environ.get("SCREENSHOT"):
        playing.select_option("#subtitles", label="English")
        moving(playing, 2)
        playing.screenshot(path=picture)
        playing.select_option("#subtitles", label="Off")


def test_it_resumes_where_the_viewer_stopped(playing, titles):
    seek(playing, 40)
    moving(playing)
    close(playing)
    playing.wait_for_timeout(1500)  # the position goes through the stream to the table
    play(playing, titles[0])
    assert 38 <= playing.evaluate(f"{VIDEO}.currentTime") <= 50


def test_a_node_that_dies_in_mid_stream_is_not_noticed(playing, platform):
    failed: list[str] = []
    playing.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
    node = platform.node
    node.stop()
    try:
        seek(playing, 25)  # beyond what is buffered: these segments come from the bucket
        moving(playing, 3)
    finally:
        node.start()
    assert failed == []
    assert playing.locator("#theatre-status").inner_text() == ""


def test_closing_gives_the_place_among_the_accounts_streams_back(playing, running):
    with playing.expect_request(
        lambda request: request.method == "DELETE" and "/playback/" in request.url
    ) as stopped:
        close(playing)
    assert stopped.value.response().status == 204


def test_the_next_episode_is_offered_at_the_end_and_played(playing, titles):
    # The last to play the first title: once watched to its end, the rows leave it out.
    seek(playing, SECONDS - 2)
    playing.wait_for_selector("#up-next:not([hidden])")
    name = titles[1]["name"]
    words = playing.locator("#up-next-words").inner_text()
    assert words.rsplit(" (", 1)[0] == f"Next: Harbour 1:2 {name}"
    playing.get_by_role("button", name="Play now").click()
    until(playing, f"document.getElementById('theatre-title').textContent === {json.dumps(name)}")
    moving(playing)


def test_the_quality_of_the_experience_was_told(page, said, titles):
    close(page)
    page.wait_for_timeout(500)
    told = [event for event in said["events"] if event["type"] == "playback_quality"]
    assert told
    first = next(event for event in told if "startup_ms" in event)
    assert first["startup_ms"] > 0
    assert sum(event["playing_ms"] for event in told) > 5000
    assert sum(event["rendition_switches"] for event in told) >= 2
    assert not any(event["failed"] for event in told)
    kinds = {event["type"] for event in said["events"]}
    assert {"click", "play", "pause", "complete"} <= kinds


def test_the_content_policy_was_never_in_the_way(page, said):
    assert [line for line in said["console"] if "Content Security Policy" in line] == []
    assert [line for line in said["console"] if line.startswith("error:")] == []


def test_nothing_was_fetched_from_elsewhere(page, running):
    hosts = page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)"
    )
    assert set(hosts) - {"null"} <= {running.url}


def test_the_segments_are_refused_without_the_cookies_that_the_page_has(page, running, titles):
    assert media(running.url, titles[0]["title_id"], Path("master.m3u8")).status_code == 403
