"""Who is in the table: ours and the peers, each with the settings it may choose among.

Every peer chooses on the same inner split, by nDCG@10, among eight to thirty settings; what it
is fitted on (all events, likings, or the ratings as weights) is one of them. Ours is given one
setting, none, and tunes itself. Modules of libraries are imported when a model is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

Settings = Mapping[str, Any]
_PEERS = "benchmarks.quality.peers"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """``make`` takes one of ``grid``. ``folds_in``: learns of viewers who were not in ``fit``
    (others serve them what is popular); ``uses_items``: can rank titles without events;
    ``slow``: left out of ``--quick``.

    ``narrow`` is what a slow one chooses among where that is not ``grid``, by the scenario's
    letter. ``sources`` are the files it is made of, patterns below the project's folder.
    """

    name: str
    library: str
    make: Callable[..., Any]
    grid: tuple[Settings, ...] = ({},)
    folds_in: bool = True
    uses_items: bool = False
    slow: bool = False
    narrow: Mapping[str, tuple[Settings, ...]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    def choices(self, letter: str) -> tuple[Settings, ...]:
        """The settings to choose among in the scenario ``letter``."""
        return self.narrow.get(letter, self.grid)

    def code(self) -> str:
        """A digest of ``sources``: what is measured changes with it alone."""
        return digest_of(path for pattern in self.sources for path in _ROOT.glob(pattern))

    def takes_part(self, scenario: str) -> bool:
        """Whether the model can say anything at all in ``scenario``."""
        if scenario == "cold-titles":
            return self.uses_items
        return self.folds_in or scenario in ("random", "temporal")

    def quicker(self, settings: int) -> Contender:
        """The same with at most so many settings to choose among, spread over the grid."""
        step = max(1, len(self.grid) // settings)
        return replace(self, grid=self.grid[step // 2 :: step][:settings], narrow={})


def digest_of(paths: Iterable[Path]) -> str:
    """One digest of the contents of ``paths``, in the order of their names."""
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _class(module: str, name: str, *first: object) -> Callable[..., Any]:
    def make(**settings: Any) -> Any:
        return getattr(import_module(f"{_PEERS}.{module}"), name)(*first, **settings)

    return make


def _lenskit(module: str, name: str) -> Callable[..., Any]:
    def make(**settings: Any) -> Any:
        scorer = getattr(import_module(f"lenskit.{module}"), name)
        return import_module(f"{_PEERS}.of_lenskit").LensKit(scorer, **settings)

    return make


def _ours(**settings: Any) -> Any:
    return import_module("benchmarks.adapter").Recommender(**settings)


def _files(module: str) -> tuple[str, ...]:
    peers = _PEERS.replace(".", "/")
    return (f"{peers}/base.py", f"{peers}/{module}.py", "requirements-bench.txt")


def _grid(**choices: tuple[Any, ...]) -> tuple[Settings, ...]:
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


_BOTH = ("all", "liked")
_NEIGHBOURS = _grid(data=("liked", "all", "rated"), K=(50, 200, 800, 3000))

_OURS = ("lambda_src/recommender/**/*.py", "benchmarks/adapter.py", "benchmarks/cells.py")

OURS = "ours"
CONTENDERS: tuple[Contender, ...] = (
    Contender(name=OURS, library="marquee", make=_ours, uses_items=True, sources=_OURS),
    Contender(
        name="chance",
        library="baseline",
        make=_class("simple", "Chance"),
        uses_items=True,
        sources=_files("simple"),
    ),
    Contender(
        name="popular",
        library="baseline",
        make=_class("simple", "Popular"),
        grid=_grid(data=("all", "liked", "rated")),
        sources=_files("simple"),
    ),
    Contender(
        name="popular-of-late",
        library="baseline",
        make=_class("simple", "Popular"),
        grid=_grid(data=_BOTH, half_life=(14.0, 60.0, 180.0, 730.0, 2000.0)),
        sources=_files("simple"),
    ),
    Contender(
        name="rp3beta",
        library="baseline",
        make=_class("simple", "RP3Beta"),
        grid=_grid(data=("liked",), alpha=(0.4, 0.7, 1.0), beta=(0.1, 0.2, 0.3, 0.4, 0.5))
        + _grid(data=("all", "rated"), alpha=(0.7, 1.0), beta=(0.2, 0.4)),
        sources=_files("simple"),
    ),
    Contender(
        name="content-cosine",
        library="baseline",
        make=_class("content", "ContentCosine"),
        grid=_grid(people=(0.1, 0.3, 1.0, 3.0), words=(0.3, 1.0, 3.0), decades=(False, True)),
        narrow={
            letter: _grid(people=(0.3, 3.0), words=(3.0,), decades=(False, True)) for letter in "ce"
        },
        uses_items=True,
        sources=_files("content"),
    ),
    Contender(
        name="implicit-als",
        library="implicit",
        make=_class("of_implicit", "ImplicitALS"),
        grid=_grid(
            data=("liked",),
            factors=(32, 64),
            regularization=(1.0, 10.0, 50.0),
            alpha=(1.0, 5.0, 20.0),
        )
        + _grid(data=("all", "rated"), factors=(32, 64), regularization=(10.0,), alpha=(1.0, 5.0)),
        narrow={
            letter: _grid(
                data=("liked",), factors=(32, 64), regularization=(10.0,), alpha=(1.0, 5.0, 20.0)
            )
            for letter in "c"
        },
        sources=_files("of_implicit"),
    ),
    Contender(
        name="implicit-bpr",
        library="implicit",
        make=_class("of_implicit", "ImplicitBPR"),
        grid=_grid(
            data=_BOTH,
            factors=(96,),
            regularization=(0.003, 0.02, 0.1),
            learning_rate=(0.01, 0.05),
            iterations=(150,),
        ),
        folds_in=False,
        sources=_files("of_implicit"),
    ),
    Contender(
        name="implicit-bm25",
        library="implicit",
        make=_class("of_implicit", "ImplicitNeighbours", "bm25"),
        grid=_grid(data=("liked",), K=(400, 1500), K1=(0.4, 1.2, 4.0), B=(0.0, 0.2, 0.5))
        + _grid(data=("all", "rated"), K=(400,), K1=(1.2,), B=(0.2, 0.6)),
        sources=_files("of_implicit"),
    ),
    Contender(
        name="implicit-cosine",
        library="implicit",
        make=_class("of_implicit", "ImplicitNeighbours", "cosine"),
        grid=_NEIGHBOURS,
        sources=_files("of_implicit"),
    ),
    Contender(
        name="implicit-tfidf",
        library="implicit",
        make=_class("of_implicit", "ImplicitNeighbours", "tfidf"),
        grid=_NEIGHBOURS,
        sources=_files("of_implicit"),
    ),
    Contender(
        name="lenskit-itemknn",
        library="lenskit",
        make=_lenskit("knn", "ItemKNNScorer"),
        grid=_grid(data=_BOTH, feedback=("implicit",), max_nbrs=(20, 50, 100, 300, 1000)),
        sources=_files("of_lenskit"),
    ),
    Contender(
        name="lenskit-userknn",
        library="lenskit",
        make=_lenskit("knn", "UserKNNScorer"),
        grid=_grid(data=_BOTH, feedback=("implicit",), max_nbrs=(10, 20, 30, 60, 120, 300)),
        sources=_files("of_lenskit"),
    ),
    Contender(
        name="lenskit-als",
        library="lenskit",
        make=_lenskit("als", "ImplicitMFScorer"),
        grid=_grid(
            data=("liked",),
            embedding_size=(16, 32, 64),
            weight=(1.0, 2.0, 5.0),
            regularization=(3.0, 10.0, 30.0),
        )
        + _grid(data=("all",), embedding_size=(32,), weight=(2.0,), regularization=(0.1, 10.0)),
        narrow={
            letter: _grid(
                data=("liked",),
                embedding_size=(16, 32),
                weight=(1.0, 2.0),
                regularization=(3.0, 10.0),
            )
            for letter in "ce"
        },
        sources=_files("of_lenskit"),
    ),
    Contender(
        name="lenskit-slim",
        library="lenskit",
        make=_lenskit("knn.slim", "SLIMScorer"),
        grid=_grid(data=("liked",), l1_reg=(0.1, 0.5, 2.0), l2_reg=(25.0, 50.0, 100.0, 200.0))
        + _grid(data=("all",), l1_reg=(0.5, 2.0), l2_reg=(50.0, 200.0)),
        narrow={
            letter: _grid(data=("liked",), l1_reg=(0.1, 0.5), l2_reg=(50.0, 100.0))
            for letter in "ce"
        },
        slow=True,
        sources=_files("of_lenskit"),
    ),
    Contender(
        name="rectools-ease",
        library="rectools",
        make=_class("of_rectools", "EASE"),
        grid=_grid(data=("liked",), regularization=(50.0, 100.0, 250.0, 600.0))
        + _grid(data=("all",), regularization=(100.0, 250.0))
        + _grid(data=("rated",), regularization=(500.0, 1000.0, 2000.0, 6000.0)),
        narrow={
            letter: _grid(data=("liked",), regularization=(100.0, 250.0))
            + _grid(data=("rated",), regularization=(2000.0,))
            for letter in "bce"
        },
        slow=True,
        sources=_files("of_rectools"),
    ),
    Contender(
        name="rectools-puresvd",
        library="rectools",
        make=_class("of_rectools", "PureSVD"),
        grid=_grid(data=("all", "liked", "rated"), factors=(8, 16, 32, 64)),
        sources=_files("of_rectools"),
    ),
    Contender(
        name="rectools-als-features",
        library="rectools",
        make=_class("of_rectools", "FeatureALS"),
        grid=_grid(data=_BOTH, factors=(32, 64), regularization=(1.0, 30.0), alpha=(3.0,))
        + _grid(data=("liked",), factors=(32, 64), regularization=(100.0,), alpha=(3.0,)),
        narrow={
            letter: _grid(data=("liked",), factors=(32, 64), regularization=(30.0,), alpha=(3.0,))
            for letter in "abce"
        },
        uses_items=True,
        slow=True,
        sources=_files("of_rectools"),
    ),
    Contender(
        name="rectools-lightfm",
        library="rectools",
        make=_class("of_rectools", "FeatureLightFM"),
        grid=_grid(
            data=("liked",),
            no_components=(16, 32, 64),
            loss=("warp",),
            item_alpha=(0.0, 1e-5, 1e-4),
        )
        + _grid(data=("all",), no_components=(32,), loss=("warp",), item_alpha=(0.0, 1e-5))
        + _grid(
            data=("liked",),
            no_components=(32,),
            loss=("warp",),
            item_alpha=(1e-5,),
            epochs=(15, 60),
        ),
        folds_in=False,
        uses_items=True,
        slow=True,
        sources=_files("of_rectools"),
    ),
)
BY_NAME: Mapping[str, Contender] = {contender.name: contender for contender in CONTENDERS}
