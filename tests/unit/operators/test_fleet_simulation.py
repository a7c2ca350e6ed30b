"""The simulated fleet obeys what Auto Scaling documents, and the shipped settings hold the day."""

from dataclasses import replace

import pytest

from scripts.operators.fleet import alternatives, draw, policy_of
from scripts.operators.fleet_simulation import DAY, STEP, Demand, Fleet, Policy, simulate
from stacks.config import STAGES

CALM = Demand(premiere_times=1.0, zone_lost_at=-1)
SHIPPED = policy_of(STAGES["prod"].fleet)
PLAIN = Policy(
    minimum=2, maximum=50, requests_per_target=None, bytes_out_per_target=3e10, forecast=False
)


@pytest.fixture(scope="module")
def shipped():
    return simulate(SHIPPED, Demand())


def test_the_same_day_comes_out_twice(shipped):
    assert simulate(SHIPPED, Demand()) == shipped


def test_a_premiere_and_a_lost_zone_cost_little_of_what_is_asked(shipped):
    assert shipped.dropped_percent < 0.1
    assert shipped.minutes_short < 5


def test_nothing_is_dropped_on_an_ordinary_day():
    assert simulate(SHIPPED, CALM).dropped_percent == 0


def test_the_fleet_keeps_within_its_limits(shipped):
    sizes = {moment.paid for moment in shipped.moments}
    assert min(sizes) >= SHIPPED.minimum - 1  # a third of three may be lost with a zone
    assert max(sizes) <= SHIPPED.maximum


def test_a_lost_zone_takes_its_share_of_the_nodes_at_once(shipped):
    at = Demand().zone_lost_at // STEP
    before, after = shipped.moments[at - 1].serving, shipped.moments[at].serving
    assert before - after == pytest.approx(before / 3, abs=1)


def test_what_is_asked_for_is_sent_or_dropped(shipped):
    for moment in shipped.moments:
        assert 0 <= moment.dropped <= moment.asked
        if moment.dropped:
            sent = moment.asked - moment.dropped
            assert sent == pytest.approx(moment.serving * SHIPPED.node_gbps)


def test_three_minutes_above_the_target_add_nodes_and_two_do_not():
    fleet = Fleet(PLAIN, CALM)
    for minute, expected in ((0, 2), (60, 2), (120, 3)):
        fleet.track(asked=12.0, at=minute)  # 4 Gbit/s a node is the target: 3 nodes
        assert fleet.paid() == expected


def test_nodes_leave_after_fifteen_minutes_and_few_at_a_time():
    fleet = Fleet(replace(PLAIN, minimum=1), CALM)
    fleet.want(30, -DAY)
    sizes = []
    for minute in range(45):
        fleet.track(asked=4.0, at=60 * minute)
        sizes.append(fleet.paid())
    assert (sizes[13], sizes[14], sizes[29]) == (30, 27, 25)


def test_a_node_serves_when_it_has_booted():
    fleet = Fleet(PLAIN, CALM)
    fleet.want(5, at=0)
    assert (fleet.paid(), fleet.serving(59), fleet.serving(60)) == (5, 2, 5)


def test_the_forecast_is_up_before_the_hour_and_knows_no_premiere():
    policy = replace(SHIPPED, minimum=1)
    fleet = Fleet(policy, Demand())
    assert fleet.foresee(20 * 3600 - 600) == fleet.foresee(20 * 3600 + 60)
    usual = max(Demand().usual(moment) for moment in range(20 * 3600, 21 * 3600, 300))
    assert fleet.foresee(20 * 3600) * policy.requests_per_target >= CALM.requests_per_minute(usual)


def test_spot_is_cheaper_and_the_maximum_the_dearest(shipped):
    days = {name: simulate(policy, Demand()) for name, policy in alternatives(SHIPPED).items()}
    assert days["no Spot"].dollars > shipped.dollars
    assert max(days, key=lambda name: days[name].dollars) == "the maximum, always"
    assert days["targets × 1.4"].dropped_percent > shipped.dropped_percent


def test_the_picture_is_a_picture(tmp_path, shipped):
    draw({"shipped": shipped}, tmp_path / "fleet.png")
    assert (tmp_path / "fleet.png").read_bytes().startswith(b"\x89PNG")
