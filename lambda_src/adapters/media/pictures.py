"""Still pictures: a sheet of thumbnails, and a poster from a capture or a studio's artwork."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec import CodecContext
from av.video.frame import VideoFrame

# Pictures alone; SVG and the like, which can name other files, are not in it.
FORMATS = "jpeg_pipe,png_pipe,image2,mjpeg,webp_pipe"
MOST_PIXELS = 8192 * 8192
_QUALITY = "5"  # of 2 (best) to 31


def sheet(columns: str, rows: str, width: str, height: str, target: str, *sources: str) -> Any:  # noqa: ANN401 - JSON
    """Writes up to ``columns`` × ``rows`` pictures side by side into ``target``, a JPEG."""
    across, down, wide, high = int(columns), int(rows), int(width), int(height)
    down = min(down, -(-len(sources) // across))
    canvas = np.zeros((down * high, across * wide, 3), np.uint8)
    for place, source in enumerate(sources):
        row, column = divmod(place, across)
        picture = _read(source).reformat(width=wide, height=high, format="rgb24").to_ndarray()
        canvas[row * high : (row + 1) * high, column * wide : (column + 1) * wide] = picture
    _write(VideoFrame.from_ndarray(canvas, format="rgb24"), target)
    return {"width": across * wide, "height": down * high}


def still(width: str, height: str, source: str, target: str) -> dict[str, Any]:
    """Writes a picture, fitted into a box and never enlarged, as a JPEG."""
    picture = _read(source)
    scale = min(int(width) / picture.width, int(height) / picture.height, 1.0)
    fitted = [max(2, round(side * scale / 2) * 2) for side in (picture.width, picture.height)]
    _write(picture.reformat(width=fitted[0], height=fitted[1], format="rgb24"), target)
    return {"width": fitted[0], "height": fitted[1], "source": [picture.width, picture.height]}


def _read(path: str) -> VideoFrame:
    options = {
        "format_whitelist": FORMATS,
        "protocol_whitelist": "",
        "max_pixels": str(MOST_PIXELS),
    }
    with Path(path).open("rb") as file, av.open(file, "r", options=options) as container:
        for frame in container.decode(video=0):
            return frame
    raise ValueError("no picture in it")


def _write(frame: VideoFrame, path: str) -> None:
    encoder = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    encoder.time_base = Fraction(1, 25)
    packets = [*encoder.encode(frame.reformat(format="yuvj420p")), *encoder.encode(None)]
    Path(path).write_bytes(b"".join(bytes(packet) for packet in packets))
