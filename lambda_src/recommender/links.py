"""What two titles share, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recommender.catalogue import Title

_ADJECTIVES = {"children": "children's", "film-noir": "noir", "musical": "musical"}


@dataclass(frozen=True, slots=True)
class Link:
    """What two titles have in common."""

    directors: tuple[str, ...]
    cast: tuple[str, ...]
    genres: tuple[str, ...]
    decade: int | None = None

    @classmethod
    def between(cls, one: Title, other: Title) -> Link:
        """The people and genres of both, in the order of ``other``."""
        return cls(
            directors=_shared(one.directors, other.directors),
            cast=_shared(one.cast, other.cast),
            genres=_shared(one.genres, other.genres),
            decade=_decade(one) if _decade(one) == _decade(other) else None,
        )

    @property
    def people(self) -> tuple[str, ...]:
        """Who :attr:`text` names."""
        named = (*self.directors[:2], *self.cast[:2])
        return tuple(dict.fromkeys(named))

    @property
    def text(self) -> str:
        """ "both are crime films by Michael Mann with Al Pacino"; what isn't shared is left out."""
        if not (self.directors or self.cast or self.genres):
            return f"both are of the {self.decade}s" if self.decade else "their stories are alike"
        parts = ["both are", genre_phrase(self.genres)]
        if self.directors:
            parts.append(f"by {join(self.directors[:2])}")
        if self.cast:
            parts.append(f"with {join(self.cast[:2])}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class People:
    """Who directed a title and who plays in it, to be looked for in many others."""

    directors: frozenset[str]
    cast: frozenset[str]

    @classmethod
    def of(cls, title: Title) -> People:
        """The people of ``title``."""
        return cls(frozenset(title.directors), frozenset(title.cast))

    def shared_with(self, other: People) -> bool:
        """Whether any of them has the same part in both titles."""
        return not (self.directors.isdisjoint(other.directors) and self.cast.isdisjoint(other.cast))


def _decade(title: Title) -> int | None:
    return None if title.year is None else title.year // 10 * 10


def genre_phrase(genres: Sequence[str]) -> str:
    """ "crime and thriller films", or "films" where there is no genre."""
    return f"{join([genre_word(genre) for genre in genres[:2]])} films".strip()


def genre_word(genre: str) -> str:
    """A genre as it stands in a sentence: "sci-fi", "IMAX", "children's"."""
    word = genre if genre.isupper() else genre.lower()
    return _ADJECTIVES.get(word, word)


def quoted(title: Title) -> str:
    """The title's name where a sentence goes on after it: names hold commas and verbs."""
    return f"\u201c{title.name}\u201d"


def join(names: Sequence[str]) -> str:
    """ "Al Pacino", "Al Pacino and Val Kilmer", "Heat, Ronin and Thief"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def stars(rating: float) -> str:
    """ "5 stars", "3.5 stars", "1 star"."""
    return f"{rating:g} star{'' if rating == 1 else 's'}"


def _shared(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    known = set(one)
    return tuple(dict.fromkeys(name for name in other if name in known))
