"""The last steps of a list: what the catalogue is now, pins, caps, and bounded exploration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from recommender.catalogue import Title, Viewer
from recommender.editorial import NO_RULES, Cap, EditorialRules
from recommender.history import TitleState
from recommender.ranker import RankerConfig, eligible
from recommender.recommendation import Reason, ReasonKind, Recommendation, Source

PINNED = Reason(ReasonKind.EDITORIAL, "Picked by our editors")

Seats = Mapping[int, Recommendation]  # pinned titles by place, from 0


def arrange(
    picks: Sequence[Recommendation],
    cards: Mapping[str, Title],
    history: Mapping[str, TitleState],
    viewer: Viewer,
    *,
    limit: int,
    now: float,
    rules: EditorialRules = NO_RULES,
    ranker: RankerConfig | None = None,
    rng: np.random.Generator | None = None,
) -> list[Recommendation]:
    """The ``limit`` titles to show of ``picks`` (best first, more than ``limit`` of them).

    ``cards`` are the catalogue as it is now, of the picks and the pins: only what is eligible
    by them is shown, pinned or not, and no title twice. Pins take their places, caps hold for
    the rest of the list and give way where it would stay short otherwise (a pin counts under
    a cap, and is never held back by one). With ``rng`` a share of the places is explored from
    the picks below the list. Scores never rise from place to place: what was moved up has the
    score of the title that it took the place of.
    """

    def may_show(title_id: str) -> bool:
        return eligible(cards.get(title_id), history.get(title_id), viewer, now)

    seats = _seats(rules, viewer, now, limit, {t for t in cards if may_show(t)})
    taken = {pick.title_id for pick in seats.values()}
    rest = [
        pick
        for pick in {pick.title_id: pick for pick in reversed(picks)}.values()
        if pick.title_id not in taken and may_show(pick.title_id)
    ][::-1]
    tally = Tally(rules.caps, cards, seats)
    chosen = _within_caps(rest, tally, seats, limit)
    if rng is not None:
        kept = {pick.title_id for pick in chosen}
        reserve = [pick for pick in rest if pick.title_id not in kept]
        places = [place for place in range(limit) if place not in seats]
        chosen = explore(chosen, places, reserve, ranker or RankerConfig(), rng, tally)
    return _seated(chosen, seats)


def explore(
    chosen: Sequence[Recommendation],
    places: Sequence[int],
    reserve: Sequence[Recommendation],
    config: RankerConfig,
    rng: np.random.Generator,
    tally: Tally,
) -> list[Recommendation]:
    """``chosen`` (for ``places``, ascending) with a few of ``reserve`` in the place of some.

    The open places, all from ``config.settled`` on, are taken in blocks of B, B being
    1 / ``config.exploration`` rounded up, and each block explores one of its places, every
    place alike: at the i-th place of a block (from 0) that has not explored yet, with the
    probability h = 1 / (B - i). Which title comes there is drawn uniformly from the n titles
    of the reserve that are not used yet and that no cap holds back; where n is 0 nothing is
    drawn. So the propensity of a place, given the titles above it, is exactly

        h / n   of a title of the reserve,
        1 - h   of the list's own title where the draw was open,
        1       where nothing was drawn,

    and the product over a list is the probability of that list.
    """
    explored = list(chosen)
    left = list(reserve)
    block = math.ceil(1 / config.exploration) if config.exploration > 0 else 0
    turn, done = 0, block == 0
    for spot, (place, own) in enumerate(zip(places, chosen, strict=False)):
        if place < config.settled or block == 0:
            continue
        if turn == block:
            turn, done = 0, False
        chance, turn = 1 / (block - turn), turn + 1
        if done:
            continue
        tally.remove(own.title_id, place)
        fitting = tally.fitting(left, place)
        pick = own
        if fitting and rng.random() < chance:
            pick, done = fitting[int(rng.integers(len(fitting)))], True
            explored[spot] = pick._replace(score=own.score, propensity=chance / len(fitting))
            left.remove(pick)
        elif fitting:
            explored[spot] = own._replace(propensity=1 - chance)
        tally.add(pick.title_id, place)
    return explored


class Tally:
    """How often each director and genre is in the places that caps are about."""

    def __init__(self, caps: Sequence[Cap], cards: Mapping[str, Title], seats: Seats) -> None:
        self._cards = cards
        self._counts: list[tuple[Cap, Counter[str]]] = [(cap, Counter()) for cap in caps]
        for place, pick in seats.items():
            self.add(pick.title_id, place)

    def fits(self, title_id: str, place: int) -> bool:
        """Whether the title at ``place`` would break no cap."""
        return all(
            place >= cap.within
            or all(counts[value] < cap.most for value in cap.values(self._cards[title_id]))
            for cap, counts in self._counts
        )

    def fitting(self, picks: Sequence[Recommendation], place: int) -> Sequence[Recommendation]:
        """Those of ``picks`` that fit at ``place``; without caps all, and at no cost."""
        if not self._counts:
            return picks
        return [pick for pick in picks if self.fits(pick.title_id, place)]

    def add(self, title_id: str, place: int, by: int = 1) -> None:
        """Counts the title at ``place``."""
        for cap, counts in self._counts:
            if place < cap.within:
                for value in cap.values(self._cards[title_id]):
                    counts[value] += by

    def remove(self, title_id: str, place: int) -> None:
        """Takes back what :meth:`add` counted."""
        self.add(title_id, place, -1)


def _seats(
    rules: EditorialRules, viewer: Viewer, now: float, limit: int, able: set[str]
) -> dict[int, Recommendation]:
    """Pins by place from 0; of two for one place the later one comes to the next free one."""
    seats: dict[int, Recommendation] = {}
    for pin in rules.pins_for(viewer, now, limit):
        place = pin.place - 1
        while place in seats:
            place += 1
        if pin.title_id in able and place < limit:
            seats[place] = Recommendation(pin.title_id, 0.0, Source.EDITORIAL, PINNED)
    return seats


def _within_caps(
    rest: Sequence[Recommendation], tally: Tally, seats: Seats, limit: int
) -> list[Recommendation]:
    left = list(rest)
    chosen: list[Recommendation] = []
    lowest = math.inf
    for place in range(limit):
        if place in seats or not left:
            continue
        fitting = (n for n, pick in enumerate(left) if tally.fits(pick.title_id, place))
        pick = left.pop(next(fitting, 0))
        tally.add(pick.title_id, place)
        lowest = min(lowest, pick.score)
        chosen.append(pick if pick.score == lowest else pick._replace(score=lowest))
    return chosen


def _seated(chosen: Sequence[Recommendation], seats: Seats) -> list[Recommendation]:
    """The list with the pins in it; where it is too short for a place, they close up."""
    shown = list(chosen)
    for place in sorted(seats):
        at = min(place, len(shown))
        neighbour = shown[at] if at < len(shown) else shown[-1] if shown else seats[place]
        shown.insert(at, seats[place]._replace(score=neighbour.score))
    return shown
