"""Profiles: accounts, profiles, what they watched, the catalogue's items and what is trending."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.accounts import Accounts
from stacks.constructs.retention import removal_policy
from stacks.constructs.stack import MarqueeStack
from stacks.replica_stack import replica_key_arn


class ProfilesStack(MarqueeStack):
    """The tables, all under one key of the customer's, and the user pool."""

    def __init__(self, scope: Construct, id: str, *, config: StageConfig) -> None:
        """Tables pay by request; in a stage with a second region each has a replica there."""
        super().__init__(scope, id, config=config)
        self.key = kms.Key(
            self,
            "TableKey",
            description=f"Marquee {config.name}: tables",
            enable_key_rotation=True,
            removal_policy=removal_policy(self.config),
        )
        self.profiles_table = self._table("Profiles", "account_id", "profile_id")
        self.viewing_table = self._table("Viewing", "profile_id", "title_id", expires="expires_at")
        self.titles_table = self._table("Titles", "title_id")
        self.trending_table = self._table("Trending", "window", "title_id", expires="expires_at")
        self.streams_table = self._table("Streams", "account_id", expires="expires_at")
        accounts = Accounts(self, "Accounts", config=config)
        self.user_pool = accounts.user_pool
        self.user_pool_client = accounts.client
        self._outputs()

    def _table(
        self, id: str, partition: str, sort: str | None = None, *, expires: str | None = None
    ) -> dynamodb.TableV2:
        string = dynamodb.AttributeType.STRING
        return dynamodb.TableV2(
            self,
            id,
            partition_key=dynamodb.Attribute(name=partition, type=string),
            sort_key=dynamodb.Attribute(name=sort, type=string) if sort else None,
            billing=dynamodb.Billing.on_demand(),
            encryption=self._encryption(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self.config.retain_data,
            time_to_live_attribute=expires,
            removal_policy=removal_policy(self.config),
            replicas=self._replicas(),
        )

    def _encryption(self) -> dynamodb.TableEncryptionV2:
        region = self.config.replica_region
        replica_keys = {region: replica_key_arn(self.config, self.account)} if region else None
        return dynamodb.TableEncryptionV2.customer_managed_key(self.key, replica_keys)

    def _replicas(self) -> list[dynamodb.ReplicaTableProps] | None:
        region = self.config.replica_region
        return [dynamodb.ReplicaTableProps(region=region)] if region else None

    def _outputs(self) -> None:
        for name, table in (
            ("Profiles", self.profiles_table),
            ("Viewing", self.viewing_table),
            ("Titles", self.titles_table),
            ("Trending", self.trending_table),
            ("Streams", self.streams_table),
        ):
            CfnOutput(self, f"{name}TableName", value=table.table_name)
        CfnOutput(self, "UserPoolId", value=self.user_pool.user_pool_id)
        CfnOutput(self, "UserPoolClientId", value=self.user_pool_client.user_pool_client_id)
