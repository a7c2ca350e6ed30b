"""Composite alarms, metric-math alarms, budgets and backup selections."""

from __future__ import annotations

from typing import Any

from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner, call


class Alarm(Provisioner):
    """An alarm that ministack's own provisioner refuses, put through the API."""

    def __init__(self, name: str, operation: str) -> None:
        self.type = f"AWS::CloudWatch::{name}"
        self._operation = operation

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Puts the alarm."""
        name = properties.get("AlarmName") or place.name
        self._put(place, name, properties)
        return _alarm(place, name)

    def update(self, place: Place, reference: str, old: Properties, new: Properties) -> Provisioned:
        """Puts it again under its name."""
        if new.get("AlarmName", reference) != reference:
            return super().update(place, reference, old, new)
        self._put(place, reference, new)
        return _alarm(place, reference)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the alarm."""
        call(place, "cloudwatch", "delete_alarms", {"AlarmNames": [reference]})

    def _put(self, place: Place, name: str, properties: Properties) -> None:
        call(place, "cloudwatch", self._operation, {**properties, "AlarmName": name})


class MetricMathAlarm(Alarm):
    """Exists and is described, but the API forgets its ``Metrics``: it never changes its state."""

    def takes(self, properties: Properties) -> bool:
        """Alarms on one metric are upstream's, which evaluates them."""
        return "Metrics" in properties


class Budget(Provisioner):
    """Exists and is described; nothing is spent."""

    type = "AWS::Budgets::Budget"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates the budget with its notifications."""
        budget = dict(properties["Budget"])
        name = budget.setdefault("BudgetName", place.name)
        given = {**properties, "AccountId": place.account, "Budget": budget}
        call(place, "budgets", "create_budget", given)
        return Provisioned(name)

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes the budget."""
        given = {"AccountId": place.account, "BudgetName": reference}
        call(place, "budgets", "delete_budget", given)


class BackupSelection(Provisioner):
    """Exists and is described; nothing is backed up."""

    type = "AWS::Backup::BackupSelection"

    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Adds the selection to its plan."""
        answer = call(place, "backup", "create_backup_selection", properties)
        names = ("SelectionId", "BackupPlanId")
        attributes: dict[str, Any] = {name: answer[name] for name in names}
        return Provisioned(
            f"{answer['SelectionId']}_{answer['BackupPlanId']}",
            {**attributes, "Id": answer["SelectionId"]},
        )

    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Takes the selection out of its plan."""
        selection, _, plan = reference.partition("_")
        given = {"SelectionId": selection, "BackupPlanId": plan}
        call(place, "backup", "delete_backup_selection", given)


def _alarm(place: Place, name: str) -> Provisioned:
    return Provisioned(name, {"Arn": place.arn("cloudwatch", f"alarm:{name}")})


PROVISIONERS = (
    MetricMathAlarm("Alarm", "put_metric_alarm"),
    Alarm("CompositeAlarm", "put_composite_alarm"),
    Budget(),
    BackupSelection(),
)
