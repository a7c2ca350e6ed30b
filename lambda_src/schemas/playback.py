"""Starting playback."""

from __future__ import annotations

from schemas.fields import Shape, TitleId


class PlaybackRequest(Shape):
    """The body of ``POST …/playback``."""

    title_id: TitleId


class PlaybackGrant(Shape):
    """Where to play from. ``cookies`` (also set as such) open the media until ``expires_at``."""

    manifest_url: str
    cookies: dict[str, str]
    resume_position_seconds: float
    expires_at: float


def media_path(title_id: str) -> str:
    """Where a title's media is, under the one domain."""
    return f"/media/{title_id}/"
