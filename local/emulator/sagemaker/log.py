"""What a training job prints: to CloudWatch Logs, and through its metric definitions."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import Any

GROUP = "/aws/sagemaker/TrainingJobs"
_FLUSH_SECONDS = 1.0


class TrainingLog:
    """One job's lines; ``logs`` is a CloudWatch Logs client."""

    def __init__(self, logs: Any, job: dict[str, Any]) -> None:  # noqa: ANN401 - a boto3 client
        self._logs = logs
        self._stream = f"{job['TrainingJobName']}/algo-1-{int(time.time())}"
        self._patterns = {
            definition["Name"]: re.compile(definition["Regex"])
            for definition in job["AlgorithmSpecification"].get("MetricDefinitions", [])
        }
        self._values: dict[str, tuple[float, float]] = {}
        self._waiting: list[dict[str, Any]] = []
        self._flushed = time.monotonic()
        self._create()

    def line(self, text: str) -> None:
        """Takes one line, now."""
        now = time.time()
        self._waiting.append({"timestamp": int(now * 1000), "message": text or " "})
        for name, pattern in self._patterns.items():
            found = pattern.search(text)
            if found:
                self._values[name] = (float(found.group(1)), now)
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Sends what has not been sent."""
        waiting, self._waiting = self._waiting, []
        self._flushed = time.monotonic()
        for start in range(0, len(waiting), 1000):
            self._logs.put_log_events(
                logGroupName=GROUP,
                logStreamName=self._stream,
                logEvents=waiting[start : start + 1000],
            )

    def metrics(self) -> list[dict[str, Any]]:
        """The last value of each metric: FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": at}
            for name, (value, at) in self._values.items()
        ]

    def _create(self) -> None:
        with suppress(self._logs.exceptions.ResourceAlreadyExistsException):
            self._logs.create_log_group(logGroupName=GROUP)
        self._logs.create_log_stream(logGroupName=GROUP, logStreamName=self._stream)
