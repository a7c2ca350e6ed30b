import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.history import Signal, SignalKind, TitleState, merge_all
from schemas.errors import NothingToTrainError
from services.promotion import Evaluated, judge
from services.snapshot import signals_of, take_snapshot
from tests.unit.services.fakes import NOW, FakeTitles, a_title


class FakeSnapshots:
    def __init__(self, imported=0):
        self.titles, self.rows, self.imported = [], [], imported

    def titles_uri(self, run):
        return f"s3://models/{run}/titles/"

    def interactions_uri(self, run):
        return f"s3://models/{run}/interactions/"

    def write_titles(self, run, titles):
        self.titles = list(titles)
        return len(self.titles)

    def write_interactions(self, run, rows):
        self.rows = list(rows)
        return len(self.rows)

    def copy_imports(self, run):
        return self.imported


class Everybody:
    def __init__(self, *states):
        self.states = states

    def scan(self):
        return [("p1", state) for state in self.states]


RATED = TitleState(title_id="t1", rating=4.0, rated_at=NOW, completed_at=NOW - 5)


def snapshot(*states, titles=("t1",), imported=0):
    catalogue = FakeTitles.of(*(a_title(title_id) for title_id in titles))
    sink = FakeSnapshots(imported)
    return take_snapshot("run-1", catalogue=catalogue, everybody=Everybody(*states), sink=sink)


def test_a_snapshot_says_what_it_holds():
    taken = snapshot(RATED, imported=7)
    assert (taken.titles, taken.interactions) == (1, 9)
    assert taken.titles_uri == "s3://models/run-1/titles/"


def test_imports_alone_are_something_to_learn_from():
    assert snapshot(imported=3).interactions == 3


@pytest.mark.parametrize("case", [{"titles": (), "imported": 5}, {"titles": ("t1",)}])
def test_nothing_to_train_on_fails_by_name(case):
    with pytest.raises(NothingToTrainError):
        snapshot(**case)


times = st.one_of(st.none(), st.floats(min_value=1, max_value=2e9))


@given(
    st.lists(
        st.builds(
            lambda kind, at, value: Signal(
                title_id="t1",
                kind=kind,
                occurred_at=at,
                value={
                    SignalKind.RATE: 0.5 + value,
                    SignalKind.POSITION: 10.0 * value,
                    SignalKind.LIST: float(value % 2),
                }.get(kind),
                duration_seconds=600.0 if kind is SignalKind.POSITION else None,
            ),
            st.sampled_from(list(SignalKind)),
            st.integers(1, 20).map(float),
            st.integers(0, 4),
        ),
        max_size=10,
    )
)
def test_an_export_merges_to_the_state_it_came_from(signals):
    state = merge_all({"t1": TitleState(title_id="t1")}, signals)["t1"]
    again = merge_all({"t1": TitleState(title_id="t1")}, signals_of(state))["t1"]
    assert again == state


IDS = [f"t{n}" for n in range(10)]


def evaluated(score, ids=IDS):
    return Evaluated({"ndcg_at_10": score}, ids)


@pytest.mark.parametrize(
    ("candidate", "incumbent", "promote"),
    [
        (evaluated(0.30), None, True),
        (evaluated(0.30), evaluated(0.30), True),
        (evaluated(0.295), evaluated(0.30), True),
        (evaluated(0.29), evaluated(0.30), False),
        (evaluated(0.0), evaluated(0.30), False),
        (evaluated(0.10), evaluated(0.30, ["x1", "x2"]), True),
        (evaluated(0.10), evaluated(0.30, IDS[:4]), True),
        (evaluated(0.10), evaluated(0.30, IDS[:5]), False),
        (evaluated(0.10), Evaluated({}, IDS), True),
        (Evaluated({}, IDS), None, False),
        (evaluated(float("nan")), None, False),
        (evaluated("0.3"), None, False),
        (evaluated(True), None, False),
    ],
)
def test_the_gate(candidate, incumbent, promote):
    verdict = judge(candidate, incumbent, tolerance=0.02)
    assert verdict.promote is promote
    assert verdict.reason
