"""The job's settings, what is checked of its output, and how it is laid out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import botocore.session
import m3u8
import pytest
import webvtt
from botocore.validate import ParamValidator

from adapters.media.tools import SandboxedTools
from local.emulator.mediaconvert.command import ffmpeg_command
from local.emulator.mediaconvert.ffmpeg import run_ffmpeg
from local.packaging import FolderStore
from schemas.errors import PackageDamagedError
from schemas.ladder import Ladder, shipped_ladder
from schemas.mezzanine import Mezzanine, VideoStream
from schemas.package import AudioTrack, PackageOrder, SubtitleTrack
from services import package_layout as layout
from services.package_check import PackageChecker
from services.packaging_job import job_settings, parts
from services.title_packaging import PackageArranger
from tests.unit.packaging.films import film

LADDER = shipped_ladder()
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nA line\n"


def order_of(width: int = 1920, height: int = 1080, rate: str = "24", **changes) -> PackageOrder:
    picture = VideoStream(
        codec="h264", width=width, height=height, frame_rate=rate, average_frame_rate=rate,
        pixel_format="yuv420p",
    )  # fmt: skip
    mezzanine = Mezzanine(container="mov", duration_seconds=6, video=(picture,), audio=())
    fields = {
        "title_id": "mq-1", "content_hash": "0" * 16, "bucket": "ingest",
        "source": "titles/mq-1/film.mov", "folder": "titles/mq-1", "mezzanine": mezzanine,
        "audio": (
            AudioTrack(language="en", name="English", track=1),
            AudioTrack(language="pt-BR", name="Português", track=2),
        ),
        "subtitles": (SubtitleTrack(language="en", name="English", file="en.vtt"),),
    }  # fmt: skip
    return PackageOrder(**{**fields, **changes})


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30000/1001", "60"])
@pytest.mark.parametrize("size", [(1920, 1080), (1920, 804), (720, 1280), (300, 240)])
def test_mediaconvert_takes_the_jobs_settings(rate, size):
    model = botocore.session.get_session().get_service_model("mediaconvert")
    shape = model.operation_model("CreateJob").input_shape
    request = {
        "Role": "arn:aws:iam::1:role/x",
        "Settings": job_settings(order_of(*size, rate), LADDER),
    }
    assert ParamValidator().validate(request, shape).generate_report() == ""
    assert list(beyond_the_model(request, shape)) == []


def test_a_name_may_be_any_words_in_any_language():
    model = botocore.session.get_session().get_service_model("mediaconvert")
    shape = model.operation_model("CreateJob").input_shape.members["Settings"]
    tracks = [
        AudioTrack(language="en", name="Director's commentary (5.1 - AD)", track=1),
        AudioTrack(language="ja", name="日本語", track=2),
    ]
    settings = job_settings(order_of(audio=tuple(tracks)), LADDER)
    assert list(beyond_the_model(settings, shape)) == []


def beyond_the_model(value, shape, path="") -> Iterator[str]:
    """Where a value breaks a pattern or bound of the service's model; botocore checks neither."""
    if isinstance(value, dict):
        for name, part in value.items():
            member = shape.value if shape.type_name == "map" else shape.members[name]
            yield from beyond_the_model(part, member, f"{path}.{name}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from beyond_the_model(part, shape.member, f"{path}[{place}]")
    elif isinstance(value, str):
        pattern = shape.metadata.get("pattern")
        # What \w is to the service is not said: the narrower reading is safe.
        if pattern and not re.search(pattern, value, re.ASCII):
            yield f"{path}: {value!r} is not {pattern}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        bounds = shape.metadata
        if not bounds.get("min", value) <= value <= bounds.get("max", value):
            yield f"{path}: {value} is not within {bounds}"


def test_the_models_patterns_and_bounds_are_looked_at():
    model = botocore.session.get_session().get_service_model("mediaconvert")
    shape = model.operation_model("CreateJob").input_shape.members["Settings"]
    settings = job_settings(order_of(), LADDER)
    outputs = settings["OutputGroups"][0]["Outputs"]
    audio = next(o["AudioDescriptions"][0] for o in outputs if "AudioDescriptions" in o)
    audio["StreamName"] = "Director's commentary"
    audio["CodecSettings"]["AacSettings"]["Bitrate"] = 1
    bitrate, name = sorted(beyond_the_model(settings, shape))
    assert "AacSettings.Bitrate: 1 is not within" in bitrate
    assert 'StreamName: "Director\'s commentary" is not ^[\\w\\s]*$' in name


def test_a_picture_is_never_enlarged_and_always_even():
    for width, height in ((1920, 1080), (1280, 534), (640, 480), (427, 241), (300, 240)):
        for rung in LADDER.renditions_for(width, height):
            wide, high = rung.fitted(width, height)
            assert (wide % 2, high % 2) == (0, 0)
            assert wide <= width + 1
            assert high <= height + 1
            assert Fraction(wide, high) == pytest.approx(Fraction(width, height), rel=0.02)


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((1920, 1080), ["240p", "360p", "480p", "720p", "1080p"]),
        ((1920, 804), ["240p", "360p", "480p", "720p", "1080p"]),
        ((1280, 720), ["240p", "360p", "480p", "720p"]),
        ((300, 240), ["240p"]),
    ],
)
def test_the_ladder_stops_at_the_source(size, names):
    made = [part.name for part in parts(order_of(*size), LADDER) if part.kind == "video"]
    assert made == names


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30000/1001", "60"])
def test_every_rendition_has_its_keyframes_at_the_same_frames(rate):
    group = job_settings(order_of(rate=rate), LADDER)["OutputGroups"][0]
    codecs = [
        output["VideoDescription"]["CodecSettings"]["H264Settings"]
        for output in group["Outputs"]
        if "VideoDescription" in output
    ]
    assert (
        len({(c["GopSize"], c["FramerateNumerator"], c["FramerateDenominator"]) for c in codecs})
        == 1
    )
    assert codecs[0]["SceneChangeDetect"] == "DISABLED"
    assert float(LADDER.segment_length(Fraction(rate))) == pytest.approx(4, abs=0.02)


