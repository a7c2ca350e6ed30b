"""The month's budget."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct


class MonthlySpend(budgets.CfnBudget):
    """Says when four fifths are spent, and when the month's end would be over the budget.

    Of the whole account: a stage has its own, and what isn't tagged costs as well.
    """

    def __init__(self, scope: Construct, id: str, *, usd: int, topic: sns.ITopic) -> None:
        """`topic` must let budgets.amazonaws.com publish. Runbook: docs/runbooks/<id>.md."""
        subscriber = budgets.CfnBudget.SubscriberProperty(
            address=topic.topic_arn, subscription_type="SNS"
        )
        super().__init__(
            scope,
            id,
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )
