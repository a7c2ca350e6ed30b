"""An event source mapping as ministack stores it, read anew at every use: it may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

DEFAULT_BATCH_SIZE = 100
FOREVER = -1


def stream_name(resource: str) -> str | None:
    """The stream of ``stream/NAME`` or of ``stream/NAME/consumer/CONSUMER:TIMESTAMP``."""
    kind, _, rest = resource.partition("/")
    name, _, consumer = rest.partition("/")
    if kind != "stream" or not name or (consumer and not consumer.startswith("consumer/")):
        return None
    return name


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """What decides how a mapping's records are delivered."""

    uuid: str
    function: str
    qualifier: str | None
    function_arn: str
    source_arn: str
    batch_size: int
    window_seconds: float
    lanes: int
    max_attempts: int | None  # None: until the records expire
    max_age_seconds: float | None
    halves_on_error: bool
    partial_responses: bool
    on_failure: str | None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The settings of a stored mapping; numbers may be text, as templates write them."""
        retries = _number(stored, "MaximumRetryAttempts", FOREVER)
        age = _number(stored, "MaximumRecordAgeInSeconds", FOREVER)
        destination = (stored.get("DestinationConfig") or {}).get("OnFailure") or {}
        return cls(
            uuid=stored["UUID"],
            function=stored["FunctionName"],
            qualifier=stored.get("Qualifier"),
            function_arn=stored["FunctionArn"],
            source_arn=stored["EventSourceArn"],
            batch_size=_number(stored, "BatchSize", DEFAULT_BATCH_SIZE),
            window_seconds=_number(stored, "MaximumBatchingWindowInSeconds", 0),
            lanes=max(1, _number(stored, "ParallelizationFactor", 1)),
            max_attempts=None if retries == FOREVER else retries + 1,
            max_age_seconds=None if age == FOREVER else age,
            halves_on_error=_truth(stored.get("BisectBatchOnFunctionError")),
            partial_responses="ReportBatchItemFailures"
            in (stored.get("FunctionResponseTypes") or []),
            on_failure=destination.get("Destination"),
        )


def is_enabled(stored: Mapping[str, Any]) -> bool:
    """Whether a stored mapping delivers at all."""
    return _truth(stored.get("Enabled", True))


def _number(stored: Mapping[str, Any], key: str, default: int) -> int:
    value = stored.get(key)
    return default if value is None else int(value)


def _truth(value: Any) -> bool:  # noqa: ANN401 - JSON
    return value.lower() == "true" if isinstance(value, str) else bool(value)
