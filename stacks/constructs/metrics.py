"""The metrics that alarms and dashboard share: each expression once."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.config import StageConfig

MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)


def metric(
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    *,
    statistic: str = "Sum",
    period: Duration = MINUTE,
) -> cloudwatch.Metric:
    """One metric as CloudWatch knows it."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period,
    )


def own_namespace(config: StageConfig) -> str:
    """Where the stage's functions put their metrics: stages may share an account."""
    return f"Marquee/{config.name}"


def own_count(
    namespace: str, name: str, *, period: Duration = FIVE_MINUTES
) -> cloudwatch.MathExpression:
    """A metric of the handlers, summed over all functions and dimensions."""
    return cloudwatch.MathExpression(
        expression=f'SELECT SUM({name}) FROM "{namespace}"',
        using_metrics={},
        label=name,
        period=period,
    )


def percentage(
    part: cloudwatch.IMetric, whole: cloudwatch.IMetric, *, label: str, period: Duration = MINUTE
) -> cloudwatch.MathExpression:
    """`part` of `whole` in percent; 0 where there was nothing at all."""
    return cloudwatch.MathExpression(
        expression="IF(whole > 0, 100 * part / whole, 0)",
        using_metrics={"part": part, "whole": whole},
        label=label,
        period=period,
    )


def total(
    metrics: Iterable[cloudwatch.IMetric], *, label: str, period: Duration = MINUTE
) -> cloudwatch.MathExpression:
    """The sum of several metrics, of which some may have no data."""
    named = {f"m{index}": each for index, each in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in named),
        using_metrics=named,
        label=label,
        period=period,
    )


def api(api_id: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric of an HTTP API: `Count`, `4xx`, `5xx`, `Latency`."""
    return metric("AWS/ApiGateway", name, {"ApiId": api_id}, statistic=statistic)


def api_error_percentage(api_id: str) -> cloudwatch.MathExpression:
    """The share of requests that the API answered with a 5xx."""
    return percentage(api(api_id, "5xx"), api(api_id, "Count"), label="API 5xx %")


def consumer_lag(function_name: str) -> cloudwatch.Metric:
    """How old the records are that a stream's consumer reads, at worst, in milliseconds."""
    return metric("AWS/Lambda", "IteratorAge", {"FunctionName": function_name}, statistic="Maximum")


def stream(stream_name: str, name: str) -> cloudwatch.Metric:
    """A metric of a Kinesis stream."""
    return metric("AWS/Kinesis", name, {"StreamName": stream_name})


def table_throttles(table_names: Iterable[str]) -> cloudwatch.MathExpression:
    """Reads and writes that the tables refused."""
    return total(
        (
            metric("AWS/DynamoDB", name, {"TableName": table})
            for table in table_names
            for name in ("ReadThrottleEvents", "WriteThrottleEvents")
        ),
        label="Throttled table requests",
    )


def distribution(distribution_id: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric of CloudFront, which reports to us-east-1 alone."""
    dimensions = {"DistributionId": distribution_id, "Region": "Global"}
    return metric("AWS/CloudFront", name, dimensions, statistic=statistic)


def group(group_name: str, name: str, statistic: str = "Average") -> cloudwatch.Metric:
    """A metric of an autoscaling group."""
    return metric(
        "AWS/AutoScaling", name, {"AutoScalingGroupName": group_name}, statistic=statistic
    )


def node(
    namespace: str, name: str, statistic: str = "Sum", *, period: Duration = MINUTE
) -> cloudwatch.Metric:
    """A counter of the streaming nodes, of all of them together."""
    dimensions = {"service": "fleet-node"}
    return metric(namespace, name, dimensions, statistic=statistic, period=period)


def executions(state_machine_arn: str, name: str) -> cloudwatch.Metric:
    """Executions of a state machine with that end."""
    dimensions = {"StateMachineArn": state_machine_arn}
    return metric("AWS/States", name, dimensions, period=FIVE_MINUTES)


def unfinished(state_machine_arn: str, *, label: str) -> cloudwatch.MathExpression:
    """Executions of a state machine that did not come to a good end."""
    return total(
        (
            executions(state_machine_arn, name)
            for name in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
        ),
        label=label,
        period=FIVE_MINUTES,
    )


def undelivered(queue_name: str) -> cloudwatch.Metric:
    """Messages that wait in a dead-letter queue."""
    return metric(
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": queue_name},
        statistic="Maximum",
        period=FIVE_MINUTES,
    )


def lake_hours_behind(namespace: str) -> cloudwatch.Metric:
    """Hours that the lake's upkeep found and could not make whole, said once an hour."""
    return metric(
        namespace,
        "LakeHoursBehind",
        {"service": "lake-upkeep"},
        statistic="Maximum",
        period=Duration.hours(1),
    )


def playback(namespace: str, name: str, network: str, statistic: str) -> cloudwatch.Metric:
    """A metric of playback on one kind of network."""
    dimensions = {"service": "trending-consumer", "network": network}
    return metric(namespace, name, dimensions, statistic=statistic, period=FIVE_MINUTES)


def rebuffer_percentage(namespace: str, network: str) -> cloudwatch.MathExpression:
    """Time stalled of the time that should have played, on one kind of network."""
    # One graph shows several of these, and an id means one metric in all of it.
    stalled, playing = f"stalled_{network}", f"playing_{network}"
    return cloudwatch.MathExpression(
        expression=f"IF({stalled} + {playing} > 0, 100 * {stalled} / ({stalled} + {playing}), 0)",
        using_metrics={
            stalled: playback(namespace, "RebufferMilliseconds", network, "Sum"),
            playing: playback(namespace, "PlayingMilliseconds", network, "Sum"),
        },
        label=network,
        period=FIVE_MINUTES,
    )


def given_up(event_source_id: str) -> cloudwatch.Metric:
    """Records that an event source mapping sent to its on-failure destination."""
    return metric(
        "AWS/Lambda",
        "OnFailureDestinationDeliveredEventCount",
        {"EventSourceMappingUUID": event_source_id},
        period=FIVE_MINUTES,
    )


def firehose_refused(delivery_stream_name: str) -> cloudwatch.Metric:
    """Records that Firehose could not convert, in five minutes."""
    dimensions = {"DeliveryStreamName": delivery_stream_name}
    return metric("AWS/Firehose", "FailedConversion.Records", dimensions, period=FIVE_MINUTES)


def lake_silent(stream_name: str, delivery_stream_name: str) -> cloudwatch.MathExpression:
    """1 for an hour in which the stream took records and Firehose delivered none."""
    hour = Duration.hours(1)
    return cloudwatch.MathExpression(
        # Neither service says anything of an hour of nothing.
        expression="IF(FILL(taken, 0) > 0 AND FILL(landed, 0) == 0, 1, 0)",
        using_metrics={
            "taken": metric(
                "AWS/Kinesis", "IncomingRecords", {"StreamName": stream_name}, period=hour
            ),
            "landed": metric(
                "AWS/Firehose",
                "DeliveryToS3.Records",
                {"DeliveryStreamName": delivery_stream_name},
                period=hour,
            ),
        },
        period=hour,
    )


def firehose_age(delivery_stream_name: str) -> cloudwatch.Metric:
    """The age of the oldest record that Firehose has not delivered, in seconds."""
    dimensions = {"DeliveryStreamName": delivery_stream_name}
    return metric("AWS/Firehose", "DeliveryToS3.DataFreshness", dimensions, statistic="Maximum")
