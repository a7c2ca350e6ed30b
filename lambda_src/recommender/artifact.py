"""A model as one file of bytes: an npz that numpy can open, and that vouches for itself.

The archive's comment is the SHA-256 of all bytes before it, so a flipped bit anywhere and a
cut-off end are both noticed, whoever hands the bytes over. ``meta`` is JSON: the format's
number, the version, sizes and settings; ``titles`` is JSON as well; the rest are plain arrays
(values as float16, widened at load). Nothing is ever unpickled. Entries carry a fixed time, so
equal models give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.blend import Blend
from recommender.catalogue import Title
from recommender.collaborative import CollaborativeConfig, CollaborativeScorer
from recommender.content import ContentScorer
from recommender.errors import DamagedArtifactError
from recommender.linear import LinearConfig, LinearScorer
from recommender.model import Model
from recommender.popularity import PopularityScorer
from recommender.ranker import RankerConfig
from recommender.scoring import Scorers
from recommender.sparse import SparseRows

FORMAT = 2
KIND = "marquee-recommender"
_DIGEST = 64  # characters of a SHA-256 in hexadecimal
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry
Arrays = Mapping[str, npt.NDArray[Any]]


def to_bytes(model: Model) -> bytes:
    """The model as an npz file; equal models give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, array in _arrays(model).items():
            entry = zipfile.ZipInfo(f"{name}.npy", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
        archive.comment = b"0" * _DIGEST
    body = out.getvalue()[:-_DIGEST]
    return body + hashlib.sha256(body).hexdigest().encode()


def from_bytes(data: bytes, sha256: str | None = None) -> Model:
    """The model in ``data``; :class:`DamagedArtifactError` says why where there is none.

    ``sha256`` is the digest of the whole of ``data`` in hexadecimal, checked when given.
    """
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256.lower():
        raise DamagedArtifactError("the bytes are not those that were published: SHA-256 differs")
    _check_seal(data)
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _model(arrays)
    except KeyError as error:
        raise DamagedArtifactError(f"a part is missing: {error}") from error
    except DamagedArtifactError:
        raise
    except (ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedArtifactError(f"a part can't be read: {error}") from error


def _check_seal(data: bytes) -> None:
    if not data.startswith(b"PK\x03\x04"):
        raise DamagedArtifactError("this is no model artifact: not an npz file")
    body, seal = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(body).hexdigest().encode() != seal:
        raise DamagedArtifactError("the seal does not fit: cut off, altered or no model artifact")


def _arrays(model: Model) -> dict[str, npt.NDArray[Any]]:
    scorers = model.scorers
    meta = {
        "kind": KIND,
        "format": FORMAT,
        "version": model.version,
        "titles": len(model.index),
        "exemplars": scorers.collaborative.habits.height,
        "features": scorers.content.features.width,
        "collaborative": asdict(scorers.collaborative.config),
        "linear": asdict(scorers.linear.config),
        "blend": asdict(scorers.blend),
        "ranker": asdict(model.ranker),
    }
    return {
        "meta": _packed(meta),
        "titles": _packed([_card(title) for title in model.index.titles]),
        **_sparse_arrays("features", scorers.content.features),
        "centre": scorers.content.centre.astype(np.float32),
        **_sparse_arrays("habits", scorers.collaborative.habits),
        "spread": scorers.collaborative.spread.astype(np.float32),
        **_sparse_arrays("linear", scorers.linear.weights),
        "linear_giving": scorers.linear.giving.astype(np.float16),
        "linear_getting": scorers.linear.getting.astype(np.float16),
        "popularity": scorers.popularity.scores.astype(np.float32),
    }


def _model(arrays: Arrays) -> Model:
    meta = _mapping(arrays["meta"])
    if meta.get("kind") != KIND:
        raise DamagedArtifactError("this is no model artifact: it was made by something else")
    if meta.get("format") != FORMAT:
        message = f"format {meta.get('format')!r}, and this code reads format {FORMAT}"
        raise DamagedArtifactError(message)
    titles, exemplars, features = meta["titles"], meta["exemplars"], meta["features"]
    scorers = Scorers(
        content=ContentScorer(
            _sparse(arrays, "features", titles, features), _row(arrays, "centre", features)
        ),
        collaborative=CollaborativeScorer(
            _sparse(arrays, "habits", exemplars, titles),
            _row(arrays, "spread", titles),
            CollaborativeConfig(**meta["collaborative"]),
        ),
        linear=_linear(arrays, meta["linear"], titles),
        popularity=PopularityScorer(_row(arrays, "popularity", titles)),
        blend=_blend(meta["blend"]),
    )
    cards = [_title(card) for card in json.loads(arrays["titles"].tobytes())]
    if len(cards) != titles:
        raise DamagedArtifactError(f"{len(cards)} titles where there should be {titles}")
    return Model(meta["version"], cards, scorers, RankerConfig(**meta["ranker"]))


def _sparse_arrays(name: str, matrix: SparseRows) -> dict[str, npt.NDArray[Any]]:
    return {
        f"{name}_data": matrix.data.astype(np.float16),
        f"{name}_columns": matrix.columns.astype(np.int32),
        f"{name}_starts": matrix.starts.astype(np.int32),
    }


def _sparse(arrays: Arrays, name: str, height: int, width: int) -> SparseRows:
    data, columns, starts = (arrays[f"{name}_{part}"] for part in ("data", "columns", "starts"))
    sound = (
        data.shape == columns.shape
        and starts.shape == (height + 1,)
        and starts[0] == 0
        and starts[-1] == len(data)
        and bool((np.diff(starts) >= 0).all())
        and (not len(columns) or (columns.min() >= 0 and columns.max() < width))
        and bool(np.isfinite(data).all())
    )
    if not sound:
        raise DamagedArtifactError(f"the matrix {name!r} is not {height} by {width}")
    widened = data.astype(np.float32)
    return SparseRows(widened, columns.astype(np.int32), starts.astype(np.int32), width)


def _row(arrays: Arrays, name: str, length: int) -> npt.NDArray[np.float32]:
    row = arrays[name].astype(np.float32)
    if row.shape != (length,) or not np.isfinite(row).all():
        raise DamagedArtifactError(f"{name!r} is not {length} finite numbers")
    return row


def _linear(arrays: Arrays, settings: Mapping[str, Any], titles: int) -> LinearScorer:
    giving, getting = (arrays[f"linear_{name}"] for name in ("giving", "getting"))
    for factors in (giving, getting):
        whole = factors.ndim == 2 and len(factors) == titles and np.isfinite(factors).all()
        if not whole or giving.shape != getting.shape:
            raise DamagedArtifactError(f"the factors of 'linear' are not {titles} finite rows")
    return LinearScorer(
        _sparse(arrays, "linear", titles, titles),
        giving.astype(np.float32),
        getting.astype(np.float32),
        LinearConfig(**settings),
    )


def _blend(fields: Mapping[str, Any]) -> Blend:
    return Blend(tuple(fields["lengths"]), tuple(tuple(row) for row in fields["weights"]))


def _card(title: Title) -> dict[str, Any]:
    card = asdict(title)
    del card["terms"]  # of the live catalogue alone, which has the last word on every title
    return card


def _title(card: Mapping[str, Any]) -> Title:
    lists = ("genres", "cast", "directors", "countries")
    return Title(**{**card, **{name: tuple(card[name]) for name in lists}})


def _packed(value: object) -> npt.NDArray[np.uint8]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _mapping(array: npt.NDArray[Any]) -> dict[str, Any]:
    value = json.loads(array.tobytes())
    if not isinstance(value, dict):
        raise DamagedArtifactError("this is no model artifact: its meta is not an object")
    return value
