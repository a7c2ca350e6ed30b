"""How a CloudFormation type is created, changed and deleted."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.emulator.clients import arguments, client

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a resource belongs: its stack, its name there, and whose account it is."""

    stack: str
    logical_id: str
    account: str
    region: str

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits, always the same for this resource."""
        text = f"{self.account}/{self.region}/{self.stack}/{self.logical_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        """A physical name as CloudFormation makes them."""
        return f"{self.stack}-{self.logical_id}-{self.digest}"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def client(self, service: str) -> Any:  # noqa: ANN401 - made at run time
        """A client of the emulator for this account and region."""
        return client(service, self.account, self.region)


@dataclass(frozen=True)
class Provisioned:
    """What ``Ref`` gives, and what ``Fn::GetAtt`` gives by name."""

    reference: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Provisioner(ABC):
    """One CloudFormation type. Runs on a thread of its own, so that it may call the emulator."""

    type: str

    def takes(self, properties: Properties) -> bool:
        """Whether it is for this resource; ministack's own provisioner, if any, has the others."""
        return True

    @abstractmethod
    def create(self, place: Place, properties: Properties) -> Provisioned:
        """Creates the resource; raises anything to fail the stack with that as the reason."""

    def update(self, place: Place, reference: str, old: Properties, new: Properties) -> Provisioned:
        """Changes it; as it stands, by making it anew, the old one first out of the way."""
        self.delete(place, reference, old)
        return self.create(place, new)

    @abstractmethod
    def delete(self, place: Place, reference: str, properties: Properties) -> None:
        """Deletes it."""


def call(place: Place, service: str, operation: str, given: Properties) -> dict[str, Any]:
    """Calls the emulator's API with those of ``given`` that the operation takes."""
    api = place.client(service)
    answer: dict[str, Any] = getattr(api, operation)(**arguments(api, operation, given))
    return answer
