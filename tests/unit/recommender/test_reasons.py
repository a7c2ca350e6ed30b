"""A reason is true: worked out again here, from what scorers hold and not by their shares."""

import numpy as np
import pytest

from recommender import Source, Viewer
from recommender.collaborative import habit
from recommender.decisions import decisions
from recommender.interactions import FoldedHistory, fold
from recommender.preferences import strength
from recommender.ranker import best
from recommender.reasons import Explainer
from recommender.scoring import Scores, score
from scripts.importers.sample import END as NOW

ASKED = 25


def dense(rows):
    everything = (np.arange(n, dtype=np.int32) for n in (rows.height, rows.width))
    return rows.dense(*everything)


def linear_shares(scorer, history, pick):
    whole = dense(scorer.weights)
    whole[np.ix_(scorer.learned, scorer.learned)] += scorer.giving @ scorer.getting.T
    return whole[history.titles, pick] * strength(history.preferences)


def latent_shares(scorer, history, pick):
    return (scorer.giving[history.titles] @ scorer.getting[pick]) * strength(history.preferences)


def content_shares(scorer, history, pick):
    features = dense(scorer.features)
    return features[history.titles] @ features[pick] * history.preferences


def collaborative_shares(scorer, history, pick):
    """Who is heard for the pick, and what each shares with the viewer: one by one."""
    near = scorer.neighbours(history)
    habits = dense(near.habits)
    rarity = np.maximum(scorer.spread, 1) ** -scorer.config.damping
    asked = habit(history.preferences, scorer.config.chosen)
    shares = np.zeros(len(history))
    for neighbour, heard in zip(habits, near.likeness, strict=True):
        for place, title in enumerate(history.titles):
            shares[place] += (
                heard * neighbour[pick] * neighbour[title] * asked[place] * rarity[title]
            )
    return shares


AGAIN = {
    "linear": linear_shares,
    "latent": latent_shares,
    "content": content_shares,
    "collaborative": collaborative_shares,
}


def explained(model, states, only=None):
    """Picks of one viewer with their decisions and reasons; ``only`` one scorer, where named."""
    history = fold(states, model.index.numbers, NOW)
    playable = model.index.playable(Viewer(), NOW)
    allowed = model.index.suggestible(states, playable)
    scores = score(model.scorers, model.index, history, allowed, trending={}, favourite_genres=())
    if only:
        nothing = np.zeros_like(scores.total)
        parts = {name: part if name == only else nothing for name, part in scores.parts.items()}
        scores = Scores(parts, scores.parts[only])
    picks = best(scores.total, allowed & (scores.total > 0), ASKED)
    decided = decisions(picks, scores, model.scorers.latent.unwatched[picks])
    explainer = Explainer(model.scorers, model.index, states, history, playable)
    return history, zip(picks.tolist(), decided, explainer.explain(picks, scores), strict=True)


def may_be_named(states, model, history):
    """Liked beyond doubt, and for the viewer's eyes: [history]."""
    ratings = [states[model.index.ids[title]].rating for title in history.titles]
    enjoyed = np.array([rating is None or rating >= 3.5 for rating in ratings])
    playable = model.index.playable(Viewer(), NOW)[history.titles]
    return enjoyed & playable & (history.preferences > 0)


@pytest.mark.parametrize("only", [None, *AGAIN])
def test_the_cited_title_added_most_to_the_score_of_the_scorer_that_decided(model, histories, only):
    cited = 0
    for states in list(histories.values())[:12]:
        history, picks = explained(model, states, only)
        may = may_be_named(states, model, history)
        for pick, (source, scorer), (shown, reason) in picks:
            if shown not in (Source.CONTENT, Source.COLLABORATIVE) or not reason.title_ids:
                continue
            assert shown is source
            shares = AGAIN[scorer](getattr(model.scorers, scorer), history, pick)
            shares = np.where(may, shares, -np.inf)
            most = {model.index.numbers[title_id] for title_id in reason.title_ids}
            best_places = [n for n, title in enumerate(history.titles) if title in most]
            assert len(best_places) == len(reason.title_ids)
            largest = float(shares.max())
            if len(best_places) == 1:
                assert shares[best_places[0]] == pytest.approx(largest, rel=1e-3)
            else:  # the films of one director: each among what counts most
                assert all(share >= np.sort(shares)[-5] for share in shares[best_places])
            cited += 1
    assert cited > 20


def test_what_was_decided_by_everybody_names_no_title_of_the_history(model, histories):
    for states in list(histories.values())[:12]:
        _, picks = explained(model, states, "popularity")
        for _, (source, _), (shown, reason) in picks:
            assert source is shown is Source.POPULARITY
            assert reason.title_ids == ()


def test_the_larger_part_decides(model):
    picks = np.arange(3, dtype=np.int32)
    nothing = np.zeros(len(model.index), np.float32)
    parts = {name: nothing.copy() for name in ("content", *AGAIN, "popularity", "recent")}
    parts["content"][:3] = (0.3, 0.3, 0.1)
    parts["linear"][:3] = (0.1, 0.25, 0.05)
    parts["latent"][:3] = (0.1, 0.1, 0.05)
    parts["popularity"][:3] = (0.1, 0.1, 0.5)
    total = sum(parts.values())
    decided = decisions(picks, Scores(parts, total), np.zeros(3, dtype=bool))
    assert decided == [
        (Source.CONTENT, "content"),
        (Source.COLLABORATIVE, "linear"),
        (Source.POPULARITY, "popularity"),
    ]
    unwatched = np.ones(3, dtype=bool)
    assert decisions(picks, Scores(parts, total), unwatched)[1] == (Source.CONTENT, "content")


def test_a_title_under_the_ceiling_is_explained_by_none_above_it(model, histories):
    child = Viewer(maturity_ceiling=6)
    named = 0
    for states in list(histories.values())[:30]:
        for pick in model.recommend(states, child, limit=20, now=NOW):
            for title_id in pick.reason.title_ids:
                maturity = model.titles[title_id].maturity
                assert maturity is not None
                assert maturity <= 6
                named += 1
    assert named


def test_nobody_cites_what_is_no_longer_in_the_history(model, histories):
    states = dict(histories["sample-crime-000"])
    before = model.recommend(states, Viewer(), limit=20, now=NOW)
    most = next(pick.reason.title_ids[0] for pick in before if pick.reason.title_ids)
    del states[most]
    after = model.recommend(states, Viewer(), limit=20, now=NOW)
    assert all(most not in pick.reason.title_ids for pick in after)


def test_an_empty_history_is_no_error(model):
    nothing = FoldedHistory(np.zeros(0, np.int32), np.zeros(0, np.float32))
    explainer = Explainer(
        model.scorers, model.index, {}, nothing, model.index.playable(Viewer(), NOW)
    )
    assert len(explainer._liked) == 0
