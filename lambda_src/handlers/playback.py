"""Starting playback: the manifest, the cookies that open it, and where the viewer stopped."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from aws_lambda_powertools.shared.cookies import Cookie, SameSite
from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients
from adapters.configuration import read_parameter, read_secret
from adapters.media_signer import MediaSigner, private_key_of
from adapters.observability import count
from adapters.profiles_table import ProfilesTable
from adapters.settings import PlaybackSettings, load
from adapters.streams_table import StreamsTable
from adapters.titles_table import TitlesTable
from adapters.viewing_table import ViewingTable
from handlers.http import JSON, CallerOfToken, ProfileIdInPath, application, serve
from schemas.playback import STREAM_ID_PATTERN, PlaybackGrant, PlaybackRequest, media_path
from services.asking import Asker
from services.playback import GRANT_SECONDS, PlaybackService
from services.streams import StreamLimit

StreamIdInPath = Annotated[
    str, Path(pattern=STREAM_ID_PATTERN, description="The stream that the grant named.")
]

app = application()


@app.post("/v1/profiles/<profile_id>/playback", tags=["playback"])
def start_playback(
    caller: CallerOfToken, profile_id: ProfileIdInPath, body: Annotated[PlaybackRequest, Body()]
) -> Response[PlaybackGrant]:
    """Open a title's media to this viewer; ask again before the time that the answer names."""
    asker = Asker(caller.account_id, profile_id, caller.now, caller.country)
    grant = service().start(asker, body.title_id, body.stream_id)
    return Response(200, JSON, grant, cookies=_cookies(grant, body.title_id))


@app.delete("/v1/profiles/<profile_id>/playback/<stream_id>", tags=["playback"], status_code=204)
def stop_playback(
    caller: CallerOfToken, profile_id: ProfileIdInPath, stream_id: StreamIdInPath
) -> Response[None]:
    """Give the stream's place among the account's back; safe to repeat."""
    service().stop(Asker(caller.account_id, profile_id, caller.now, caller.country), stream_id)
    return Response(204)


@cache
def service() -> PlaybackService:
    """The use case, wired to this function's tables and signing key."""
    settings = load(PlaybackSettings)
    dynamodb = clients.dynamodb()
    return PlaybackService(
        profiles=ProfilesTable(dynamodb, settings.profiles_table),
        viewing=ViewingTable(dynamodb, settings.viewing_table),
        titles=TitlesTable(dynamodb, settings.titles_table),
        signer=_signer(settings),
        count=count,
        streams=StreamLimit(
            leases=StreamsTable(dynamodb, settings.streams_table), limit=settings.stream_limit
        ),
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The Lambda entry point."""
    return serve(app, event, context)


def _signer(settings: PlaybackSettings) -> MediaSigner:
    arn, parameter = settings.signing_secret_arn, settings.delivery_domain_parameter
    # Kept for the life of the function: a new key comes with a new key id, so a deployment.
    return MediaSigner(
        key_id=settings.signing_key_id,
        private_key=cache(lambda: private_key_of(read_secret(clients.secretsmanager(), arn) or "")),
        domain=cache(lambda: read_parameter(clients.ssm(), parameter)),
    )


def _cookies(grant: PlaybackGrant, title_id: str) -> list[Cookie]:
    return [
        Cookie(
            name,
            value,
            path=media_path(title_id),
            http_only=True,
            max_age=GRANT_SECONDS,
            same_site=SameSite.STRICT_MODE,
        )
        for name, value in grant.cookies.items()
    ]
