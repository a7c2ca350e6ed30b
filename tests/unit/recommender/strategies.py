"""Random catalogues, histories, viewers and rules, small enough to meet every edge."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from recommender import Title, TitleState, Viewer
from recommender.catalogue import ELSEWHERE, Terms
from recommender.editorial import Boost, Cap, CapKind, EditorialRules, Period, Pin
from recommender.training import fit

NOW = 1_000.0
COUNTRIES = ("DE", "US")
GENRES = ("Crime", "Drama", "Family")
edges = st.none() | st.sampled_from([0.0, NOW, NOW + 1, NOW - 1])


ages = st.none() | st.sampled_from([0, 8, 17, 18])
terms = st.builds(
    Terms,
    country=st.sampled_from([*COUNTRIES, ELSEWHERE]),
    maturity=ages,
    available_from=edges,
    available_until=edges,
)


@st.composite
def title(draw, number):
    return Title(
        title_id=f"t{number}",
        name=f"{draw(st.sampled_from(['River', 'Stone']))} {number}",
        genres=tuple(draw(st.lists(st.sampled_from(GENRES), unique=True))),
        directors=tuple(draw(st.lists(st.sampled_from("AB"), unique=True))),
        maturity=draw(ages),
        available_from=draw(edges),
        available_until=draw(edges),
        countries=tuple(draw(st.lists(st.sampled_from(COUNTRIES), unique=True))),
        terms=tuple(draw(st.lists(terms, unique_by=lambda one: one.country, max_size=2))),
    )


@st.composite
def state(draw, title_id):
    time = st.none() | st.sampled_from([1.0, 500.0, NOW])
    return TitleState(
        title_id=title_id,
        position_seconds=draw(st.none() | st.sampled_from([0.0, 60.0])),
        duration_seconds=draw(st.none() | st.just(3600.0)),
        position_at=draw(time),
        completed_at=draw(time),
        abandoned_at=draw(time),
        rating=draw(st.none() | st.sampled_from([0.5, 3.0, 5.0])),
        rated_at=draw(time),
        listed=draw(st.booleans()),
        listed_at=draw(time),
        dismissed_at=draw(time),
    )


catalogues = st.integers(1, 14).flatmap(
    lambda count: st.tuples(*(title(number) for number in range(count)))
)
histories = st.lists(st.integers(0, 15), unique=True, max_size=8).flatmap(
    lambda numbers: st.tuples(*(state(f"t{number}") for number in numbers)).map(
        lambda states: {one.title_id: one for one in states}
    )
)
viewers = st.builds(
    Viewer,
    country=st.none() | st.sampled_from([*COUNTRIES, "FR"]),
    maturity_ceiling=st.sampled_from([0, 8, 17, 18]),
)
seeds = st.none() | st.integers(0, 3)
periods = st.builds(Period, start=edges, end=edges)
title_ids = st.integers(0, 15).map("t{}".format)
rules = st.builds(
    EditorialRules,
    pins=st.lists(
        st.builds(
            Pin,
            title_id=title_ids,
            place=st.integers(1, 12),
            countries=st.lists(st.sampled_from(COUNTRIES), max_size=1).map(tuple),
            period=periods,
        ),
        max_size=4,
    ).map(tuple),
    boosts=st.lists(
        st.builds(
            Boost,
            factor=st.sampled_from([0.1, 2.0, 10.0]),
            title_ids=st.lists(title_ids, max_size=2).map(tuple),
            genre=st.none() | st.sampled_from([*GENRES, "Nothing"]),
            period=periods,
        ),
        max_size=3,
    ).map(tuple),
    caps=st.lists(
        st.builds(
            Cap,
            by=st.sampled_from(CapKind),
            most=st.integers(1, 3),
            within=st.integers(1, 10),
        ),
        max_size=2,
    ).map(tuple),
)
fewer = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def fitted(titles):
    """A model in which a few viewers have liked every other title."""
    watched = [one.title_id for one in titles[::2]]
    taste = {
        t: TitleState(title_id=t, rating=4.5, rated_at=float(n)) for n, t in enumerate(watched, 1)
    }
    return fit(titles, {f"v{number}": taste for number in range(3)}, version="x", now=NOW)
