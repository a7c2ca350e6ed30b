import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from adapters.faults import back_off, translated
from schemas.errors import RetryLaterError, ThrottledError
from tests.unit.adapters.faulty import refused


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "SlowDown"]
)
def test_a_busy_service_is_throttling(code):
    with pytest.raises(ThrottledError), translated("it"):
        raise refused(code)


@pytest.mark.parametrize(
    "error",
    [
        refused("InternalServerError", 500),
        refused("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="https://x"),
        ReadTimeoutError(endpoint_url="https://x"),
    ],
)
def test_a_service_that_is_down_is_worth_another_try(error):
    with pytest.raises(RetryLaterError) as caught, translated("it"):
        raise error
    assert not isinstance(caught.value, ThrottledError)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_deployments_fault_goes_through(code):
    with pytest.raises(ClientError), translated("it"):
        raise refused(code)


def test_waits_grow_are_jittered_and_bounded(naps):
    for attempt in range(30):
        back_off(attempt, base=0.1, most=1.0)
    assert all(0 <= nap <= 1.0 for nap in naps)
    assert naps[0] <= 0.1
    assert len(set(naps)) > 20
