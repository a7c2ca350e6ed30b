"""Bad input and missing parts have a face: the right status, and a body that names the field."""

from __future__ import annotations

import json

import httpx
import pytest

from adapters.edge_words import AGAIN_SECONDS, EdgeWords
from schemas.edge import EDGE_HEADER, word_name
from tests.integration.waiting import a_batch, an_event, eventually


def fields(answer) -> set[str]:
    return {detail["field"] for detail in answer.json()["error"]["details"]}


def test_a_malformed_event_is_refused_by_its_field(http, profile):
    event = an_event("rate", "1")  # a rating without stars
    answer = http.post(f"/v1/profiles/{profile}/events", json=a_batch([event]))
    assert answer.status_code == 400
    assert any("rating" in field for field in fields(answer))


def test_a_malformed_event_loses_none_of_its_neighbours(http, api, profile):
    title = api.get("/v1/titles", limit=1)["items"][0]["title_id"]
    events = [an_event("complete", title), {"type": "complete"}, an_event("list_add", title)]
    answer = http.post(f"/v1/profiles/{profile}/events", json=a_batch(events))
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2
    assert [entry["index"] for entry in answer.json()["rejected"]] == [1]

    def stored() -> bool:
        viewing = api.get(f"/v1/profiles/{profile}/export")["viewing"]
        return any(row["completed_at"] and row["listed"] for row in viewing)

    assert eventually(stored)


def test_a_body_that_is_no_json_is_refused(http, profile):
    answer = http.post(f"/v1/profiles/{profile}/events", content=b"{")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"]


def test_an_unknown_profile_is_not_found(http):
    answer = http.get("/v1/profiles/00000000-0000-4000-8000-000000000000/recommendations")
    assert answer.status_code == 404
    assert fields(answer) == {"profile_id"}


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
def test_a_limit_out_of_range_is_refused_by_name(http, profile, limit):
    answer = http.get(f"/v1/profiles/{profile}/recommendations", params={"limit": limit})
    assert answer.status_code == 400
    assert fields(answer) == {"limit"}


def test_a_missing_token_is_refused_by_name(http, profile):
    answer = http.get(f"/v1/profiles/{profile}/home", headers={"authorization": ""})
    assert answer.status_code == 401
    assert fields(answer) == {"authorization"}


def test_a_token_of_ones_own_making_is_refused(http, profile, token):
    head, body, _ = token.split(".")
    answer = http.get(
        f"/v1/profiles/{profile}/home", headers={"authorization": f"Bearer {head}.{body}.AAAA"}
    )
    assert answer.status_code == 401
    assert fields(answer) == {"authorization"}


def test_another_accounts_profile_does_not_exist(http, running):
    other = running.accounts[1]["profile_id"]
    assert http.get(f"/v1/profiles/{other}").status_code == 404


def test_an_unknown_route_answers_in_json(http):
    answer = http.get("/v1/nothing-here")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert fields(answer) == {"path"}


def test_another_sites_page_is_kept_out(http):
    assert http.get("/v1/profiles", headers={"origin": "https://example.org"}).status_code == 403
    assert http.get("/v1/profiles", headers={"host": "example.org"}).status_code == 403


@pytest.fixture
def own_address(running, deployment, token):
    """Asks for the account's profiles at the API's own address, past the edge."""
    url = f"{running.endpoint}/_aws/execute-api/{deployment.output('api', 'ApiId')}//v1/profiles"
    headers = {"authorization": f"Bearer {token}", "cloudfront-viewer-country": "FR"}
    return lambda **said: httpx.get(url, headers=headers | said, timeout=30)


@pytest.mark.parametrize("said", [{}, {EDGE_HEADER: "a-guess"}])
def test_the_api_answers_nobody_at_its_own_address(http, own_address, said):
    assert http.get("/v1/profiles").status_code == 200
    answer = own_address(**said)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_through_edge")
    assert fields(answer) == {EDGE_HEADER}


