"""What becomes of objects as they age: each rule once, for a bucket and for its replica."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3


def replicated_rules(bucket: str) -> Sequence[s3.LifecycleRule]:
    """The rules of a bucket that has a replica, and of the replica.

    S3 replicates objects and their tags, but no deletion that a lifecycle brings about.
    """
    return {
        "Media": [tiered("Rarely"), retired("Retired")],
        "Lake": [
            expire("Queries", 7, prefix="athena/"),
            expire("Asked", 30, prefix="asked/"),
            # As long as upkeep looks back for what is not whole, longer than a replay may wait.
            expire("Landed", 30, prefix="landing/"),
            tiered("Aged", prefix="events/"),
        ],
        "Models": [
            expire("Snapshots", 30, prefix="snapshots/"),
            expire("Jobs", 90, prefix="jobs/"),
        ],
    }[bucket]


def expire(id: str, days: int, *, prefix: str | None = None) -> s3.LifecycleRule:
    """Objects go when they are so old."""
    return s3.LifecycleRule(id=id, prefix=prefix, expiration=Duration.days(days))


def retired(id: str) -> s3.LifecycleRule:
    """What was replaced or retired goes: whoever is watching it has a day to finish."""
    return s3.LifecycleRule(
        id=id, tag_filters={"marquee:retired": "true"}, expiration=Duration.days(1)
    )


def tiered(id: str, *, prefix: str | None = None) -> s3.LifecycleRule:
    """What is not asked for gets cheaper by itself."""
    return s3.LifecycleRule(
        id=id,
        prefix=prefix,
        transitions=[
            s3.Transition(
                storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                transition_after=Duration.days(30),
            )
        ],
    )


def archived(id: str) -> s3.LifecycleRule:
    """A mezzanine is read once, when it is packaged, and then only to package it again."""
    return s3.LifecycleRule(
        id=id,
        transitions=[
            s3.Transition(
                storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                transition_after=Duration.days(30),
            ),
            s3.Transition(
                storage_class=s3.StorageClass.DEEP_ARCHIVE, transition_after=Duration.days(180)
            ),
        ],
    )
