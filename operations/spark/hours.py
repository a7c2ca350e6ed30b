"""An hour of the lake made whole that is too large for the function: a batch job of Spark.

The same as ``adapters.lake_rewriter``: each record once, flat, sorted, what is no record left
where it landed. Upkeep shows the hour once Spark has written ``_SUCCESS``; from then on readers
may be at it, and a second job writes nothing there.

    spark-submit hours.py --columns 'schema bigint, …' --landed s3://…/ --output s3://…/

``--columns`` are those of the table ``landing``, as Hive writes them.
"""

from __future__ import annotations

import argparse

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

EVENT, CLIENT_PREFIX = "event", "client_"
SORTED_BY = ("type", "profile_id", "received_at", "event_id")


def whole(landed: DataFrame) -> DataFrame:
    """The records, columns as the table ``events`` has them."""
    own = [name for name in landed.columns if name != EVENT]
    fields = landed.select(f"{EVENT}.*").columns
    flat = [
        F.col(f"{EVENT}.{name}").alias(CLIENT_PREFIX + name if name in own else name)
        for name in fields
    ]
    readable = F.col(f"{EVENT}.event_id").isNotNull() & F.col("profile_id").isNotNull()
    copies = Window.partitionBy("profile_id", "event_id").orderBy("received_at")
    return (
        landed.filter(readable)
        .select(*own, *flat)
        .withColumn("copy", F.row_number().over(copies))
        .filter("copy = 1")
        .drop("copy")
    )


def is_written(spark: SparkSession, output: str) -> bool:
    """Whether a job that writes the folder has ended well."""
    sign = spark._jvm.org.apache.hadoop.fs.Path(output, "_SUCCESS")
    return bool(sign.getFileSystem(spark._jsc.hadoopConfiguration()).exists(sign))


def main() -> None:
    """One hour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", required=True)
    parser.add_argument("--landed", required=True, help="the hour's folder below landing/")
    parser.add_argument("--output", required=True, help="a folder of its own, written anew")
    parser.add_argument("--files", type=int, default=64)
    given = parser.parse_args()
    spark = SparkSession.builder.appName(f"whole {given.landed}").getOrCreate()
    if is_written(spark, given.output):
        print(f"{given.output} is written; left as it is")
        return
    # By name: a file of last year lacks the fields of this one, and reads them as null.
    landed = spark.read.schema(given.columns).parquet(given.landed)
    # Few large files, each of few types: a reader of one type skips the others.
    parts = whole(landed).repartitionByRange(given.files, "type", "profile_id")
    ordered = parts.sortWithinPartitions(*SORTED_BY)
    ordered.write.mode("overwrite").option("compression", "zstd").parquet(given.output)


if __name__ == "__main__":
    main()
