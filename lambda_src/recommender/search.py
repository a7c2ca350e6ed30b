"""Find titles by words of their names, people and genres."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from recommender.catalogue import Title
from recommender.sparse import Bools, Floats, Ints
from recommender.words import words

_NAME, _PEOPLE, _GENRE = 4.0, 2.0, 1.0
_PREFIX = 0.6  # what a word's beginning is worth beside the whole word
_LONGEST_QUERY = 10  # words; a bound on the request


class SearchIndex:
    """An inverted index: for each word the titles that have it, and how prominently."""

    def __init__(self, titles: Sequence[Title]) -> None:
        postings: dict[str, dict[int, float]] = {}
        for number, title in enumerate(titles):
            fields = (
                (_NAME, title.name),
                (_PEOPLE, " ".join((*title.directors, *title.cast))),
                (_GENRE, " ".join(title.genres)),
            )
            for weight, text in fields:
                for word in words(text):
                    known = postings.setdefault(word, {})
                    known[number] = max(known.get(number, 0.0), weight)
        self._words = sorted(postings)
        self._numbers = [np.array(list(postings[word]), dtype=np.int32) for word in self._words]
        self._weights = [
            np.array(list(postings[word].values()), dtype=np.float32) for word in self._words
        ]
        # A name of few words that all match is a better answer than a long one.
        self._brevity = np.array(
            [1 / max(1, len(words(title.name))) for title in titles], dtype=np.float32
        )

    def find(self, query: str, allowed: Bools, popularity: Floats) -> Ints:
        """Numbers of the allowed titles that match every word of ``query``, best first.

        A word also matches those it begins. ``popularity`` [titles] in [0, 1] orders equals.
        """
        asked = list(dict.fromkeys(words(query)))[:_LONGEST_QUERY]
        if not asked:
            return np.zeros(0, dtype=np.int32)
        matches = [self._match(word, len(popularity)) for word in asked]
        found = np.logical_and.reduce([match > 0 for match in matches]) & allowed
        numbers = np.flatnonzero(found)
        scores = np.sum(matches, axis=0) + self._brevity + 0.5 * np.sqrt(popularity)
        order = np.lexsort((numbers, -scores[numbers]))
        return numbers[order].astype(np.int32)

    def _match(self, word: str, titles: int) -> Floats:
        row = np.zeros(titles, dtype=np.float32)
        place = bisect_left(self._words, word)
        while place < len(self._words) and self._words[place].startswith(word):
            worth = np.float32(1.0 if self._words[place] == word else _PREFIX)
            numbers = self._numbers[place]
            row[numbers] = np.maximum(row[numbers], self._weights[place] * worth)
            place += 1
        return row
