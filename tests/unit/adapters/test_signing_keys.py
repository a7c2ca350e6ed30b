import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from adapters import clients
from adapters.configuration import read_parameter, read_secret
from adapters.media_signer import private_key_of
from adapters.signing_keys import SigningKeys
from schemas.errors import RetryLaterError


@pytest.fixture
def client():
    return clients.secretsmanager()


@pytest.fixture(params=["no value", "a random word", "json of something else"])
def secret(request, client):
    value = {
        "a random word": {"SecretString": "pA55w0rd"},
        "json of something else": {"SecretString": '{"generation": "1"}'},
    }.get(request.param, {})
    return client.create_secret(Name="signing", **value)["ARN"]


def test_a_new_pair_is_kept_and_its_public_half_returned(client, secret):
    public = load_pem_public_key(SigningKeys(client).public_key(secret, generation="1").encode())
    kept = private_key_of(read_secret(client, secret))
    assert kept.public_key().public_numbers() == public.public_numbers()
    assert public.key_size == 2048


def test_the_same_generation_keeps_its_pair(client, secret):
    keys = SigningKeys(client)
    assert keys.public_key(secret, generation="1") == keys.public_key(secret, generation="1")


def test_the_next_generation_is_another_pair(client, secret):
    keys = SigningKeys(client)
    assert keys.public_key(secret, generation="1") != keys.public_key(secret, generation="2")
    assert json.loads(read_secret(client, secret))["generation"] == "2"


def test_a_secret_that_is_not_there_is_none(client):
    assert read_secret(client, "arn:aws:secretsmanager:us-east-1:123456789012:secret:x") is None


def test_a_parameter_is_read_and_missed():
    clients.ssm().put_parameter(Name="/marquee/x/domain", Value="d1", Type="String")
    assert read_parameter(clients.ssm(), "/marquee/x/domain") == "d1"
    with pytest.raises(RetryLaterError, match="/marquee/y"):
        read_parameter(clients.ssm(), "/marquee/y")
