"""Logs and metrics of the functions, as Powertools writes them: JSON lines and EMF."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit, single_metric

_VALUES_AT_ONCE = 100  # the most that one metric of one line has


@cache
def logger() -> Logger:
    """The function's logger; service and level come from Powertools' own variables."""
    return Logger()


@cache
def metrics() -> Metrics:
    """The function's metrics without further dimensions, written at the end of an invocation."""
    return Metrics()


def count(name: str, value: float = 1, /, **dimensions: str) -> None:
    """A :class:`services.ports.Counter`; with dimensions it is a metric of its own."""
    if not dimensions:
        metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)
        return
    with single_metric(name=name, unit=MetricUnit.Count, value=value) as metric:
        for dimension, content in dimensions.items():
            metric.add_dimension(name=dimension, value=content)


def measure(name: str, values: Sequence[float], /, **dimensions: str) -> None:
    """A :class:`services.ports.Distribution`: CloudWatch works out percentiles of the values."""
    for at in range(0, len(values), _VALUES_AT_ONCE):
        spread = EphemeralMetrics()
        spread.add_dimension(name="service", value=metrics().service or "")
        for dimension, content in dimensions.items():
            spread.add_dimension(name=dimension, value=content)
        for value in values[at : at + _VALUES_AT_ONCE]:
            spread.add_metric(name=name, unit=_unit_of(name), value=value)
        if spread.metric_set:  # a hundred values go out by themselves
            spread.flush_metrics()


def _unit_of(name: str) -> MetricUnit:
    return MetricUnit.Milliseconds if name.endswith("Milliseconds") else MetricUnit.Count


def journal(message: str, /, **fields: object) -> None:
    """A :class:`services.ports.Journal`: one line, with the fields beside the message."""
    logger().info(message, extra=fields)


def flush() -> None:
    """Writes what was counted; to be called at the end of every invocation."""
    if metrics().metric_set:
        metrics().flush_metrics()
