"""A title's state as an item of the viewing table, and the statement that writes one.

An item is the registers of :class:`TitleState` under their own names, the account, and the
version that guards it. Written out by hand and not by boto3's serializer, which takes ten times
as long: this runs for every event, and for every title of a history on every request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from adapters.items import Raw
from recommender.history import TitleState
from services.ports import StateWrite, StoredState

STATE_FIELDS = tuple(field.name for field in fields(TitleState))
_NUMBERS = tuple(name for name in STATE_FIELDS if name not in {"title_id", "listed"})
# What a later event can take back; every other register only ever gets a later value.
_REMOVABLE = ("rating",)


def raw_of(account_id: str, profile_id: str, state: TitleState, version: int) -> Raw:
    """The whole item. A register that was never set is left out."""
    raw: Raw = {
        "profile_id": {"S": profile_id},
        "title_id": {"S": state.title_id},
        "account_id": {"S": account_id},
        "version": {"N": str(version)},
        "listed": {"BOOL": state.listed},
    }
    for name in _NUMBERS:
        value = getattr(state, name)
        if value is not None:
            raw[name] = {"N": repr(value)}
    return raw


def state_of(raw: Mapping[str, Any]) -> TitleState:
    """The state of an item, or of the projection of one."""
    values: dict[str, Any] = {name: float(raw[name]["N"]) for name in _NUMBERS if name in raw}
    if "listed" in raw:
        values["listed"] = raw["listed"]["BOOL"]
    return TitleState(title_id=raw["title_id"]["S"], **values)


def stored_of(raw: Mapping[str, Any]) -> StoredState:
    """State and version; an item written without a version (an import) counts as version 0."""
    return StoredState(state_of(raw), int(raw["version"]["N"]) if "version" in raw else 0)


def statement_of(table: str, write: StateWrite) -> dict[str, Any]:
    """The PartiQL statement that stores ``write`` if the item is still at the version read."""
    version = write.known.version
    raw = raw_of(write.account_id, write.profile_id, write.state, version + 1)
    if not version:
        return {"Statement": _insertion(table, tuple(raw)), "Parameters": [*raw.values()]}
    key = [raw.pop("profile_id"), raw.pop("title_id"), {"N": str(version)}]
    known = write.known.state
    gone = tuple(n for n in _REMOVABLE if n not in raw and getattr(known, n) is not None)
    return {
        "Statement": _change(table, tuple(raw), gone),
        "Parameters": [*raw.values(), *key],
    }


@lru_cache(maxsize=1024)
def _insertion(table: str, names: tuple[str, ...]) -> str:
    values = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{values}}}'


@lru_cache(maxsize=1024)
def _change(table: str, names: tuple[str, ...], gone: tuple[str, ...]) -> str:
    sets = " ".join(f'SET "{name}" = ?' for name in names)
    removes = "".join(f' REMOVE "{name}"' for name in gone)
    where = '"profile_id" = ? AND "title_id" = ? AND "version" = ?'
    return f'UPDATE "{table}" {sets}{removes} WHERE {where}'
