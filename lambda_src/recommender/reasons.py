"""Why a title is there: true, and specific where the data allows it.

The title a reason cites is in the viewer's history, is liked, and is the one that added most
to the score of the scorer that decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from recommender.catalogue import Title
from recommender.decisions import decisions
from recommender.history import TitleState
from recommender.index import CatalogueIndex
from recommender.interactions import FoldedHistory
from recommender.links import Link, genre_phrase, genre_word, join, quoted, stars
from recommender.popularity import POPULAR
from recommender.recommendation import Reason, ReasonKind, Source
from recommender.scoring import EVERYBODY_PARTS, GENRE, PERSONAL_PARTS, Scorers, Scores
from recommender.sparse import Bools, Floats, Ints

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
        self._places = _citable(history, states, index, playable)
        self._liked = history.titles[self._places]
        self._worded: dict[int, Reason] = {}

    def explain(
        self, picks: Ints, scores: Scores, *, by_people: bool = True
    ) -> list[tuple[Source, Reason]]:
        """Source and reason of each of ``picks``.

        ``by_people``: where viewers alike decided, say who made both titles, if anybody did.
        """
        decided = decisions(picks, scores, self._scorers.latent.unwatched[picks])
        shares = self._shares(picks, [scorer for _, scorer in decided])
        anchors, most = self._largest(shares)
        collaborative = self.enjoyed_too if by_people else self._enjoyed
        answers = []
        for place, (number, (source, _)) in enumerate(zip(picks.tolist(), decided, strict=True)):
            reason: Reason | None = None
            if source is Source.TRENDING:
                reason = Reason(ReasonKind.TRENDING, "Trending now")
            elif most[place] <= 0:
                pass  # nothing that may be cited
            elif source is Source.COLLABORATIVE:
                reason = collaborative(anchors[place], number)
            elif source is Source.CONTENT:
                reason = self._content(anchors[place], number, shares[place])
            if reason is None:
                source, reason = Source.POPULARITY, self._popular(number, scores)
            answers.append((source, reason))
        return answers

    def because_of(self, anchor: int, number: int) -> Reason:
        """Why ``number`` is in the row of a title of the viewer's history."""
        link = Link.between(self._index.titles[anchor], self._index.titles[number])
        return self._because(anchor, link)

    def enjoyed_too(self, anchor: int, number: int) -> Reason:
        """Why viewers put ``number`` beside a title of the history; by its people, if it has any.

        Who made both says more, and is as true.
        """
        if self._index.people(anchor).shared_with(self._index.people(number)):
            return self.because_of(anchor, number)
        return self._enjoyed(anchor, number)

    def _largest(self, shares: Floats) -> tuple[list[int], list[float]]:
        """For each pick the liked title of the largest share and its size, 0 without any."""
        if not len(self._liked):
            return [0] * len(shares), [0.0] * len(shares)
        return self._liked[shares.argmax(axis=1)].tolist(), shares.max(axis=1).tolist()

    def _content(self, anchor: int, number: int, shares: Floats) -> Reason:
        title = self._index.titles[number]
        link = Link.between(self._index.titles[anchor], title)
        return self._by_same_people(title, shares) or self._because(anchor, link)

    def _by_same_people(self, title: Title, shares: Floats) -> Reason | None:
        """A director with two or more liked titles is the better reason than any one of them."""
        for director in title.directors:
            places = [
                place
                for place in np.argsort(-shares, kind="stable")[:5]
                if shares[place] > 0
                and director in self._index.titles[self._liked[place]].directors
            ]
            if len(places) >= 2:
                liked = [self._index.titles[self._liked[place]] for place in places[:2]]
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

    def _enjoyed(self, anchor: int, number: int) -> Reason:
        """The same for all picks that one liked title accounts for, so worded once."""
        reason = self._worded.get(anchor)
        if reason is None:
            title = self._index.titles[anchor]
            text = f"Viewers like you who enjoyed {quoted(title)} also enjoyed this"
            reason = Reason(ReasonKind.SIMILAR_VIEWERS, text, (title.title_id,))
            self._worded[anchor] = reason
        return reason

    def _shares(self, picks: Ints, scorers: Sequence[str]) -> Floats:
        """What each liked title adds to each pick, in the terms of the scorer that decided."""
        shares = np.zeros((len(picks), len(self._liked)), dtype=np.float32)
        decided = np.array(scorers)
        for name in PERSONAL_PARTS:
            if (mine := decided == name).any():
                scorer = getattr(self._scorers, name)
                shares[mine] = scorer.shares(picks[mine], self._history)[:, self._places]
        return shares

    def _popular(self, number: int, scores: Scores) -> Reason:
        if GENRE in scores.parts and scores.parts[GENRE][number] > 0:
            genres = self._index.titles[number].genres
            chosen = [genre_word(g) for g in genres if g.casefold() in self._favourites]
            return Reason(ReasonKind.GENRE, f"Popular in {join(chosen[:2])}, which you like")
        if any(scores.parts[name][number] > 0 for name in EVERYBODY_PARTS):
            return POPULAR
        # Nobody has watched it yet: what is left to say is what it is.
        genres = self._index.titles[number].genres
        return Reason(ReasonKind.GENRE, f"New to you: {genre_phrase(genres)}")


def _citable(
    history: FoldedHistory, states: Mapping[str, TitleState], index: CatalogueIndex, playable: Bools
) -> npt.NDArray[np.int64]:
    """Where in ``history`` what was liked beyond doubt is, and is for the viewer's eyes.

    Nobody is told they enjoyed what they rated three stars, and no child is told the name of a
    title above the ceiling, whoever watched it with that profile.
    """
    may = np.flatnonzero((history.preferences > 0) & playable[history.titles])
    ratings = [states[index.ids[number]].rating for number in history.titles[may].tolist()]
    enjoyed = [rating is None or rating >= _ENJOYED for rating in ratings]
    places: npt.NDArray[np.int64] = may[np.array(enjoyed, dtype=bool)]
    # The best liked first, so that of equal shares it is that one's.
    return places[np.argsort(-history.preferences[places], kind="stable")]
