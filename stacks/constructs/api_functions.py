"""The API's functions: what each may read, write and know."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import read_objects, read_write_items
from stacks.content_stack import ContentStack
from stacks.events_stack import EventsStack
from stacks.profiles_stack import ProfilesStack

_DESCRIPTIONS = {
    "titles": "The catalogue: lists, details, similar titles, search",
    "profiles": "Profiles of an account: make, read, change, delete, export",
    "recommendations": "Rows and recommendations with reasons",
    "interactions": "Ratings and the viewer's list",
    "events": "Takes batches of events onto the stream",
    "playback": "Entitlement, the limit of streams, signed cookies, the resume position",
}
# The model is in memory beside the interpreter; CPU comes with memory.
_WITH_MODEL = {"titles", "recommendations"}


class ApiFunctions(Construct):
    """One function for each group of routes, by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
        events: EventsStack,
    ) -> None:
        """Grants are written beside the environment they belong to."""
        super().__init__(scope, id)
        self._config, self._content = config, content
        self._profiles, self._events = profiles, events
        self.by_name = {name: self._function(name) for name in _DESCRIPTIONS}
        for function in self.by_name.values():
            self._let_know_the_edge(function)
        for name in ("titles", "recommendations"):
            self._let_read_model(name)
        for name in ("interactions", "events"):
            self._let_send(name)
        self._let_read_tables()
        self._let_write_tables()
        self._let_sign(self.by_name["playback"])

    def _function(self, name: str) -> MarqueeFunction:
        return MarqueeFunction(
            self,
            name.capitalize(),
            config=self._config,
            settings=FunctionSettings(
                handler=name,
                description=_DESCRIPTIONS[name],
                memory_mb=1769 if name in _WITH_MODEL else 512,
            ),
        )

    def _let_know_the_edge(self, function: MarqueeFunction) -> None:
        secret = self._content.edge_word.secret
        function.add_environment("EDGE_SECRET_ARN", secret.secret_arn)
        secret.grant_read(function)

    def _let_read_tables(self) -> None:
        profiles = self._profiles
        readers = {
            "PROFILES_TABLE": (
                profiles.profiles_table,
                ("titles", "recommendations", "interactions", "events", "playback"),
            ),
            "VIEWING_TABLE": (profiles.viewing_table, ("titles", "recommendations", "playback")),
            "TITLES_TABLE": (
                profiles.titles_table,
                ("titles", "recommendations", "interactions", "playback"),
            ),
            "TRENDING_TABLE": (profiles.trending_table, ("recommendations",)),
        }
        for variable, (table, names) in readers.items():
            for name in names:
                self.by_name[name].add_environment(variable, table.table_name)
                table.grant_read_data(self.by_name[name])

    def _let_write_tables(self) -> None:
        profiles = self._profiles
        writers = {
            "PROFILES_TABLE": (profiles.profiles_table, ("profiles",)),
            "VIEWING_TABLE": (profiles.viewing_table, ("profiles", "interactions")),
            "STREAMS_TABLE": (profiles.streams_table, ("playback",)),
        }
        for variable, (table, names) in writers.items():
            for name in names:
                self.by_name[name].add_environment(variable, table.table_name)
                read_write_items(table, self.by_name[name])

    def _let_read_model(self, name: str) -> None:
        bucket, function = self._content.model_bucket, self.by_name[name]
        function.add_environment("MODEL_BUCKET", bucket.bucket_name)
        # A request's products are too small to be shared out: waking threads would cost more.
        function.add_environment("OPENBLAS_NUM_THREADS", "1")
        read_objects(bucket, function, "models")

    def _let_send(self, name: str) -> None:
        stream, function = self._events.stream, self.by_name[name]
        function.add_environment("EVENT_STREAM", stream.stream_name)
        stream.grant(function, "kinesis:PutRecord", "kinesis:PutRecords")

    def _let_sign(self, function: MarqueeFunction) -> None:
        """With the active one of the two live keys; cookies of the other are still good."""
        key = self._content.signing_keys[self._config.active_signing_key]
        parameter = f"/marquee/{self._config.name}/delivery/domain"
        function.add_environment("STREAM_LIMIT", str(self._config.streams_per_account))
        function.add_environment("SIGNING_SECRET_ARN", key.secret.secret_arn)
        function.add_environment("SIGNING_KEY_ID", key.public_key.public_key_id)
        function.add_environment("DELIVERY_DOMAIN_PARAMETER", parameter)
        key.secret.grant_read(function)
        # By name: the delivery stack, which writes the parameter, stands downstream of this one.
        iam.Grant.add_to_principal(
            grantee=function,
            actions=["ssm:GetParameter"],
            resource_arns=[
                Stack.of(self).format_arn(
                    service="ssm",
                    resource="parameter",
                    resource_name=parameter.removeprefix("/"),
                    arn_format=ArnFormat.SLASH_RESOURCE_NAME,
                )
            ],
        )
