"""Planted tastes come back: by genre, by people, and as reasons that are true."""

from collections import Counter

import numpy as np
import pytest

from recommender import ReasonKind, Source, Title, TitleState, Viewer
from recommender.training import fit
from scripts.importers.sample import END as NOW
from scripts.importers.sample import TASTES

LEADING = {taste: max(genres, key=genres.get) for taste, genres in TASTES.items()}


def share(model, picks, genre):
    return np.mean([genre in model.titles[pick.title_id].genres for pick in picks])


@pytest.mark.parametrize("taste", TASTES)
def test_viewers_of_a_taste_get_its_genre_first(taste, model, histories):
    viewers = [viewer_id for viewer_id in histories if f"-{taste}-" in viewer_id][:12]
    genre = LEADING[taste]
    shares = [
        share(model, model.recommend(histories[v], Viewer(), limit=10, now=NOW), genre)
        for v in viewers
    ]
    usual = np.mean([genre in title.genres for title in model.titles.values()])
    assert np.mean(shares) > 2.5 * usual


def test_three_crime_ratings_are_enough_to_be_known(model, rated):
    crime = [t for t in model.titles.values() if t.genres[0] == "Crime"][:3]
    history = rated({title.title_id: 5.0 for title in crime})
    picks = model.recommend(history, Viewer(), limit=10, now=NOW)
    assert share(model, picks, "Crime") >= 0.6
    cited = {title_id for pick in picks for title_id in pick.reason.title_ids}
    assert cited
    assert cited <= set(history)


def test_disliking_a_genre_keeps_it_away(model, rated):
    titles = list(model.titles.values())
    horror = {t.title_id: 0.5 for t in titles if t.genres[0] == "Horror"}
    some = dict(list(horror.items())[:8])
    liked = {t.title_id: 5.0 for t in titles if t.genres[0] == "Romance"}
    history = rated({**some, **dict(list(liked.items())[:4])})
    picks = model.recommend(history, Viewer(), limit=20, now=NOW)
    assert share(model, picks, "Horror") <= 0.1


def test_the_next_answer_knows_what_was_just_finished(model, histories):
    viewer_id = next(iter(histories))
    before = model.recommend(histories[viewer_id], Viewer(), limit=10, now=NOW)
    first = before[0].title_id
    history = {**histories[viewer_id], first: TitleState(title_id=first, completed_at=NOW)}
    after = model.recommend(history, Viewer(), limit=10, now=NOW)
    assert first not in [pick.title_id for pick in after]


def test_a_title_nobody_has_watched_is_found_by_its_content(data, histories, rated):
    new = Title(
        title_id="new",
        name="The Newcomer",
        genres=("Crime",),
        directors=data.titles[0].directors,
        cast=data.titles[0].cast,
        plot=data.titles[0].plot,
    )
    model = fit((*data.titles, new), histories, version="x", now=NOW)
    history = rated({data.titles[0].title_id: 5.0})
    picks = model.recommend(history, Viewer(), limit=30, now=NOW)
    found = next(pick for pick in picks if pick.title_id == "new")
    assert found.source is Source.CONTENT
    assert found.reason.title_ids == (data.titles[0].title_id,)
    assert found.reason.text.startswith(
        f"Because you rated “{data.titles[0].name}” 5 stars: both are "
    )


def test_a_cold_viewer_gets_what_is_popular_in_the_genres_they_named(model):
    picks = model.recommend({}, Viewer(), limit=10, now=NOW, favourite_genres=["horror"])
    assert share(model, picks, "Horror") >= 0.8
    for pick in picks:
        is_horror = "Horror" in model.titles[pick.title_id].genres
        assert (pick.reason.kind is ReasonKind.GENRE) == is_horror
        assert ("horror" in pick.reason.text) == is_horror


def test_a_cold_viewer_without_wishes_gets_what_is_popular(model):
    picks = model.recommend({}, Viewer(), limit=10, now=NOW)
    assert {(pick.source, pick.reason.text) for pick in picks} == {
        (Source.POPULARITY, "Popular with everybody")
    }


def test_trending_lifts_a_title_and_says_so(model):
    quiet = model.index.titles[int(np.argmin(model.scorers.popularity.scores))].title_id
    trending = {quiet: 50.0}
    without = [p.title_id for p in model.recommend({}, Viewer(), limit=60, now=NOW)]
    picks = model.recommend({}, Viewer(), limit=60, now=NOW, trending=trending)
    found = [pick for pick in picks if pick.title_id == quiet]
    assert quiet not in without
    assert [pick.source for pick in found] == [Source.TRENDING]


def test_people_named_in_reasons_made_both_titles(model, histories):
    kinds = Counter()
    for viewer_id in list(histories)[:40]:
        for pick in model.recommend(histories[viewer_id], Viewer(), limit=20, now=NOW):
            card, reason = model.titles[pick.title_id], pick.reason
            kinds[reason.kind] += 1
            for title_id in reason.title_ids:
                cited = model.titles[title_id]
                assert histories[viewer_id][title_id].rating >= 3.5
                assert cited.name in reason.text
                for name in reason.people:
                    assert name in reason.text
                    assert name in (*card.directors, *card.cast)
                    assert name in (*cited.directors, *cited.cast)
    personal = kinds.total() - kinds[ReasonKind.POPULAR] - kinds[ReasonKind.GENRE]
    assert personal > 0.7 * kinds.total()
    assert kinds[ReasonKind.SIMILAR_VIEWERS]
    assert kinds[ReasonKind.BECAUSE_YOU_RATED]


def test_a_listed_title_does_not_recommend_itself(model):
    title_id = next(iter(model.titles))
    listed = {title_id: TitleState(title_id=title_id, listed=True, listed_at=NOW)}
    for pick in model.recommend(listed, Viewer(), limit=20, now=NOW):
        if title_id in pick.reason.title_ids:
            assert pick.title_id != title_id
            assert "is on your list" in pick.reason.text or "enjoyed" in pick.reason.text


def test_equal_requests_get_equal_answers(model, histories):
    history = histories["sample-crime-000"]
    backwards = dict(reversed(history.items()))
    one, other = (model.recommend(h, Viewer(), limit=20, now=NOW) for h in (history, backwards))
    assert one == other
