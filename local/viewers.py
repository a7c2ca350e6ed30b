"""Demo viewers: tastes found in the imported ratings, as accounts that can sign in."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recommender.catalogue import Title
from recommender.history import Signal, SignalKind
from scripts.operators.api import Api
from scripts.operators.deployment import Deployment
from scripts.operators.errors import OperatorError
from scripts.operators.titles import LIKED
from scripts.operators.tokens import access_token

GENRES = ("Crime", "Sci-Fi", "Romance", "Documentary", "Horror", "Comedy")
DAY = 86_400.0
BATCH = 200


@dataclass(frozen=True)
class DemoViewer:
    """One viewer of the imported data: whose ratings lean to ``genre`` the most."""

    genre: str
    viewer_id: str
    ratings: tuple[Signal, ...]

    @property
    def label(self) -> str:
        """What the page and the commands call this viewer."""
        return f"{self.genre.lower()}-fan"


def choose(
    titles: Mapping[str, Title], signals: Mapping[str, Sequence[Signal]], *, count: int = 3
) -> list[DemoViewer]:
    """For each genre the viewer with the largest share of it among what they liked.

    Only viewers who liked 15 titles of the genre or more and rated 400 at most: a taste, not a
    habit of rating everything.
    """
    chosen: dict[str, DemoViewer] = {}
    for genre in GENRES:
        best, best_share = None, 0.0
        for viewer_id, given in signals.items():
            ratings = [signal for signal in given if signal.kind is SignalKind.RATE]
            liked = [s for s in ratings if s.value is not None and s.value >= LIKED]
            hits = sum(genre in titles[s.title_id].genres for s in liked if s.title_id in titles)
            if hits < 15 or len(ratings) > 400 or viewer_id in chosen:
                continue
            if hits / len(liked) > best_share:
                best, best_share = DemoViewer(genre, viewer_id, tuple(ratings)), hits / len(liked)
        if best is not None:
            chosen[best.viewer_id] = best
        if len(chosen) == count:
            break
    return list(chosen.values())


def create(deployment: Deployment, url: str, viewer: DemoViewer) -> dict[str, str]:
    """Makes the account and the profile, and sends the ratings as events; its sign-in."""
    entry = {
        "label": viewer.label,
        "username": f"{viewer.label}@example.com",
        "password": f"{secrets.token_urlsafe(18)}.aA1",
    }
    _sign_up(deployment, entry)
    api = Api(url, access_token(deployment, entry["username"], entry["password"]))
    # An earlier start may have come this far and been ended.
    existing = api.get("/v1/profiles")["items"]
    profile = existing[0] if existing else api.post("/v1/profiles", {"name": viewer.label})
    entry["profile_id"] = profile["profile_id"]
    _send(api, entry["profile_id"], _events(viewer, now=time.time()))
    return entry


def wait_for_history(
    deployment: Deployment, profile_id: str, expected: int, *, seconds: float = 60.0
) -> None:
    """Until the consumer has stored ``expected`` titles of the profile's history."""
    table = deployment.table("ViewingTableName")
    deadline = time.monotonic() + seconds
    stored = 0
    while time.monotonic() < deadline:
        answer = table.query(
            KeyConditionExpression="profile_id = :profile",
            ExpressionAttributeValues={":profile": profile_id},
            Select="COUNT",
            ConsistentRead=True,
        )
        stored = answer["Count"]
        if stored >= expected:
            return
        time.sleep(0.2)
    raise OperatorError(
        f"{stored} of {expected} rated titles reached the viewing table in {seconds:.0f} s",
        next_step="scripts/marquee status   shows the records that were kept for inspection",
    )


def _sign_up(deployment: Deployment, entry: Mapping[str, str]) -> None:
    identity = deployment.client("cognito-idp")
    pool = deployment.output("profiles", "UserPoolId")
    with suppress(identity.exceptions.UsernameExistsException):
        identity.admin_create_user(
            UserPoolId=pool,
            Username=entry["username"],
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": entry["username"]},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    identity.admin_set_user_password(
        UserPoolId=pool, Username=entry["username"], Password=entry["password"], Permanent=True
    )


def _events(viewer: DemoViewer, *, now: float) -> list[dict[str, Any]]:
    """The ratings as events, moved in time so that the newest was given yesterday.

    Ratings of years ago would weigh next to nothing beside one click of today.
    """
    shift = now - DAY - max(signal.occurred_at for signal in viewer.ratings)
    latest = {signal.title_id: signal for signal in viewer.ratings}
    return [
        {
            "event_id": f"import-{viewer.viewer_id}-{signal.title_id}",
            "type": "rate",
            "title_id": signal.title_id,
            "rating": signal.value,
            "occurred_at": datetime.fromtimestamp(signal.occurred_at + shift, UTC).isoformat(),
        }
        for signal in latest.values()
    ]


def _send(api: Api, profile_id: str, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        answer = api.send(f"/v1/profiles/{profile_id}", batch)
        if answer["rejected"]:
            reasons = Counter(item["message"] for item in answer["rejected"]).most_common(1)
            raise OperatorError(
                f"{len(answer['rejected'])} of {len(batch)} ratings were refused: {reasons[0][0]}",
                next_step="compare the importer's events with GET /v1's event schema",
            )
