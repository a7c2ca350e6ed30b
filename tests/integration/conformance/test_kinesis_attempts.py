"""What becomes of one batch, without an emulator."""

from __future__ import annotations

import dataclasses

import pytest

from local.emulator.kinesis_delivery.attempts import (
    BatchDelivery,
    GivenUp,
    MappingGoneError,
    Outcome,
)
from local.emulator.kinesis_delivery.mapping import DeliverySettings

SETTINGS = DeliverySettings.of(
    {
        "UUID": "mapping",
        "FunctionName": "function",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:function",
        "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/events",
        "MaximumRetryAttempts": "1",
        "MaximumRecordAgeInSeconds": -1,
    }
)
OK = Outcome(failed=False, throttled=False, response=None)
FAILED = Outcome(failed=True, throttled=False, response={"errorType": "Error"})
THROTTLED = Outcome(failed=True, throttled=True, response=None)


def partial(*numbers: object) -> Outcome:
    failures = [{"itemIdentifier": number} for number in numbers]
    return Outcome(failed=False, throttled=False, response={"batchItemFailures": failures})


class Shard:
    """Plays the function: ``outcomes`` in turn, or whatever ``decide`` says of the batch."""

    def __init__(self, *outcomes: Outcome, decide=None, now: float = 0.0, **settings: object):
        self.settings = dataclasses.replace(SETTINGS, **settings)
        self.outcomes, self.decide, self.now = list(outcomes), decide, now
        self.batches: list[list[str]] = []
        self.done: list[str] = []
        self.given_up: list[tuple[list[str], GivenUp, int]] = []
        self.pauses: list[float] = []

    def deliver(self, *numbers: str) -> Shard:
        delivery = BatchDelivery(
            settings=lambda: self.settings,
            invoke=self._invoke,
            done=lambda record: self.done.append(number(record)),
            give_up=lambda _, records, why, attempts: self.given_up.append(
                ([number(record) for record in records], why, attempts)
            ),
            pause=self.pauses.append,
            clock=lambda: self.now,
        )
        delivery.deliver([record(name) for name in numbers])
        return self

    def _invoke(self, _: DeliverySettings, records: list[dict]) -> Outcome:
        names = [number(record) for record in records]
        self.batches.append(names)
        return self.decide(names) if self.decide else self.outcomes.pop(0)


def record(name: str) -> dict:
    return {"kinesis": {"sequenceNumber": name, "approximateArrivalTimestamp": 0.0}}


def number(record: dict) -> str:
    return record["kinesis"]["sequenceNumber"]


def fails_with(*poison: str):
    return lambda names: FAILED if set(poison) & set(names) else OK


def test_a_batch_that_succeeds_is_done_with():
    shard = Shard(OK).deliver("1", "2")
    assert shard.done == ["2"]


def test_a_batch_is_tried_again_and_given_up_after_its_retries():
    shard = Shard(FAILED, FAILED).deliver("1", "2")
    assert shard.batches == [["1", "2"]] * 2
    assert shard.given_up == [(["1", "2"], GivenUp.RETRIES, 2)]
    assert shard.done == ["2"]


def test_retries_pause_longer_each_time():
    shard = Shard(*[FAILED] * 4, max_attempts=4).deliver("1")
    assert shard.pauses == sorted(set(shard.pauses))


def test_halving_isolates_the_poison_and_delivers_its_neighbours():
    shard = Shard(decide=fails_with("3"), halves_on_error=True).deliver("1", "2", "3", "4")
    assert [records for records, _, _ in shard.given_up] == [["3"]]
    assert shard.done == ["2", "3", "4"]


def test_halving_takes_nothing_from_the_retries():
    shard = Shard(decide=fails_with("1"), halves_on_error=True).deliver("1", "2", "3", "4")
    assert shard.given_up == [(["1"], GivenUp.RETRIES, 2)]


def test_a_partial_response_keeps_what_was_processed_before_the_first_failure():
    shard = Shard(partial("4", "3"), OK, partial_responses=True).deliver("1", "2", "3", "4")
    assert shard.batches == [["1", "2", "3", "4"], ["3", "4"]]
    assert shard.done == ["2", "4"]


@pytest.mark.parametrize("identifier", ["", None, "of another batch"])
def test_a_partial_response_that_names_no_record_means_all_failed(identifier):
    shard = Shard(partial(identifier), OK, partial_responses=True).deliver("1", "2")
    assert shard.batches == [["1", "2"]] * 2


def test_a_partial_response_is_ignored_where_the_mapping_does_not_ask_for_it():
    shard = Shard(partial("1"), partial_responses=False).deliver("1", "2")
    assert shard.batches == [["1", "2"]]


def test_records_that_are_too_old_are_given_up_without_an_attempt():
    shard = Shard(now=61.0, max_age_seconds=60).deliver("1")
    assert shard.given_up == [(["1"], GivenUp.AGE, 0)]
    assert shard.batches == []


def test_throttling_is_no_attempt():
    shard = Shard(*[THROTTLED] * 5, FAILED, OK).deliver("1")
    assert shard.given_up == []


def test_a_mapping_that_is_gone_leaves_its_records_in_the_stream():
    class Gone(Shard):
        @property
        def settings(self):
            raise MappingGoneError

        @settings.setter
        def settings(self, _):
            pass

    shard = Gone(OK)
    with pytest.raises(MappingGoneError):
        shard.deliver("1")
    assert shard.done == []
