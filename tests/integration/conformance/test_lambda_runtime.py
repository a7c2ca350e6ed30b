"""Python functions: errors, environment, imports, survival, speed."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import pytest
from conformance import packed, unique, wait_for

FAILING = """
class QuotaError(Exception):
    pass

def deeper():
    raise QuotaError("no room")

def handler(event, context):
    print("before the error")
    deeper()
"""
SECRETS = ("GITHUB_TOKEN", "AWS_PROFILE", "STATE_DIR", "GATEWAY_PORT", "VIRTUAL_ENV", "PYTHONPATH")


def test_an_error_carries_its_name_message_and_stack(aws):
    answer = aws.invoke(aws.function(FAILING))
    assert answer.failed
    assert answer.body["errorType"] == "QuotaError"
    assert answer.body["errorMessage"] == "no room"
    assert "deeper()" in answer.body["stackTrace"][-2]
    assert answer.body["requestId"]


def test_a_state_machine_catches_an_error_by_its_name(aws):
    name = aws.function(FAILING)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name},
        "Catch": [{"ErrorEquals": ["QuotaError"], "Next": "Caught"}],
        "End": True,
    }
    caught = {"Type": "Pass", "Result": "caught", "End": True}
    run = aws.run_machine({"StartAt": "Do", "States": {"Do": task, "Caught": caught}})
    assert run["status"] == "SUCCEEDED"
    assert json.loads(run["output"]) == "caught"


def test_a_function_survives_its_errors(aws):
    name = aws.function(
        "count = 0\n"
        "def handler(event, context):\n"
        "    global count\n"
        "    count += 1\n"
        "    return count if event.get('well') else 1 / 0\n"
    )
    assert aws.invoke(name).failed
    assert aws.invoke(name).failed
    assert aws.invoke(name, {"well": True}).body == 3


def test_a_function_sees_its_own_environment_only(aws):
    name = aws.function(
        "import os\ndef handler(event, context):\n    return dict(os.environ)\n",
        Environment={"Variables": {"TABLE": "films"}},
        MemorySize=256,
    )
    seen = aws.invoke(name).body
    assert seen["TABLE"] == "films"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint
    assert not set(SECRETS) & set(seen)


def test_the_emulator_keeps_nothing_of_the_environment_it_was_started_in(emulator):
    environment = Path(f"/proc/{emulator.pid}/environ").read_text().split("\0")
    names = {entry.partition("=")[0] for entry in environment if entry}
    assert names <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}


def test_only_layers_boto3_and_the_standard_library_can_be_imported(aws):
    layer = aws.client("lambda").publish_layer_version(
        LayerName=unique("layer"),
        Content={"ZipFile": packed({"python/from_layer.py": "VALUE = 42\n"})},
    )["LayerVersionArn"]
    name = aws.function(
        "import importlib\n"
        "def handler(event, context):\n"
        "    found = {}\n"
        "    for name in event:\n"
        "        try:\n"
        "            importlib.import_module(name)\n"
        "            found[name] = True\n"
        "        except ImportError:\n"
        "            found[name] = False\n"
        "    return found\n",
        Layers=[layer],
    )
    modules = ["from_layer", "boto3", "sqlite3", "pydantic", "numpy", "ministack", "local"]
    assert aws.invoke(name, modules).body == {
        "from_layer": True,
        "boto3": True,
        "sqlite3": True,
        "pydantic": False,
        "numpy": False,
        "ministack": False,
        "local": False,
    }


def test_a_module_that_can_not_be_imported_is_said(aws):
    answer = aws.invoke(aws.function("import no_such_module\n"))
    assert answer.body["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in answer.body["errorMessage"]


def test_a_function_that_takes_too_long_is_ended(aws):
    name = aws.function(
        "import time\ndef handler(event, context):\n    time.sleep(event['seconds'])\n", Timeout=1
    )
    began = time.monotonic()
    answer = aws.invoke(name, {"seconds": 30})
    assert time.monotonic() - began < 4
    assert answer.body["errorType"] == "Sandbox.Timedout"
    assert not aws.invoke(name, {"seconds": 0}).failed


def test_a_function_that_exits_is_said_and_started_again(aws):
    name = aws.function(
        "import os\ndef handler(event, context):\n    os._exit(3) if event.get('exit') else None\n"
    )
    answer = aws.invoke(name, {"exit": True})
    assert answer.body["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in answer.body["errorMessage"]
    assert not aws.invoke(name).failed


@pytest.mark.parametrize("value", [None, 7, "text", [1, {"a": None}], {"deep": {"er": [True]}}])
def test_events_and_results_pass_unchanged(aws, value):
    name = aws.function("def handler(event, context):\n    return event['value']\n")
    assert aws.invoke(name, {"value": value}).body == value


def test_what_a_function_prints_is_in_its_log(aws):
    name = aws.function("def handler(event, context):\n    print('hello', event['who'])\n")
    aws.invoke(name, {"who": "world"})
    logs = aws.client("logs")

    def said():
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        return any("hello world" in event["message"] for event in found)

    wait_for(said)


def test_a_warm_function_answers_in_milliseconds(aws):
    name = aws.function("def handler(event, context):\n    return 1\n")
    aws.invoke(name)
    took = []
    for _ in range(30):
        began = time.monotonic()
        aws.invoke(name)
        took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.045  # upstream waits 50 ms for output that never comes
