"""The gate opens for what the product's own signer made, and for nothing else."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1

from adapters.media_signer import MediaSigner, media_policy
from local.media_gate import COOKIES, CookieCheck, RefusedError

NOW = 1_795_460_400
DOMAIN = "d1.cloudfront.net"
KEYS = {
    name: generate_private_key(public_exponent=65537, key_size=2048) for name in ("KA", "KB", "KX")
}
SEGMENT = "/media/t1/0a1b/720p/seg-00001.m4s"


@pytest.fixture
def gate():
    trusted = {name: KEYS[name].public_key() for name in ("KA", "KB")}
    return CookieCheck(keys=trusted, domain=DOMAIN, now=lambda: NOW)


def signed(key_id="KA", *, title="t1", expires_at=NOW + 60, domain=DOMAIN):
    signer = MediaSigner(key_id, lambda: KEYS[key_id], lambda: domain)
    return dict(signer.cookies(title, expires_at=expires_at))


def signed_policy(policy, key_id="KA"):
    """Cookies of any policy, well signed."""
    signer = MediaSigner(key_id, lambda: KEYS[key_id], lambda: DOMAIN)
    cookies = dict(signer.cookies("t1", expires_at=NOW + 60))
    data = policy if isinstance(policy, bytes) else json.dumps(policy).encode()
    cookies["CloudFront-Policy"] = _for_cookie(data)
    cookies["CloudFront-Signature"] = _for_cookie(KEYS[key_id].sign(data, PKCS1v15(), SHA1()))
    return cookies


def _for_cookie(data):
    import base64

    return base64.b64encode(data).translate(bytes.maketrans(b"+=/", b"-_~")).decode()


def header(cookies):
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@pytest.mark.parametrize("key_id", ["KA", "KB"])
def test_both_live_keys_open_the_title(gate, key_id):
    gate.check(SEGMENT, header(signed(key_id)))


def test_other_cookies_beside_them_do_not_matter(gate):
    gate.check(SEGMENT, f"theme=dark; {header(signed())}; x=y")


@pytest.mark.parametrize("name", COOKIES)
def test_a_stripped_cookie_is_refused_by_its_name(gate, name):
    cookies = signed()
    del cookies[name]
    with pytest.raises(RefusedError, match=name):
        gate.check(SEGMENT, header(cookies))


@pytest.mark.parametrize("name", ["CloudFront-Policy", "CloudFront-Signature"])
@pytest.mark.parametrize("change", [lambda v: v[:-8] + "AAAAAAAA", lambda v: "!" + v, lambda v: ""])
def test_a_changed_cookie_is_refused(gate, name, change):
    cookies = signed()
    cookies[name] = change(cookies[name])
    with pytest.raises(RefusedError):
        gate.check(SEGMENT, header(cookies))


def test_expired_cookies_are_refused(gate):
    with pytest.raises(RefusedError, match="not valid now"):
        gate.check(SEGMENT, header(signed(expires_at=NOW)))


@pytest.mark.parametrize(
    "path", ["/media/t2/0a1b/master.m3u8", "/media/t11/x", "/media/t1", "/media/", "/MEDIA/t1/x"]
)
def test_another_titles_cookies_are_refused(gate, path):
    with pytest.raises(RefusedError, match="is for"):
        gate.check(path, header(signed()))


def test_cookies_for_another_domain_are_refused(gate):
    with pytest.raises(RefusedError, match="is for"):
        gate.check(SEGMENT, header(signed(domain="d2.cloudfront.net")))


def test_a_key_outside_the_group_is_refused_and_so_is_its_name_borrowed(gate):
    with pytest.raises(RefusedError, match="not in the key group"):
        gate.check(SEGMENT, header(signed("KX")))
    with pytest.raises(RefusedError, match="not the policy's"):
        gate.check(SEGMENT, header(signed("KX") | {"CloudFront-Key-Pair-Id": "KA"}))


@pytest.mark.parametrize(
    "policy",
    [
        b"not json",
        b"[]",
        {"Statement": []},
        {"Statement": [{"Resource": "*"}]},
        {"Statement": [{"Resource": "*", "Condition": {}}] * 2},
        {
            "Statement": [
                {
                    "Resource": "*",
                    "Condition": {
                        "DateLessThan": {"AWS:EpochTime": NOW + 9},
                        "IpAddress": {"AWS:SourceIp": "192.0.2.0/24"},
                    },
                }
            ]
        },
    ],
)
def test_a_well_signed_policy_that_is_not_understood_is_refused(gate, policy):
    with pytest.raises(RefusedError):
        gate.check(SEGMENT, header(signed_policy(policy)))


def test_the_policy_of_the_product_is_one_that_is_understood(gate):
    policy = media_policy(DOMAIN, "t1", expires_at=NOW + 60)
    gate.check(SEGMENT, header(signed_policy(policy)))
