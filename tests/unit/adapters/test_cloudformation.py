import io
import json
from urllib.error import URLError

import pytest

from adapters import cloudformation

EVENT = {
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Key",
    "ResponseURL": "https://cloudformation.example/answer?signature=x",
}


@pytest.fixture
def web(monkeypatch):
    calls, faults = [], []

    def answer(request, timeout):
        calls.append(request)
        if faults:
            raise faults.pop(0)
        return io.BytesIO()

    monkeypatch.setattr(cloudformation, "urlopen", answer)
    return calls, faults


def test_success_carries_the_data(web):
    cloudformation.respond(EVENT, physical_id="id", data={"PublicKeyPem": "PEM"})
    (request,) = web[0]
    answer = json.loads(request.data)
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"PublicKeyPem": "PEM"})
    assert (answer["StackId"], answer["RequestId"]) == ("stack", "request")
    assert (request.method, request.get_header("Content-type")) == ("PUT", "")


def test_failure_carries_the_reason_cut_to_size(web):
    cloudformation.respond(EVENT, physical_id="id", failure="no" * 5000)
    answer = json.loads(web[0][0].data)
    assert (answer["Status"], len(answer["Reason"])) == ("FAILED", 1000)


def test_an_answer_that_got_lost_is_sent_again(web, naps):
    web[1].extend([URLError("reset"), URLError("reset")])
    cloudformation.respond(EVENT, physical_id="id")
    assert len(web[0]) == 3


def test_an_answer_that_cant_be_delivered_fails_the_function(web, naps):
    web[1].extend([URLError("down")] * 9)
    with pytest.raises(URLError):
        cloudformation.respond(EVENT, physical_id="id")


def test_an_answer_goes_to_the_web_alone(web):
    with pytest.raises(ValueError, match="web address"):
        cloudformation.respond(EVENT | {"ResponseURL": "file:///etc/passwd"}, physical_id="id")