def test_a_ladder_that_makes_no_sense_is_refused():
    rungs = [rung.model_dump() for rung in LADDER.video]
    with pytest.raises(ValueError, match="must be larger and faster"):
        Ladder.model_validate({**LADDER.model_dump(), "video": rungs[::-1]})


@pytest.fixture(scope="module")
def packaged(tmp_path_factory) -> tuple[Path, PackageOrder]:
    """A small film, packaged by the real job into a folder that stands for the ingest bucket."""
    root = tmp_path_factory.mktemp("ingest")
    folder = root / "titles" / "mq-1"
    folder.mkdir(parents=True)
    (folder / "film.mov").write_bytes(film(width=640, height=360, tracks=2))
    (folder / "en.vtt").write_text(VTT)
    mezzanine = SandboxedTools().inspect(f"file:{folder / 'film.mov'}", 1)
    order = order_of(mezzanine=mezzanine)
    (root / order.staging).mkdir(parents=True)
    run_ffmpeg(ffmpeg_command(job_settings(order, LADDER), folder / "film.mov", root))
    return root, order


@pytest.fixture
def staging(packaged, tmp_path) -> tuple[FolderStore, PackageOrder, Path]:
    """A copy of it that a test may damage."""
    root, order = packaged
    subprocess.run(["cp", "-r", str(root), str(tmp_path / "ingest")], check=True)
    return FolderStore(tmp_path / "ingest"), order, tmp_path / "ingest" / order.staging


def _checked(store: FolderStore, order: PackageOrder) -> dict[str, int]:
    return PackageChecker(staging=store, tools=SandboxedTools(), ladder=LADDER).check(order)


def test_a_good_package_passes(staging):
    store, order, _ = staging
    assert _checked(store, order) == {"240p": 2, "360p": 2, "audio/en": 2, "audio/pt-BR": 2}


def _drop(folder: Path) -> None:
    (folder / "package_360p_000000002.cmfv").unlink()


def _empty(folder: Path) -> None:
    (folder / "package_audio_en_000000001.cmfa").write_bytes(b"")


def _scramble(folder: Path) -> None:
    path = folder / "package_240p_000000001.cmfv"
    path.write_bytes(bytes(len(path.read_bytes())))


def _swap(folder: Path) -> None:
    first, second = (folder / f"package_240p_00000000{n}.cmfv" for n in (1, 2))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def _other_size(folder: Path) -> None:
    for name in (
        "package_360pinit.cmfv",
        "package_360p_000000001.cmfv",
        "package_360p_000000002.cmfv",
    ):
        (folder / name).write_bytes((folder / name.replace("360p", "240p")).read_bytes())


def _shorten(folder: Path) -> None:
    path = folder / "package_360p.m3u8"
    lines = path.read_text().splitlines()
    at = max(n for n, line in enumerate(lines) if line.startswith("#EXTINF"))
    path.write_text("\n".join([*lines[:at], "#EXT-X-ENDLIST"]))


def _unfinished(folder: Path) -> None:
    path = folder / "package_240p.m3u8"
    path.write_text(path.read_text().replace("#EXT-X-ENDLIST", ""))


