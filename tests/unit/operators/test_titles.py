"""The importer's command: what it reads, refuses and would write."""

from __future__ import annotations

from decimal import Decimal

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from recommender.catalogue import Title
from scripts.operators import titles
from scripts.operators.__main__ import app
from scripts.operators.errors import OperatorError
from scripts.operators.titles import open_dataset, title_item

MOVIES = "movieId,title,genres\n1,Heat (1995),Crime|Thriller\n"
RATINGS = "userId,movieId,rating,timestamp\n7,1,5.0,964982703\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "movies.csv").write_text(MOVIES)
    (tmp_path / "ratings.csv").write_text(RATINGS)
    return tmp_path


def test_an_item_leaves_out_what_is_not_known():
    item = title_item(Title(title_id="1", name="Heat", genres=("Crime",), available_until=2.5))
    assert item == {
        "title_id": "1",
        "name": "Heat",
        "genres": ["Crime"],
        "available_until": Decimal("2.5"),
    }


def test_age_zero_is_known():
    assert title_item(Title(title_id="1", name="Heat", maturity=0))["maturity"] == 0


def test_a_folder_without_ratings_is_refused_by_name(folder):
    (folder / "ratings.csv").unlink()
    with pytest.raises(OperatorError, match=r"ratings\.csv"):
        open_dataset(folder)


def test_other_ratings_are_another_data_set(folder):
    before = open_dataset(folder).digest
    (folder / "ratings.csv").write_text(RATINGS + "8,1,4.0,964982704\n")
    assert open_dataset(folder).digest != before


def test_a_dry_run_reads_everything_and_writes_nothing(folder):
    # No platform runs here: reaching for one would fail.
    answer = CliRunner().invoke(app, ["titles", "import", str(folder), "--dry-run"])
    assert answer.exit_code == 0
    assert "1 titles, 1 ratings by 1 viewers" in answer.output


def test_a_bad_line_is_named(folder):
    (folder / "ratings.csv").write_text(RATINGS + "8,1,eleven,964982704\n")
    answer = CliRunner().invoke(app, ["titles", "import", str(folder), "--dry-run"])
    assert answer.exit_code == 1
    for part in ("ratings.csv", "3", "rating", "eleven"):
        assert part in answer.stderr


def test_an_unknown_stage_is_refused_with_the_known_ones(folder):
    answer = CliRunner().invoke(app, ["status", "--stage", "production"])
    assert answer.exit_code == 1
    assert "prod" in answer.stderr


def test_without_a_platform_the_next_step_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("MARQUEE_HOME", str(tmp_path))
    answer = CliRunner().invoke(app, ["token"])
    assert answer.exit_code == 1
    assert "make demo" in answer.stderr


class MotoDeployment:
    """A titles table and a lake bucket."""

    def __init__(self, stage: str) -> None:
        self.titles = boto3.resource("dynamodb").Table("titles")

    def table(self, output: str):
        return self.titles

    def client(self, service: str):
        return boto3.client(service)

    def output(self, area: str, name: str) -> str:
        return "lake"


@pytest.fixture
def deployment(monkeypatch):
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(titles, "Deployment", MotoDeployment)
    with mock_aws():
        boto3.resource("dynamodb").create_table(
            TableName="titles", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "title_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "title_id", "AttributeType": "S"}],
        )  # fmt: skip
        boto3.client("s3").create_bucket(Bucket="lake")
        yield MotoDeployment("local")


@pytest.mark.parametrize("kept", [{"delivered_at": 1}, {"retired_at": 1, "available_until": 1}])
def test_importing_leaves_what_was_delivered_or_retired_and_says_so(folder, deployment, kept):
    (folder / "movies.csv").write_text(MOVIES + "2,Ronin (1998),Crime\n")
    item = {"title_id": "1", "name": "As it was", **kept}
    deployment.titles.put_item(Item=item)
    answer = CliRunner().invoke(app, ["titles", "import", str(folder)])
    assert answer.exit_code == 0, answer.output
    assert "left 1 titles as they are" in answer.output
    found = {item["title_id"]: item for item in deployment.titles.scan()["Items"]}
    assert found["1"] == item
    assert found["2"]["name"] == "Ronin"
