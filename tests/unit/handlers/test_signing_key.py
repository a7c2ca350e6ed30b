import logging

import pytest

from handlers import signing_key
from tests.unit.handlers.conftest import Context


class Keys:
    def __init__(self, client):
        pass

    def public_key(self, arn, *, generation):
        if arn == "broken":
            raise RuntimeError("no permission")
        return f"PEM of {arn} {generation}"


@pytest.fixture
def answers(monkeypatch):
    seen = []
    monkeypatch.setattr(signing_key, "SigningKeys", Keys)
    monkeypatch.setattr(signing_key.clients, "secretsmanager", lambda: None)
    monkeypatch.setattr(
        signing_key.cloudformation, "respond", lambda event, **answer: seen.append(answer)
    )
    return seen


def request(kind, **properties):
    return {
        "RequestType": kind,
        "LogicalResourceId": "Key",
        "StackId": "s",
        "RequestId": "r",
        "ResponseURL": "https://x",
        "ResourceProperties": {"SecretArn": "arn", "Generation": "1"} | properties,
    }


def test_create_returns_the_public_key_under_a_lasting_name(answers):
    signing_key.handler(request("Create"), Context())
    assert answers == [
        {
            "physical_id": "key-of-Key",
            "failure": None,
            "data": {"PublicKeyPem": "PEM of arn 1"},
        }
    ]


def test_update_keeps_the_name(answers):
    event = request("Update", Generation="2") | {"PhysicalResourceId": "key-of-Key"}
    signing_key.handler(event, Context())
    assert answers[0]["physical_id"] == "key-of-Key"
    assert answers[0]["data"] == {"PublicKeyPem": "PEM of arn 2"}


def test_delete_does_nothing_and_says_so(answers):
    signing_key.handler(request("Delete", SecretArn="broken"), Context())
    assert answers[0]["failure"] is None
    assert answers[0]["data"] == {}


@pytest.mark.parametrize(
    ("properties", "reason"), [({"SecretArn": "broken"}, "no permission"), (None, "KeyError")]
)
def test_a_failure_is_answered_with_its_reason(answers, properties, reason):
    event = request("Create", **(properties or {}))
    if properties is None:
        event["ResourceProperties"] = {}
    signing_key.handler(event, Context())
    assert reason in answers[0]["failure"]


def test_the_private_key_is_never_logged(monkeypatch, caplog, capsys):
    from adapters.signing_keys import SigningKeys

    class Secrets:
        kept = ""

        def get_secret_value(self, **_):
            return {}

        def put_secret_value(self, *, SecretId, SecretString):  # noqa: N803
            self.kept = SecretString

    secrets = Secrets()
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(signing_key, "SigningKeys", SigningKeys)
    monkeypatch.setattr(signing_key.clients, "secretsmanager", lambda: secrets)
    monkeypatch.setattr(signing_key.cloudformation, "respond", lambda event, **answer: None)
    signing_key.handler(request("Create"), Context())
    assert "PRIVATE KEY" in secrets.kept
    written = capsys.readouterr()
    assert "PRIVATE KEY" not in caplog.text + written.out + written.err


def test_the_word_of_the_edge_is_made_and_told_to_nobody(answers, monkeypatch):
    made = []

    class Words:
        def __init__(self, client, arn):
            self.arn = arn

        def make(self, generation):
            made.append((self.arn, generation))

    monkeypatch.setattr(signing_key, "EdgeWords", Words)
    event = request("Update", Generation="3") | {"ResourceType": "Custom::EdgeWord"}
    signing_key.handler(event, Context())
    assert made == [("arn", "3")]
    assert (answers[0]["failure"], answers[0]["data"]) == (None, {})
