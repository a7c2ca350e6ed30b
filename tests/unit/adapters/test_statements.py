"""Many conditional writes at once: each stands or falls by itself."""

from dataclasses import replace

import pytest

from adapters.statements import execute_many
from adapters.viewing_items import raw_of, state_of, statement_of
from adapters.viewing_table import MOST_TITLES, ViewingTable
from benchmarks.plane.chaos import Chaos, Fault
from benchmarks.plane.memory import MemoryDynamo
from recommender.history import TitleState
from schemas.errors import StorageError
from schemas.fields import LATEST_MOMENT, LONGEST_TITLE_SECONDS
from services.ports import StateWrite, StoredState
from tests.unit.adapters.faulty import Faulty

NOW = 1_795_460_400.123
STATE = TitleState(title_id="t1", completed_at=NOW, rating=4.5, rated_at=NOW, listed=True)
EMPTY = StoredState(TitleState(title_id="t1"), 0)


def a_write(profile="p1", state=STATE, known=EMPTY):
    return StateWrite("a1", profile, state, known)


@pytest.fixture
def dynamo():
    return MemoryDynamo(Viewing=("profile_id", "title_id"))


@pytest.fixture
def store(dynamo):
    return ViewingTable(dynamo, "Viewing")


def errors(code):
    def answer(_real, request):
        error = {"Error": {"Code": code, "Message": "why"}}
        return {"Responses": [error for _ in request["Statements"]]}

    return answer


def test_a_new_state_is_inserted_and_a_known_one_replaced(store):
    assert store.put_many([a_write()]) == store.put_many([])
    stored = store.get("p1", "t1")
    assert (stored.state, stored.version) == (STATE, 1)
    later = replace(STATE, rating=None, dismissed_at=NOW)
    store.put_many([a_write(state=later, known=stored)])
    assert store.get("p1", "t1") == StoredState(later, 2)


@pytest.mark.parametrize("version", [0, 7])
def test_who_read_before_somebody_wrote_is_a_conflict_and_no_neighbours(store, version):
    store.put_many([a_write()])
    stale = StoredState(EMPTY.state, version)
    refusals = store.put_many([a_write("p2"), a_write(known=stale), a_write("p3")])
    assert (refusals.conflicts, refusals.busy) == ([1], [])
    assert store.get("p3", "t1").version == store.get("p1", "t1").version == 1


def test_an_item_without_a_version_can_be_taken_over(store, dynamo):
    key = {"profile_id": {"S": "p1"}, "title_id": {"S": "t1"}}
    dynamo.put_item(TableName="Viewing", Item=key | {"rating": {"N": "3"}})
    known = store.get_many([("p1", "t1")])["p1", "t1"]
    refusals = store.put_many([a_write(known=known), a_write("p2")])
    assert (refusals.conflicts, refusals.busy) == ([], [])
    assert store.get("p1", "t1") == StoredState(STATE, 1)


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"]
)
def test_a_busy_statement_alone_is_tried_again(dynamo, naps, code):
    def one_busy(real, request):
        answer = real(Statements=[s for n, s in enumerate(request["Statements"]) if n != 1])
        error = {"Error": {"Code": code}}
        return {"Responses": [answer["Responses"][0], error, *answer["Responses"][1:]]}

    faulty = Faulty(dynamo, batch_execute_statement=[one_busy])
    refusals = ViewingTable(faulty, "Viewing").put_many([a_write(f"p{n}") for n in range(3)])
    assert (refusals.conflicts, refusals.busy) == ([], [])
    assert [len(request["Statements"]) for _, request in faulty.calls] == [3, 1]
    assert len(naps) == 1


def test_a_statement_that_stays_busy_is_told_and_not_tried_for_ever(dynamo):
    faulty = Faulty(dynamo, batch_execute_statement=[errors("ThrottlingError")] * 50)
    refusals = ViewingTable(faulty, "Viewing").put_many([a_write()])
    assert (refusals.busy, len(faulty.calls)) == ([0], 5)


def test_a_call_whose_answer_is_lost_is_not_taken_as_done(dynamo):
    choices = iter([Fault.LOST])
    chaos = Chaos(dynamo, lambda: next(choices, Fault.NONE))
    refusals = ViewingTable(chaos, "Viewing").put_many([a_write()])
    assert (refusals.conflicts, refusals.busy, chaos.seen.total()) == ([], [0], 1)


def test_a_call_that_is_throttled_is_tried_again(dynamo, naps):
    choices = iter([Fault.THROTTLE, Fault.THROTTLE])
    chaos = Chaos(dynamo, lambda: next(choices, Fault.NONE))
    assert ViewingTable(chaos, "Viewing").put_many([a_write()]).busy == []
    assert len(naps) == 2


def test_what_no_try_can_do_is_an_error_with_the_tables_words(dynamo):
    faulty = Faulty(dynamo, batch_execute_statement=[errors("ValidationError")])
    with pytest.raises(StorageError, match="ValidationError: why"):
        execute_many(faulty, {0: statement_of("Viewing", a_write())})


def size_of(raw):
    """Bytes as DynamoDB counts them: names, text, numbers at their most, one for a truth."""
    kinds = {"S": len, "N": lambda _text: 21, "BOOL": lambda _truth: 1}
    return sum(len(n) + kinds[k](v) for n, typed in raw.items() for k, v in typed.items())


def test_an_item_is_bounded_whatever_ten_years_bring():
    full = TitleState(
        title_id="t" * 64,
        position_seconds=LONGEST_TITLE_SECONDS - 0.001,
        duration_seconds=LONGEST_TITLE_SECONDS,
        position_at=LATEST_MOMENT,
        completed_at=LATEST_MOMENT,
        abandoned_at=LATEST_MOMENT,
        rating=4.5,
        rated_at=LATEST_MOMENT,
        listed=True,
        listed_at=LATEST_MOMENT,
        dismissed_at=LATEST_MOMENT,
    )
    raw = raw_of("a" * 128, "p" * 64, full, 2**53)
    assert state_of(raw) == full
    assert size_of(raw) < 1024  # one unit to write, whatever is in it


def test_a_history_is_read_up_to_a_bound(store, dynamo):
    for number in range(MOST_TITLES + 10):
        title_id = f"t{number:05}"
        item = raw_of("a1", "p1", replace(STATE, title_id=title_id), 1)
        dynamo.tables["Viewing"]["p1", title_id] = item
    assert len(store.history("p1")) == MOST_TITLES
