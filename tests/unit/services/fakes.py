"""In-memory stand-ins for the outside world, with the failures it has."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, field, replace

from adapters.statements import Refusals
from recommender import rows
from recommender.catalogue import Title
from recommender.editorial import EditorialRules
from recommender.errors import UnknownTitleError
from recommender.history import TitleState
from recommender.ranker import RankerConfig, eligible, playable
from recommender.recommendation import Reason, ReasonKind, Recommendation, Row, Source
from schemas.catalogue import TitleRecord
from schemas.errors import NotFoundError, ThrottledError, VersionConflictError
from schemas.profiles import Profile
from services.ports import AccountProfiles, ServedModel, StoredState
from services.streams import AccountLeases, Lease

NOW = 1_795_460_400.0  # 2026-11-23T19:00:00Z
ACCOUNT = "account-1"


@dataclass
class FakeCounter:
    seen: Tally = field(default_factory=Tally)

    def __call__(self, name, value=1, /, **dimensions):
        self.seen[(name, *sorted(dimensions.values()))] += value


@dataclass
class FakeDistribution:
    seen: dict = field(default_factory=dict)

    def __call__(self, name, values, /, **dimensions):
        (dimension,) = dimensions.items()
        self.seen.setdefault((name, *dimension), []).extend(values)


@dataclass
class FakeProfiles:
    stored: dict = field(default_factory=dict)
    revisions: dict = field(default_factory=Tally)
    lose_races: int = 0

    def of_account(self, account_id):
        mine = [p for (account, _), p in self.stored.items() if account == account_id]
        return AccountProfiles(mine, self.revisions[account_id])

    def get(self, account_id, profile_id):
        if (account_id, profile_id) not in self.stored:
            raise NotFoundError.of("profile_id", profile_id)
        return self.stored[account_id, profile_id]

    def existing(self, pairs, *, at_once=False):
        return frozenset(pair for pair in pairs if pair in self.stored)

    def add(self, account_id, profile, *, revision):
        if self.lose_races:
            self.lose_races -= 1
            self.stored[account_id, f"rival{self.lose_races}"] = a_profile(
                f"rival{self.lose_races}"
            )
            self.revisions[account_id] += 1
        if revision != self.revisions[account_id]:
            raise VersionConflictError("raced")
        self.stored[account_id, profile.profile_id] = profile
        self.revisions[account_id] += 1

    def change(self, account_id, profile_id, changes):
        known = self.get(account_id, profile_id)
        self.stored[account_id, profile_id] = known.model_copy(update=dict(changes))
        return self.stored[account_id, profile_id]

    def remove(self, account_id, profile_id):
        self.stored.pop((account_id, profile_id), None)


@dataclass
class FakeViewing:
    stored: dict = field(default_factory=dict)
    graves: set = field(default_factory=set)
    failing: set = field(default_factory=set)  # keys whose writes are throttled
    fail_reads: int = 0
    lose_races: int = 0
    puts: int = 0

    def history(self, profile_id):
        return {t: s.state for (p, t), s in self.stored.items() if p == profile_id}

    def get(self, profile_id, title_id):
        self._read()
        return self.stored.get((profile_id, title_id)) or StoredState(
            TitleState(title_id=title_id), 0
        )

    def get_many(self, keys):
        self._read()
        return {key: self.stored[key] for key in keys if key in self.stored}

    def put(self, account_id, profile_id, state, *, version):
        key = (profile_id, state.title_id)
        if key in self.failing:
            raise ThrottledError("busy")
        known = self.stored.get(key) or StoredState(TitleState(title_id=state.title_id), 0)
        if self.lose_races:
            self.lose_races -= 1
            rival = replace(known.state, dismissed_at=NOW - 1)
            known = self.stored[key] = StoredState(rival, known.version + 1)
        if known.version != version:
            raise VersionConflictError("raced")
        self.stored[key] = StoredState(state, version + 1)
        self.puts += 1

    def put_many(self, writes):
        refusals = Refusals()
        for place, write in enumerate(writes):
            try:
                self.put(
                    write.account_id, write.profile_id, write.state, version=write.known.version
                )
            except VersionConflictError:
                refusals.conflicts.append(place)
            except ThrottledError:
                refusals.busy.append(place)
        return refusals

    def forgotten(self, profile_ids):
        self._read()
        return frozenset(self.graves.intersection(profile_ids))

    def forget(self, profile_id, *, now):
        self.graves.add(profile_id)
        for key in [key for key in self.stored if key[0] == profile_id]:
            del self.stored[key]

    def _read(self):
        if self.fail_reads:
            self.fail_reads -= 1
            raise ThrottledError("busy")


@dataclass
class FakeLeases:
    stored: dict = field(default_factory=dict)
    lose_races: int = 0

    def of_account(self, account_id):
        return self.stored.get(account_id, AccountLeases({}, 0))

    def put(self, account_id, leases, *, version, keep_until):
        known = self.of_account(account_id)
        if self.lose_races:
            self.lose_races -= 1
            rival = {f"rival-{self.lose_races}": Lease("p9", "t9", keep_until)}
            known = AccountLeases({**known.leases, **rival}, known.version + 1)
            self.stored[account_id] = known
        if known.version != version:
            raise VersionConflictError("raced")
        self.stored[account_id] = AccountLeases(dict(leases), version + 1)


@dataclass
class FakeTitles:
    records: dict = field(default_factory=dict)
    scans: int = 0

    @classmethod
    def of(cls, *titles, **more):
        return cls({t.title_id: TitleRecord(t, popularity=i) for i, t in enumerate(titles)} | more)

    def get(self, title_id):
        return self.records.get(title_id)

    def get_many(self, title_ids):
        return {i: self.records[i] for i in title_ids if i in self.records}

    def scan(self, *, after=None):
        self.scans += 1
        ids = list(self.records)
        start = ids.index(after) + 1 if after in ids else 0
        for title_id in ids[start:]:
            yield self.records[title_id]


@dataclass
class FakeTrending:
    windows: dict = field(default_factory=dict)

    def scores(self, window):
        return self.windows.get(window, {})

    def scores_of(self, windows):
        return {window: self.scores(window) for window in windows}


@dataclass
class FakeSink:
    taken: list = field(default_factory=list)
    refuse: set = field(default_factory=set)  # event ids

    def put(self, envelopes):
        refused = [i for i, e in enumerate(envelopes) if e.event.event_id in self.refuse]
        self.taken += [e for i, e in enumerate(envelopes) if i not in refused]
        return refused


@dataclass
class FakePoison:
    kept: list = field(default_factory=list)
    broken: bool = False

    def keep(self, consumer, record, reason):
        if self.broken:
            raise ThrottledError("busy")
        self.kept.append((consumer, record, reason))


REASON = Reason(ReasonKind.BECAUSE_YOU_WATCHED, "Because you watched Old Harbour", ("t1",))


@dataclass
class FakeModel:
    """Recommends every eligible title in catalogue order; the filters are the real ones."""

    titles: dict
    version: str = "v1"
    ranker: RankerConfig = RankerConfig(exploration=0.0)

    def recommend(
        self, history, viewer, *, limit, now, trending=None, favourite_genres=(), boosts=()
    ):
        return [
            Recommendation(title_id, 1.0 / (rank + 1), Source.CONTENT, REASON)
            for rank, (title_id, title) in enumerate(self.titles.items())
            if eligible(title, history.get(title_id), viewer, now)
        ][:limit]

    def similar(self, title_id, viewer, *, limit, now, history=None):
        if title_id not in self.titles:
            raise UnknownTitleError(title_id)
        picks = self.recommend(history or {}, viewer, limit=limit, now=now)
        return [pick for pick in picks if pick.title_id != title_id]

    def home(
        self,
        history,
        viewer,
        *,
        now,
        trending=None,
        favourite_genres=(),
        boosts=(),
        row_length=20,
        spare=0,
    ):
        going_on = [
            item._replace(reason=REASON)
            for item in rows.started(history)
            if playable(self.titles.get(item.title_id), viewer, now)
        ]
        picks = self.recommend(history, viewer, limit=row_length + spare, now=now)
        page = [
            Row("continue_watching", "Continue watching", tuple(going_on)),
            Row("top_picks", "Top picks", tuple(picks)),
        ]
        return [row for row in page if row.items]

    def search(self, query, viewer, *, limit, now):
        return [
            i
            for i, t in self.titles.items()
            if query.lower() in t.name.lower() and playable(t, viewer, now)
        ][:limit]


@dataclass
class FakeModels:
    served: ServedModel = ServedModel(None, "model_missing")

    @classmethod
    def of(cls, *titles):
        return cls(ServedModel(FakeModel({t.title_id: t for t in titles}), None))

    def current(self, now):
        return self.served


@dataclass
class FakeEditorial:
    rules: EditorialRules = EditorialRules()

    def current(self, now):
        return self.rules


@dataclass
class FakeJournal:
    lines: list = field(default_factory=list)

    def __call__(self, message, /, **fields):
        self.lines.append((message, fields))


def a_title(title_id, *, genres=("Drama",), maturity=13, **fields):
    name = fields.pop("name", f"Title {title_id}")
    return Title(title_id=title_id, name=name, genres=tuple(genres), maturity=maturity, **fields)


def a_profile(profile_id="p1", **fields):
    return Profile(profile_id=profile_id, **{"name": "Ada", "created_at": NOW} | fields)


def profiles_of(*profiles):
    return FakeProfiles({(ACCOUNT, p.profile_id): p for p in profiles or (a_profile(),)})


def seen(title_id, at=NOW - 10):
    return StoredState(TitleState(title_id=title_id, completed_at=at), 1)


def started(title_id, position=60.0, at=NOW - 10):
    state = TitleState(
        title_id=title_id, position_seconds=position, position_at=at, duration_seconds=600.0
    )
    return StoredState(state, 1)
