"""What this package relies on inside ministack, checked before anything is patched."""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import version
from typing import Any

VERSION = "1.5.33"
# What require() gives: a module whose names can be replaced.
Module = Any
_HOW = (
    "Install ministack=={pinned} (scripts/setup does), or, to move to another version: read its "
    "changes, run tests/integration/conformance, delete each gap module that upstream has made "
    "unnecessary, adapt the others, then change VERSION in local/emulator/upstream.py."
)


class UpstreamChangedError(RuntimeError):
    """ministack is not the version that this package was written against."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}\n{_HOW.format(pinned=VERSION)}")


def require_version() -> None:
    """Raises :class:`UpstreamChangedError` where another ministack is installed."""
    found = version("ministack")
    if found != VERSION:
        raise UpstreamChangedError(f"ministack {found} is installed, not {VERSION}")


def require(module: str, *signatures: str) -> Module:
    """The module, once it is sure to have each name; raises :class:`UpstreamChangedError`.

    A signature is a name, or a function with its parameters: ``save_state(service, data)``.
    """
    loaded = importlib.import_module(module)
    for signature in signatures:
        name, _, parameters = signature.partition("(")
        target: object = loaded
        for part in name.split("."):
            target = getattr(target, part, None)
        if target is None:
            raise UpstreamChangedError(f"{loaded.__name__} has no {name}")
        if parameters:
            _require_parameters(loaded.__name__, name, target, parameters.rstrip(")"))
    return loaded


def _require_parameters(module: str, name: str, target: object, wanted: str) -> None:
    if not callable(target):
        raise UpstreamChangedError(f"{module}.{name} can't be called any more")
    found = ", ".join(inspect.signature(target).parameters)
    if found != wanted:
        raise UpstreamChangedError(f"{module}.{name} takes ({found}), not ({wanted})")
