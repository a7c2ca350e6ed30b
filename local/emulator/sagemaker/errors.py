"""What SageMaker answers instead of a result."""

from __future__ import annotations


class SageMakerError(Exception):
    """The base of the errors: ``code`` goes to the caller as it is.

    SageMakerError
    ├── ValidationError   ValidationException: the request is wrong
    ├── NotFoundError     ResourceNotFound
    └── InUseError        ResourceInUse: the name is taken
    """

    code = "ValidationException"


class ValidationError(SageMakerError):
    """The request is wrong."""


class NotFoundError(SageMakerError):
    """There is no such thing."""

    code = "ResourceNotFound"


class InUseError(SageMakerError):
    """The name is taken, or the thing is needed by another."""

    code = "ResourceInUse"
