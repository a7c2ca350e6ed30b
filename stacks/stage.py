"""The only file that wires stacks together: what holds data first, then what uses it."""

from __future__ import annotations

from constructs import Construct

from stacks.api_stack import ApiStack
from stacks.config import StageConfig
from stacks.content_stack import ContentStack
from stacks.delivery_stack import DeliveryStack
from stacks.events_stack import EventsStack
from stacks.network_stack import NetworkStack
from stacks.operations_stack import OperationsStack
from stacks.profiles_stack import ProfilesStack
from stacks.replica_stack import ReplicaStack
from stacks.streaming_stack import StreamingStack
from stacks.training_stack import TrainingStack


class MarqueeStage(Construct):
    """Every stack of one stage. An attribute each, named after the area."""

    def __init__(self, scope: Construct, *, config: StageConfig) -> None:
        """Dependencies run downwards only."""
        super().__init__(scope, f"marquee-{config.name}")
        self.network = NetworkStack(self, "network", config=config)
        self.content = ContentStack(self, "content", config=config, network=self.network)
        self.profiles = ProfilesStack(self, "profiles", config=config)
        if config.replica_region:
            self.replica = ReplicaStack(self, "replica", config=config)
            self.content.add_dependency(self.replica, "objects replicate into its buckets")
            self.profiles.add_dependency(self.replica, "tables replicate under its key")
        self.events = EventsStack(
            self, "events", config=config, content=self.content, profiles=self.profiles
        )
        self.api = ApiStack(
            self,
            "api",
            config=config,
            content=self.content,
            profiles=self.profiles,
            events=self.events,
        )
        self.streaming = StreamingStack(
            self, "streaming", config=config, network=self.network, content=self.content
        )
        self.delivery = DeliveryStack(
            self,
            "delivery",
            config=config,
            content=self.content,
            api=self.api,
            streaming=self.streaming,
        )
        self.training = TrainingStack(
            self, "training", config=config, content=self.content, profiles=self.profiles
        )
        self.operations = OperationsStack(
            self,
            "operations",
            config=config,
            content=self.content,
            profiles=self.profiles,
            events=self.events,
            api=self.api,
            streaming=self.streaming,
            delivery=self.delivery,
            training=self.training,
        )
