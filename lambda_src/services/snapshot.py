"""The snapshot step: the training data of a run, frozen, from the tables and the imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from recommender.catalogue import Title
from recommender.history import Signal, SignalKind, TitleState
from schemas.catalogue import TitleRecord
from schemas.errors import NothingToTrainError
from schemas.models import Snapshot


class Catalogue(Protocol):
    """All titles."""

    def scan(self) -> Iterable[TitleRecord]: ...


class Everybody(Protocol):
    """All states of all profiles."""

    def scan(self) -> Iterable[tuple[str, TitleState]]: ...


class SnapshotSink(Protocol):
    """Where the data of a run goes."""

    def titles_uri(self, run: str) -> str: ...

    def interactions_uri(self, run: str) -> str: ...

    def write_titles(self, run: str, titles: Iterable[Title]) -> int: ...

    def write_interactions(self, run: str, rows: Iterable[tuple[str, Signal]]) -> int: ...

    def copy_imports(self, run: str) -> int: ...


def take_snapshot(
    run: str, *, catalogue: Catalogue, everybody: Everybody, sink: SnapshotSink
) -> Snapshot:
    """Freezes the data of ``run``; :class:`NothingToTrainError` if there is nothing to learn."""
    titles = sink.write_titles(run, (record.title for record in catalogue.scan()))
    if not titles:
        raise NothingToTrainError("the titles table is empty: import a catalogue first")
    rows = (
        (profile_id, signal)
        for profile_id, state in everybody.scan()
        for signal in signals_of(state)
    )
    interactions = sink.write_interactions(run, rows) + sink.copy_imports(run)
    if not interactions:
        raise NothingToTrainError("nobody has watched or rated anything, and nothing is imported")
    return Snapshot(
        run=run,
        titles_uri=sink.titles_uri(run),
        interactions_uri=sink.interactions_uri(run),
        titles=titles,
        interactions=interactions,
    )


def signals_of(state: TitleState) -> Iterator[Signal]:
    """The signals that lead to ``state`` when merged: what an export of it must say."""
    registers = (
        (SignalKind.POSITION, state.position_at, state.position_seconds),
        (SignalKind.COMPLETE, state.completed_at, None),
        (SignalKind.ABANDON, state.abandoned_at, None),
        (SignalKind.RATE, state.rated_at, state.rating),
        (SignalKind.LIST, state.listed_at, float(state.listed)),
        (SignalKind.DISMISS, state.dismissed_at, None),
    )
    for kind, at, value in registers:
        if at is not None:
            duration = state.duration_seconds if kind is SignalKind.POSITION else None
            yield Signal(
                title_id=state.title_id,
                kind=kind,
                occurred_at=at,
                value=value,
                duration_seconds=duration,
            )
