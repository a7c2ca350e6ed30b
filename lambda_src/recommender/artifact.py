"""A model as one file: a container of arrays (:mod:`recommender.container`) and its papers.

The header carries the schema's number, the model's version, the window of time it was trained
on, the digest of its catalogue, its offline metrics and the settings of its parts. An artifact
of another schema is refused, and so is one of another catalogue: the cards inside must have
the digest that the header says, and that the caller names where it names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.blend import Blend
from recommender.cards import Cards, card_lines, digest_of
from recommender.collaborative import CollaborativeScorer
from recommender.columns import Columns
from recommender.container import Arrays, Buffer, pack, unpack
from recommender.content import ContentScorer
from recommender.errors import DamagedArtifactError
from recommender.index import CatalogueIndex
from recommender.latent import LatentScorer
from recommender.linear import LinearScorer
from recommender.model import Model
from recommender.papers import Papers
from recommender.parts import Parts
from recommender.popularity import PopularityScorer
from recommender.ranker import RankerConfig
from recommender.scoring import Scorers

SCHEMA = 6
KIND = "marquee-recommender"
# Each has arrays() and from_arrays(); what was fitted by a config keeps it as `config`.
_SCORERS: Mapping[str, Any] = {
    "content": ContentScorer,
    "collaborative": CollaborativeScorer,
    "linear": LinearScorer,
    "latent": LatentScorer,
    "popularity": PopularityScorer,
    "recent": PopularityScorer,
}


def to_bytes(model: Model) -> bytes:
    """The model as an artifact; equal models give equal bytes."""
    arrays: dict[str, npt.NDArray[Any]] = {**_catalogue_arrays(model.index)}
    settings: dict[str, Mapping[str, Any]] = {}
    for name in _SCORERS:
        scorer = getattr(model.scorers, name)
        arrays |= {f"{name}/{part}": array for part, array in scorer.arrays().items()}
        settings[name] = asdict(scorer.config) if hasattr(scorer, "config") else {}
    header = {
        "kind": KIND,
        "schema": SCHEMA,
        "version": model.version,
        "titles": len(model.index),
        "catalogue": digest_of(arrays["catalogue/cards"].data),
        "papers": asdict(model.papers),
        "settings": settings,
        "blend": asdict(model.scorers.blend),
        "ranker": asdict(model.ranker),
    }
    return pack(header, arrays)


def from_bytes(data: Buffer, sha256: str | None = None, catalogue: str | None = None) -> Model:
    """The model in ``data``; :class:`DamagedArtifactError` says why where there is none.

    ``sha256`` is the digest of the whole of ``data`` in hexadecimal, ``catalogue`` that of the
    titles (:func:`recommender.cards.catalogue_digest`); each is checked when given. The model
    reads from ``data`` as long as it lives: hand over a mapped file and let nobody write it.
    """
    header, arrays = unpack(data, sha256)
    _check(header)
    try:
        return _model(header, arrays, catalogue)
    except KeyError as error:
        raise DamagedArtifactError(f"a part is missing: {error}") from error
    except DamagedArtifactError:
        raise
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise DamagedArtifactError(f"a part can't be read: {error}") from error


def _check(header: Mapping[str, Any]) -> None:
    if header.get("kind") != KIND:
        raise DamagedArtifactError("this is no model artifact: it was made by something else")
    if header.get("schema") != SCHEMA:
        message = f"schema {header.get('schema')!r}, and this code reads schema {SCHEMA}"
        raise DamagedArtifactError(message)


def _model(header: Mapping[str, Any], arrays: Arrays, catalogue: str | None) -> Model:
    titles = header["titles"]
    index = _index(arrays, titles, header["catalogue"], catalogue)
    fitted = {
        name: kind.from_arrays(Parts(name, arrays, titles, header["settings"][name]))
        for name, kind in _SCORERS.items()
    }
    scorers = Scorers(**fitted, blend=_blend(header["blend"]))
    papers = Papers.of(header["papers"])
    return Model(header["version"], index, scorers, RankerConfig(**header["ranker"]), papers)


def _catalogue_arrays(index: CatalogueIndex) -> dict[str, npt.NDArray[Any]]:
    lines = card_lines(index.titles)
    starts = np.cumsum([0, *(len(line) for line in lines)], dtype=np.int32)
    return {
        "catalogue/cards": np.frombuffer(b"".join(lines), dtype=np.uint8),
        "catalogue/starts": starts,
        **{f"catalogue/{name}": array for name, array in index.arrays().items()},
    }


def _index(arrays: Arrays, titles: int, said: str, wanted: str | None) -> CatalogueIndex:
    parts = Parts("catalogue", arrays, titles)
    text = parts.array("cards")
    found = digest_of(text.data)
    for digest, whose in ((said, "the header"), (wanted, "the pointer")):
        if digest is not None and digest.lower() != found:
            message = f"another catalogue: its titles are {found[:12]}, {whose} says {digest[:12]}"
            raise DamagedArtifactError(message)
    cards = Cards(text, parts.array("starts"))
    if len(cards) != titles:
        raise DamagedArtifactError(f"{len(cards)} titles where there should be {titles}")
    return CatalogueIndex(cards, Columns.from_arrays(parts))


def _blend(fields: Mapping[str, Any]) -> Blend:
    return Blend(tuple(fields["lengths"]), tuple(tuple(row) for row in fields["weights"]))
