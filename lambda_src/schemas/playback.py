"""Starting playback, keeping its place among an account's streams, and giving that back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.fields import Shape, TitleId

STREAM_ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"

StreamId = Annotated[
    str,
    Field(
        pattern=STREAM_ID_PATTERN,
        description="Made by the player, one for each screen. Without one the profile counts "
        "as a single screen.",
    ),
]


class PlaybackRequest(Shape):
    """The body of ``POST …/playback``. The same ``stream_id`` again renews the grant."""

    title_id: TitleId
    stream_id: StreamId | None = None


class NextEpisode(Shape):
    """What comes after an episode, where this profile may see it and it can be played.

    It may be a title of no series, such as a film after the last episode.
    """

    title_id: TitleId
    name: str
    series: str | None = None
    season: int | None = None
    episode: int | None = None


class PlaybackGrant(Shape):
    """Where to play from.

    ``cookies`` (also set as such) open the media until ``expires_at``, Unix seconds; a player
    asks again every ``renew_after_seconds``, or its place among the account's streams is lost.
    """

    manifest_url: str
    cookies: dict[str, str]
    resume_position_seconds: float
    expires_at: float
    stream_id: str
    renew_after_seconds: int
    next: NextEpisode | None = None


def media_path(title_id: str) -> str:
    """Where a title's media is, under the one domain."""
    return f"/media/{title_id}/"
