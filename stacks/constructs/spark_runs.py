"""What every workflow that runs a Spark job needs: the job's role, and the right to run it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_emrserverless as emrserverless
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.findings import wildcard_resource

_START = ["emr-serverless:StartJobRun", "emr-serverless:TagResource"]
_WATCH = ["emr-serverless:CancelJobRun", "emr-serverless:GetJobRun"]
_RULE = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]


def job_role(scope: Construct, *, code: s3_assets.Asset, description: str) -> iam.Role:
    """The role of a job of EMR Serverless, which reads its own code."""
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(
            "emr-serverless.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        ),
        description=description,
    )
    allow(role, "ReadCode", ["s3:GetObject"], code.bucket.arn_for_objects(code.s3_object_key))
    return role


def let_run(
    machine: sfn.StateMachine, application: emrserverless.CfnApplication, role: iam.Role
) -> None:
    """Let the workflow run jobs of that role on the application, and wait for them."""
    runs = f"{application.attr_arn}/jobruns/*"
    rule = Stack.of(machine).format_arn(
        service="events",
        resource="rule",
        resource_name="StepFunctionsGetEventsForEMRServerlessJobRule",
    )
    add = machine.add_to_role_policy
    add(statement("StartRuns", _START, application.attr_arn))
    add(statement("WatchRuns", _WATCH, runs))
    add(statement("WatchEnds", _RULE, rule))
    add(
        iam.PolicyStatement(
            sid="PassJobRole",
            actions=["iam:PassRole"],
            resources=[role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}},
        )
    )
    acknowledge(
        machine,
        "runs are named as they start; log delivery and tracing know no resource",
        "AwsSolutions-IAM5[Resource::*]",
        wildcard_resource(machine, runs),
    )


def allow(role: iam.Role, sid: str, actions: list[str], *resources: str) -> None:
    """Let the role do that to these."""
    role.add_to_policy(statement(sid, actions, *resources))


def statement(sid: str, actions: list[str], *resources: str) -> iam.PolicyStatement:
    """One statement of a policy."""
    return iam.PolicyStatement(sid=sid, actions=actions, resources=list(resources))
