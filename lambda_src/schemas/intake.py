"""What passes between the steps that prepare a title, and what is kept beside a refused one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.fields import Shape
from schemas.package import PackageOrder

DOCUMENT = "title.json"
REFUSAL = "refused.json"


class IntakeRequest(Shape):
    """The workflow's input: the key of a ``title.json`` in the ingest bucket."""

    key: Annotated[str, Field(min_length=1, max_length=1024)]


class Reason(Shape):
    """One thing that is wrong: a field of ``title.json``, or a file beside it."""

    field: str
    message: str


class Refusal(Shape):
    """``refused.json``, beside the file that was refused."""

    key: str
    refused_at: str
    reasons: tuple[Reason, ...]


class Examined(Shape):
    """What the first step found, and with it all that the later steps need.

    ``job`` is the settings of the packaging job, ``item`` what the titles table is to hold.
    """

    outcome: Literal["refused", "unchanged", "package"]
    key: str
    reasons: tuple[Reason, ...] = ()
    delivered_at: float = 0.0
    item: dict[str, Any] | None = None
    order: PackageOrder | None = None
    job: dict[str, Any] | None = None


class ListingRequest(Shape):
    """The last step's input."""

    delivered_at: float
    item: dict[str, Any]
    order: PackageOrder


class Listed(Shape):
    """The last step's answer. ``superseded``: a later delivery or a retirement came first."""

    title_id: str
    manifest: str
    superseded: bool = False
