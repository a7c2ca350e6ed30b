"""Fit a model: learn what can be learned on viewers held out, then fit on everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.blend import Blend
from recommender.catalogue import Title
from recommender.collaborative import CollaborativeConfig, CollaborativeScorer
from recommender.content import ContentScorer
from recommender.errors import NothingToTrainError
from recommender.evaluation import Split, split_by_time
from recommender.exemplars import PoolConfig, choose_pool
from recommender.features import title_features
from recommender.gram import Gram, GramConfig
from recommender.histories import Histories
from recommender.index import CatalogueIndex
from recommender.interactions import History, Interactions
from recommender.latent import LatentConfig, LatentScorer, Placing
from recommender.linear import LinearConfig, LinearScorer
from recommender.model import Model
from recommender.popularity import PopularityConfig, PopularityScorer
from recommender.ranker import RankerConfig
from recommender.rehearsal import FoldedCase, Rehearsal, later_on, newcomers
from recommender.scoring import Scorers
from recommender.sparse import Ints
from recommender.tuning import (
    HALF_LIVES,
    RECENT_HALF_LIVES,
    BlendLesson,
    best_half_life,
    block_weights,
    quality,
)

# Viewers who go on after the moment count so much beside newcomers, who come from all of time.
_LATER_ON = 0.5


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """``tuning_share``: the latest share of interactions that settings are learned on;
    ``tuned_on``: titles that the linear model knows while they are."""

    tuning_share: float = 0.2
    tuned_on: int = 3_000
    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    gram: GramConfig = field(default_factory=GramConfig)
    linear: LinearConfig = field(default_factory=LinearConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)
    ranker: RankerConfig = field(default_factory=RankerConfig)


@dataclass(frozen=True)
class _Learned:
    """What is learned of viewers held out."""

    content: ContentScorer
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    recent: PopularityConfig = field(default_factory=lambda: PopularityConfig(half_life_days=90))
    blend: Blend = field(default_factory=Blend)


@dataclass(frozen=True)
class _Everybody:
    """Interactions up to ``now``, and what is worked out of them once for all fits on them."""

    interactions: Interactions
    now: float
    gram: Gram
    pool: Ints

    @classmethod
    def of(cls, interactions: Interactions, config: TrainingConfig, now: float) -> _Everybody:
        pool = choose_pool(interactions, config.pool)
        return cls(interactions, now, Gram.of(interactions, config.gram), pool)

    def without(self, rehearsal: Rehearsal) -> _Everybody:
        """The same without the viewers whom the rehearsal holds out."""
        gram = self.gram.without(self.interactions, rehearsal.held)
        pool = np.setdiff1d(self.pool, rehearsal.held)
        return _Everybody(rehearsal.interactions, self.now, gram, pool)

    def within(self, most: int) -> _Everybody:
        """The same with a Gram matrix of so many titles."""
        return replace(self, gram=self.gram.within(most))


def fit(
    titles: Sequence[Title],
    histories: Mapping[str, History],
    *,
    version: str,
    now: float,
    config: TrainingConfig | None = None,
) -> Model:
    """A model of ``histories`` (by viewer id, then title id) over ``titles``.

    ``now`` (Unix seconds) is what ages are counted from. Raises
    :class:`NothingToTrainError` where there is no title or nobody has done anything with one.
    """
    config = config or TrainingConfig()
    index, histories = CatalogueIndex(titles), Histories.of(histories)
    interactions = histories.interactions(index.numbers, now)
    if not len(index) or not interactions.times.size:
        missing = "interactions with a known title" if len(index) else "titles"
        raise NothingToTrainError(f"there are no {missing} to train on")
    everybody = _Everybody.of(interactions, config, now)
    fitting = _Fitting(index, everybody.gram, config)
    learned = _learn(fitting, histories, everybody)
    return Model(version, index, fitting.scorers(everybody, learned), config.ranker)


class _Fitting:
    """Fits the scorers of one catalogue, on all its viewers or on some."""

    def __init__(self, index: CatalogueIndex, gram: Gram, config: TrainingConfig) -> None:
        self.index = index
        self.config = config
        self.features, self.block_of = title_features(index.titles)
        self._placing = Placing.fit(self.features, gram.viewers, config.latent)

    def scorers(self, viewers: _Everybody, learned: _Learned) -> Scorers:
        """All scorers, fitted on ``viewers`` as ``learned`` says."""
        config, interactions = self.config, viewers.interactions
        return Scorers(
            content=learned.content,
            collaborative=CollaborativeScorer.fit(interactions, config.collaborative, viewers.pool),
            linear=LinearScorer.fit(viewers.gram, self.features, config.linear),
            latent=self.tastes(viewers.gram),
            popularity=PopularityScorer.fit(interactions, learned.popularity, viewers.now),
            recent=PopularityScorer.fit(interactions, learned.recent, viewers.now),
            blend=learned.blend,
        )

    def tastes(self, gram: Gram) -> LatentScorer:
        """The latent scorer alone."""
        return LatentScorer.fit(gram, self._placing, self.config.latent)

    def content(self, gram: Gram) -> ContentScorer:
        """The content scorer, its blocks weighted by what they say of who likes what."""
        likings = self.tastes(gram).getting
        weights = block_weights(self.features, self.block_of, likings, gram.viewers)
        return ContentScorer.weighted(self.features, self.block_of, weights)


def _learn(fitting: _Fitting, histories: Histories, everybody: _Everybody) -> _Learned:
    config, index = fitting.config, fitting.index
    split = split_by_time(histories, config.tuning_share)
    before = Histories.of(split.train).interactions(index.numbers, split.cut)
    cases = later_on(split.cases, index, split.cut)
    smaller = everybody.within(config.tuned_on)
    learned = _with_half_lives(_Learned(fitting.content(smaller.gram)), before, cases, split)
    lesson = BlendLesson()
    for rehearsal in newcomers(everybody.interactions):
        if rehearsal.interactions.times.size:
            scorers = fitting.scorers(smaller.without(rehearsal), learned)
            lesson.learn(scorers, rehearsal.cases)
    if before.times.size and cases:
        earlier = _Everybody.of(before, config, split.cut).within(config.tuned_on)
        lesson.learn(fitting.scorers(earlier, learned), cases, _LATER_ON)
    return replace(learned, blend=lesson.blend())


def _with_half_lives(
    learned: _Learned, before: Interactions, cases: Sequence[FoldedCase], split: Split
) -> _Learned:
    if not cases or not before.times.size:
        return learned

    def best(half_lives: Sequence[float]) -> PopularityConfig:
        qualities = []
        for days in half_lives:
            config = PopularityConfig(half_life_days=days)
            scores = PopularityScorer.fit(before, config, split.cut).scores
            qualities.append(sum(quality(scores, case) for case in cases))
        return best_half_life(half_lives, qualities)

    return replace(learned, popularity=best(HALF_LIVES), recent=best(RECENT_HALF_LIVES))
