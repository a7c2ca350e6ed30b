"""The catalogue in DynamoDB: one item per title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from adapters.faults import translated
from adapters.items import Item, from_raw, pages, read_many, to_raw
from recommender.catalogue import Terms, Title
from schemas.catalogue import Episode, TitleRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIELDS = frozenset(field.name for field in fields(Title)) - {"terms"}
_MANIFEST = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]*")
_FIRST_PAGE = 100


@dataclass(frozen=True)
class TitlesTable:
    """A :class:`services.ports.TitleStore`."""

    client: DynamoDBClient
    table: str
    consistent: bool = False  # whether `get` sees the last write for sure

    def get(self, title_id: str) -> TitleRecord | None:
        """One title."""
        with translated("the table"):
            answer = self.client.get_item(
                TableName=self.table,
                Key=to_raw({"title_id": title_id}),
                ConsistentRead=self.consistent,
            )
        return _record(from_raw(answer["Item"])) if "Item" in answer else None

    def get_many(self, title_ids: Iterable[str]) -> dict[str, TitleRecord]:
        """Those of the titles that exist, by id."""
        keys = [{"title_id": title_id} for title_id in title_ids]
        found = read_many(self.client, self.table, keys, consistent=False)
        return {item["title_id"]: _record(item) for item in found}

    def scan(self, *, after: str | None = None) -> Iterator[TitleRecord]:
        """All titles, lazily: a first small page for those who stop early, then large ones."""
        start: dict[str, Any] = {}
        if after is not None:
            start["ExclusiveStartKey"] = to_raw({"title_id": after})
        request = {"TableName": self.table, "Limit": _FIRST_PAGE, **start}
        for page in pages(self.client, "scan", request):
            for item in page:
                yield _record(item)


def _record(item: Item) -> TitleRecord:
    known = {name: _frozen(value) for name, value in item.items() if name in _FIELDS}
    manifest = item.get("manifest")
    playable = isinstance(manifest, str) and _MANIFEST.fullmatch(manifest)
    return TitleRecord(
        title=Title(**known, terms=tuple(Terms(**terms) for terms in item.get("terms", ()))),
        popularity=float(item.get("popularity", 0)),
        manifest=manifest if playable else None,
        series=Episode(**item["series"]) if "series" in item else None,
    )


def _frozen(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    return tuple(value) if isinstance(value, list) else value
