"""An artifact loads as what was saved, or is refused with the reason."""

import hashlib
import io
import json
import zipfile

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
from recommender.training import fit
from scripts.importers.sample import END as NOW


def small_model(version="v1"):
    titles = [
        Title(title_id=f"t{n}", name=f"T{n}", genres=("Crime",), cast=("A",), maturity=n)
        for n in range(6)
    ]
    likes = {f"t{n}": TitleState(title_id=f"t{n}", rating=4.0, rated_at=1.0 + n) for n in range(4)}
    return fit(titles, {"a": likes, "b": likes}, version=version, now=10)


SMALL = to_bytes(small_model())


def resealed(**replaced):
    """``SMALL`` with parts replaced (left out where ``None``) and a seal that fits."""
    with np.load(io.BytesIO(SMALL)) as archive:
        parts = {name: archive[name] for name in archive.files}
    for name, value in replaced.items():
        if isinstance(value, dict | list):
            value = np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
        parts[name] = value
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in parts.items():
            if array is not None:
                with archive.open(f"{name}.npy", "w") as member:
                    np.lib.format.write_array(member, array, allow_pickle=True)
        archive.comment = b"0" * 64
    body = out.getvalue()[:-64]
    return body + hashlib.sha256(body).hexdigest().encode()


def meta(**replaced):
    with np.load(io.BytesIO(SMALL)) as archive:
        return {**json.loads(archive["meta"].tobytes()), **replaced}


def test_a_loaded_model_answers_as_the_saved_one(model, histories):
    loaded = from_bytes(to_bytes(model))
    assert loaded.version == model.version
    assert loaded.titles == model.titles
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
    assert len(data) < 400_000
    with np.load(io.BytesIO(data)) as archive:
        everything = b"".join(archive[name].tobytes() for name in archive.files)
    assert not any(viewer_id.encode() in everything for viewer_id in histories)


def test_plain_numpy_opens_it_without_pickle():
    with np.load(io.BytesIO(SMALL), allow_pickle=False) as archive:
        assert {"meta", "titles", "habits_data"} <= set(archive.files)


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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an npz"),
        (b"<html>503</html>", "not an npz"),
        (SMALL + b"tail", "seal"),
        (resealed(meta=meta(format=1)), "format 1, and this code reads format 2"),
        (resealed(meta=meta(kind="other")), "made by something else"),
        (resealed(meta=[1]), "not an object"),
        (resealed(meta=np.frombuffer(b"{", dtype=np.uint8)), "can't be read"),
        (resealed(meta=None), "missing"),
        (resealed(centre=None), "missing: 'centre"),
        (resealed(titles=[]), "0 titles where there should be 6"),
        (resealed(titles=["x"] * 6), "can't be read"),
        (resealed(popularity=np.full(6, np.nan)), "'popularity' is not 6 finite"),
        (resealed(popularity=np.zeros(5)), "'popularity' is not 6 finite"),
        (resealed(habits_columns=np.full(8, 99)), "'habits' is not 2 by 6"),
        (resealed(habits_starts=np.array([0, 9, 8])), "'habits' is not 2 by 6"),
        (resealed(spread=np.array([{}] * 6, dtype=object)), "can't be read"),
    ],
)
def test_what_is_no_artifact_is_refused_with_the_reason(data, reason):
    with pytest.raises(DamagedArtifactError, match=reason):
        from_bytes(data)


def test_refusals_are_of_the_one_tree():
    assert issubclass(DamagedArtifactError, RecommenderError)
