"""Starting playback: may this profile see it, where is it, and where did it stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from recommender.ranker import playable
from schemas.errors import Detail, NotFoundError, NotPlayableError
from schemas.playback import PlaybackGrant, media_path
from services.asking import Asker
from services.ports import ProfileStore, TitleStore, ViewingStore

# Longer than any title with a pause in it; the page asks again for a session beyond that.
GRANT_SECONDS = 6 * 3600


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

    def start(self, asker: Asker, title_id: str) -> PlaybackGrant:
        """Where and with what cookies to play.

        :class:`NotFoundError` for a title the profile may not see,
        :class:`NotPlayableError` for one without media.
        """
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        record = self.titles.get(title_id)
        title = record.title if record else None
        if record is None or not playable(title, profile.viewer(asker.country), asker.now):
            raise NotFoundError.of("title_id", title_id)
        if not record.manifest:
            raise NotPlayableError(
                f"title {title_id!r} has no media yet", details=[Detail("title_id", "no media")]
            )
        state = self.viewing.get(asker.profile_id, title_id).state
        expires_at = int(asker.now) + GRANT_SECONDS
        return PlaybackGrant(
            manifest_url=media_path(title_id) + record.manifest,
            cookies=dict(self.signer.cookies(title_id, expires_at=expires_at)),
            resume_position_seconds=(state.position_seconds or 0.0) if state.in_progress else 0.0,
            expires_at=expires_at,
        )
