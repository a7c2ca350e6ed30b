"""One stage: its stacks, and what each hands to the next. The only file that wires them."""

from __future__ import annotations

from constructs import Construct

from stacks.api_stack import ApiStack
from stacks.config import StageConfig
from stacks.content_stack import ContentStack
from stacks.delivery_stack import DeliveryStack
from stacks.events_stack import EventsStack
from stacks.network_stack import NetworkStack
from stacks.operations_stack import OperationsStack
from stacks.packaging_stack import PackagingStack
from stacks.profiles_stack import ProfilesStack
from stacks.replica_stack import ReplicaStack
from stacks.streaming_stack import StreamingStack
from stacks.training_stack import TrainingStack


class MarqueeStage:
    """The stacks of one stage, directly below the app: `cdk deploy --all` takes them all.

    Stateful first; nothing refers to what comes after it.
    """

    def __init__(self, scope: Construct, *, config: StageConfig) -> None:
        """Build every stack of ``config`` in ``scope``."""
        self.network = NetworkStack(scope, "network", config=config)
        self.content = ContentStack(scope, "content", config=config, network=self.network)
        self.profiles = ProfilesStack(scope, "profiles", config=config)
        if config.replica_region:
            replica = ReplicaStack(scope, "replica", config=config)
            # By name alone: what replicates needs the other end to be there first.
            self.content.add_stack_dependency(replica)
            self.profiles.add_stack_dependency(replica)
        self.events = EventsStack(
            scope, "events", config=config, content=self.content, profiles=self.profiles
        )
        self.api = ApiStack(
            scope,
            "api",
            config=config,
            content=self.content,
            profiles=self.profiles,
            events=self.events,
        )
        self.streaming = StreamingStack(
            scope, "streaming", config=config, network=self.network, content=self.content
        )
        self.delivery = DeliveryStack(
            scope,
            "delivery",
            config=config,
            content=self.content,
            api=self.api,
            streaming=self.streaming,
        )
        self.training = TrainingStack(
            scope,
            "training",
            config=config,
            content=self.content,
            profiles=self.profiles,
            events=self.events,
        )
        self.packaging = PackagingStack(
            scope, "packaging", config=config, content=self.content, profiles=self.profiles
        )
        self.operations = OperationsStack(
            scope,
            "operations",
            config=config,
            content=self.content,
            profiles=self.profiles,
            events=self.events,
            api=self.api,
            streaming=self.streaming,
            delivery=self.delivery,
            training=self.training,
            packaging=self.packaging,
        )
