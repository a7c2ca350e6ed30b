"""What came of each impression of a day: a batch job of Spark over the lake.

An outcome belongs to the last impression of the same title for the same profile before it, if
that was no more than a day earlier; so nothing is credited twice. The impressions of a day and
their outcomes come through any shard and in any hour, which is why no stream consumer does
this: it would have to hold a day of impressions for every profile.

    spark-submit outcomes.py --events marquee_prod.events --day 2026-11-23 --output s3://…/

``--events`` is a table of the catalogue, or a path with ``day=`` folders. The output's folder is
written anew; who reads ``outcomes`` sees it once the table's partition points there.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

WINDOW_SECONDS = 86_400.0
# The column of an outcome by the event that is one.
OUTCOMES = {
    "click": "clicked_at",
    "play": "played_at",
    "complete": "completed_at",
    "abandon": "abandoned_at",
    "dismiss": "dismissed_at",
}
SHOWN = ("country", "maturity_ceiling", "row_id", "position", "model_version", "propensity")


def outcomes_of(events: DataFrame, day: date) -> DataFrame:
    """A row for each impression that came in on ``day``; columns as the table has them."""
    told = _credited(_once(_around(events, day)))
    shown = told.filter((F.col("type") == "impression") & (F.col("day") == F.lit(day)))
    first = [
        F.min(F.when(F.col("type") == kind, F.col("occurred_at"))).alias(column)
        for kind, column in OUTCOMES.items()
    ]
    came = told.filter(F.col("type") != "impression").groupBy("profile_id", "shown_id").agg(*first)
    return (
        shown.withColumn("shown_id", F.col("event_id"))
        .join(came, ["profile_id", "shown_id"], "left")
        .select(
            *("event_id", "profile_id", "title_id", F.col("occurred_at").alias("shown_at")),
            *SHOWN,
            *OUTCOMES.values(),
        )
    )


def _around(events: DataFrame, day: date) -> DataFrame:
    """The day's events and what is next to them: a window before, a window after."""
    near = F.col("day").between(F.lit(day - timedelta(days=1)), F.lit(day + timedelta(days=1)))
    wanted = F.col("type").isin("impression", *OUTCOMES)
    names = ("event_id", "profile_id", "title_id", "type", "occurred_at", "received_at", "day")
    return events.filter(near & wanted).select(*names, *SHOWN)


def _once(events: DataFrame) -> DataFrame:
    """The first record of each event: a client's repeat may be in another hour."""
    copies = Window.partitionBy("profile_id", "event_id").orderBy("received_at", "day")
    return events.withColumn("copy", F.row_number().over(copies)).filter("copy = 1").drop("copy")


def _credited(events: DataFrame) -> DataFrame:
    """Each event with the impression before it, where that is recent enough."""
    is_shown = F.col("type") == "impression"
    # At one moment what was shown stands before what came of it.
    before = (
        Window.partitionBy("profile_id", "title_id")
        .orderBy("occurred_at", (~is_shown).cast("int"), "event_id")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )

    def last(column: str) -> Column:
        return F.last(F.when(is_shown, F.col(column)), ignorenulls=True).over(before)

    credited = events.withColumn("shown_id", last("event_id")).withColumn(
        "shown_at", last("occurred_at")
    )
    recent = F.col("occurred_at") - F.col("shown_at") <= WINDOW_SECONDS
    return credited.filter(is_shown | recent)


def main() -> None:
    """One day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", required=True, help="a table, or a path with day= folders")
    parser.add_argument("--day", required=True, type=date.fromisoformat)
    parser.add_argument("--output", required=True, help="a folder of its own")
    parser.add_argument("--files", type=int, default=8)
    given = parser.parse_args()
    spark = SparkSession.builder.appName(f"outcomes {given.day}").getOrCreate()
    read = spark.read.parquet if "/" in given.events else spark.table
    rows = outcomes_of(read(given.events), given.day)
    rows.coalesce(given.files).write.mode("overwrite").parquet(given.output)


if __name__ == "__main__":
    main()
