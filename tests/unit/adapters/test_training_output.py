import pytest

from adapters.training_output import read_training_output, split_uri
from schemas.errors import DamagedTrainingOutputError
from tests.unit.adapters.artifacts import an_archive, an_artifact

URI = "s3://models/jobs/marquee-run-1/output/model.tar.gz"


def put(bucket, archive):
    client, name = bucket
    client.put_object(Bucket=name, Key=split_uri(URI)[1], Body=archive)
    return client


def test_the_artifact_and_its_metrics_are_read(bucket):
    output = read_training_output(put(bucket, an_archive()), URI)
    assert output.artifact == an_artifact()
    assert (output.model.version, output.metrics) == ("v1", {"ndcg_at_10": 0.3})


def test_members_may_begin_with_a_dot_slash(bucket):
    dotted = {f"./{name}": None for name in ("model.bin", "metrics.json")}
    archive = an_archive(
        leave_out=("model.bin", "metrics.json"),
        **dict(zip(dotted, (an_artifact(), b'{"ndcg_at_10": 1}'), strict=True)),
    )
    assert read_training_output(put(bucket, archive), URI).metrics == {"ndcg_at_10": 1}


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (an_archive(leave_out=("model.bin",)), "no model.bin"),
        (an_archive(leave_out=("metrics.json",)), "no metrics.json"),
        (an_archive()[:-200], "model.tar.gz"),
        (b"not an archive", "model.tar.gz"),
        (b"", "model.tar.gz"),
        (an_archive(**{"metrics.json": b"{"}), "model.tar.gz"),
        (an_archive(**{"metrics.json": b"[]"}), "not an object"),
        (an_archive(metrics={"ndcg_at_10": float("nan")}), "holds NaN"),
        (an_archive(**{"model.bin": an_artifact()[:-10]}), "model.tar.gz"),
    ],
)
def test_damage_is_said(bucket, archive, reason):
    with pytest.raises(DamagedTrainingOutputError, match=reason):
        read_training_output(put(bucket, archive), URI)


def test_no_output_is_said(bucket):
    with pytest.raises(DamagedTrainingOutputError, match="NoSuchKey"):
        read_training_output(bucket[0], URI)
