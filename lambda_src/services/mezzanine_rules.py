"""Whether a mezzanine is fit to be packaged: every reason against it, by field. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from schemas import intake_limits as limits
from schemas.intake import Reason
from schemas.mezzanine import AudioStream, Mezzanine, VideoStream
from schemas.title_document import TitleDocument


def reasons_against(document: TitleDocument, mezzanine: Mezzanine) -> list[Reason]:
    """All of them; none where the file may be packaged."""
    return [
        *(Reason(field="mezzanine", message=fault) for fault in mezzanine.faults),
        *_container(mezzanine),
        *_picture(mezzanine.video),
        *_sound(document, mezzanine.audio),
        *_lengths(document, mezzanine),
        *_subtitles(mezzanine.subtitles),
    ]


def _container(mezzanine: Mezzanine) -> Iterator[Reason]:
    names = set(mezzanine.container.split(","))
    if not names & limits.CONTAINERS:
        yield Reason(
            field="mezzanine.container",
            message=f"is {mezzanine.container}, must be one of {_listed(limits.CONTAINERS)}",
        )
    seconds = mezzanine.duration_seconds
    if not limits.SHORTEST_SECONDS <= seconds <= limits.LONGEST_SECONDS:
        yield Reason(
            field="mezzanine.duration",
            message=f"is {seconds:.1f} s, must be {limits.SHORTEST_SECONDS:.0f} s to "
            f"{limits.LONGEST_SECONDS / 3600:.0f} h",
        )


def _picture(streams: tuple[VideoStream, ...]) -> Iterator[Reason]:
    if len(streams) != 1:
        message = f"has {len(streams)} video streams, must have one"
        yield Reason(field="mezzanine.video", message=message)
    for stream in streams[:1]:
        faults = (_codec(stream), _size(stream), _rate(stream), _scan(stream))
        yield from (reason for reason in faults if reason)


def _codec(stream: VideoStream) -> Reason | None:
    if stream.codec in limits.VIDEO_CODECS:
        return None
    allowed = _listed(limits.VIDEO_CODECS)
    return Reason(
        field="mezzanine.video.codec", message=f"is {stream.codec}, must be one of {allowed}"
    )


def _size(stream: VideoStream) -> Reason | None:
    width, height = stream.width, stream.height
    shape = max(width, height) / max(1, min(width, height))
    if (
        min(width, height) >= limits.SMALLEST_SIDE
        and width <= limits.WIDEST
        and height <= limits.TALLEST
        and shape <= limits.MOST_ASPECT
    ):
        return None
    return Reason(
        field="mezzanine.video.size",
        message=f"is {width}x{height}, must be {limits.SMALLEST_SIDE} lines at least, "
        f"{limits.WIDEST}x{limits.TALLEST} at most, and no longer than "
        f"{limits.MOST_ASPECT:.0f} times its short side",
    )


def _rate(stream: VideoStream) -> Reason | None:
    rate = stream.rate
    if not limits.SLOWEST_RATE <= rate <= limits.FASTEST_RATE:
        return Reason(
            field="mezzanine.video.frame_rate",
            message=f"is {float(rate):.3f}, must be {limits.SLOWEST_RATE} to "
            f"{limits.FASTEST_RATE} frames a second",
        )
    average = stream.average_rate
    if abs(average - rate) > rate * limits.RATE_TOLERANCE:
        return Reason(
            field="mezzanine.video.frame_rate",
            message=f"varies: {float(rate):.3f} nominal, {float(average):.3f} on average; "
            "deliver a constant one",
        )
    return None


def _scan(stream: VideoStream) -> Reason | None:
    if stream.interlaced:
        message = "is interlaced; deinterlace it before delivery"
        return Reason(field="mezzanine.video.scan", message=message)
    if stream.sample_aspect not in {"1", "1/1", "0", "0/1"}:
        message = f"has pixels of {stream.sample_aspect}, must have square ones"
        return Reason(field="mezzanine.video.pixel_aspect", message=message)
    if stream.rotation:
        message = (
            f"is to be turned by {stream.rotation} degrees when it is shown, which the package "
            "can't say; deliver it upright, encoded anew without rotation metadata"
        )
        return Reason(field="mezzanine.video.rotation", message=message)
    if stream.transfer != "sdr":
        message = f"is {stream.transfer.upper()}, and the ladder is SDR; deliver an SDR grade"
        return Reason(field="mezzanine.video.transfer", message=message)
    return None


def _sound(document: TitleDocument, streams: tuple[AudioStream, ...]) -> Iterator[Reason]:
    for number, track in enumerate(document.audio):
        if track.track > len(streams):
            yield Reason(
                field=f"audio[{number}].track",
                message=f"is {track.track}, and the mezzanine has {len(streams)} audio tracks",
            )
            continue
        stream = streams[track.track - 1]
        field = f"mezzanine.audio[{track.track}]"
        if stream.codec not in limits.AUDIO_CODECS:
            allowed = _listed(limits.AUDIO_CODECS)
            message = f"is {stream.codec}, must be one of {allowed}"
            yield Reason(field=f"{field}.codec", message=message)
        if not 1 <= stream.channels <= limits.MOST_AUDIO_CHANNELS:
            message = f"has {stream.channels} channels, must have 1 to {limits.MOST_AUDIO_CHANNELS}"
            yield Reason(field=f"{field}.channels", message=message)
        yield from _loudness(field, stream)


def _loudness(field: str, stream: AudioStream) -> Iterator[Reason]:
    lufs = stream.loudness_lufs
    if lufs is None:
        yield Reason(field=f"{field}.loudness", message="could not be measured: nothing decodes")
    elif not limits.QUIETEST_LUFS <= lufs <= limits.LOUDEST_LUFS:
        said = "silent" if lufs <= -70 else f"{lufs:.1f} LUFS"
        yield Reason(
            field=f"{field}.loudness",
            message=f"is {said}, must be {limits.QUIETEST_LUFS:.0f} to "
            f"{limits.LOUDEST_LUFS:.0f} LUFS integrated (EBU R 128)",
        )


def _lengths(document: TitleDocument, mezzanine: Mezzanine) -> Iterator[Reason]:
    """Each part of the package is as long as its stream, and all must be as long as the file."""
    if mezzanine.faults:  # of a file that is cut off nothing has its length
        return
    used = {track.track for track in document.audio}
    ends = [("mezzanine.video.duration", stream.ends_at) for stream in mezzanine.video[:1]] + [
        (f"mezzanine.audio[{stream.track}].duration", stream.ends_at)
        for stream in mezzanine.audio
        if stream.track in used
    ]
    seconds = mezzanine.duration_seconds
    for field, end in ends:
        if end is not None and abs(end - seconds) > limits.LENGTH_TOLERANCE:
            message = (
                f"ends at {end:.2f} s, and the file at {seconds:.2f} s; pad or cut, so that "
                f"picture and sound end within {limits.LENGTH_TOLERANCE} s of each other"
            )
            yield Reason(field=field, message=message)


def _subtitles(codecs: tuple[str, ...]) -> Iterator[Reason]:
    # The package would lose them without a word.
    if codecs:
        yield Reason(
            field="mezzanine.subtitles",
            message=f"has {len(codecs)} subtitle tracks inside ({', '.join(codecs)}); deliver each "
            "as a WebVTT file named in subtitles, and the mezzanine without them",
        )


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
