"""What can go wrong, as one tree; ``handlers.http`` maps it to responses in one place.

::

    MarqueeError
    ├── InvalidRequestError        400  the request names a field that is wrong
    ├── UnauthenticatedError       401  no subject in the token
    ├── NotThroughEdgeError        403  past CloudFront, at the API's own address
    ├── NotFoundError              404  absent, another account's, or not for this profile
    ├── ConflictError              409  the state of things refuses it
    │   ├── ProfileLimitError      409  the account has all the profiles it may have
    │   ├── NotPlayableError       409  the title has no media
    │   ├── StreamLimitError       409  the account plays on all the screens it may
    │   └── VersionConflictError   409  somebody else wrote the same item first, repeatedly
    ├── TooLargeError              413  more bytes than the route takes
    ├── RetryLaterError            503  a service we need did not answer
    │   └── ThrottledError         429  a service we need asked us to slow down
    ├── SettingsError              (a bug of the deployment: never answered, the function fails)
    ├── StorageError               (the same: a write that no try can do)
    ├── ModelUnavailableError      (never answered: popular titles instead)
    └── PipelineError              (the state machines' own: fails the step by name)
        ├── NothingToTrainError
        ├── DamagedTrainingOutputError
        ├── ModelVerificationError
        ├── PackageDamagedError
        └── PackageGoneError
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong: ``field`` as the client wrote it (``events[3].rating``)."""

    field: str
    message: str


class MarqueeError(Exception):
    """The root of the tree. ``details`` name the fields at fault."""

    def __init__(self, message: str, *, details: Sequence[Detail] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def beside(self) -> Mapping[str, object]:
        """What the answer's body holds beside ``error``."""
        return {}


class InvalidRequestError(MarqueeError):
    """The request can't be understood as it is."""

    @classmethod
    def of(cls, field: str, message: str) -> InvalidRequestError:
        """The error of one field."""
        return cls(f"{field}: {message}", details=[Detail(field, message)])


class UnauthenticatedError(MarqueeError):
    """The request carries no identity."""


class NotThroughEdgeError(MarqueeError):
    """The request did not come through CloudFront."""


class NotFoundError(MarqueeError):
    """There is no such thing, as far as this account and profile may know."""

    @classmethod
    def of(cls, field: str, value: str) -> NotFoundError:
        """The error of one id."""
        name = field.removesuffix("_id")
        return cls(f"there is no {name} {value!r}", details=[Detail(field, "not found")])


class ConflictError(MarqueeError):
    """The state of things refuses the request."""


class ProfileLimitError(ConflictError):
    """The account has all the profiles it may have."""


class NotPlayableError(ConflictError):
    """The title is in the catalogue and has no media yet."""


class StreamLimitError(ConflictError):
    """The account plays on all the screens it may."""


class VersionConflictError(ConflictError):
    """An optimistic lock was lost more often than is worth trying again."""


class TooLargeError(MarqueeError):
    """More bytes than the route takes."""


class RetryLaterError(MarqueeError):
    """A service we need did not answer; ``retry_after_seconds`` is when to try again."""

    def __init__(
        self,
        message: str,
        *,
        details: Sequence[Detail] = (),
        retry_after_seconds: int = 1,
    ) -> None:
        super().__init__(message, details=details)
        self.retry_after_seconds = retry_after_seconds


class ThrottledError(RetryLaterError):
    """A service we need asked us to slow down."""


class SettingsError(MarqueeError):
    """A setting of the function is missing or makes no sense; the message names it."""


class StorageError(MarqueeError):
    """A store refused what it can never take; the message says what it said."""


class ModelUnavailableError(MarqueeError):
    """No model can be served; ``reason`` is the API's ``fallback`` value."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PipelineError(MarqueeError):
    """A step of a workflow failed."""


class NothingToTrainError(PipelineError):
    """There are no titles or no interactions."""


class DamagedTrainingOutputError(PipelineError):
    """What the training job left can't be read."""


class ModelVerificationError(PipelineError):
    """The published model doesn't load or doesn't recommend."""


class PackageGoneError(PipelineError):
    """A package was let go before it could be listed: it has to be made again."""

    @classmethod
    def of(cls, title_id: str) -> PackageGoneError:
        """The error of one title."""
        return cls(
            f"{title_id}: its package was replaced and let go in the meantime; deliver its "
            "title.json again, so that it is packaged anew",
            details=[Detail("title_id", "its package is gone")],
        )


class PackageDamagedError(PipelineError):
    """What the packaging job left is not what was ordered; ``details`` name the part."""

    @classmethod
    def of(cls, part: str, message: str) -> PackageDamagedError:
        """The error of one part, such as ``1080p`` or ``audio/en``."""
        return cls(f"{part}: {message}", details=[Detail(part, message)])
