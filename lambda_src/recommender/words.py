"""Text to words: what plots are compared by, and what search looks up."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
STOP_WORDS = frozenset(
    word
    for line in (
        "a about after all also an and are as at back be been before but by can come do does",
        "for from get go has have he her him his how if in into is it its just make more most",
        "must no not of off on once one only or other out over own she so some than that the",
        "their them then there they this through to up upon was way we were what when where",
        "which while who will with without you your",
    )
    for word in line.split()
)


def words(text: str) -> list[str]:
    """The words of ``text`` in order, without case and accents: "Amélie's" is amelie, s."""
    if text.isascii():
        return _WORD.findall(text.lower())
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))


def plot_words(text: str) -> list[str]:
    """The words of a plot that can tell one from another, plurals folded."""
    return [_stem(word) for word in words(text) if len(word) > 2 and word not in STOP_WORDS]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word
