"""What the playback grant opens, asked of the edge itself, and what it does not."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from adapters.media_signer import MediaSigner, private_key_of
from stacks.edge_answers import SECURITY_HEADERS

TITLE = "cookies-1"
OTHER = "cookies-2"
SEGMENT = "0123456789abcdef/720p/seg-00001.m4s"
COOKIES = ("CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id")


@pytest.fixture(scope="module")
def store(deployment):
    """Two titles with one segment each, known to the catalogue."""
    s3, bucket = deployment.client("s3"), deployment.output("content", "MediaBucketName")
    table = deployment.table("TitlesTableName")
    for title_id in (TITLE, OTHER):
        body = title_id.encode() * 100
        s3.put_object(Bucket=bucket, Key=f"media/{title_id}/{SEGMENT}", Body=body)
        table.put_item(
            Item={
                "title_id": title_id,
                "name": title_id,
                "manifest": "0123456789abcdef/master.m3u8",
            }
        )
    yield s3
    for title_id in (TITLE, OTHER):
        table.delete_item(Key={"title_id": title_id})


@pytest.fixture
def grant(store, api, profile):
    path = f"/v1/profiles/{profile}/playback"
    yield api.post(path, {"title_id": TITLE})
    api.delete(f"{path}/{profile}")


def ask(running, cookies, path=f"/media/{TITLE}/{SEGMENT}", **headers):
    """The answer to the path exactly as it is written."""
    address = urlsplit(running.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    connection.request("GET", path, headers=({"Cookie": jar} if jar else {}) | headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def test_the_cookies_of_a_grant_open_the_title(running, grant):
    status, body, headers = ask(running, grant["cookies"])
    assert (status, body) == (200, TITLE.encode() * 100)
    assert headers["X-Cache"] in {"MISS", "HIT"}


def test_a_part_of_a_file_is_had_by_its_range(running, grant):
    status, body, _ = ask(running, grant["cookies"], Range="bytes=9-11")
    assert (status, body) == (206, (TITLE.encode() * 100)[9:12])


@pytest.mark.parametrize("stripped", COOKIES)
def test_a_stripped_cookie_opens_nothing(running, grant, stripped):
    cookies = {name: value for name, value in grant["cookies"].items() if name != stripped}
    assert ask(running, cookies)[0] == 403


def test_no_cookies_open_nothing(running, store):
    assert ask(running, {})[0] == 403


@pytest.mark.parametrize("name", COOKIES)
def test_a_changed_cookie_opens_nothing(running, grant, name):
    changed = grant["cookies"] | {name: grant["cookies"][name][::-1]}
    assert ask(running, changed)[0] == 403


def test_the_cookies_of_one_title_do_not_open_another(running, grant):
    assert ask(running, grant["cookies"], f"/media/{OTHER}/{SEGMENT}")[0] == 403


@pytest.mark.parametrize(
    "way",
    [
        f"/media/{TITLE}/../{OTHER}/{SEGMENT}",
        f"/media/{TITLE}/..%2f{OTHER}/{SEGMENT}",
        f"/media/{TITLE}/%2e%2e/{OTHER}/{SEGMENT}",
        f"/media/{TITLE}/./{SEGMENT}",
        f"/media//{TITLE}/{SEGMENT}",
        f"/media/{TITLE}/{SEGMENT}%00",
    ],
)
def test_no_detour_leads_to_another_title(running, grant, way):
    assert ask(running, grant["cookies"], way)[0] in {400, 403}


def signer(deployment, key=None, key_id="of-nobody"):
    domain = deployment.client("ssm").get_parameter(Name="/marquee/local/delivery/domain")
    return MediaSigner(key_id, lambda: key, lambda: domain["Parameter"]["Value"])


def test_a_forger_with_a_key_of_their_own_opens_nothing(running, deployment, grant):
    forged = signer(deployment, generate_private_key(public_exponent=65537, key_size=2048))
    cookies = dict(forged.cookies(TITLE, expires_at=int(time.time()) + 600))
    assert ask(running, cookies)[0] == 403
    borrowed = grant["cookies"]["CloudFront-Key-Pair-Id"]
    assert ask(running, cookies | {"CloudFront-Key-Pair-Id": borrowed})[0] == 403


def test_cookies_that_expired_open_nothing(running, deployment, grant):
    secrets = deployment.client("secretsmanager")
    (arn,) = (
        entry["ARN"]
        for entry in secrets.list_secrets()["SecretList"]
        if "SigningKeyA" in entry["Name"]
    )
    key = private_key_of(secrets.get_secret_value(SecretId=arn)["SecretString"])
    own = signer(deployment, key, grant["cookies"]["CloudFront-Key-Pair-Id"])
    assert ask(running, dict(own.cookies(TITLE, expires_at=int(time.time()) + 600)))[0] == 200
    assert ask(running, dict(own.cookies(TITLE, expires_at=int(time.time()) - 1)))[0] == 403


def test_whoever_asks_gets_the_same_answer_so_that_no_cache_can_be_poisoned(running, grant):
    def headers(**asked):
        _, body, found = ask(running, grant["cookies"], **asked)
        own = {"date", "x-cache", "x-amzn-requestid"}  # of one answer, not of who asks
        return body, {name: text for name, text in found.items() if name.lower() not in own}

    plain = headers()
    assert headers(**{"Accept-Encoding": "gzip, br"}) == plain
    assert headers(**{"User-Agent": "another"}) == plain
    assert "Access-Control-Allow-Origin" not in plain[1]
    assert "Vary" not in plain[1]


def test_every_answer_of_the_edge_has_the_security_headers(running, grant):
    for path, cookies in (
        ("/", {}),
        (f"/media/{TITLE}/{SEGMENT}", grant["cookies"]),
        ("/v1/x", {}),
    ):
        _, _, headers = ask(running, cookies, path)
        assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS, path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path


def test_the_account_plays_on_four_screens(running, api, token, profile, store):
    path = f"/v1/profiles/{profile}/playback"
    for screen in range(4):
        api.post(path, {"title_id": TITLE, "stream_id": f"screen-{screen}"})
    fifth = httpx.post(
        running.url + path,
        json={"title_id": TITLE, "stream_id": "screen-4"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert (fifth.status_code, fifth.json()["error"]["code"]) == (409, "stream_limit")
    for screen in range(4):
        api.delete(f"{path}/screen-{screen}")
    api.post(path, {"title_id": TITLE, "stream_id": "screen-4"})
    api.delete(f"{path}/screen-4")
