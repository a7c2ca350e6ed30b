import pytest

from adapters.trending_counts import TrendingCountsTable
from adapters.trending_table import TrendingTable
from schemas.errors import ThrottledError
from services.contributions import Addition, Contribution
from tests.unit.adapters.faulty import Faulty, refused


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def windows(trending_table, clock):
    return TrendingTable(*trending_table, refresh_seconds=30.0, monotonic=clock)


@pytest.fixture
def counts(trending_table):
    return TrendingCountsTable(*trending_table)


def a_count(number=1, title_id="t1", score=1.0):
    addition = Addition("hour#1", title_id, 1_000_000, {"score": score})
    return Contribution(f"event#{number}", 2_000_000, [addition])


def scores(counts, window="hour#1"):
    return TrendingTable(counts.client, counts.table).scores(window)


def test_counts_add_up_by_title(counts):
    assert len(counts.add([a_count(1), a_count(2), a_count(3, "t2", 2.0)])) == 3
    assert counts.add([a_count(4)]) == [a_count(4)]
    assert scores(counts) == {"t1": 3.0, "t2": 2.0}


def test_the_stripes_of_a_title_add_up(counts):
    counts.add([a_count(1, "t1#0"), a_count(2, "t1#7", 2.0), a_count(3, "t10#7")])
    assert scores(counts) == {"t1": 3.0, "t10": 1.0}


def test_a_known_event_is_not_counted_and_its_neighbours_are(counts):
    counts.add([a_count(1)])
    assert counts.add([a_count(1), a_count(2)]) == [a_count(2)]
    assert counts.add([a_count(1), a_count(2)]) == []
    assert scores(counts) == {"t1": 2.0}


def test_fifty_events_of_fifty_titles_fit_one_transaction(counts):
    assert len(counts.add([a_count(n, f"t{n}") for n in range(50)])) == 50


def test_a_conflict_is_tried_again(counts, naps):
    conflict = refused(
        "TransactionCanceledException",
        CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}],
    )
    flaky = TrendingCountsTable(
        Faulty(counts.client, transact_write_items=[conflict] * 3), counts.table
    )
    assert flaky.add([a_count(1)]) == [a_count(1)]
    assert len(naps) == 3


def test_conflicts_without_end_are_throttling(counts):
    conflict = refused(
        "TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]
    )
    busy = TrendingCountsTable(
        Faulty(counts.client, transact_write_items=[conflict] * 50), counts.table
    )
    with pytest.raises(ThrottledError):
        busy.add([a_count(1)])


def test_a_cancellation_that_no_try_can_change_is_a_bug(counts):
    wrong = refused(
        "TransactionCanceledException", CancellationReasons=[{"Code": "ValidationError"}]
    )
    broken = TrendingCountsTable(
        Faulty(counts.client, transact_write_items=[wrong] * 50), counts.table
    )
    with pytest.raises(Exception, match="TransactionCanceledException"):
        broken.add([a_count(1)])
    assert len(broken.client.calls) == 1


def test_an_answer_that_was_lost_counts_once(counts):
    def lost(real, request):
        real(**request)
        raise refused("InternalServerError", 500)

    flaky = TrendingCountsTable(Faulty(counts.client, transact_write_items=[lost]), counts.table)
    with pytest.raises(Exception, match="try again"):
        flaky.add([a_count(1)])
    assert counts.add([a_count(1)]) == []
    assert scores(counts) == {"t1": 1.0}


def test_windows_and_markers_expire(counts):
    counts.add([a_count(1)])
    items = counts.client.scan(TableName=counts.table)["Items"]
    assert {item["expires_at"]["N"] for item in items} == {"1000000", "2000000"}


def test_a_window_is_kept_for_a_while(windows, clock):
    windows.replace_popular({"t1": 1.0})
    assert windows.scores("popular") == {"t1": 1.0}
    windows.replace_popular({"t2": 2.0})
    assert windows.scores("popular") == {"t1": 1.0}
    clock.now = 31.0
    assert windows.scores("popular") == {"t2": 2.0}


def test_hours_gone_by_are_not_kept_in_memory(windows, clock):
    for hour in range(100):
        clock.now = hour * 3600.0
        windows.scores(f"hour#{hour}")
    assert len(windows._kept) <= 2


def test_replacing_the_popular_window_takes_out_what_left_it(windows, clock):
    windows.replace_popular({f"t{n}": float(n) for n in range(60)})
    windows.replace_popular({"t1": 9.0})
    clock.now = 31.0
    assert windows.scores("popular") == {"t1": 9.0}


def test_an_absent_window_is_empty(windows):
    assert windows.scores("hour#nowhere") == {}


def test_rows_have_as_many_measures_as_are_added(counts, windows):
    row = {"attempts": 1.0, "startup_47": 1.0, "playing_ms": 900.0}
    additions = [Addition("quality#title#1", name, 1_000_000, row) for name in ("t1#0", "t1#3")]
    counts.add([Contribution("event#1", 2_000_000, additions)])
    counts.add([Contribution("event#2", 2_000_000, additions[:1])])
    assert windows.rows("quality#title#1") == {
        "t1#0": {"attempts": 2.0, "startup_47": 2.0, "playing_ms": 1800.0},
        "t1#3": row,
    }


def test_windows_are_read_together_and_kept(counts, windows, clock):
    counts.add([a_count(1)])
    wanted = ["hour#1", "hour#2", "hour#1"]
    assert windows.scores_of(wanted) == {"hour#1": {"t1": 1.0}, "hour#2": {}}
    counts.add([a_count(2)])
    assert windows.scores_of(wanted)["hour#1"] == {"t1": 1.0}
    clock.now = 31.0
    assert windows.scores_of(wanted)["hour#1"] == {"t1": 2.0}
    assert windows.scores("hour#1") == {"t1": 2.0}
