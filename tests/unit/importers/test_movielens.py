import os
from pathlib import Path

import pytest

from recommender import ExchangeFormatError, SignalKind
from scripts.importers.movielens import display_name, read

MOVIES = (
    "movieId,title,genres\n"
    '1,"Usual Suspects, The (1995)",Crime|Mystery\n'
    "2,Loner,(no genres listed)\n"
)
RATINGS = "userId,movieId,rating,timestamp\n7,1,4.5,1000\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "movies.csv").write_text(MOVIES, encoding="utf-8")
    (tmp_path / "ratings.csv").write_text(RATINGS, encoding="utf-8")
    return tmp_path


def test_films_and_ratings_are_read(folder):
    data = read(folder)
    suspects, loner = data.titles
    assert (suspects.title_id, suspects.name, suspects.year) == ("1", "The Usual Suspects", 1995)
    assert (suspects.genres, loner.genres, loner.year) == (("Crime", "Mystery"), (), None)
    assert suspects.maturity is None
    ((viewer_id, signal),) = data.interactions
    assert viewer_id == "movielens-7"
    assert (signal.title_id, signal.kind, signal.value) == ("1", SignalKind.RATE, 4.5)
    assert signal.occurred_at == 1000


def test_tags_become_the_plot_each_once(folder):
    tags = "userId,movieId,tag,timestamp\n1,1,heist,1\n2,1,heist,2\n2,1,twist ending,3\n"
    (folder / "tags.csv").write_text(tags)
    assert read(folder).titles[0].plot == "heist. twist ending"


@pytest.mark.parametrize(
    ("certificate", "maturity"),
    [("G", 0), ("PG", 8), ("PG-13", 13), ("R", 17), ("NC-17", 18), ("UNRATED", None), ("", None)],
)
def test_credits_give_people_and_maturity(folder, certificate, maturity):
    credits = "movieId,certificate,released,directors,writers,cast\n"
    (folder / "credits.csv").write_text(f"{credits}1,{certificate},,A B|C D,E,F G|H I\n")
    title = read(folder).titles[0]
    assert title.maturity == maturity
    assert title.directors == ("A B", "C D")
    assert title.cast == ("F G", "H I")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Heat (1995)", ("Heat", 1995)),
        ("American President, The (1995)", ("The American President", 1995)),
        ("Beautiful Mind, A (2001)", ("A Beautiful Mind", 2001)),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            ("The City of Lost Children (Cité des enfants perdus, La)", 1995),
        ),
        ("Doctor Who (1996–1998)", ("Doctor Who", 1996)),
        ("2001", ("2001", None)),
        ("(1999)", ("(1999)", 1999)),
    ],
)
def test_names_are_shown_as_people_say_them(written, shown):
    assert display_name(written) == shown


@pytest.mark.parametrize(
    ("file", "content", "line", "field"),
    [
        ("movies.csv", "movieId,title\n1,Heat\n", 1, "genres"),
        ("movies.csv", "movieId,title,genres\n1,Heat\n", 2, "genres"),
        ("movies.csv", MOVIES + "1,Again,Crime\n", 4, "movieId"),
        ("ratings.csv", RATINGS + "7,1,high,1\n", 3, "rating"),
        ("ratings.csv", RATINGS + "7,1,6,1\n", 3, "rating"),
        ("ratings.csv", RATINGS + "7,99,4,1\n", 3, "movieId"),
        ("ratings.csv", RATINGS + "7,1,4,then\n", 3, "timestamp"),
        ("credits.csv", "movieId,certificate,directors,cast\n1,X,,\n", 2, "certificate"),
        ("tags.csv", "userId,movieId,tag\n", 1, "timestamp"),
    ],
)
def test_what_is_wrong_is_named(folder, file, content, line, field):
    (folder / file).write_text(content)
    with pytest.raises(ExchangeFormatError) as caught:
        read(folder)
    assert caught.value.file == str(folder / file)
    assert (caught.value.line, caught.value.field) == (line, field)


def test_a_missing_file_is_named(folder):
    (folder / "ratings.csv").unlink()
    with pytest.raises(FileNotFoundError, match="ratings.csv"):
        read(folder)


@pytest.mark.skipif(
    "MOVIELENS" not in os.environ, reason="set MOVIELENS to a folder in MovieLens format"
)
def test_a_real_folder_is_read_whole():
    folder = Path(os.environ["MOVIELENS"])
    data = read(folder)
    with (folder / "ratings.csv").open(encoding="utf-8") as lines:
        assert len(data.interactions) == sum(1 for _ in lines) - 1
    assert all(title.name for title in data.titles)
