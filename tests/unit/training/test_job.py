"""The training job under SageMaker's container contract, as module and as code package."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from recommender import TitleState, Viewer, from_bytes
from recommender.exchange import write_interactions, write_titles
from scripts.importers import sample
from training.package import stage
from training.train import main

METRICS = {"ndcg_at_10", "recall_at_10", "coverage", "popularity_ndcg_at_10"}
COUNTS = {"viewers", "titles", "interactions"}


@pytest.fixture(scope="module")
def data():
    return sample.generate(titles=120, viewers=60)


@pytest.fixture
def root(tmp_path, data):
    root = tmp_path / "ml"
    titles = root / "input" / "data" / "titles" / "titles.jsonl.gz"
    interactions = root / "input" / "data" / "interactions"
    titles.parent.mkdir(parents=True)
    (interactions / "nested").mkdir(parents=True)
    write_titles(titles, data.titles)
    # Every file of the channel is read, wherever it lies.
    write_interactions(interactions / "interactions-0.csv.gz", data.interactions[::2])
    write_interactions(interactions / "nested" / "interactions-1.csv.gz", data.interactions[1::2])
    return root


def hyperparameters(root, text):
    path = root / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def failure(root):
    return (root / "output" / "failure").read_text()


def test_a_job_writes_a_model_that_loads_and_its_metrics(root, data, capsys):
    hyperparameters(root, json.dumps({"version": "run-7", "now": str(sample.END)}))
    assert main(["--root", str(root)]) == 0
    model = from_bytes((root / "model" / "model.bin").read_bytes())
    assert model.version == "run-7"
    assert set(model.titles) == {title.title_id for title in data.titles}
    metrics = json.loads((root / "model" / "metrics.json").read_text())
    assert set(metrics) >= METRICS | COUNTS
    assert metrics["viewers"] == 60
    assert metrics["titles"] == 120
    assert metrics["interactions"] == len(data.interactions)
    assert metrics["ndcg_at_10"] > metrics["popularity_ndcg_at_10"] > 0
    assert f"metric ndcg_at_10={metrics['ndcg_at_10']}" in capsys.readouterr().out.splitlines()
    assert not (root / "output" / "failure").exists()
    times = [signal.occurred_at for _, signal in data.interactions]
    assert (model.papers.trained_from, model.papers.trained_to) == (min(times), max(times))
    assert model.papers.metrics == {name: metrics[name] for name in metrics if name != "bytes"}
    assert metrics["bytes"] == (root / "model" / "model.bin").stat().st_size


def test_a_file_that_can_not_be_written_whole_leaves_the_one_before(root, monkeypatch):
    assert main(["--root", str(root)]) == 0
    before = (root / "model" / "model.bin").read_bytes()
    hyperparameters(root, json.dumps({"version": "run-8"}))

    def half(path, content):
        path.open("wb").write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    assert main(["--root", str(root)]) == 1
    assert "No space left" in failure(root)
    assert (root / "model" / "model.bin").read_bytes() == before
    assert {path.name for path in (root / "model").iterdir()} == {"model.bin", "metrics.json"}


def test_the_same_data_gives_the_same_bytes(root):
    assert main(["train", "--root", str(root)]) == 0
    first = (root / "model" / "model.bin").read_bytes()
    assert main(["--root", str(root)]) == 0
    assert (root / "model" / "model.bin").read_bytes() == first


def test_the_code_package_runs_from_a_zip(root, tmp_path):
    stage(tmp_path / "code")
    package = tmp_path / "code.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for path in sorted((tmp_path / "code").rglob("*.py")):
            archive.write(path, path.relative_to(tmp_path / "code"))
    done = subprocess.run(
        [sys.executable, "-I", str(package), "--root", str(root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    history = {"mq-0001": TitleState(title_id="mq-0001", rating=5.0, rated_at=sample.END)}
    model = from_bytes((root / "model" / "model.bin").read_bytes())
    assert len(model.recommend(history, Viewer(), limit=5, now=sample.END)) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("[]", "one JSON object"),
        ('{"now": "soon"}', "'now': 'soon' is not a number"),
        ('{"holdout_share": "2"}', "'holdout_share': '2' is not 0.01 to 0.9"),
        ('{"exemplars": "0"}', "'exemplars'"),
        ('{"colour": "red"}', "'colour' is none of"),
    ],
)
def test_a_wrong_hyperparameter_fails_with_its_name(root, text, says):
    hyperparameters(root, text)
    assert main(["--root", str(root)]) == 1
    assert says in failure(root)
    assert not (root / "model").exists()


def test_sagemakers_own_hyperparameters_pass(root):
    hyperparameters(root, '{"sagemaker_program": "train.py", "exemplars": "20"}')
    assert main(["--root", str(root)]) == 0
    assert json.loads((root / "model" / "metrics.json").read_text())["exemplars"] == 20


def test_an_empty_channel_fails_with_the_reason(root):
    for path in (root / "input" / "data" / "interactions").rglob("*.gz"):
        path.unlink()
    assert main(["--root", str(root)]) == 1
    assert failure(root).startswith("NothingToTrainError: there are no interactions")


def test_a_damaged_file_fails_with_file_and_line(root):
    path = root / "input" / "data" / "interactions" / "interactions-0.csv.gz"
    path.write_bytes(path.read_bytes()[:500])
    assert main(["--root", str(root)]) == 1
    assert "ExchangeFormatError" in failure(root)
    assert "interactions-0.csv.gz, line" in failure(root)


def test_interactions_with_unknown_titles_are_left_out(root, data):
    write_titles(root / "input" / "data" / "titles" / "titles.jsonl.gz", data.titles[:60])
    assert main(["--root", str(root)]) == 0
    metrics = json.loads((root / "model" / "metrics.json").read_text())
    assert metrics["titles"] == 60
    assert 0 < metrics["interactions"] < len(data.interactions)
