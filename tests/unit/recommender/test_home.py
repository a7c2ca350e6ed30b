from recommender import TitleState, Viewer
from scripts.importers.sample import END as NOW


def rows_by_id(rows):
    return {row.row_id: row for row in rows}


def test_a_page_has_its_rows_in_order(model, histories):
    history = histories["sample-crime-000"]
    trending = dict.fromkeys(model.titles, 1.0)
    rows = model.home(history, Viewer(), now=NOW, trending=trending, row_length=8)
    kinds = [row.row_id.split(":")[0] for row in rows]
    order = ["continue_watching", "top_picks", "because_you_watched", "trending", "genre"]
    assert kinds == sorted(kinds, key=order.index)
    assert set(order[1:]) == set(kinds)
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
    assert list(rows) == ["top_picks", "genre:Crime", "genre:Horror"]
    for genre in ("Crime", "Horror"):
        for item in rows[f"genre:{genre}"].items:
            assert genre in model.titles[item.title_id].genres


def test_a_row_length_of_none_is_no_page(model):
    assert model.home({}, Viewer(), now=NOW, row_length=0) == []
