"""Checks a request against the API's model: what AWS would refuse is refused here."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

_CLASSES = {"Z": r"\s", "Zs": r"\s", "N": r"\d", "Nd": r"\d", "P": r"!-/:-@\[-`{-~"}


@functools.cache
def service_model(service: str) -> ServiceModel:
    """A service's API as botocore knows it."""
    return botocore.session.Session().get_service_model(service)


def faults(service: str, operation: str, request: Mapping[str, Any]) -> str | None:
    """Every fault of a request: missing, unknown, type, range, pattern. None where it is right."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return None
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        return str(report.generate_report())
    return "; ".join(_constraints(shape, request, "")) or None


def _constraints(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """The limits that botocore knows and leaves to the service."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, item in value.items():
            if name in shape.members:
                yield from _constraints(shape.members[name], item, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _size(shape, len(value), path)
        for place, item in enumerate(value):
            yield from _constraints(shape.member, item, f"{path}[{place}]")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from _size(shape, len(value), path)
        for key, item in value.items():
            yield from _constraints(shape.key, key, f"{path} (key {key})")
            yield from _constraints(shape.value, item, f"{path}.{key}")
    elif isinstance(shape, StringShape) and isinstance(value, str):
        yield from _size(shape, len(value), path)
        yield from _text(shape, value, path)


def _size(shape: Shape, size: int, path: str) -> Iterator[str]:
    most = shape.metadata.get("max")
    if most is not None and size > most:
        yield f"{path}: {size} is more than {most}"


def _text(shape: StringShape, value: str, path: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {', '.join(shape.enum)}"
    text = shape.metadata.get("pattern")
    pattern = _pattern(text) if text is not None else None
    if pattern is not None and not pattern.fullmatch(value):
        yield f"{path}: {value!r} does not match {text}"


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """Java's character classes in Python's words, a little wider where need be.

    A few patterns of the API only Java can read; those are not checked.
    """
    portable = re.sub(r"\\p\{(\w+)\}", lambda found: _CLASSES.get(found[1], r"\w"), text)
    try:
        return re.compile(portable, re.DOTALL)
    except re.error:
        return None