def test_a_new_word_counts_beside_the_one_that_the_edge_still_says(http, own_address, deployment):
    secret = next(
        function["Environment"]["Variables"]["EDGE_SECRET_ARN"]
        for function in deployment.client("lambda").list_functions(MaxItems=1000)["Functions"]
        if function["Handler"] == "handlers.profiles.handler"
    )
    words = EdgeWords(deployment.client("secretsmanager"), secret)
    words.make("2")  # as the deployment does that turns it over, before CloudFront is told
    new = words.read()[word_name(2)]
    assert eventually(
        lambda: own_address(**{EDGE_HEADER: new}).status_code == 200, seconds=AGAIN_SECONDS + 3
    )
    assert http.get("/v1/profiles").status_code == 200


def test_what_a_viewer_says_in_the_edges_name_is_overwritten(http):
    assert http.get("/v1/profiles", headers={EDGE_HEADER: "a-guess"}).status_code == 200


def test_the_page_and_its_configuration_are_served(http, running):
    page = http.get("/")
    assert page.status_code == 200
    assert "<title>" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    configuration = http.get("/config.json").json()
    assert configuration["identity_endpoint"] == "/identity/"
    assert len(configuration["demo_viewers"]) == len(running.accounts)


def test_the_fleet_node_is_healthy_and_serves_media(http, deployment):
    s3, bucket = deployment.client("s3"), deployment.output("content", "MediaBucketName")
    s3.put_object(Bucket=bucket, Key="media/t1/segment.m4s", Body=b"0123456789")
    node = f"http://127.0.0.2:{http.base_url.port}"
    assert httpx.get(f"{node}/healthz").status_code == 200
    part = httpx.get(f"{node}/media/t1/segment.m4s", headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, b"2345")


def test_no_media_without_the_cookies_of_a_playback_grant(http):
    assert http.get("/media/t1/segment.m4s").status_code == 403


class TestWithoutAModel:
    """The served model is taken away or damaged; new function processes find what is left."""

    @pytest.fixture
    def model(self, deployment):
        """Client, bucket and pointer of the published model, which is put back at the end."""
        s3 = deployment.client("s3")
        bucket = deployment.output("content", "ModelBucketName")
        pointer = s3.get_object(Bucket=bucket, Key="models/current.json")["Body"].read()
        artifact = json.loads(pointer)["key"]
        data = s3.get_object(Bucket=bucket, Key=artifact)["Body"].read()
        yield s3, bucket, artifact, data
        s3.put_object(Bucket=bucket, Key=artifact, Body=data)
        s3.put_object(Bucket=bucket, Key="models/current.json", Body=pointer)
        self.restart(deployment)

    def restart(self, deployment) -> None:
        """New processes for the function, as after a deployment: no model in memory."""
        functions = deployment.client("lambda")
        name = next(
            function["FunctionName"]
            for function in functions.list_functions(MaxItems=1000)["Functions"]
            if function["Handler"] == "handlers.recommendations.handler"
        )
        functions.update_function_configuration(FunctionName=name, Description="restarted")
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)

    @pytest.mark.parametrize("damage", ["missing pointer", "missing object", "cut short", "other"])
    def test_popular_titles_are_served_and_the_fallback_is_said(
        self, model, deployment, api, profile, damage
    ):
        s3, bucket, artifact, data = model
        if damage == "missing pointer":
            s3.delete_object(Bucket=bucket, Key="models/current.json")
        elif damage == "missing object":
            s3.delete_object(Bucket=bucket, Key=artifact)
        elif damage == "cut short":
            s3.put_object(Bucket=bucket, Key=artifact, Body=data[: len(data) // 2])
        else:
            s3.put_object(Bucket=bucket, Key=artifact, Body=b"x" * len(data))
        self.restart(deployment)
        answer = api.get(f"/v1/profiles/{profile}/recommendations", limit=10)
        assert answer["fallback"]
        assert len(answer["items"]) == 10
        assert {item["source"] for item in answer["items"]} == {"popularity"}
