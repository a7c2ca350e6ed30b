"""What is left after the emulator was stopped, killed, or its disk harmed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from conformance import ROLE, Aws, packed, wait_for

from local.emulator.process import Emulator
from local.errors import LocalError

SECONDS = 0.3
LARGE = os.urandom(200_000)


class World:
    """A state folder, and emulators on it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.state, self.log = folder / "state", folder / "log"
        self.emulator: Emulator | None = None

    def start(self) -> Aws:
        self.emulator = Emulator(
            state_dir=self.state, log_file=self.log, seconds_between_snapshots=SECONDS
        )
        self.emulator.start()
        self.aws = Aws(self.emulator.endpoint)
        return self.aws

    def stop(self) -> None:
        self.emulator.stop()

    def kill(self) -> None:
        os.kill(self.emulator.pid, signal.SIGKILL)
        self.emulator.stop()

    def generations(self) -> list[int]:
        saved = self.state / "saved"
        return sorted(int(path.name) for path in saved.glob("*") if path.name.isdigit())

    def next_snapshot(self) -> None:
        """Waits for one that was begun from now on, of a change that is made for it."""
        for _ in range(2):  # the first to end may have been begun before
            newest = max(self.generations(), default=0)
            self.aws.client("ssm").put_parameter(
                Name="touched", Value=str(newest), Type="String", Overwrite=True
            )
            wait_for(lambda n=newest: max(self.generations(), default=0) > n, seconds=30)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    if world.emulator is not None:
        world.stop()


def remember(aws: Aws, text: str) -> None:
    parameters = aws.client("ssm")
    parameters.put_parameter(Name="memory", Value=text, Type="String", Overwrite=True)


def memory(aws: Aws) -> str:
    return aws.client("ssm").get_parameter(Name="memory")["Parameter"]["Value"]


def test_a_clean_stop_keeps_everything_and_the_address(world):
    aws = world.start()
    remember(aws, "one")
    bucket = aws.bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="a/b", Body=LARGE)
    layer = packed({"python/big.py": f"TEXT = {LARGE.hex()!r}\n"})
    layers = aws.client("lambda")
    arn = layers.publish_layer_version(LayerName="big", Content={"ZipFile": layer})
    name = aws.function(
        "import big\ndef handler(event, context):\n    return len(big.TEXT)\n",
        Layers=[arn["LayerVersionArn"]],
    )
    world.stop()
    again = world.start()
    assert again.endpoint == aws.endpoint
    assert memory(again) == "one"
    assert again.objects(bucket) == {"a/b": LARGE}
    assert again.invoke(name).body == 2 * len(LARGE)


def test_a_kill_in_the_middle_of_a_snapshot_keeps_the_one_before(world):
    aws = world.start()
    remember(aws, "one")
    name = aws.function("def handler(event, context):\n    return 7\n")
    world.next_snapshot()
    world.kill()
    partial = world.state / "saved/partial"
    partial.mkdir()
    (partial / "ssm.json").write_text('{"half": ')
    again = world.start()
    assert memory(again) == "one"
    assert again.invoke(name).body == 7


def test_delivery_goes_on_where_it_stopped(world):
    aws = world.start()
    streams = aws.client("kinesis")
    streams.create_stream(StreamName="events", ShardCount=1)
    bucket = aws.bucket()
    name = aws.function(
        "import boto3\n"
        "def handler(event, context):\n"
        f"    boto3.client('s3').put_object(Bucket={bucket!r}, "
        "Key='/'.join(r['kinesis']['sequenceNumber'] for r in event['Records']), Body=b'')\n"
    )
    aws.client("lambda").create_event_source_mapping(
        FunctionName=name,
        EventSourceArn="arn:aws:kinesis:us-east-1:000000000000:stream/events",
        StartingPosition="TRIM_HORIZON",
    )
    streams.put_record(StreamName="events", Data=b"a", PartitionKey="k")
    wait_for(lambda: len(aws.objects(bucket)) == 1)
    world.next_snapshot()
    world.kill()
    again = world.start()
    again.client("kinesis").put_record(StreamName="events", Data=b"b", PartitionKey="k")
    wait_for(lambda: len(again.objects(bucket)) == 2)
    time.sleep(0.3)
    assert len(again.objects(bucket)) == 2  # the first was not delivered once more


def test_a_damaged_snapshot_is_passed_over_for_the_one_before(world):
    aws = world.start()
    for text in ("one", "two", "three"):
        remember(aws, text)
        world.next_snapshot()
    world.kill()
    # Two are kept; killed before the oldest went, there is one more.
    assert len(world.generations()) in (2, 3)
    file = world.state / f"saved/{world.generations()[-1]}/ssm.json"
    file.write_bytes(file.read_bytes()[:-20])
    assert memory(world.start()) in ("two", "three")
    assert "ssm.json has other content than was written" in world.log.read_text()


def test_nothing_but_damaged_snapshots_starts_empty(world):
    remember(world.start(), "one")
    world.stop()
    for file in (world.state / "saved").glob("*/*.json"):
        file.write_text("not JSON")
    aws = world.start()
    assert aws.client("ssm").describe_parameters()["Parameters"] == []


def test_a_training_job_that_was_running_has_failed_after_a_restart(world):
    aws = world.start()
    bucket = aws.bucket()
    aws.client("s3").put_object(Bucket=bucket, Key="data/a", Body=b"1")
    aws.client("sagemaker").create_training_job(
        TrainingJobName="long",
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/sh", "-c", f"echo $$ > {world.state}/pid; sleep 60"],
        },
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    pid = int(wait_for(lambda: (file := world.state / "pid").exists() and file.read_text()))
    world.next_snapshot()
    world.kill()
    wait_for(lambda: not Path(f"/proc/{pid}").exists())  # it died with the emulator
    job = world.start().client("sagemaker").describe_training_job(TrainingJobName="long")
    assert job["TrainingJobStatus"] == "Failed"
    assert "the emulator was ended" in job["FailureReason"]


def test_an_emulator_that_can_not_start_says_why(tmp_path, emulator):
    port = int(emulator.endpoint.rpartition(":")[2])
    second = Emulator(port=port, state_dir=tmp_path / "state", log_file=tmp_path / "log")
    with pytest.raises(LocalError, match="Address already in use"):
        second.start()
