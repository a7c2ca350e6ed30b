"""The web application firewall in front of the whole distribution."""

from __future__ import annotations

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from stacks.config import StageConfig

_MANAGED: dict[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    # Its body rule stops at 8 KiB, and a batch of 500 events is larger. It counts instead; the
    # API bounds and validates its bodies itself.
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",),
}
_NOT_LOGGED = ("authorization", "cookie")


class WebAcl(Construct):
    """AWS's common rules and a rate per address on the API; what it stops is logged."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        """Make the list for CloudFront; the stack must be in us-east-1."""
        super().__init__(scope, id)
        managed = [
            _managed(name, priority, counted)
            for priority, (name, counted) in enumerate(_MANAGED.items(), start=1)
        ]
        self.acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("WebAcl"),
            rules=[_rate(config.waf_requests_per_5_minutes), *managed],
        )
        self._log(config)

    def _log(self, config: StageConfig) -> None:
        group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=f"aws-waf-logs-marquee-{config.name}",  # WAF insists on the prefix
            retention_in_days=config.log_retention_days,
        )
        group.apply_removal_policy(RemovalPolicy.DESTROY)
        arn = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=group.ref,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[arn],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": name})
                for name in _NOT_LOGGED
            ],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [
                            {"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")
                        ],
                    }
                ],
            },
        )


def _rate(requests: int) -> wafv2.CfnWebACL.RuleProperty:
    # Of the API alone: media asks for a signed cookie first, and a household that watches on
    # four screens behind one address is no attack.
    return wafv2.CfnWebACL.RuleProperty(
        name="ApiRate",
        priority=0,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_visible("ApiRate"),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=requests,
                evaluation_window_sec=300,
                scope_down_statement=wafv2.CfnWebACL.StatementProperty(
                    byte_match_statement=wafv2.CfnWebACL.ByteMatchStatementProperty(
                        field_to_match=wafv2.CfnWebACL.FieldToMatchProperty(uri_path={}),
                        positional_constraint="STARTS_WITH",
                        search_string="/v1/",
                        text_transformations=[
                            wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")
                        ],
                    )
                ),
            )
        ),
    )


def _managed(name: str, priority: int, counted: tuple[str, ...]) -> wafv2.CfnWebACL.RuleProperty:
    overrides = [
        wafv2.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=wafv2.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in counted
    ]
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visible(name),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=overrides or None
            )
        ),
    )


def _visible(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=True
    )
