"""Fit a model: learn what can be learned on viewers held out, then fit on everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from recommender.blend import Blend
from recommender.catalogue import Title
from recommender.collaborative import CollaborativeConfig, CollaborativeScorer
from recommender.content import ContentScorer
from recommender.errors import NothingToTrainError
from recommender.evaluation import Split, split_by_time
from recommender.exemplars import PoolConfig
from recommender.features import title_features
from recommender.histories import Histories
from recommender.index import CatalogueIndex
from recommender.interactions import History, Interactions
from recommender.latent import LatentConfig, LatentScorer
from recommender.linear import LinearConfig, LinearScorer
from recommender.model import Model
from recommender.popularity import PopularityConfig, PopularityScorer
from recommender.ranker import RankerConfig
from recommender.rehearsal import FoldedCase, later_on, newcomers
from recommender.scoring import Scorers
from recommender.sparse import SparseRows
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
    tuned_on: int = 4_000
    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    linear: LinearConfig = field(default_factory=LinearConfig)
    latent: LatentConfig = field(default_factory=LatentConfig)
    ranker: RankerConfig = field(default_factory=RankerConfig)


@dataclass(frozen=True)
class _Settings:
    """What is learned, and ``features`` [titles x features] in blocks of unit length."""

    features: SparseRows
    content: ContentScorer
    popularity: PopularityConfig = field(default_factory=PopularityConfig)
    recent: PopularityConfig = field(default_factory=lambda: PopularityConfig(half_life_days=90))
    blend: Blend = field(default_factory=Blend)


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
    interactions = _interactions(index, histories, now)
    if not len(index) or not interactions.times.size:
        missing = "interactions with a known title" if len(index) else "titles"
        raise NothingToTrainError(f"there are no {missing} to train on")
    settings = _learn(index, histories, interactions, config, now)
    scorers = _scorers(settings, interactions, config, now)
    return Model(version, titles, scorers, config.ranker)


def _learn(
    index: CatalogueIndex,
    histories: Histories,
    interactions: Interactions,
    config: TrainingConfig,
    now: float,
) -> _Settings:
    smaller = replace(config.linear, most=min(config.linear.most, config.tuned_on))
    config = replace(config, linear=smaller)
    split = split_by_time(histories, config.tuning_share)
    before = _interactions(index, split.train, split.cut)
    cases = later_on(split.cases, index, split.cut)
    settings = _with_half_lives(_with_content(index, interactions, config), before, cases, split)
    lesson = BlendLesson()
    for rehearsal in newcomers(interactions):
        if rehearsal.interactions.times.size:
            scorers = _scorers(settings, rehearsal.interactions, config, now)
            lesson.learn(scorers, rehearsal.cases)
    if before.times.size and cases:
        lesson.learn(_scorers(settings, before, config, split.cut), cases, _LATER_ON)
    return replace(settings, blend=lesson.blend())


def _with_content(
    index: CatalogueIndex, interactions: Interactions, config: TrainingConfig
) -> _Settings:
    features, block_of = title_features(index.titles)
    tastes = LatentScorer.fit(interactions, features, config.latent).getting
    viewers = interactions.preferences.transposed().lengths
    weights = block_weights(features, block_of, tastes, viewers)
    return _Settings(features, ContentScorer.weighted(features, block_of, weights))


def _with_half_lives(
    settings: _Settings, before: Interactions, cases: Sequence[FoldedCase], split: Split
) -> _Settings:
    if not cases or not before.times.size:
        return settings

    def best(half_lives: Sequence[float]) -> PopularityConfig:
        qualities = []
        for days in half_lives:
            config = PopularityConfig(half_life_days=days)
            scores = PopularityScorer.fit(before, config, split.cut).scores
            qualities.append(sum(quality(scores, case) for case in cases))
        return best_half_life(half_lives, qualities)

    return replace(settings, popularity=best(HALF_LIVES), recent=best(RECENT_HALF_LIVES))


def _scorers(
    settings: _Settings, interactions: Interactions, config: TrainingConfig, now: float
) -> Scorers:
    return Scorers(
        content=settings.content,
        collaborative=CollaborativeScorer.fit(interactions, config.collaborative, config.pool),
        linear=LinearScorer.fit(interactions, settings.features, config.linear),
        latent=LatentScorer.fit(interactions, settings.features, config.latent),
        popularity=PopularityScorer.fit(interactions, settings.popularity, now),
        recent=PopularityScorer.fit(interactions, settings.recent, now),
        blend=settings.blend,
    )


def _interactions(
    index: CatalogueIndex, histories: Mapping[str, History], now: float
) -> Interactions:
    return Histories.of(histories).interactions(index.numbers, now)
