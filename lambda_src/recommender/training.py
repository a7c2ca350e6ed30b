"""Fit a model: learn what can be learned on a held-out slice, then fit on everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recommender.blend import Blend
from recommender.catalogue import Title
from recommender.collaborative import CollaborativeConfig, CollaborativeScorer
from recommender.content import ContentConfig, ContentScorer
from recommender.errors import NothingToTrainError
from recommender.evaluation import split_by_time
from recommender.exemplars import PoolConfig
from recommender.features import title_features
from recommender.histories import Histories
from recommender.index import CatalogueIndex
from recommender.interactions import History, Interactions
from recommender.linear import LinearConfig, LinearScorer
from recommender.model import Model
from recommender.popularity import PopularityConfig, PopularityScorer
from recommender.ranker import RankerConfig
from recommender.scoring import Scorers
from recommender.tuning import (
    CONTENT_CHOICES,
    HALF_LIVES,
    FoldedCase,
    best_half_life,
    fold_cases,
    learn_blend,
    quality,
)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """``tuning_share``: the latest share of interactions that settings are learned on."""

    tuning_share: float = 0.2
    collaborative: CollaborativeConfig = field(default_factory=CollaborativeConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    linear: LinearConfig = field(default_factory=LinearConfig)
    ranker: RankerConfig = field(default_factory=RankerConfig)


@dataclass(frozen=True)
class _Settings:
    content: ContentScorer
    popularity: PopularityConfig
    blend: Blend


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
    settings = _learn(index, histories, config)
    scorers = _scorers(settings, interactions, config, now)
    return Model(version, titles, scorers, config.ranker)


def _learn(
    index: CatalogueIndex, histories: Mapping[str, History], config: TrainingConfig
) -> _Settings:
    split = split_by_time(histories, config.tuning_share)
    cases = fold_cases(split.cases, index, split.cut)
    before = _interactions(index, split.train, split.cut)
    popularity = _best_popularity(before, cases, split.cut)
    content = _best_content(index.titles, cases)
    unblended = _Settings(content, popularity, Blend())
    if not before.times.size:
        return unblended
    scorers = _scorers(unblended, before, config, split.cut)
    return _Settings(content, popularity, learn_blend(scorers, cases))


def _best_popularity(
    interactions: Interactions, cases: Sequence[FoldedCase], now: float
) -> PopularityConfig:
    qualities = []
    for days in HALF_LIVES:
        config = PopularityConfig(half_life_days=days)
        scores = PopularityScorer.fit(interactions, config, now).scores
        qualities.append(sum(quality(scores, case) for case in cases))
    return best_half_life(qualities) if any(qualities) else PopularityConfig()


def _best_content(titles: Sequence[Title], cases: Sequence[FoldedCase]) -> ContentScorer:
    features, block_of = title_features(titles)
    best, best_quality = ContentScorer.weighted(features, block_of, ContentConfig()), -1.0
    if not cases:
        return best
    for config in CONTENT_CHOICES:
        scorer = ContentScorer.weighted(features, block_of, config)
        found = sum(quality(scorer(case.given), case) for case in cases)
        if found > best_quality:
            best, best_quality = scorer, found
    return best


def _scorers(
    settings: _Settings, interactions: Interactions, config: TrainingConfig, now: float
) -> Scorers:
    return Scorers(
        content=settings.content,
        collaborative=CollaborativeScorer.fit(interactions, config.collaborative, config.pool),
        linear=LinearScorer.fit(interactions, settings.content.features, config.linear),
        popularity=PopularityScorer.fit(interactions, settings.popularity, now),
        blend=settings.blend,
    )


def _interactions(
    index: CatalogueIndex, histories: Mapping[str, History], now: float
) -> Interactions:
    return Histories.of(histories).interactions(index.numbers, now)
