"""An artifact loads as what was saved, or is refused with the reason."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import (
    DamagedArtifactError,
    RecommenderError,
    Title,
    TitleState,
    Viewer,
    from_bytes,
    to_bytes,
)
from recommender.cards import catalogue_digest, digest_of
from recommender.container import pack, unpack
from recommender.model import Model
from recommender.papers import Papers
from recommender.training import fit
from scripts.importers.sample import END as NOW
from tests.unit.recommender.support import SCORERS, folded_history


def small_model(version="v1"):
    titles = [
        Title(title_id=f"t{n}", name=f"T{n}", genres=("Crime",), cast=("A",), maturity=n)
        for n in range(6)
    ]
    likes = {f"t{n}": TitleState(title_id=f"t{n}", rating=4.0, rated_at=1.0 + n) for n in range(4)}
    return fit(titles, {"a": likes, "b": likes}, version=version, now=10)


SMALL = to_bytes(small_model())


def parts():
    return unpack(SMALL)


def resealed(arrays=None, **header):
    """``SMALL`` with arrays and fields of the header replaced (left out where ``None``)."""
    old_header, old_arrays = parts()
    fields, tables = {**old_header, **header}, {**old_arrays, **(arrays or {})}
    return pack(
        {name: value for name, value in fields.items() if value is not None},
        {name: array for name, array in tables.items() if array is not None},
    )


def with_header(text):
    """A container that holds nothing but this header, sealed."""
    body = b"MARQUEE\n" + len(text).to_bytes(8, "little") + text
    return body + hashlib.sha256(body).digest()


def test_a_loaded_model_answers_as_the_saved_one(model, histories):
    loaded = from_bytes(to_bytes(model))
    assert loaded.version == model.version
    assert loaded.titles == {t: replace(c, plot="") for t, c in model.titles.items()}
    assert loaded.scorers.blend == model.scorers.blend
    for viewer_id in list(histories)[:10]:
        one, other = (
            m.recommend(histories[viewer_id], Viewer(), limit=10, now=NOW) for m in (model, loaded)
        )
        # Values are stored at half precision: near equals may trade places, no more.
        assert len({p.title_id for p in one} & {p.title_id for p in other}) >= 9


def test_loading_and_saving_again_changes_no_byte(model):
    once = to_bytes(from_bytes(to_bytes(model)))
    assert to_bytes(from_bytes(once)) == once


def test_equal_training_gives_equal_bytes():
    assert to_bytes(small_model()) == SMALL
    assert to_bytes(small_model("v2")) != SMALL


def test_an_artifact_is_small_and_holds_no_viewer(model, histories):
    data = to_bytes(model)
    assert len(data) < 800_000
    assert not any(viewer_id.encode() in data for viewer_id in histories)


def test_arrays_are_aligned_views_that_nobody_can_write_to():
    whole = np.frombuffer(SMALL, dtype=np.uint8)
    arrays = [array for array in unpack(SMALL)[1].values() if array.size]
    assert not any(array.flags.writeable for array in arrays)
    assert all(np.shares_memory(array, whole) for array in arrays)
    assert not any((array.ctypes.data - whole.ctypes.data) % 64 for array in arrays)


def test_only_plain_numbers_are_packed():
    with pytest.raises(TypeError, match="'x' is of object"):
        pack({}, {"x": np.array([{}])})


def test_the_published_digest_is_checked():
    assert from_bytes(SMALL, hashlib.sha256(SMALL).hexdigest().upper()).version == "v1"
    with pytest.raises(DamagedArtifactError, match="SHA-256"):
        from_bytes(SMALL, "0" * 64)


@settings(max_examples=150)
@given(st.integers(0, len(SMALL) * 8 - 1))
def test_no_flipped_bit_goes_unnoticed(place):
    damaged = bytearray(SMALL)
    damaged[place // 8] ^= 1 << place % 8
    with pytest.raises(DamagedArtifactError):
        from_bytes(bytes(damaged))


@settings(max_examples=60)
@given(st.integers(0, len(SMALL) - 1))
def test_no_missing_end_goes_unnoticed(length):
    with pytest.raises(DamagedArtifactError):
        from_bytes(SMALL[:length])


CARDS = "catalogue/cards"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "begins with something else"),
        (b"<html>503</html>", "begins with something else"),
        (SMALL + b"tail", "seal"),
        (resealed(schema=2), "schema 2, and this code reads schema 6"),
        (resealed(kind="other"), "made by something else"),
        (resealed(titles=None), "missing: 'titles'"),
        (resealed(ranker={"colour": 1}), "can't be read"),
        (resealed(papers=None), "missing: 'papers'"),
        (resealed(catalogue="0" * 64), "another catalogue.*the header"),
        (resealed({CARDS: parts()[1][CARDS][::-1]}), "another catalogue"),
        (resealed({"content/centre": None}), "missing: 'content/centre"),
        (resealed({"catalogue/starts": np.zeros(1, np.int32)}), "as many lines as there are"),
        (resealed({"catalogue/ids": np.frombuffer(b"[]", np.uint8)}), "0 title ids where"),
        (resealed({"catalogue/ids": np.frombuffer(b"{", np.uint8)}), "can't be read"),
        (resealed({"catalogue/opens": np.full(6, np.nan)}), "opens' is not 6 times"),
        (resealed({"catalogue/shown": np.zeros((9, 9), np.uint8)}), "bits"),
        (resealed({"catalogue/terms.starts": None}), "missing: 'catalogue/terms.starts'"),
        (resealed({"catalogue/terms.titles": np.zeros(1, np.int32)}), "terms' don't fit 6 titles"),
        (resealed({"popularity/scores": np.full(6, np.nan)}), "scores' is not 6 finite"),
        (resealed({"popularity/scores": np.zeros(5)}), "scores' is not 6 finite"),
        (resealed({"latent/giving": np.zeros((6, 3))}), "giving' and 'latent/getting' differ"),
        (resealed({"latent/giving": np.zeros((5, 3))}), "giving' is not 6 finite rows"),
        (resealed({"latent/unwatched": np.zeros(2, np.uint8)}), "unwatched' is not 6 bits"),
        (resealed({"linear/giving": np.zeros((9, 3))}), "giving' is not . finite rows"),
        (resealed({"linear/learned": np.array([2, 1], np.int32)}), "are not numbers of titles"),
        (resealed({"linear/learned": np.array([6], np.int32)}), "are not numbers of titles"),
        (resealed({"collaborative/habits.columns": np.full(8, 99, np.uint16)}), "is not 2 by 6"),
        (resealed({"collaborative/habits.columns": np.zeros(8)}), "is not 2 by 6"),
        (resealed({"collaborative/habits.starts": np.array([0, 9, 8])}), "is not 2 by 6"),
        (with_header(b"{"), "header can't be read"),
        (with_header(b"[1]"), "header can't be read"),
        (with_header(b'{"arrays": {"x": ["<f4", [9], 0]}}'), "header can't be read"),
        (with_header(b'{"arrays": {"x": ["|O8", [1], 0]}}'), "header can't be read"),
        (with_header(b'{"arrays": {"x": ["<f4", [-1], 0]}}'), "header can't be read"),
        (with_header(b"[" * 100_000), "header can't be read"),
    ],
)
def test_what_is_no_artifact_is_refused_with_the_reason(data, reason):
    with pytest.raises(DamagedArtifactError, match=reason):
        from_bytes(data)


def test_a_card_that_is_none_is_refused_when_it_is_read():
    text = bytearray(parts()[1][CARDS].tobytes())
    text[0] = ord("x")
    header = {"catalogue": digest_of(bytes(text))}
    loaded = from_bytes(resealed({CARDS: np.frombuffer(bytes(text), np.uint8)}, **header))
    assert loaded.titles["t1"].name == "T1"
    with pytest.raises(DamagedArtifactError, match="card"):
        loaded.titles["t0"]


def test_an_artifact_of_another_catalogue_than_the_caller_names_is_refused():
    mine = catalogue_digest(small_model().index.titles)
    assert from_bytes(SMALL, catalogue=mine.upper()).version == "v1"
    assert catalogue_digest(from_bytes(SMALL).index.titles) == mine
    other = catalogue_digest([Title(title_id="x", name="X")])
    with pytest.raises(DamagedArtifactError, match="another catalogue.*the pointer says"):
        from_bytes(SMALL, catalogue=other)


def test_papers_come_back(model):
    papers = Papers(trained_from=1.0, trained_to=2.5, metrics={"ndcg_at_10": 0.25, "cases": 3})
    told = Model("v9", model.index, model.scorers, model.ranker, papers)
    assert from_bytes(to_bytes(told)).papers == papers


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("length", [0, 1, 7, 40])
def test_scores_survive_within_the_precision_that_is_stored(model, histories, name, length):
    history = folded_history(model, histories, length)
    before = getattr(model.scorers, name)(history)
    after = getattr(from_bytes(to_bytes(model)).scorers, name)(history)
    scale = max(float(np.abs(before).max()), 1e-6)
    # Half precision, and habits in steps of about a hundredth.
    assert np.abs(after - before).max() <= 0.01 * scale


def test_loading_reads_no_card(model):
    loaded = from_bytes(to_bytes(model))
    assert loaded.index.titles._parsed == [None] * len(model.titles)


def test_refusals_are_of_the_one_tree():
    assert issubclass(DamagedArtifactError, RecommenderError)
