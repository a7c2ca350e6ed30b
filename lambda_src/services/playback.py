"""Starting playback: may this profile see it, where is it, and where did it stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from recommender.catalogue import Viewer
from recommender.ranker import playable
from schemas.catalogue import TitleRecord
from schemas.errors import Detail, NotFoundError, NotPlayableError, RetryLaterError
from schemas.playback import NextEpisode, PlaybackGrant, media_path
from services.asking import Asker
from services.ports import Counter, ProfileStore, TitleStore, ViewingStore
from services.streams import LEASE_SECONDS, RENEW_SECONDS, Lease, StreamLimit

# The cookies end with the lease: a player that stops renewing can't go on without its place.
GRANT_SECONDS = LEASE_SECONDS


class MediaSigner(Protocol):
    """Makes the cookies that open a title's media."""

    def cookies(self, title_id: str, *, expires_at: int) -> Mapping[str, str]: ...


@dataclass(frozen=True, kw_only=True)
class PlaybackService:
    """Grants playback."""

    profiles: ProfileStore
    viewing: ViewingStore
    titles: TitleStore
    signer: MediaSigner
    streams: StreamLimit
    count: Counter

    def start(self, asker: Asker, title_id: str, stream_id: str | None = None) -> PlaybackGrant:
        """Where and with what cookies to play; again with the same stream, it is renewed.

        :class:`NotFoundError` for a title the profile may not see, :class:`NotPlayableError`
        for one without media, :class:`StreamLimitError` where the account has no place free.
        """
        viewer = self._viewer(asker)
        record = self.titles.get(title_id)
        if record is None or not playable(record.title, viewer, asker.now):
            raise NotFoundError.of("title_id", title_id)
        if not record.manifest:
            raise NotPlayableError(
                f"title {title_id!r} has no media yet", details=[Detail("title_id", "no media")]
            )
        stream = stream_id or asker.profile_id
        expires_at = int(asker.now) + GRANT_SECONDS
        state = self.viewing.get(asker.profile_id, title_id).state
        grant = PlaybackGrant(
            manifest_url=media_path(title_id) + record.manifest,
            cookies=dict(self.signer.cookies(title_id, expires_at=expires_at)),
            resume_position_seconds=(state.position_seconds or 0.0) if state.in_progress else 0.0,
            expires_at=expires_at,
            stream_id=stream,
            renew_after_seconds=RENEW_SECONDS,
            next=self._next(asker, viewer, record),
        )
        # Last, so that nothing that fails before it keeps a place.
        lease = Lease(asker.profile_id, title_id, expires_at)
        self.streams.take(asker.account_id, stream, lease, now=asker.now)
        return grant

    def stop(self, asker: Asker, stream_id: str) -> None:
        """Give the stream's place back. Safe to repeat."""
        self.profiles.get(asker.account_id, asker.profile_id)
        self.streams.give_back(asker.account_id, stream_id, now=asker.now)

    def _viewer(self, asker: Asker) -> Viewer:
        # Rights go by where the viewer is, which the edge knows; what the profile says of itself
        # counts only where nobody does.
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        return replace(profile.viewer(), country=asker.country or profile.country)

    def _next(self, asker: Asker, viewer: Viewer, record: TitleRecord) -> NextEpisode | None:
        if record.series is None or record.series.followed_by is None:
            return None
        try:
            after = self.titles.get(record.series.followed_by)
        except RetryLaterError:  # what may come later stops nothing that plays now
            self.count("NextEpisodeUnknown")
            return None
        if after is None or not after.manifest:
            return None
        if not playable(after.title, viewer, asker.now):
            return None
        return NextEpisode(
            title_id=after.title.title_id,
            name=after.title.name,
            series=after.series.name if after.series else None,
            season=after.series.season if after.series else None,
            episode=after.series.episode if after.series else None,
        )
