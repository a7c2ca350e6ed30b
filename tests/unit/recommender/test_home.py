from dataclasses import replace
from datetime import UTC, datetime

from recommender import Reason, ReasonKind, Recommendation, Row, Source, TitleState, Viewer
from recommender.home import finished
from recommender.rows import new_titles
from recommender.training import fit
from scripts.importers.sample import END as NOW

DAY = 86_400.0


def rows_by_id(rows):
    return {row.row_id: row for row in rows}


def test_a_page_has_its_rows_in_order(model, histories):
    history = histories["sample-crime-000"]
    trending = dict.fromkeys(model.titles, 1.0)
    rows = model.home(history, Viewer(), now=NOW, trending=trending, row_length=8)
    kinds = [row.row_id.split(":")[0] for row in rows]
    order = [
        "continue_watching",
        "top_picks",
        "because_you_watched",
        "viewers_like_you",
        "trending",
        "new_for_you",
        "genre",
    ]
    assert kinds == sorted(kinds, key=order.index)
    assert set(order[1:]) == set(kinds)
    assert kinds.count("because_you_watched") in {2, 3}


def test_no_title_is_on_a_page_twice_and_no_row_is_short(model, histories):
    trending = dict.fromkeys(model.titles, 1.0)
    for history in list(histories.values())[:20]:
        rows = model.home(history, Viewer(), now=NOW, trending=trending, row_length=8)
        shown = [item.title_id for row in rows for item in row.items]
        assert len(shown) == len(set(shown))
        assert all(len(row.items) >= 4 for row in rows if row.row_id != "top_picks")


def test_viewers_like_you_are_cited_by_what_both_enjoyed(model, histories):
    rows = rows_by_id(model.home(histories["sample-crime-000"], Viewer(), now=NOW, row_length=8))
    row = rows["viewers_like_you"]
    assert {(item.source, item.reason.kind) for item in row.items} == {
        (Source.COLLABORATIVE, ReasonKind.SIMILAR_VIEWERS)
    }
    assert [item.score for item in row.items] == sorted(
        [item.score for item in row.items], reverse=True
    )


def test_new_is_what_came_lately_or_else_of_this_year_or_the_last(data, histories):
    year = datetime.fromtimestamp(NOW, UTC).year
    some = data.titles[:60]
    born = [
        *(replace(title, year=year - 1, available_from=None) for title in some[:5]),
        *(replace(title, year=1990, available_from=NOW - 59 * DAY) for title in some[5:10]),
        *(replace(title, year=year, available_from=NOW - 61 * DAY) for title in some[10:15]),
        *(replace(title, year=None, available_from=None) for title in some[15:]),
    ]
    model = fit(born, histories, version="x", now=NOW)
    index = model.index
    new = {index.titles[n].title_id for n in new_titles(index, NOW).nonzero()[0]}
    assert new == {title.title_id for title in some[:10]}


def test_a_viewer_of_few_titles_has_a_page_all_the_same(data, histories):
    model = fit(data.titles[:3], histories, version="x", now=NOW)
    rows = rows_by_id(model.home({}, Viewer(), now=NOW))
    assert list(rows) == ["top_picks"]
    assert len(rows["top_picks"].items) == 3


def test_spare_top_picks_are_left_to_the_rows_below(model, histories):
    history = histories["sample-crime-000"]
    plain = model.home(history, Viewer(), now=NOW, row_length=8)
    spared = model.home(history, Viewer(), now=NOW, row_length=8, spare=5)
    assert len(rows_by_id(spared)["top_picks"].items) == 13
    assert [row for row in plain if row.row_id != "top_picks"] == [
        row for row in spared if row.row_id != "top_picks"
    ]


def test_a_finished_page_shows_no_title_twice_and_nothing_that_left():
    def row(row_id, *title_ids):
        reason = Reason(ReasonKind.POPULAR, "x")
        picks = (Recommendation(t, 1.0, Source.POPULARITY, reason) for t in title_ids)
        return Row(row_id, row_id, tuple(picks))

    rows = [
        row("top_picks", *"abcdef"),
        row("trending", *"abghijk"),
        row("new_for_you", *"xyzgh"),
    ]
    page = finished(rows, lambda _row, item: item.title_id != "b", row_length=4)
    assert [(r.row_id, "".join(i.title_id for i in r.items)) for r in page] == [
        ("top_picks", "acde"),
        ("trending", "ghij"),
    ]


def test_the_page_of_a_real_taste_names_its_genre(model, histories):
    rows = model.home(histories["sample-crime-000"], Viewer(), now=NOW, row_length=8)
    assert "Crime" in [row.name for row in rows if row.row_id.startswith("genre:")]


def test_a_because_row_is_about_a_title_the_viewer_liked(model, histories):
    history = histories["sample-crime-000"]
    rows = model.home(history, Viewer(), now=NOW, row_length=8)
    because = [row for row in rows if row.row_id.startswith("because_you_watched:")]
    assert because
    for row in because:
        title_id = row.row_id.removeprefix("because_you_watched:")
        assert history[title_id].rating > 3
        assert model.titles[title_id].name in row.name
        assert {item.reason.title_ids for item in row.items} == {(title_id,)}


def test_a_because_row_never_names_the_title_it_is_about(model):
    named = 0
    for title_id in model.titles:
        history = {title_id: TitleState(title_id=title_id, listed=True, listed_at=NOW - DAY)}
        for row in model.home(history, Viewer(), now=NOW, row_length=8):
            if row.row_id == f"because_you_watched:{title_id}":
                named += 1
                assert title_id not in {item.title_id for item in row.items}
    assert named


def test_what_is_being_watched_comes_first_the_latest_first(model):
    ids = list(model.titles)[:3]
    history = {
        title_id: TitleState(
            title_id=title_id,
            position_seconds=600.0,
            duration_seconds=3600.0,
            position_at=NOW - n,
        )
        for n, title_id in enumerate(ids)
    }
    first = model.home(history, Viewer(), now=NOW)[0]
    assert first.row_id == "continue_watching"
    assert [item.title_id for item in first.items] == ids
    assert {item.reason.text for item in first.items} == {"50 minutes left"}


def test_a_new_viewer_has_top_picks_and_the_genres_they_named(model):
    rows = rows_by_id(model.home({}, Viewer(), now=NOW, favourite_genres=["Horror", "crime"]))
    assert list(rows) == ["top_picks", "new_for_you", "genre:Crime", "genre:Horror"]
    for genre in ("Crime", "Horror"):
        for item in rows[f"genre:{genre}"].items:
            assert genre in model.titles[item.title_id].genres


def test_a_row_length_of_none_is_no_page(model):
    assert model.home({}, Viewer(), now=NOW, row_length=0) == []
