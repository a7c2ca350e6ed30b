"""Integrated loudness after EBU R 128, by libav's own filter."""

from __future__ import annotations

import ctypes
import math
import re
from contextlib import suppress
from pathlib import Path

import av.error
import av.filter
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

_READING = re.compile(r"lavfi\.r128\.I=(-?[0-9.]+|-inf|nan)")
_SILENCE = -70.0  # the filter's floor


def settle_layout(stream: AudioStream) -> None:
    """Gives channels in an order of their own, such as 7.1 in QuickTime, libav's usual one.

    PyAV from 17.1 on frees such an order once too often whenever it is asked for, as it does for
    each frame. So the one that is asked for here is kept for good, and no other is made. Sides
    and backs count the same in loudness, so which is which makes no difference.
    """
    layout = stream.codec_context.layout
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    if "(" in layout.name:  # the channels one by one: the order has no name
        stream.codec_context.options = {"ch_layout": f"{layout.nb_channels}c"}
        stream.codec_context.open(strict=False)


class Meter:
    """Hears a stream's frames; ``notes`` is a file that the filter writes its readings to."""

    def __init__(self, stream: AudioStream, notes: Path) -> None:
        self._stream, self._notes = stream, notes
        self._graph: av.filter.Graph | None = None

    def hear(self, frame: AudioFrame) -> None:
        """Takes one decoded frame."""
        if self._graph is None:
            self._graph = self._made()
        frame.pts = None  # windows follow each other as if nothing lay between them
        self._graph.push(frame)
        self._drain(self._graph)

    def result(self) -> float | None:
        """LUFS, ``-70`` for silence; ``None`` where nothing was heard."""
        if self._graph is None:
            return None
        self._graph = None  # which closes the notes
        readings = _READING.findall(self._notes.read_text())
        if not readings:
            return None
        value = float(readings[-1])
        return _SILENCE if math.isnan(value) or value < _SILENCE else value

    def _made(self) -> av.filter.Graph:
        graph = av.filter.Graph()
        nodes = [
            graph.add_abuffer(template=self._stream),
            graph.add("ebur128", "metadata=1"),
            graph.add("ametadata", f"mode=print:key=lavfi.r128.I:file={self._notes}:direct=1"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph

    @staticmethod
    def _drain(graph: av.filter.Graph) -> None:
        with suppress(BlockingIOError, EOFError, av.error.BlockingIOError):
            while True:
                graph.pull()
