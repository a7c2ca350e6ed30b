"""The hours that readers of the table ``events`` see: its partitions in Glue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from adapters.faults import code_of, translated
from adapters.lake_files import generation_key
from schemas.errors import RetryLaterError
from schemas.lake import EVENTS
from services.lake import LakeHour

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import PartitionInputTypeDef


@dataclass(frozen=True)
class GlueCatalogue:
    """A :class:`services.lake.LakeCatalogue`: one partition, one call, one generation."""

    client: GlueClient
    database: str
    bucket: str

    def generation(self, hour: LakeHour) -> str | None:
        """The last folder of the partition's location."""
        try:
            with translated("Glue"):
                answer = self.client.get_partition(
                    DatabaseName=self.database, TableName=EVENTS, PartitionValues=_values(hour)
                )
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return None
            raise
        return answer["Partition"]["StorageDescriptor"]["Location"].rstrip("/").split("/")[-1]

    def point(self, hour: LakeHour, generation: str) -> None:
        """Makes the partition, or changes where it is."""
        given = {"DatabaseName": self.database, "TableName": EVENTS}
        partition: PartitionInputTypeDef = {
            "Values": _values(hour),
            "StorageDescriptor": self._storage(hour, generation),
        }
        try:
            with translated("Glue"):
                self.client.create_partition(**given, PartitionInput=partition)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":
                raise
            self._move(hour, partition)

    def _move(self, hour: LakeHour, partition: PartitionInputTypeDef) -> None:
        with translated("Glue"):
            answer = self.client.batch_update_partition(
                DatabaseName=self.database,
                TableName=EVENTS,
                Entries=[{"PartitionValueList": _values(hour), "PartitionInput": partition}],
            )
        for refused in answer.get("Errors", []):
            detail = refused.get("ErrorDetail", {})
            raise RetryLaterError(f"Glue keeps {hour} as it was: {detail.get('ErrorMessage')}")

    def hours_before(self, hour: LakeHour) -> list[LakeHour]:
        """Found by Glue itself, so that years of hours are not read for one."""
        paginator = self.client.get_paginator("get_partitions")
        found = []
        with translated("Glue"):
            for page in paginator.paginate(
                DatabaseName=self.database,
                TableName=EVENTS,
                Expression=f"day <= '{hour.day}'",
                ExcludeColumnSchema=True,
            ):
                for partition in page["Partitions"]:
                    day, number = partition["Values"]
                    found.append(LakeHour(day, int(number)))
        return sorted(each for each in found if each < hour)

    def drop(self, hour: LakeHour) -> None:
        """Takes the partition away, where there is one."""
        try:
            with translated("Glue"):
                self.client.delete_partition(
                    DatabaseName=self.database, TableName=EVENTS, PartitionValues=_values(hour)
                )
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise

    def _storage(self, hour: LakeHour, generation: str) -> Any:  # noqa: ANN401 - the table's own
        with translated("Glue"):
            table = self.client.get_table(DatabaseName=self.database, Name=EVENTS)["Table"]
        location = f"s3://{self.bucket}/{generation_key(hour, generation)}"
        return {**table["StorageDescriptor"], "Location": location}


def _values(hour: LakeHour) -> list[str]:
    return [hour.day, str(hour.hour)]
