"""What is delivered: good films are ordered, everything else is refused by its field."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adapters.media import inspection
from adapters.media.samples import Samples, windows
from schemas.catalogue import TitleRecord
from schemas.errors import RetryLaterError, StorageError
from tests.unit.packaging.failing_store import failing_store
from tests.unit.packaging.films import HOSTILE, film, index_first

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def good() -> bytes:
    return film()


def test_a_good_film_is_ordered(studio, good):
    studio.deliver(good)
    examined = studio.examine()
    assert examined.reasons == ()
    assert examined.outcome == "package"
    assert examined.order.mezzanine.duration_seconds == pytest.approx(6, abs=0.1)
    assert examined.job["Inputs"][0]["FileInput"] == "s3://ingest/titles/mq-1/film.mov"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_upload_is_refused_with_its_reason_beside_it(studio, kind):
    make, field = HOSTILE[kind]
    studio.deliver(make())
    examined = studio.examine()
    assert examined.outcome == "refused"
    assert field in {reason.field for reason in examined.reasons}
    assert all(reason.message for reason in examined.reasons)
    kept = json.loads((studio.folder / "refused.json").read_text())
    assert kept["reasons"] == [reason.model_dump() for reason in examined.reasons]
    assert studio.counted == ["TitleRefused"]
    assert (examined.order, examined.job) == (None, None)


def _by_ffmpeg(folder: Path, film: bytes, *arguments: str, kind: str = "mov") -> bytes:
    (folder / "film.mov").write_bytes(film)
    (folder / "cues.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n")
    command = ["ffmpeg", "-v", "error", "-i", "film.mov", *arguments, f"made.{kind}"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / f"made.{kind}").read_bytes()


@needs_ffmpeg
def test_subtitles_inside_a_film_are_refused_and_not_lost(studio, good, tmp_path):
    made = _by_ffmpeg(tmp_path, good, "-i", "cues.srt", "-c", "copy", "-c:s", "mov_text")
    studio.deliver(made)
    (reason,) = studio.examine().reasons
    assert (reason.field, "mov_text" in reason.message) == ("mezzanine.subtitles", True)


@needs_ffmpeg
@pytest.mark.parametrize(("transfer", "says"), [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
def test_a_grade_for_bright_screens_is_refused_by_its_name(studio, good, tmp_path, transfer, says):
    coded = ("-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-color_trc", transfer)
    studio.deliver(_by_ffmpeg(tmp_path, good, *coded, "-colorspace", "bt2020nc"))
    (reason,) = studio.examine().reasons
    assert (reason.field, says in reason.message) == ("mezzanine.video.transfer", True)


@pytest.mark.parametrize(
    ("picture", "sound", "field"),
    [
        (10, 8, "mezzanine.audio[1].duration"),
        (10, 9.4, "mezzanine.audio[1].duration"),
        (10, 10.8, "mezzanine.video.duration"),
        (10, 13, "mezzanine.video.duration"),
        (200, 100, "mezzanine.audio[1].duration"),
        (100, 200, "mezzanine.video.duration"),
    ],
)
@pytest.mark.parametrize("heard", [True, False])  # whole, and in windows
def test_sound_that_is_not_as_long_as_the_picture_is_refused(
    studio, monkeypatch, picture, sound, field, heard
):
    studio.deliver(film(rate=10, seconds=picture, sound_seconds=sound))
    if not heard:  # of a file of so many bytes
        find = studio.ingest.find
        large = {"titles/mq-1/film.mov": replace(find("titles/mq-1/film.mov"), size=1 << 40)}
        monkeypatch.setattr(studio.ingest, "find", lambda key: large.get(key) or find(key))
    (reason,) = studio.examine().reasons
    assert reason.field == field
    assert f"the file at {max(picture, sound):.1f}" in reason.message


def test_sound_that_ends_a_little_apart_is_as_good(studio):
    for sound in (9.7, 10.3):
        studio.deliver(film(seconds=10, sound_seconds=sound))
        assert studio.examine().reasons == ()


@needs_ffmpeg
def test_sound_that_nobody_asked_for_may_be_shorter(studio, good, tmp_path):
    other = ("-f", "lavfi", "-i", "sine=d=3", "-map", "0", "-map", "1", "-c:v", "copy")
    studio.deliver(_by_ffmpeg(tmp_path, good, *other, "-c:a", "aac"))
    assert studio.examine().reasons == ()


LATE = {
    "ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mkv": ("-c", "copy"),
    "mp4": ("-c", "copy"),
}


@needs_ffmpeg
@pytest.mark.parametrize("kind", LATE)
@pytest.mark.parametrize("seconds", [6, 200])  # looked at whole, and in windows
def test_a_file_whose_clock_begins_late_is_as_good(studio, good, long, tmp_path, kind, seconds):
    made = _by_ffmpeg(
        tmp_path, good if seconds == 6 else long, *LATE[kind], "-r", "25",
        "-output_ts_offset", "100", kind=kind,
    )  # fmt: skip
    studio.deliver(made)
    examined = studio.examine()
    assert examined.outcome == "package", examined.reasons
    assert examined.order.mezzanine.duration_seconds == pytest.approx(seconds, abs=0.2)


@needs_ffmpeg
@pytest.mark.parametrize("channels", ["3", "6", "7", "8", "16"])
def test_many_channels_are_heard(studio, good, tmp_path, channels):
    spread = "|".join(f"c{n}=c0" for n in range(int(channels)))
    sound = ("-c:v", "copy", "-c:a", "pcm_s16le", "-af", f"volume=-12dB,pan={channels}c|{spread}")
    studio.deliver(_by_ffmpeg(tmp_path, good, *sound))
    examined = studio.examine()
    assert examined.reasons == ()
    assert examined.order.mezzanine.audio[0].channels == int(channels)


@needs_ffmpeg
@pytest.mark.parametrize("degrees", ["90", "180", "270"])
def test_a_picture_that_is_to_be_turned_is_refused(studio, good, tmp_path, degrees):
    turned = ("-c", "copy", "-metadata:s:v:0", f"rotate={degrees}")
    studio.deliver(_by_ffmpeg(tmp_path, good, *turned))
    (reason,) = studio.examine().reasons
    assert (reason.field, "upright" in reason.message) == ("mezzanine.video.rotation", True)


def test_nothing_of_another_file_is_in_a_refusal(studio):
    studio.deliver(HOSTILE["a playlist of a local file"][0]())
    studio.examine()
    assert "root:" not in (studio.folder / "refused.json").read_text()


def test_a_refusal_is_taken_away_when_a_good_file_comes(studio, good):
    studio.deliver(b"")
    studio.examine()
    studio.deliver(good)
    assert studio.examine().outcome == "package"
    assert not (studio.folder / "refused.json").exists()


def test_the_same_files_again_are_not_looked_into(studio, good):
    studio.deliver(good)
    first = studio.examine()
    studio.titles.records["mq-1"] = TitleRecord(None, manifest=first.order.manifest)
    studio.deliver(good, genres=["Drama"])
    again = studio.examine(seconds=0)  # no time at all: a look would fail
    assert (again.outcome, again.item["genres"]) == ("unchanged", ["Drama"])
    assert again.order.manifest == first.order.manifest


def test_another_film_has_another_place(studio, good):
    studio.deliver(good)
    first = studio.examine()
    studio.deliver(film(loudness=0.1))
    assert studio.examine().order.content_hash != first.order.content_hash


def _twice(name: str, **what) -> list[dict]:
    return [{"language": language, "name": name, **what} for language in ("en", "en-GB")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"names": {"de": "Ein Film"}}, "names"),
        ({"genres": []}, "genres"),
        ({"maturity": {"DE": 99}}, "maturity.DE"),
        ({"audio": []}, "audio"),
        ({"audio": [{"language": "en", "name": "English", "track": 2}]}, "audio[0].track"),
        ({"audio": _twice("English", track=1)}, "audio"),
        ({"subtitles": _twice("English", file="en.vtt")}, "subtitles"),
        ({"mezzanine": "../../etc/passwd"}, "mezzanine"),
        ({"title_id": "mq-2"}, "title_id"),
        ({"colour": "blue"}, "colour"),
        ({"windows": [{"available_from": 2, "available_until": 1}]}, "windows[0]"),
        ({"subtitles": [{"language": "en", "name": "E", "file": "en.vtt"}]}, "subtitles[0].file"),
        ({"artwork": {"poster": "poster.svg"}}, "artwork.poster"),
        ({"mezzanine": "other.mov"}, "mezzanine"),
    ],
)
def test_what_the_document_says_wrongly_is_named(studio, good, changes, field):
    studio.deliver(good, **changes)
    examined = studio.examine()
    assert examined.outcome == "refused"
    assert field in {reason.field for reason in examined.reasons}


@pytest.mark.parametrize("name", ["refused.json", "title.json"])
def test_a_film_under_a_name_of_ours_is_refused(studio, good, name):
    (studio.folder / name).write_bytes(good)
    studio.deliver(None, mezzanine=name)
    (reason,) = studio.examine().reasons
    assert (reason.field, f"not be {name!r}" in reason.message) == ("mezzanine", True)


@pytest.mark.parametrize("content", [b"", b"{", b"name: A film", b"\xff\xfe{\0}\0", b"[]"])
def test_a_document_that_is_none_is_named_as_such(studio, good, content):
    studio.deliver(good)
    (studio.folder / "title.json").write_bytes(content)
    (reason,) = studio.examine().reasons
    assert reason.field == "title.json"


def test_a_byte_order_mark_is_no_fault(studio, good):
    studio.deliver(good)
    path = studio.folder / "title.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert studio.examine().outcome == "package"


def _mapped(clock: str) -> bytes:
    return f"WEBVTT\nX-TIMESTAMP-MAP={clock}\n\n00:01.000 --> 00:02.000\nA line\n".encode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\nSubRip\n", "is not WebVTT"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"WEBVTT\n\n00:05.000 --> 00:02.000\nbackwards\n", "cue 1 ends before it begins"),
        (b"WEBVTT\n\n", "has no cues"),
        (_mapped("MPEGTS:900000,LOCAL:00:00:00.000"), "MPEGTS:900000"),
        (_mapped("LOCAL:01:00:00.000,MPEGTS:0"), "LOCAL:01"),
        (_mapped("MPEGTS:900000,LOCAL:00:00:00.000").replace(b"\n", b"\r\n"), "MPEGTS:900000"),
    ],
)
def test_subtitles_that_no_player_reads_are_refused(studio, good, text, says):
    (studio.folder / "en.vtt").write_bytes(text)
    studio.deliver(good, subtitles=[{"language": "en", "name": "English", "file": "en.vtt"}])
    (reason,) = studio.examine().reasons
    assert reason.field == "subtitles[0].file"
    assert says in reason.message


@pytest.mark.parametrize(
    "text",
    [_mapped("MPEGTS:0,LOCAL:00:00:00.000"),
     _mapped("MPEGTS:0,LOCAL:00:00:00.000") + b"X-TIMESTAMP-MAP=MPEGTS:9, she said\n"],
)  # fmt: skip
def test_subtitles_on_the_films_own_clock_are_taken(studio, good, text):
    (studio.folder / "en.vtt").write_bytes(text)
    studio.deliver(good, subtitles=[{"language": "en", "name": "English", "file": "en.vtt"}])
    assert studio.examine().reasons == ()


def test_artwork_that_is_no_picture_is_refused(studio, good):
    (studio.folder / "poster.jpg").write_bytes(b"GIF89a, or not")
    studio.deliver(good, artwork={"poster": "poster.jpg"})
    (reason,) = studio.examine().reasons
    assert reason.field == "artwork.poster"


def test_a_file_that_takes_too_long_is_refused_not_waited_for(studio, good):
    studio.deliver(good)
    (reason,) = studio.examine(seconds=0).reasons
    assert reason.field == "mezzanine"


@pytest.fixture(scope="module")
def large(good, tmp_path_factory) -> bytes:
    """More than is read in one request."""
    raw = ("-c:v", "copy", "-c:a", "pcm_s16le", "-ar", "96000", "-ac", "6")
    return _by_ffmpeg(tmp_path_factory.mktemp("large"), good, *raw)


@needs_ffmpeg
@pytest.mark.parametrize("first", [0, 1])  # at once, and in the middle of the film
@pytest.mark.parametrize(
    ("status", "error"),
    [(503, RetryLaterError), (429, RetryLaterError), (0, RetryLaterError),
     (403, StorageError), (404, StorageError)],
)  # fmt: skip
def test_a_store_that_fails_is_no_fault_of_the_film(studio, large, status, error, first):
    studio.deliver(large)
    with failing_store(studio.folder / "film.mov", status, first=first) as address:
        studio.ingest.address = lambda key: address
        with pytest.raises(error, match="the store") as raised:
            studio.examine()
    assert "Signature" not in str(raised.value)
    assert not (studio.folder / "refused.json").exists()
    assert studio.counted == []


@needs_ffmpeg
@pytest.mark.parametrize("status", [503, 429, 0])
def test_a_store_that_fails_for_a_moment_is_asked_again(studio, large, status):
    studio.deliver(large)
    with failing_store(studio.folder / "film.mov", status, first=1, until=3) as address:
        studio.ingest.address = lambda key: address
        assert studio.examine().reasons == ()


@pytest.fixture(scope="module")
def long() -> bytes:
    """Longer than what is looked at whole: windows of it are."""
    return film(width=320, height=240, rate=10, seconds=200)


def test_a_long_film_is_ordered_as_well(studio, long):
    studio.deliver(long)
    examined = studio.examine()
    assert examined.outcome == "package", examined.reasons
    assert examined.order.mezzanine.audio[0].loudness_lufs == pytest.approx(-17, abs=1.5)


def _loud_between_looks(times):
    """Deafening wherever the picture of a film of 200 s is not looked at."""
    looked_at = [(times >= start) & (times < end) for start, end in windows(200)]
    return np.where(np.any(looked_at, axis=0), 0.2, 1.0)


def test_a_film_that_is_too_loud_in_between_is_refused(studio):
    studio.deliver(film(width=320, height=240, rate=10, seconds=200, loudness=_loud_between_looks))
    (reason,) = studio.examine().reasons
    assert reason.field == "mezzanine.audio[1].loudness"


@pytest.mark.parametrize("size", [1, 1 << 40])  # heard whole, and in windows
def test_as_much_is_seen_of_what_is_heard_whole(long, tmp_path, monkeypatch, size):
    seen = []
    look = Samples._see
    monkeypatch.setattr(
        Samples,
        "_see",
        lambda self, frame: (seen.append(frame.time), look(self, frame)),
    )
    path = tmp_path / "film.mov"
    path.write_bytes(long)
    assert inspection.inspect(f"file:{path}", str(size))["faults"] == []
    reached = {
        number for time in seen for number, (a, b) in enumerate(windows(200)) if a - 5 <= time <= b
    }
    assert reached == set(range(8))


def test_a_long_film_that_lost_its_end_is_refused(studio, long):
    studio.deliver(index_first(long)[:-100_000])
    examined = studio.examine()
    assert examined.outcome == "refused"
    assert "truncated" in examined.reasons[0].message
