"""The last step: the title's item changes in one write, and what it played before is let go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from schemas.intake import Listed, ListingRequest
from services.media_ports import MediaStore
from services.ports import Counter


class TitleShelf(Protocol):
    """The titles table, for whoever may change it."""

    def put_delivery(self, item: dict[str, Any], *, delivered_at: float) -> str | None:
        """Stores the item and gives the manifest that it had before.

        :class:`SupersededError` where a later delivery is there already, or a later retirement.
        """


class SupersededError(Exception):
    """A later delivery of the title was listed first, or the title was retired since."""


@dataclass(frozen=True, kw_only=True)
class TitleLister:
    """Makes a package the one that is played."""

    titles: TitleShelf
    media: MediaStore
    count: Counter

    def list_title(self, request: ListingRequest) -> Listed:
        """Lists the title; safe to repeat, and an older delivery never replaces a newer one."""
        order = request.order
        item = {**request.item, "manifest": order.manifest}
        try:
            before = self.titles.put_delivery(item, delivered_at=request.delivered_at)
        except SupersededError:
            return Listed(title_id=order.title_id, manifest=order.manifest, superseded=True)
        if before and before != order.manifest:
            # Whoever is watching it has as long as the lifecycle gives.
            self.media.let_go(f"media/{order.title_id}/{before.partition('/')[0]}/")
        self.count("TitlePublished")
        return Listed(title_id=order.title_id, manifest=order.manifest)
