"""The last steps of a list: pins, caps, exploration whose propensities are the truth."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recommender import Reason, ReasonKind, Recommendation, Source, Title, TitleState, Viewer
from recommender.arrangement import arrange
from recommender.editorial import Cap, CapKind, EditorialRules, Period, Pin
from recommender.ranker import RankerConfig

NOW = 1_000.0
CARDS = {
    f"t{n}": Title(title_id=f"t{n}", name=f"T {n}", directors=("AB"[n % 2],), maturity=8)
    for n in range(12)
}
WHY = Reason(ReasonKind.POPULAR, "x")
PICKS = [Recommendation(t, 1 - n / 12, Source.CONTENT, WHY) for n, t in enumerate(CARDS)]
EXPLORING = RankerConfig(exploration=0.5, settled=1)


def shown(picks=PICKS, *, limit=5, history=None, viewer=None, cards=CARDS, **how):
    return arrange(picks, cards, history or {}, viewer or Viewer(), limit=limit, now=NOW, **how)


def ids(items):
    return [item.title_id for item in items]


def pinned(*pins, caps=()):
    return EditorialRules(pins=tuple(Pin(title_id=t, place=p) for t, p in pins), caps=tuple(caps))


def test_without_rules_and_chance_the_list_is_the_list():
    assert shown() == PICKS[:5]


def test_pins_take_their_places_and_say_who_put_them_there():
    items = shown(rules=pinned(("t9", 1), ("t0", 4)))
    assert ids(items) == ["t9", "t1", "t2", "t0", "t3"]
    assert [item.source for item in items].count(Source.EDITORIAL) == 2
    assert items[0].reason == Reason(ReasonKind.EDITORIAL, "Picked by our editors")
    assert [item.propensity for item in items] == [1.0] * 5


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        ((("t9", 2), ("t8", 2)), ["t0", "t9", "t8", "t1", "t2"]),  # one place: the next one
        ((("t9", 6),), ["t0", "t1", "t2", "t3", "t4"]),  # below the list
        ((("t0", 6),), ["t0", "t1", "t2", "t3", "t4"]),  # …and ranked as ever
        ((("t9", 1), ("t9", 3)), ["t9", "t0", "t1", "t2", "t3"]),  # twice: the higher place
        ((("t9", 5), ("t8", 5)), ["t0", "t1", "t2", "t3", "t9"]),  # no place left
        ((("gone", 1),), ["t0", "t1", "t2", "t3", "t4"]),
    ],
)
def test_pins_that_collide_or_have_no_place(pins, expected):
    assert ids(shown(rules=pinned(*pins))) == expected


def test_in_a_short_list_pins_close_up():
    assert ids(shown(PICKS[:2], rules=pinned(("t9", 4)))) == ["t0", "t1", "t9"]
    assert ids(shown([], rules=pinned(("t9", 4)))) == ["t9"]


@pytest.mark.parametrize(
    ("pin", "there"),
    [
        (Pin(title_id="t9", place=1, countries=("SE",)), False),
        (Pin(title_id="t9", place=1, countries=("SE", "DE")), True),
        (Pin(title_id="t9", place=1, period=Period(start=NOW)), True),
        (Pin(title_id="t9", place=1, period=Period(end=NOW)), False),
        (Pin(title_id="t9", place=1, period=Period(start=NOW + 1)), False),
    ],
)
def test_pins_hold_where_and_when_they_say(pin, there):
    items = shown(viewer=Viewer(country="DE"), rules=EditorialRules(pins=(pin,)))
    assert ("t9" in ids(items)) is there


@pytest.mark.parametrize("state", [{"completed_at": 1.0}, {"dismissed_at": 1.0}])
def test_a_pin_is_never_seen_or_dismissed(state):
    history = {"t9": TitleState(title_id="t9", **state)}
    assert ids(shown(history=history, rules=pinned(("t9", 1)))) == ids(PICKS[:5])


def test_a_pin_above_the_ceiling_or_unclassified_stays_away():
    cards = CARDS | {
        "t8": replace(CARDS["t8"], maturity=None),
        "t9": replace(CARDS["t9"], maturity=17),
    }
    child = Viewer(maturity_ceiling=8)
    items = shown(cards=cards, viewer=child, rules=pinned(("t9", 1), ("t8", 2)))
    assert ids(items) == ids(PICKS[:5])


def test_what_left_the_catalogue_leaves_the_list():
    cards = {t: card for t, card in CARDS.items() if t != "t1"}
    assert ids(shown(cards=cards)) == ["t0", "t2", "t3", "t4", "t5"]


TWO_OF_A = Cap(by=CapKind.DIRECTOR, most=1, within=4)


def test_a_cap_holds_within_its_places_and_not_below():
    picks = [PICKS[n] for n in (0, 2, 4, 1, 3, 5, 6)]  # directors A A A B B B A
    items = shown(picks, limit=7, rules=EditorialRules(caps=(TWO_OF_A,)))
    # One of each director, then there is nobody else and the cap gives way, in order.
    assert ids(items) == ["t0", "t1", "t2", "t4", "t3", "t5", "t6"]
    three = Cap(by=CapKind.DIRECTOR, most=2, within=4)
    assert ids(shown(picks, limit=7, rules=EditorialRules(caps=(three,)))) == [
        *("t0", "t2", "t1", "t3", "t4", "t5", "t6")
    ]


def test_a_pin_counts_under_a_cap_and_is_not_held_back_by_it():
    rules = pinned(("t8", 3), ("t10", 4), caps=[Cap(by=CapKind.DIRECTOR, most=1, within=4)])
    assert ids(shown(rules=rules))[:4] == ["t1", "t0", "t8", "t10"]


def test_scores_never_rise_whatever_moved():
    rules = pinned(("t9", 2), ("t11", 5), caps=[Cap(by=CapKind.DIRECTOR, most=1, within=5)])
    for seed in range(50):
        items = shown(rules=rules, limit=8, ranker=EXPLORING, rng=np.random.default_rng(seed))
        scores = [item.score for item in items]
        assert scores == sorted(scores, reverse=True)
        assert len(set(ids(items))) == 8


def test_exploration_leaves_the_first_places_and_pins_alone_and_is_bounded():
    config = RankerConfig(exploration=0.1, settled=3)
    picks = [Recommendation(f"t{n}", 1 - n / 100, Source.CONTENT, WHY) for n in range(60)]
    cards = {f"t{n}": Title(title_id=f"t{n}", name="x") for n in range(61)}
    changed = Counter()
    for seed in range(300):
        rng = np.random.default_rng(seed)
        items = shown(
            picks, limit=40, cards=cards, rules=pinned(("t60", 10)), ranker=config, rng=rng
        )
        new = {place for place, item in enumerate(items) if item.title_id in ids(picks[39:])}
        changed.update(new)
        assert 3 <= len(new) <= 4  # 36 open places in blocks of ten
        assert items[9].title_id == "t60"
        assert ids(items[:3]) == ["t0", "t1", "t2"]
    assert set(changed) == set(range(3, 40)) - {9}


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_of_the_open_places(share):
    config = RankerConfig(exploration=share, settled=1)
    items = shown(ranker=config, rng=np.random.default_rng(1))
    new = set(ids(items)) & set(ids(PICKS[5:]))
    assert len(new) == (4 if share else 0)


@pytest.mark.parametrize(
    "rules",
    [
        EditorialRules(),
        pinned(("t11", 2)),
        pinned(caps=[Cap(by=CapKind.DIRECTOR, most=2, within=4)]),
    ],
    ids=["plain", "pins", "caps"],
)
def test_the_logged_propensities_are_the_frequencies(rules):
    """The product of a list's propensities is how often that very list is drawn."""
    runs = 6_000
    drawn, product = Counter(), {}
    at_place = Counter()
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        items = shown(PICKS[:7], limit=4, rules=rules, ranker=EXPLORING, rng=rng)
        lists = tuple(ids(items))
        drawn[lists] += 1
        product[lists] = np.prod([item.propensity for item in items])
        for place, item in enumerate(items):
            at_place[lists[:place], place, item.title_id, item.propensity] += 1
    assert len(drawn) >= 5
    assert sum(product.values()) == pytest.approx(1.0)
    for lists, expected in product.items():
        error = np.sqrt(expected * (1 - expected) / runs)
        assert drawn[lists] / runs == pytest.approx(expected, abs=4.5 * error)
    # And place by place: of the runs that share what is above, the share that shows the title.
    above = Counter()
    for (prefix, place, _, _), count in at_place.items():
        above[prefix, place] += count
    for (prefix, place, _, propensity), count in at_place.items():
        total = above[prefix, place]
        error = np.sqrt(propensity * (1 - propensity) / total)
        assert count / total == pytest.approx(propensity, abs=4.5 * error + 1e-12)


def test_the_same_seed_is_the_same_list():
    one, other = (shown(ranker=EXPLORING, rng=np.random.default_rng(5)) for _ in range(2))
    assert one == other
