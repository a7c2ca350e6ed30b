"""The last step: the title's item changes in one write, and what isn't played is let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.intake import Listed, ListingRequest
from services.ports import Counter

# Lifecycle rules look at an object's age, and begin with whole days.
SAFE_SECONDS = 12 * 3600.0
# What has lain unfinished for longer than a failed execution can be re-driven is nobody's.
FORGOTTEN_SECONDS = 15 * 86400.0


class TitleShelf(Protocol):
    """The titles table, for whoever may change it."""

    def put_delivery(
        self, item: dict[str, Any], *, delivered_at: float, only_if_listed: bool
    ) -> None:
        """Stores the item; with ``only_if_listed`` only where it has this manifest already.

        :class:`SupersededError` where a later delivery is there already, or a later retirement;
        :class:`schemas.errors.PackageGoneError` where it plays another package.
        """

    def manifest(self, title_id: str) -> str | None:
        """What a title plays now, as of the last write."""


@dataclass(frozen=True, slots=True)
class PublishedPackage:
    """A package in the media bucket. ``whole`` from when its manifest is there, the last to be.

    ``newest`` is when its newest object was written, in seconds.
    """

    folder: str
    whole: bool
    newest: float
    let_go: bool = False


class PublishedMedia(Protocol):
    """The packages of the media bucket, for whoever decides which of them stay."""

    def find(self, folder: str) -> PublishedPackage | None:
        """The whole package in a folder (with its slash), and whether it was let go."""

    def packages(self, title_id: str) -> Sequence[PublishedPackage]:
        """All of a title's; whether they were let go is not asked."""

    def let_go(self, folder: str) -> int:
        """Marks every object of a folder for the lifecycle to remove; how many."""

    def keep(self, folder: str) -> None:
        """Takes the mark away, where there is one."""


class SupersededError(Exception):
    """A later delivery of the title was listed first, or the title was retired since."""


@dataclass(frozen=True, kw_only=True)
class TitleLister:
    """Makes a package the one that is played."""

    titles: TitleShelf
    media: PublishedMedia
    count: Counter

    def list_title(self, request: ListingRequest, *, now: float) -> Listed:
        """Lists the title; safe to repeat, and an older delivery never replaces a newer one.

        :class:`schemas.errors.PackageGoneError` where the package was let go in the meantime.
        """
        order = request.order
        item = {**request.item, "manifest": order.manifest}
        package = self.media.find(f"{order.published}/")
        complete = package is not None and (
            not package.let_go or now - package.newest < SAFE_SECONDS
        )
        superseded = False
        try:
            self.titles.put_delivery(
                item, delivered_at=request.delivered_at, only_if_listed=not complete
            )
        except SupersededError:
            superseded = True
        self._let_go_all_but_listed(order.title_id, now)
        if not superseded:
            self.count("TitlePublished")
        return Listed(title_id=order.title_id, manifest=order.manifest, superseded=superseded)

    def _let_go_all_but_listed(self, title_id: str, now: float) -> None:
        """Whoever is watching what is let go has as long as the lifecycle gives.

        What another execution is laying out stays: it has no manifest yet. Where another one is
        listed while this goes on, that one is kept: whoever of the two ends last sees to it.
        """
        listed = self._listed(title_id)
        if listed:
            self.media.keep(listed)
        for package in self.media.packages(title_id):
            forgotten = now - package.newest > FORGOTTEN_SECONDS
            if package.folder != listed and (package.whole or forgotten):
                self.media.let_go(package.folder)
        after = self._listed(title_id)
        if after and after != listed:
            self.media.keep(after)

    def _listed(self, title_id: str) -> str | None:
        manifest = self.titles.manifest(title_id)
        return f"media/{title_id}/{manifest.partition('/')[0]}/" if manifest else None
