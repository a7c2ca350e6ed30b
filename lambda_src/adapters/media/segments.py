"""Whether a packaged segment plays: decoded after its initialisation section."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

_DECODED = 6


def facts(init: str, *segments: str) -> dict[str, Any]:
    """Of each segment file: when it starts and ends, whether by a keyframe, what was decoded."""
    head = Path(init).read_bytes()
    return {"segments": [_segment(head + Path(segment).read_bytes()) for segment in segments]}


def _segment(data: bytes) -> dict[str, Any]:
    options = {"format_whitelist": "mov,mp4", "protocol_whitelist": ""}
    with av.open(io.BytesIO(data), "r", options=options) as container:
        (stream,) = container.streams
        start, end, decoded, keyframe, width, height = None, 0.0, 0, False, 0, 0
        for packet in container.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            time = float(packet.pts * packet.time_base)
            if start is None or time < start:
                start = time
            keyframe = keyframe or (end == 0.0 and packet.is_keyframe)
            end = max(end, time + float((packet.duration or 0) * packet.time_base))
            if decoded < _DECODED:
                decoded += len(packet.decode())
        if isinstance(stream, VideoStream):
            width, height = stream.codec_context.width, stream.codec_context.height
        return {
            "start": start,
            "end": end,
            "keyframe": keyframe,
            "decoded": decoded,
            "width": width,
            "height": height,
        }
