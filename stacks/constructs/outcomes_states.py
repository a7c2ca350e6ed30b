"""The states of the outcomes' workflow: run the job into a folder of its own, then show it."""

from __future__ import annotations

from typing import Any

from schemas.lake import EVENTS, OUTCOMES, OUTCOMES_COLUMNS

# The events of the day after are needed as well, and are whole an hour after that has ended.
_TWO_DAYS_MS = 2 * 86_400_000
_DAY = (
    "$exists($states.input.day) ? $states.input.day : $substring($fromMillis($toMillis("
    f"$states.context.Execution.StartTime) - {_TWO_DAYS_MS}), 0, 10)"
)
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_HIVE_CLIENT = "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory"
_SPARK = {
    "spark.hadoop.hive.metastore.client.factory.class": _HIVE_CLIENT,
    "spark.executor.cores": "4",
    "spark.executor.memory": "24g",
    "spark.dynamicAllocation.maxExecutors": "90",
}


def outcomes_definition(
    *, application_id: str, role_arn: str, entry_point: str, database: str, location: str
) -> dict[str, Any]:
    """In Amazon States Language, with JSONata: ``{"day": "2026-11-23"}`` asks for that day.

    Readers see the day's partition before or after it points to the new folder. A job that
    fails leaves a folder that nothing points to.
    """
    partition = {
        "Values": ["{% $day %}"],
        "StorageDescriptor": _storage("{% $folder %}"),
    }
    table = {"DatabaseName": database, "TableName": OUTCOMES}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Name the folder",
        "States": {
            "Name the folder": {
                "Type": "Pass",
                "Assign": {
                    "day": f"{{% {_DAY} %}}",
                    "folder": (
                        f"{{% '{location}/day=' & ({_DAY}) & '/' & "
                        "$states.context.Execution.Name & '/' %}"
                    ),
                },
                "Next": "Join impressions with outcomes",
            },
            "Join impressions with outcomes": {
                "Type": "Task",
                "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync",
                "Arguments": _job(application_id, role_arn, entry_point, database),
                "Retry": [_retry("EMRServerless.ThrottlingException", seconds=60)],
                "Next": "Show a new day",
            },
            "Show a new day": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:createPartition",
                "Arguments": {**table, "PartitionInput": partition},
                "Retry": [_retry("Glue.OperationTimeoutException", seconds=5)],
                "Catch": [
                    {"ErrorEquals": ["Glue.AlreadyExistsException"], "Next": "Show it in its place"}
                ],
                "End": True,
            },
            "Show it in its place": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:batchUpdatePartition",
                "Arguments": {
                    **table,
                    "Entries": [
                        {"PartitionValueList": ["{% $day %}"], "PartitionInput": partition}
                    ],
                },
                "Retry": [_retry("Glue.OperationTimeoutException", seconds=5)],
                "Output": "{% $states.result %}",
                "Next": "Was it taken?",
            },
            "Was it taken?": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $count($states.input.Errors) > 0 %}", "Next": "Not shown"}
                ],
                "Default": "Shown",
            },
            "Not shown": {"Type": "Fail", "Error": "PartitionNotMoved"},
            "Shown": {"Type": "Succeed"},
        },
    }


def _job(application_id: str, role_arn: str, entry_point: str, database: str) -> dict[str, Any]:
    settings = " ".join(f"--conf {name}={value}" for name, value in _SPARK.items())
    return {
        "ApplicationId": application_id,
        "ExecutionRoleArn": role_arn,
        "Name": "outcomes",
        "ClientToken": "{% $states.context.Execution.Name %}",
        "ExecutionTimeoutMinutes": 240,
        "JobDriver": {
            "SparkSubmit": {
                "EntryPoint": entry_point,
                "EntryPointArguments": [
                    *("--events", f"{database}.{EVENTS}"),
                    *("--day", "{% $day %}"),
                    *("--output", "{% $folder %}"),
                ],
                "SparkSubmitParameters": settings,
            }
        },
    }


def _retry(error: str, *, seconds: int) -> dict[str, Any]:
    return {"ErrorEquals": [error], "IntervalSeconds": seconds, "MaxAttempts": 4, "BackoffRate": 2}


def _storage(location: str) -> dict[str, Any]:
    return {
        "Location": location,
        "Columns": [{"Name": name, "Type": kind} for name, kind in OUTCOMES_COLUMNS.items()],
        "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
    }
