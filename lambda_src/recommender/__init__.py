"""Recommendations: pure numpy and standard library, no I/O, no hidden clock or random source.

What callers need is named here; everything else is the package's own business.
"""

from recommender.arrangement import arrange
from recommender.artifact import from_bytes, to_bytes
from recommender.catalogue import Title, Viewer
from recommender.editorial import NO_RULES, EditorialRules
from recommender.errors import (
    DamagedArtifactError,
    ExchangeFormatError,
    NothingToTrainError,
    RecommenderError,
    UnknownTitleError,
)
from recommender.history import Signal, SignalKind, TitleState, merge, merge_all
from recommender.model import Model
from recommender.popularity import popular
from recommender.ranker import eligible, playable
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source

__all__ = [
    "NO_RULES",
    "DamagedArtifactError",
    "EditorialRules",
    "ExchangeFormatError",
    "Model",
    "NothingToTrainError",
    "Reason",
    "ReasonKind",
    "Recommendation",
    "RecommenderError",
    "Row",
    "Signal",
    "SignalKind",
    "Source",
    "Title",
    "TitleState",
    "UnknownTitleError",
    "Viewer",
    "arrange",
    "eligible",
    "from_bytes",
    "merge",
    "merge_all",
    "playable",
    "popular",
    "to_bytes",
]
