"""Gate, publish and verify in a row, as the state machine calls them."""

import json

import boto3
import pytest
from moto import mock_aws

from adapters.settings import load
from adapters.trending_table import TrendingTable
from handlers import model_gate, model_publish, model_verify
from schemas.errors import DamagedTrainingOutputError, ModelVerificationError
from services.publishing import popular_scores
from tests.unit.adapters.artifacts import a_model, an_archive, publish
from tests.unit.handlers.conftest import Context

BUCKET = "models"


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("MODEL_BUCKET", BUCKET)
    monkeypatch.setenv("TRENDING_TABLE", "trending")
    load.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        boto3.client("dynamodb").create_table(
            TableName="trending",
            KeySchema=[
                {"AttributeName": "window", "KeyType": "HASH"},
                {"AttributeName": "title_id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("window", "title_id")
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client
    load.cache_clear()


def trained(s3, version="v1", **archive):
    key = f"jobs/{version}/output/model.tar.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=an_archive(version, **archive))
    return {"run": version, "artifact_uri": f"s3://{BUCKET}/{key}"}


def run(s3, version="v1", **archive):
    decision = model_gate.handler(trained(s3, version, **archive), Context())
    return decision, model_publish.handler(decision, Context())


def pointer(s3):
    body = s3.get_object(Bucket=BUCKET, Key="models/current.json")["Body"].read()
    return json.loads(body)


def test_a_first_model_goes_all_the_way(s3):
    decision, published = run(s3)
    assert decision["promote"] is True
    assert (decision["version"], decision["incumbent"]) == ("v1", None)
    assert set(published) == {"version", "key", "sha256", "bytes"}
    assert model_verify.handler(published, Context()) == {"version": "v1", "verified": True}


def test_the_pointer_names_what_it_replaced(s3):
    run(s3, "v1")
    run(s3, "v2")
    assert (pointer(s3)["version"], pointer(s3)["previous"]) == ("v2", "v1")


def test_publishing_again_keeps_what_was_replaced(s3):
    run(s3, "v1")
    decision, _ = run(s3, "v2")
    model_publish.handler(decision, Context())
    assert pointer(s3)["previous"] == "v1"


def test_the_popular_window_is_written(s3):
    run(s3)
    window = TrendingTable(boto3.client("dynamodb"), "trending").scores("popular")
    assert window == pytest.approx(popular_scores(a_model()))
    assert max(window.values()) == pytest.approx(1.0)
    assert "t0" in window  # of one country alone: who may see it is decided when it is shown


def test_a_worse_candidate_is_refused(s3):
    run(s3, "v1")
    decision = model_gate.handler(trained(s3, "v2", metrics={"ndcg_at_10": 0.1}), Context())
    assert decision["promote"] is False
    assert "0.1000 against the incumbent's 0.3000" in decision["reason"]
    assert decision["incumbent"] == {"ndcg_at_10": 0.3}


def test_a_damaged_incumbent_keeps_nobody_out(s3):
    publish(s3, BUCKET, "v0", stored=b"x")
    decision = model_gate.handler(trained(s3, metrics={"ndcg_at_10": 0.01}), Context())
    assert decision["promote"] is True


def test_a_damaged_candidate_fails_by_name(s3):
    with pytest.raises(DamagedTrainingOutputError):
        model_gate.handler(trained(s3, leave_out=("model.bin",)), Context())


def test_a_version_that_is_no_name_is_refused(s3):
    with pytest.raises(ValueError, match="version"):
        model_publish.handler(
            {"promote": True, "version": "../x", "artifact_uri": "s3://a/b", "metrics": {}},
            Context(),
        )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s3: s3.delete_object(Bucket=BUCKET, Key="models/current.json"),
        lambda s3: s3.delete_object(Bucket=BUCKET, Key="models/v1/model.bin"),
        lambda s3: s3.put_object(Bucket=BUCKET, Key="models/v1/model.bin", Body=b"x"),
        lambda s3: publish(s3, BUCKET, "v2"),
    ],
)
def test_what_does_not_serve_is_not_verified(s3, spoil):
    _, published = run(s3)
    spoil(s3)
    with pytest.raises(ModelVerificationError):
        model_verify.handler(published, Context())
