import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.media_signer import MediaSigner, private_key_of
from schemas.errors import RetryLaterError

KEY = generate_private_key(public_exponent=65537, key_size=2048)
EXPIRES = 1_795_480_000


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def from_cookie(value):
    return base64.b64decode(value.replace("-", "+").replace("_", "=").replace("~", "/"))


@pytest.fixture
def cookies():
    signer = MediaSigner("K123", lambda: KEY, lambda: "d1.cloudfront.net")
    return signer.cookies("t1", expires_at=EXPIRES)


def test_the_policy_opens_one_titles_media_until_it_expires(cookies):
    policy = json.loads(from_cookie(cookies["CloudFront-Policy"]))
    assert policy == {
        "Statement": [
            {
                "Resource": "https://d1.cloudfront.net/media/t1/*",
                "Condition": {"DateLessThan": {"AWS:EpochTime": EXPIRES}},
            }
        ]
    }


def test_the_public_key_verifies_the_policy(cookies):
    policy = from_cookie(cookies["CloudFront-Policy"])
    KEY.public_key().verify(
        from_cookie(cookies["CloudFront-Signature"]), policy, PKCS1v15(), SHA1()
    )
    assert cookies["CloudFront-Key-Pair-Id"] == "K123"


def test_another_policy_does_not_verify(cookies):
    policy = from_cookie(cookies["CloudFront-Policy"]).replace(b"/t1/", b"/t2/")
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(
            from_cookie(cookies["CloudFront-Signature"]), policy, PKCS1v15(), SHA1()
        )


def test_another_key_does_not_verify(cookies):
    other = generate_private_key(public_exponent=65537, key_size=2048).public_key()
    with pytest.raises(InvalidSignature):
        other.verify(
            from_cookie(cookies["CloudFront-Signature"]),
            from_cookie(cookies["CloudFront-Policy"]),
            PKCS1v15(),
            SHA1(),
        )


def test_it_is_what_awss_own_signer_makes(cookies):
    from botocore.signers import CloudFrontSigner

    signer = CloudFrontSigner("K123", lambda message: KEY.sign(message, PKCS1v15(), SHA1()))
    policy = from_cookie(cookies["CloudFront-Policy"]).decode()
    url = signer.generate_presigned_url("https://d1.cloudfront.net/media/t1/a", policy=policy)
    assert f"Policy={cookies['CloudFront-Policy']}" in url
    assert f"Signature={cookies['CloudFront-Signature']}" in url


def test_cookies_hold_no_character_that_cookies_may_not(cookies):
    assert not set("+=/;, ").intersection("".join(cookies.values()))


def test_the_key_comes_out_of_its_secret():
    secret = json.dumps({"generation": "1", "private_key_pem": pem(KEY)})
    assert private_key_of(secret).private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "a random word",
        "{}",
        "[]",
        '{"private_key_pem": 7}',
        '{"private_key_pem": "-----BEGIN PRIVATE KEY-----"}',
        json.dumps({"private_key_pem": pem(ec.generate_private_key(ec.SECP256R1()))}),
    ],
)
def test_no_usable_key_is_unavailable_and_never_said(secret):
    with pytest.raises(RetryLaterError) as error:
        private_key_of(secret)
    assert "BEGIN" not in str(error.value)
