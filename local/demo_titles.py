"""The demo's films: moving pictures with sound, drawn by ffmpeg, a different look for each genre.

Made once for each world and kept there; then they go the way of every title, through the ingest
bucket and the title workflow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.emulator.mediaconvert.ffmpeg import run_ffmpeg
from recommender.catalogue import Title

SECONDS = 20
RATE = 24
WIDE, HIGH = 1280, 720
_DRAWN = f"s={WIDE // 4}x{HIGH // 4}:r={RATE}"  # small, since it is made anew for each world


@dataclass(frozen=True)
class Look:
    """A genre's picture (a lavfi source and filters) and its chord, in hertz."""

    picture: str
    chord: tuple[int, int, int]


LOOKS = {
    "Crime": Look(
        f"gradients={_DRAWN}:c0=0x06080f:c1=0x8a1020:c2=0x101a30:n=3:speed=0.02,vignette",
        (110, 131, 165),
    ),
    "Sci-Fi": Look(f"mandelbrot={_DRAWN}:maxiter=60,hue=h=200", (98, 147, 220)),
    "Animation": Look(
        f"cellauto={_DRAWN}:rule=110:scroll=1,format=yuv420p,lutyuv=u=90:v=200,hue=h=60*t",
        (262, 330, 392),
    ),
}
OTHER = Look(f"testsrc2={_DRAWN},hue=h=20*t", (147, 185, 220))


def choose(titles: Iterable[Title]) -> list[Title]:
    """One title of each look that everybody may see, in the catalogue's order."""
    chosen: dict[str, Title] = {}
    for title in titles:
        genre = title.genres[0] if title.genres else ""
        open_to_all = not title.countries and title.available_until is None
        if genre in LOOKS and open_to_all and title.maturity is not None:
            chosen.setdefault(genre, title)
    return list(chosen.values())


def make(title: Title, folder: Path) -> Path:
    """The title's delivery in ``folder/<title_id>``; made only where it is not there yet."""
    delivery = folder / title.title_id
    document = delivery / "title.json"
    if not document.exists():
        delivery.mkdir(parents=True, exist_ok=True)
        _film(LOOKS.get(title.genres[0], OTHER), delivery / "film.mov")
        (delivery / "en.vtt").write_text(_subtitles(title, "is playing"))
        (delivery / "de.vtt").write_text(_subtitles(title, "läuft"))
        document.write_text(json.dumps(_document(title), indent=1, ensure_ascii=False))
    return delivery


def _film(look: Look, path: Path) -> None:
    """Two audio tracks: the chord, and the same a fifth higher for the second language."""
    working = path.with_suffix(".part.mov")
    run_ffmpeg(
        [
            *("ffmpeg", "-hide_banner", "-nostdin", "-y", "-loglevel", "error"),
            *("-f", "lavfi", "-i", f"{look.picture},scale={WIDE}:{HIGH},format=yuv420p"),
            *("-f", "lavfi", "-i", _chord(look.chord, 1.0)),
            *("-f", "lavfi", "-i", _chord(look.chord, 1.5)),
            *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-t", str(SECONDS)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-c:a", "pcm_s16le"),
            str(working),
        ]
    )
    working.replace(path)  # a film that is there is whole


def _chord(tones: Sequence[int], times: float) -> str:
    """A swelling chord, some -23 LUFS."""
    waves = "+".join(f"0.1*sin(2*PI*{tone * times:.1f}*t)" for tone in tones)
    swell = "(0.6+0.4*sin(2*PI*t/4))"
    return f"aevalsrc={swell}*({waves})|{swell}*({waves}):s=48000:d={SECONDS}"


def _subtitles(title: Title, says: str) -> str:
    cues = ["WEBVTT"]
    for start in range(1, SECONDS - 3, 4):
        cues.append(
            f"\n00:00:{start:02d}.000 --> 00:00:{start + 3:02d}.000\n{title.name} {says}: {start} s"
        )
    return "\n".join(cues) + "\n"


def _document(title: Title) -> dict[str, object]:
    return {
        "title_id": title.title_id,
        "mezzanine": "film.mov",
        "original_language": "en",
        "names": {"en": title.name},
        "plots": {"en": title.plot},
        "year": title.year,
        "genres": list(title.genres),
        "cast": list(title.cast),
        "directors": list(title.directors),
        "maturity": {"*": title.maturity},
        "audio": [
            {"language": "en", "name": "English", "track": 1},
            {"language": "de", "name": "Deutsch", "track": 2},
        ],
        "subtitles": [
            {"language": "en", "name": "English", "file": "en.vtt"},
            {"language": "de", "name": "Deutsch", "file": "de.vtt"},
        ],
    }
