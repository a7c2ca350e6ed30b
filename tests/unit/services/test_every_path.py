"""No answer shows what the viewer must not see: with a model, an old one, none, and rules."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from recommender.ranker import eligible, playable
from schemas.catalogue import TitleRecord
from services.asking import Asker, Visitor
from services.ports import ServedModel, StoredState
from services.recommendations import RecommendationService
from services.shelf import Shelf
from services.titles import TitleService
from tests.unit.recommender.strategies import (
    NOW,
    catalogues,
    fewer,
    fitted,
    histories,
    rules,
    viewers,
)
from tests.unit.services.fakes import (
    ACCOUNT,
    FakeCounter,
    FakeEditorial,
    FakeJournal,
    FakeModels,
    FakeTitles,
    FakeTrending,
    FakeViewing,
    a_profile,
    profiles_of,
)

LONG = 60  # more than any of these catalogues


@st.composite
def worlds(draw):
    """The catalogue of now, and the one of a model that some titles left, joined or changed in."""
    now = draw(catalogues)
    then = [
        replace(title, maturity=draw(st.sampled_from([title.maturity, 0])), countries=())
        for title in now
        if draw(st.booleans())
    ]
    titles = FakeTitles({t.title_id: TitleRecord(t, popularity=n) for n, t in enumerate(now)})
    return titles, ServedModel(fitted(then), None) if then else ServedModel(None, "model_missing")


@st.composite
def services(draw):
    """Both services over one world, and what its one viewer may see of it."""
    titles, served = draw(worlds())
    viewer, history = draw(viewers), draw(histories)
    profile = a_profile(country=viewer.country, maturity_ceiling=viewer.maturity_ceiling)
    viewing = {("p1", t): StoredState(state, 1) for t, state in history.items()}
    stores = {
        "profiles": profiles_of(profile),
        "viewing": FakeViewing(viewing),
        "titles": titles,
        "shelf": Shelf(titles),
        "models": FakeModels(served),
        "count": FakeCounter(),
    }
    popular = {f"t{n}": 1.0 for n in draw(st.lists(st.integers(0, 15), unique=True, max_size=4))}
    told = {
        "trending": FakeTrending({"popular": popular}),
        "editorial": FakeEditorial(draw(rules)),
        "journal": FakeJournal(),
    }
    cards = {title_id: record.title for title_id, record in titles.records.items()}
    may = {t for t in cards if eligible(cards[t], history.get(t), viewer, NOW)}
    can = {t for t in cards if playable(cards[t], viewer, NOW)}
    return RecommendationService(**stores, **told), TitleService(**stores), may, can


ASKER = Asker(ACCOUNT, "p1", NOW)
VISITOR = Visitor(ACCOUNT, "p1", NOW)


@fewer
@given(services(), st.integers(1, LONG))
def test_recommendations_are_all_that_may_be_shown_up_to_the_limit(world, limit):
    service, _, may, _ = world
    answer = service.recommend(ASKER, limit=limit)
    shown = [item.title_id for item in answer.items]
    assert set(shown) <= may
    assert len(shown) == len(set(shown)) == min(limit, len(may))
    assert service.recommend(ASKER, limit=limit) == answer


@fewer
@given(services())
def test_a_page_shows_what_may_be_shown_and_nothing_twice(world):
    service, _, may, can = world
    shown = []
    for row in service.home(ASKER).rows:
        ids = [item.title_id for item in row.items]
        assert set(ids) <= (can if row.row_id == "continue_watching" else may)
        assert len(ids) >= (1 if row.row_id in {"continue_watching", "top_picks"} else 4)
        shown += ids
    assert len(shown) == len(set(shown))


@fewer
@given(services())
def test_reasons_name_what_may_be_seen(world):
    service, _, _, can = world
    items = service.recommend(ASKER, limit=LONG).items
    items += [item for row in service.home(ASKER).rows for item in row.items]
    cited = {cited for item in items for cited in item.reason.because}
    assert {name for name in cited if name.startswith("t")} <= can


@fewer
@given(services(), st.sampled_from(["river", "stone", "drama"]))
def test_search_and_similar_find_what_may_be_found(world, query):
    _, service, may, can = world
    found = [card.title_id for card in service.search(VISITOR, query, limit=LONG).items]
    assert set(found) <= can
    assert len(found) == len(set(found))
    records = service.titles.records
    assert {t for t in can if query in records[t].title.name.casefold()} <= set(found)
    for title_id in list(can)[:1]:
        alike = [item.title_id for item in service.similar(VISITOR, title_id, limit=LONG).items]
        assert set(alike) <= may - {title_id}
