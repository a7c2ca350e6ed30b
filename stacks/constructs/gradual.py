"""New versions of the API's functions: a tenth of the requests first, back at an alarm."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.acknowledge import acknowledge
from stacks.constructs.alarm import MarqueeAlarm
from stacks.constructs.function import MarqueeFunction


class GradualDeployments(Construct):
    """An alarm on each function's errors and, where asked for, a canary that it rolls back."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        functions: Mapping[str, MarqueeFunction],
        canary: bool,
    ) -> None:
        """``functions`` are moved by their alias, one deployment group each."""
        super().__init__(scope, id)
        alarms = {name: self._alarm(name, function) for name, function in functions.items()}
        if not canary:
            return
        application = codedeploy.LambdaApplication(self, "Application")
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            description="CodeDeploy: moves the functions' alias, reads their alarms",
        )
        acknowledge(
            role,
            "the deployment group attaches CodeDeploy's own policy to whatever role it is given",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AWSCodeDeployRoleForLambdaLimited]",
        )
        for name, function in functions.items():
            codedeploy.LambdaDeploymentGroup(
                self,
                name.capitalize(),
                application=application,
                alias=function.live,
                role=role,
                deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
                alarms=[alarms[name]],
                auto_rollback=codedeploy.AutoRollbackConfig(
                    failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
                ),
            )

    def _alarm(self, name: str, function: MarqueeFunction) -> MarqueeAlarm:
        return MarqueeAlarm(
            Construct(self, f"{name.capitalize()}Errors"),
            "FunctionErrors",
            summary=f"The {name} function fails: its requests are answered with a 5xx.",
            metric=function.live.metric_errors(period=Duration.minutes(1), statistic="Sum"),
            threshold=5,
            evaluation_periods=2,
        )
