"""Why a title is there: true, and specific where the data allows it.

The title a reason cites is in the viewer's history, is liked, and is the one that added most
to the score of the scorer that decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from recommender.catalogue import Title
from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory
from recommender.links import Link, genre_phrase, genre_word, join, quoted, stars
from recommender.popularity import POPULAR
from recommender.recommendation import Reason, ReasonKind, Source
from recommender.scoring import (
    COLLABORATIVE_PARTS,
    EVERYBODY_PARTS,
    GENRE,
    TRENDING,
    Scorers,
    Scores,
)
from recommender.sparse import Bools, Floats, Ints

# Shares are worked out for this many of the best liked titles: a bound on the request.
_CITED = 60
_ENJOYED = 3.5  # stars


class Explainer:
    """Reasons for the picks of one request."""

    def __init__(
        self,
        scorers: Scorers,
        index: CatalogueIndex,
        states: Mapping[str, TitleState],
        history: FoldedHistory,
        playable: Bools,
        favourite_genres: Sequence[str] = (),
    ) -> None:
        self._scorers = scorers
        self._index = index
        self._states = states
        self._history = history
        self._playable = playable
        self._favourites = {genre.casefold() for genre in favourite_genres}
        order = np.lexsort((history.titles, -history.preferences))
        cited = list(islice((place for place in order if self._citable(place)), _CITED))
        order = np.array(cited, dtype=np.int64)
        self._liked = FoldedHistory(history.titles[order], history.preferences[order])

    def explain(
        self, picks: Ints, scores: Scores, *, by_people: bool = True
    ) -> list[tuple[Source, Reason]]:
        """Source and reason of each of ``picks``.

        ``by_people``: where viewers alike decided, say who made both titles, if anybody did.
        """
        names = list(scores.parts)
        columns = np.stack([scores.parts[name][picks] for name in names], axis=1).tolist()
        parts = [dict(zip(names, column, strict=True)) for column in columns]
        unwatched = self._scorers.latent.unwatched[picks].tolist()
        decisions = [_decision(part, new) for part, new in zip(parts, unwatched, strict=True)]
        sources = [source for source, _ in decisions]
        shares = self._shares(picks, [scorer for _, scorer in decisions])
        best, most = self._largest(shares)
        answers = []
        for place, number in enumerate(picks.tolist()):
            source = sources[place]
            reason: Reason | None = None
            if source is Source.CONTENT:
                reason = self._content(number, shares[place], best[place], most[place])
            elif source is Source.COLLABORATIVE:
                reason = self._collaborative(number, best[place], most[place], by_people)
            elif source is Source.TRENDING:
                reason = Reason(ReasonKind.TRENDING, "Trending now")
            if reason is None:
                source, reason = Source.POPULARITY, self._popular(number, parts[place])
            answers.append((source, reason))
        return answers

    def _citable(self, place: int) -> bool:
        """Liked beyond doubt, and for the viewer's eyes.

        Nobody is told they enjoyed what they rated three stars, and no child is told the name
        of a title above the ceiling, whoever watched it with that profile.
        """
        number = self._history.titles[place]
        if not self._playable[number]:
            return False
        state = self._states[self._index.ids[number]]
        stars_given = state.rating if state.rating is not None else _ENJOYED
        return bool(self._history.preferences[place] > 0) and stars_given >= _ENJOYED

    def because_of(self, anchor: int, number: int) -> Reason:
        """Why ``number`` is in the row of a title of the viewer's history."""
        link = Link.between(self._index.titles[anchor], self._index.titles[number])
        return self._because(anchor, link)

    def _largest(self, shares: Floats) -> tuple[list[int], list[float]]:
        """For each pick the place and the size of its largest share, 0 where there is none."""
        if not len(self._liked):
            return [0] * len(shares), [0.0] * len(shares)
        return shares.argmax(axis=1).tolist(), shares.max(axis=1).tolist()

    def _content(self, number: int, shares: Floats, best: int, most: float) -> Reason | None:
        if most <= 0:
            return None
        title = self._index.titles[number]
        anchor = int(self._liked.titles[best])
        link = Link.between(self._index.titles[anchor], title)
        return self._by_same_people(title, shares) or self._because(anchor, link)

    def _by_same_people(self, title: Title, shares: Floats) -> Reason | None:
        """A director with two or more liked titles is the better reason than any one of them."""
        for director in title.directors:
            places = [
                place
                for place in np.argsort(-shares, kind="stable")[:5]
                if shares[place] > 0
                and director in self._index.titles[self._liked.titles[place]].directors
            ]
            if len(places) >= 2:
                liked = [self._index.titles[self._liked.titles[place]] for place in places[:2]]
                names = join([quoted(one) for one in liked])
                text = f"Because you liked {names}, also by {director}"
                ids = tuple(one.title_id for one in liked)
                return Reason(ReasonKind.SHARED_PEOPLE, text, ids, (director,))
        return None

    def _because(self, anchor: int, link: Link) -> Reason:
        title = self._index.titles[anchor]
        state = self._states[title.title_id]
        if state.rating is not None:
            kind = ReasonKind.BECAUSE_YOU_RATED
            deed = f"Because you rated {quoted(title)} {stars(state.rating)}"
        elif state.completed_at is not None or state.position_at is not None:
            kind, deed = ReasonKind.BECAUSE_YOU_WATCHED, f"Because you watched {quoted(title)}"
        else:
            kind, deed = ReasonKind.BECAUSE_YOU_LISTED, f"Because {quoted(title)} is on your list"
        return Reason(kind, f"{deed}: {link.text}", (title.title_id,), link.people)

    def _collaborative(self, number: int, best: int, most: float, by_people: bool) -> Reason | None:
        if most <= 0:
            return None
        anchor = int(self._liked.titles[best])
        title = self._index.titles[anchor]
        link = Link.between(title, self._index.titles[number])
        if by_people and link.people:
            return self._because(anchor, link)  # says more, and is as true
        text = f"Viewers like you who enjoyed {quoted(title)} also enjoyed this"
        return Reason(ReasonKind.SIMILAR_VIEWERS, text, (title.title_id,))

    def _shares(self, picks: Ints, scorers: Sequence[str]) -> Floats:
        """What each liked title adds to each pick, in the terms of the scorer that decided."""
        shares = np.zeros((len(picks), len(self._liked)), dtype=np.float32)
        decided = np.array(scorers)
        for name in ("content", "linear", "latent"):
            if (mine := decided == name).any():
                shares[mine] = getattr(self._scorers, name).shares(picks[mine], self._liked)
        if (mine := decided == "collaborative").any():
            shares[mine] = self._scorers.collaborative.shares(
                picks[mine], self._liked, self._likeness
            )
        return shares

    @cached_property
    def _likeness(self) -> Floats:
        return self._scorers.collaborative.likeness(self._history)

    def _popular(self, number: int, parts: Mapping[str, float]) -> Reason:
        if parts.get(GENRE, 0.0) > 0:
            genres = self._index.titles[number].genres
            chosen = [genre_word(g) for g in genres if g.casefold() in self._favourites]
            return Reason(ReasonKind.GENRE, f"Popular in {join(chosen[:2])}, which you like")
        if any(parts[name] > 0 for name in EVERYBODY_PARTS):
            return POPULAR
        # Nobody has watched it yet: what is left to say is what it is.
        genres = self._index.titles[number].genres
        return Reason(ReasonKind.GENRE, f"New to you: {genre_phrase(genres)}")


def _decision(parts: Mapping[str, float], unwatched: bool) -> tuple[Source, str]:
    """Source and scorer that decided: what everybody likes only where it is most of the score.

    Of an ``unwatched`` title no viewer can say anything: its tastes are those of its content.
    """
    everybody = sum(parts[name] for name in EVERYBODY_PARTS) + parts.get(GENRE, 0.0)
    news = parts.get(TRENDING, 0.0)
    by_viewers = ["collaborative", "linear"] if unwatched else list(COLLABORATIVE_PARTS)
    by_content = ["content", "latent"] if unwatched else ["content"]
    nearer = sum(parts[name] for name in by_content)
    others = sum(parts[name] for name in by_viewers)
    personal = nearer + others
    if personal <= 0 or max(everybody, news) > personal + min(everybody, news):
        return (Source.TRENDING if news > everybody else Source.POPULARITY), "popularity"
    if nearer >= others:
        return Source.CONTENT, max(by_content, key=lambda name: parts[name])
    return Source.COLLABORATIVE, max(by_viewers, key=lambda name: parts[name])
