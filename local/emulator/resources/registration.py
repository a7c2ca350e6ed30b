"""Registers this package's types with ministack's CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from local.emulator import upstream
from local.emulator.resources import delivery, models, monitoring, network, streams
from local.emulator.resources.provisioner import Place, Properties, Provisioned, Provisioner
from local.emulator.resources.recorded import RECORDED_TYPES
from local.emulator.scope import scope

_MODULES = (network, delivery, monitoring, streams, models)


def provisioners() -> Iterable[Provisioner]:
    """Every type of this package."""
    for module in _MODULES:
        yield from module.PROVISIONERS
    yield from RECORDED_TYPES


def close() -> None:
    """Makes CloudFormation know the types, each on a worker thread, where it may wait."""
    cloudformation = upstream.require(
        "ministack.services.cloudformation.provisioners",
        "_RESOURCE_HANDLERS",
        "_update_resource(resource_type, physical_id, old_props, new_props, stack_name, "
        "logical_id, old_attrs)",
        "_delete_resource(resource_type, physical_id, props, stack_name, logical_id)",
    )
    stacks = upstream.require(
        "ministack.services.cloudformation.stacks", "_runs_on_worker_thread(resource_type)"
    )
    ours = {provisioner.type: provisioner for provisioner in provisioners()}
    for provisioner in ours.values():
        known = cloudformation._RESOURCE_HANDLERS
        known[provisioner.type] = _handlers(provisioner, known.get(provisioner.type))
    upstreams = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda type_: type_ in ours or upstreams(type_)


def _handlers(provisioner: Provisioner, upstreams: dict[str, Any] | None) -> dict[str, Any]:
    def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, Any]]:
        if upstreams and not provisioner.takes(properties):
            theirs: tuple[str, dict[str, Any]] = upstreams["create"](logical_id, properties, stack)
            return theirs
        return _pair(provisioner.create(_place(stack, logical_id), _own(properties)))

    def update(
        reference: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, dict[str, Any]]:
        if upstreams and not provisioner.takes(new):
            named = (logical_id,) if upstreams.get("update_with_logical_id") else ()
            theirs: tuple[str, dict[str, Any]] = upstreams["update"](
                reference, old, new, stack, *named
            )
            return theirs
        place = _place(stack, logical_id)
        return _pair(provisioner.update(place, reference, _own(old), _own(new)))

    def delete(reference: str, properties: Properties, logical_id: str | None) -> None:
        provisioner.delete(_place("", logical_id or ""), reference, _own(properties))

    handlers: dict[str, Callable[..., Any] | bool] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }
    return handlers


def _place(stack: str, logical_id: str) -> Place:
    return Place(stack, logical_id, *scope())


def _own(properties: Properties) -> Properties:
    """Without the ``aws:cloudformation:`` tags, which only CloudFormation itself may set."""
    tags = properties.get("Tags")
    if not isinstance(tags, list):
        return properties
    own = [tag for tag in tags if not str(tag.get("Key", "")).startswith("aws:")]
    return {**properties, "Tags": own}


def _pair(provisioned: Provisioned) -> tuple[str, dict[str, Any]]:
    return provisioned.reference, dict(provisioned.attributes)