def _shift(folder: Path) -> None:
    path = folder / "package_360p.m3u8"
    path.write_text(
        path.read_text().replace("4.000000", "3.900000").replace("2.000000", "2.100000")
    )


def _no_poster(folder: Path) -> None:
    for path in folder.glob("package_poster.*"):
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (_drop, "360p"), (_empty, "audio/en"), (_scramble, "240p"), (_swap, "240p"),
        (_other_size, "360p"), (_shorten, "360p"), (_unfinished, "240p"), (_shift, "360p"),
        (_no_poster, "poster"),
    ],
)  # fmt: skip
def test_a_damaged_package_is_named_by_its_part(staging, damage, part):
    store, order, folder = staging
    damage(folder)
    with pytest.raises(PackageDamagedError) as raised:
        _checked(store, order)
    assert [detail.field for detail in raised.value.details] == [part]


@pytest.fixture(scope="module")
def published(packaged, tmp_path_factory) -> Path:
    root, order = packaged
    media = tmp_path_factory.mktemp("media")
    PackageArranger(
        staging=FolderStore(root), media=FolderStore(media), tools=SandboxedTools(), ladder=LADDER
    ).arrange(order)
    return media / order.published


def test_everything_that_the_manifest_names_is_there(published):
    master = m3u8.load(str(published / "master.m3u8"))
    named = [*(p.uri for p in master.playlists), *(m.uri for m in master.media)]
    assert named == [
        "240p/playlist.m3u8", "360p/playlist.m3u8", "audio/en/playlist.m3u8",
        "audio/pt-BR/playlist.m3u8", "subtitles/en/playlist.m3u8",
    ]  # fmt: skip
    for uri in named:
        playlist = m3u8.load(str(published / uri))
        folder = (published / uri).parent
        files = [segment.uri for segment in playlist.segments]
        files += [section.uri for section in playlist.segment_map]
        assert files
        assert all((folder / name).stat().st_size for name in files)


def test_no_segment_is_faster_than_its_rendition_says(published):
    master = m3u8.load(str(published / "master.m3u8"))
    for variant in master.playlists:
        playlist = m3u8.load(str(published / variant.uri))
        for segment in playlist.segments:
            size = ((published / variant.uri).parent / segment.uri).stat().st_size
            assert 8 * size / segment.duration <= variant.stream_info.bandwidth


def test_ffmpeg_plays_what_was_published(published):
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(published / "master.m3u8"), "-map", "0:v", "-map",
         "0:a", "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (played.returncode, played.stderr) == (0, "")


def test_the_thumbnails_cover_the_title(published):
    cues = list(webvtt.read(published / "thumbnails" / "thumbnails.vtt"))
    assert [cue.text for cue in cues] == [
        "sheet-00001.jpg#xywh=0,0,160,90", "sheet-00001.jpg#xywh=160,0,160,90",
    ]  # fmt: skip
    assert cues[-1].end_in_seconds == 6
    assert (published / "thumbnails" / "sheet-00001.jpg").stat().st_size > 0
    assert (published / "poster.jpg").stat().st_size > 0


def test_arranging_twice_gives_the_same_bytes(packaged, published, tmp_path):
    root, order = packaged
    media = FolderStore(tmp_path)
    arranger = PackageArranger(
        staging=FolderStore(root), media=media, tools=SandboxedTools(), ladder=LADDER
    )
    for _ in range(2):
        arranger.arrange(order)
    for path in published.rglob("*"):
        if path.is_file():
            again = tmp_path / order.published / path.relative_to(published)
            assert again.read_bytes() == path.read_bytes()


def test_thumbnails_of_a_long_title_go_on_with_the_next_sheet():
    text = layout.thumbnails_track(101, LADDER.thumbnails, 403.0)
    assert "sheet-00002.jpg#xywh=0,0,160,90" in text
    assert "00:06:40.000 --> 00:06:43.000" in text


def test_a_variant_says_what_it_needs():
    (part, *_) = parts(order_of(), LADDER)
    variant = layout.Variant(
        part=part, peak=100, average=80, codec="avc1.4D4015", width=426, height=240
    )
    text = layout.master_playlist(
        [variant, replace(variant, peak=200)], rate=Fraction(24000, 1001), audio=order_of().audio,
        audio_peak=10, audio_average=8, subtitles=(),
    )  # fmt: skip
    first = m3u8.loads(text).playlists[0].stream_info
    assert (first.bandwidth, first.average_bandwidth, first.frame_rate) == (110, 88, 23.976)
    assert (first.codecs, first.resolution) == ("avc1.4D4015,mp4a.40.2", (426, 240))
