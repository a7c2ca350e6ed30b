"""The functions behind the API: what each answers, what it may touch, and nothing more."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.alarm import MarqueeAlarm
from stacks.constructs.function import FunctionSettings, MarqueeFunction
from stacks.constructs.grants import read_objects, read_table, read_write_table
from stacks.constructs.signing_key import SigningKey
from stacks.content_stack import ContentStack
from stacks.profiles_stack import ProfilesStack

# A model in memory, and numpy on a whole core to score with.
MODEL_MEMORY_MB = 1769
MODELS_PREFIX = "models"


class ApiFunctions(Construct):
    """One function per part of the API, by name in ``by_name``."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: StageConfig,
        content: ContentStack,
        profiles: ProfilesStack,
        stream: kinesis.IStream,
    ) -> None:
        """Make the functions and grant each its own part of the stateful stacks."""
        super().__init__(scope, id)
        self._config, self._content = config, content
        self._profiles, self._stream = profiles, stream
        self.by_name: dict[str, MarqueeFunction] = {
            "titles": self._titles(),
            "profiles": self._profiles_function(),
            "recommendations": self._recommendations(),
            "interactions": self._interactions(),
            "events": self._events(),
            "playback": self._playback(content.signing_keys[config.active_signing_key]),
        }

    def _titles(self) -> MarqueeFunction:
        function = self._function(
            "Titles",
            "The catalogue, its search and its neighbours",
            reads=("profiles", "viewing", "titles"),
            memory_mb=MODEL_MEMORY_MB,
        )
        self._serve_models(function)
        return function

    def _profiles_function(self) -> MarqueeFunction:
        return self._function(
            "Profiles", "An account's profiles and their history", writes=("profiles", "viewing")
        )

    def _recommendations(self) -> MarqueeFunction:
        function = self._function(
            "Recommendations",
            "A profile's home page and recommendations",
            reads=("profiles", "viewing", "titles", "trending"),
            memory_mb=MODEL_MEMORY_MB,
        )
        self._serve_models(function)
        return function

    def _interactions(self) -> MarqueeFunction:
        function = self._function(
            "Interactions",
            "Ratings and the list",
            reads=("profiles", "titles"),
            writes=("viewing",),
        )
        self._publish_events(function)
        return function

    def _events(self) -> MarqueeFunction:
        function = self._function("Events", "Takes in what players report", reads=("profiles",))
        self._publish_events(function)
        return function

    def _playback(self, key: SigningKey) -> MarqueeFunction:
        function = self._function(
            "Playback", "Signs for a title's media", reads=("profiles", "viewing", "titles")
        )
        parameter = f"/marquee/{self._config.name}/delivery/domain"
        function.add_environment("SIGNING_SECRET_ARN", key.secret.secret_arn)
        function.add_environment("SIGNING_KEY_ID", key.public_key.public_key_id)
        function.add_environment("DELIVERY_DOMAIN_PARAMETER", parameter)
        key.secret.grant_read(function)
        read_parameter(function, parameter)
        return function
