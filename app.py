#!/usr/bin/env python3
"""Reads the stage, builds it, registers the rule packs, synthesises."""

from __future__ import annotations

import sys

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from stacks.config import STAGES
from stacks.stage import MarqueeStage

# Stack traces name temporary folders, and show none of this code.
_SAME_BYTES = {
    "aws:cdk:disable-creation-stack-traces": True,
    "aws:cdk:disable-stack-trace": True,
}


def build(stage: str, *, outdir: str | None = None) -> cdk.App:
    """The app of one stage, ready to synthesise."""
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=_SAME_BYTES)
    MarqueeStage(app, config=STAGES[stage])
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    return app


def main() -> None:
    """`cdk synth -c stage=local|dev|prod`."""
    stage = cdk.App().node.try_get_context("stage") or "dev"
    if stage not in STAGES:
        sys.exit(f"-c stage={stage}: there is no such stage; one of {', '.join(STAGES)}")
    build(stage).synth()


if __name__ == "__main__":
    main()
