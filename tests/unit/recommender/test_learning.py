"""One more liking raises what is most like it, one dismissal lowers it."""

import numpy as np
import pytest

from recommender import TitleState, Viewer
from recommender.interactions import FoldedHistory, fold
from recommender.scoring import score
from scripts.importers.sample import END as NOW

LENGTHS = (0, 1, 2, 5, 10, 30)
NEAREST = 3


def with_one_more(history, title, preference):
    titles = np.append(history.titles, np.int32(title)).astype(np.int32)
    preferences = np.append(history.preferences, np.float32(preference))
    order = np.argsort(titles)
    return FoldedHistory(titles[order], preferences[order])


def links_of(scorer, title):
    """How far liking ``title`` alone speaks for each title."""
    one = FoldedHistory(np.array([title], np.int32), np.ones(1, np.float32))
    return scorer(one)


@pytest.mark.parametrize("name", ["linear", "latent"])
def test_what_a_title_speaks_for_gains_by_its_liking_and_loses_by_its_dismissal(
    name, model, histories
):
    """Exactly, whatever else is in the history: the scores are sums."""
    scorer = getattr(model.scorers, name)
    for viewer_id in list(histories)[:10]:
        whole = fold(histories[viewer_id], model.index.numbers, NOW)
        for length in LENGTHS:
            given = FoldedHistory(whole.titles[:length], whole.preferences[:length])
            title = int(whole.titles[-1])
            links = links_of(scorer, title)
            before = scorer(given)
            liked = scorer(with_one_more(given, title, 1.0))
            dismissed = scorer(with_one_more(given, title, -1.0))
            spoken_for = links > 1e-6
            assert (liked >= before - 1e-5)[spoken_for].all()
            assert (dismissed <= before + 1e-5)[spoken_for].all()


def places(model, states, title):
    """Where the titles most like ``title`` are in the viewer's whole list, it being left out."""
    history = fold(states, model.index.numbers, NOW)
    allowed = model.index.eligible(states, Viewer(), NOW)
    total = score(
        model.scorers, model.index, history, allowed, trending={}, favourite_genres=()
    ).total
    allowed[title] = False
    asked = model.index.ids[title]
    near = model.similar(asked, Viewer(), limit=NEAREST, now=NOW, history=states)
    numbers = [model.index.numbers[pick.title_id] for pick in near]
    return {number: int((total[allowed] > total[number]).sum()) for number in numbers}


def test_its_nearest_neighbours_rise_in_the_list_with_a_liking_and_fall_with_a_dismissal(
    model, histories
):
    """The parts of a list are weighed anew with each title of the history, so that now and
    then a neighbour moves a little the wrong way: seldom, and never far."""
    rng = np.random.default_rng(0)
    rises, falls = [], []
    for viewer_id in list(histories)[:40]:
        for length in LENGTHS:
            states = dict(list(histories[viewer_id].items())[:length])
            title = int(rng.integers(len(model.index)))
            title_id = model.index.ids[title]
            if title_id in states:
                continue
            before = places(model, states, title)
            liking = TitleState(title_id=title_id, rating=5.0, rated_at=NOW - 60)
            dismissal = TitleState(title_id=title_id, dismissed_at=NOW - 60)
            liked = places(model, {**states, title_id: liking}, title)
            dismissed = places(model, {**states, title_id: dismissal}, title)
            both = before.keys() & liked.keys() & dismissed.keys()
            rises += [before[n] - liked[n] for n in both]
            falls += [dismissed[n] - before[n] for n in both if length]
    assert len(rises) > 400
    assert np.mean(np.array(rises) < 0) <= 0.01
    assert np.mean(np.array(falls) < 0) <= 0.03
    assert np.median(rises) > 20
    assert np.median(falls) > 5
