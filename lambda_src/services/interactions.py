"""Ratings and the list: stored at once, and told to the stream for everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recommender.history import TitleState, merge
from recommender.ranker import playable
from schemas.envelope import Envelope
from schemas.errors import Detail, NotFoundError, ThrottledError, VersionConflictError
from schemas.event_types import ListAdd, ListRemove, Rate, RateRemove
from schemas.interactions import TitleListing, TitleRating
from schemas.profiles import Profile
from services.asking import Asker
from services.ports import EventSink, ProfileStore, TitleStore, ViewingStore

_ATTEMPTS = 5


@dataclass(frozen=True, kw_only=True)
class InteractionService:
    """``new_id`` makes event ids."""

    profiles: ProfileStore
    titles: TitleStore
    viewing: ViewingStore
    events: EventSink
    new_id: Callable[[], str]

    def rate(self, asker: Asker, title_id: str, rating: float) -> TitleRating:
        """Rates a title the profile may see; :class:`NotFoundError` for any other."""
        profile = self._require_visible(asker, title_id)
        event = Rate(type="rate", event_id=self.new_id(), title_id=title_id, rating=rating)
        return _rating(asker, self._apply(asker, profile, event))

    def unrate(self, asker: Asker, title_id: str) -> TitleRating:
        """Takes a rating back, whatever became of the title since."""
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        event = RateRemove(type="rate_remove", event_id=self.new_id(), title_id=title_id)
        return _rating(asker, self._apply(asker, profile, event))

    def add_to_list(self, asker: Asker, title_id: str) -> TitleListing:
        """Puts a title the profile may see on its list."""
        profile = self._require_visible(asker, title_id)
        event = ListAdd(type="list_add", event_id=self.new_id(), title_id=title_id)
        return _listing(asker, self._apply(asker, profile, event))

    def take_off_list(self, asker: Asker, title_id: str) -> TitleListing:
        """Takes a title off the list, whatever became of it since."""
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        event = ListRemove(type="list_remove", event_id=self.new_id(), title_id=title_id)
        return _listing(asker, self._apply(asker, profile, event))

    def _require_visible(self, asker: Asker, title_id: str) -> Profile:
        profile = self.profiles.get(asker.account_id, asker.profile_id)
        record = self.titles.get(title_id)
        title = record.title if record else None
        if not playable(title, profile.viewer(asker.country), asker.now):
            raise NotFoundError.of("title_id", title_id)
        return profile

    def _apply(
        self, asker: Asker, profile: Profile, event: Rate | RateRemove | ListAdd | ListRemove
    ) -> TitleState:
        # The stream first: should the table fail then, the consumer makes up for it.
        envelope = asker.sealed(event, profile)
        if self.events.put([envelope]):
            raise ThrottledError("the event stream is busy; try again")
        state = self._stored(asker, envelope)
        if self.viewing.forgotten([asker.profile_id]):
            self._require_alive(asker)
        return state

    def _require_alive(self, asker: Asker) -> None:
        """What was written of a profile while it was being deleted goes, as its consumer does."""
        try:
            self.profiles.get(asker.account_id, asker.profile_id)
        except NotFoundError:
            self.viewing.forget(asker.profile_id, now=asker.now)
            raise

    def _stored(self, asker: Asker, envelope: Envelope) -> TitleState:
        (signal,) = envelope.signals()
        title_id = signal.title_id
        for _ in range(_ATTEMPTS):
            stored = self.viewing.get(asker.profile_id, title_id)
            state = merge(stored.state, signal)
            if state == stored.state:
                return state
            try:
                self.viewing.put(asker.account_id, asker.profile_id, state, version=stored.version)
            except VersionConflictError:
                continue
            return state
        raise VersionConflictError(
            "the title's state is being changed by somebody else; try again",
            details=[Detail("title_id", "changed meanwhile")],
        )


def _rating(asker: Asker, state: TitleState) -> TitleRating:
    return TitleRating(
        profile_id=asker.profile_id,
        title_id=state.title_id,
        rating=state.rating,
        rated_at=state.rated_at,
    )


def _listing(asker: Asker, state: TitleState) -> TitleListing:
    return TitleListing(
        profile_id=asker.profile_id,
        title_id=state.title_id,
        listed=state.listed,
        listed_at=state.listed_at,
    )
