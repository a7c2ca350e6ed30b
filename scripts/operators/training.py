"""``train``: one run of the training workflow, watched to its end."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from scripts.operators.deployment import Deployment, StageOption
from scripts.operators.errors import OperatorError, explained

POLL_SECONDS = {"local": 0.5}


def run_training(deployment: Deployment, console: Console) -> dict[str, Any]:
    """Starts the state machine and waits; its output, or an error with the cause."""
    states = deployment.client("stepfunctions")
    arn = deployment.output("training", "StateMachineArn")
    # The run's name becomes the model's version, so it says when.
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    execution = states.start_execution(stateMachineArn=arn, name=name)["executionArn"]
    with console.status("training: snapshot → train → gate → publish → verify"):
        while True:
            run = states.describe_execution(executionArn=execution)
            if run["status"] != "RUNNING":
                break
            time.sleep(POLL_SECONDS.get(deployment.config.name, 15))
    if run["status"] != "SUCCEEDED":
        raise OperatorError(
            f"training {run['status'].lower()}: {run.get('error', '')} {run.get('cause', '')}",
            next_step="docs/runbooks/TrainingFailed.md",
        )
    return dict(json.loads(run["output"]))


@explained
def train(stage: StageOption = "local") -> None:
    """Train a model on what has been imported and watched, and publish it if it is better."""
    console = Console()
    console.print_json(data=run_training(Deployment(stage), console))
