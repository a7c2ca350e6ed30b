"""The base of every stack."""

from __future__ import annotations

from aws_cdk import Environment, Stack, Tags
from constructs import Construct

from stacks.config import StageConfig


class MarqueeStack(Stack):
    """A stack of one stage, in the stage's account and region unless told another region."""

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, region: str | None = None
    ) -> None:
        """``id`` is the area, such as ``profiles``; the stack's name is marquee-<stage>-<id>."""
        super().__init__(
            scope,
            id,
            stack_name=f"marquee-{config.name}-{id}",
            description=f"Marquee {config.name}: {id}",
            env=Environment(account=config.account, region=region or config.region),
            termination_protection=config.retain_data,
        )
        self.config = config
        Tags.of(self).add("marquee:stage", config.name)
        for key, value in config.tags.items():
            Tags.of(self).add(key, value)

    @property
    def availability_zones(self) -> list[str]:
        """The stage's own: the library would ask the account, where the stage names one."""
        return list(self.config.availability_zones)
