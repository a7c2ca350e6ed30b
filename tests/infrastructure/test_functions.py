"""Every function of the platform: how it runs, what it is told, what it may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Assembly, Template

Find = Callable[..., Template]
MODEL = ("MODEL_BUCKET", "OPENBLAS_NUM_THREADS")
EDGE = "EDGE_SECRET_ARN"
POWERTOOLS = {
    "POWERTOOLS_LOG_LEVEL",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
}
# What each function is told, and nothing more: the tables and buckets that it may touch.
TOLD = {
    "titles": {"PROFILES_TABLE", "VIEWING_TABLE", "TITLES_TABLE", *MODEL, EDGE},
    "profiles": {"PROFILES_TABLE", "VIEWING_TABLE", EDGE},
    "recommendations": {
        "PROFILES_TABLE", "VIEWING_TABLE", "TITLES_TABLE", "TRENDING_TABLE", *MODEL, EDGE,
    },
    "interactions": {"PROFILES_TABLE", "TITLES_TABLE", "VIEWING_TABLE", "EVENT_STREAM", EDGE},
    "events": {"PROFILES_TABLE", "EVENT_STREAM", EDGE},
    "playback": {
        "PROFILES_TABLE", "VIEWING_TABLE", "TITLES_TABLE", "SIGNING_SECRET_ARN", "SIGNING_KEY_ID",
        "DELIVERY_DOMAIN_PARAMETER", "STREAMS_TABLE", "STREAM_LIMIT", EDGE,
    },
    "profile_consumer": {"PROFILES_TABLE", "VIEWING_TABLE", "FAILURE_BUCKET"},
    "trending_consumer": {"TRENDING_TABLE", "FAILURE_BUCKET", "QUALITY_COUNTRIES"},
    "quality_widget": {"TRENDING_TABLE"},
    "lake_upkeep": {
        "LAKE_BUCKET", "LAKE_DATABASE", "LAKE_RETENTION_DAYS", "LAKE_MOST_BYTES",
    },
    "training_snapshot": {"VIEWING_TABLE", "TITLES_TABLE", "LAKE_BUCKET", "MODEL_BUCKET"},
    "model_gate": {"MODEL_BUCKET"},
    "model_publish": {"MODEL_BUCKET", "TRENDING_TABLE"},
    "model_verify": {"MODEL_BUCKET"},
    "signing_key": set(),
    "title_examine": {"INGEST_BUCKET", "TITLES_TABLE"},
    "title_check": {"INGEST_BUCKET"},
    "title_arrange": {"INGEST_BUCKET", "MEDIA_BUCKET"},
    "title_list": {"MEDIA_BUCKET", "TITLES_TABLE"},
}  # fmt: skip
WRITES = {
    "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
    "s3:PutObject", "kinesis:PutRecord", "kinesis:PutRecords", "secretsmanager:PutSecretValue",
}  # fmt: skip
# The writes that are a function's work, of all that any function has.
MAY_WRITE = {
    "titles": set(),
    "profiles": {"dynamodb"},
    "recommendations": set(),
    "interactions": {"dynamodb", "kinesis"},
    "events": {"kinesis"},
    "playback": {"dynamodb"},
    "profile_consumer": {"dynamodb", "s3"},
    "trending_consumer": {"dynamodb", "s3"},
    "quality_widget": set(),
    "lake_upkeep": {"s3"},
    "training_snapshot": {"s3"},
    "model_gate": set(),
    "model_publish": {"dynamodb", "s3"},
    "model_verify": set(),
    "signing_key": {"secretsmanager"},
    "title_examine": {"s3"},
    "title_check": set(),
    "title_arrange": {"s3"},
    "title_list": {"dynamodb"},
}


def test_every_function_has_its_place_in_these_tests(assembly: Assembly):
    assert {_module(function) for _, function in _functions(assembly)} == set(TOLD)


def test_a_function_is_told_what_it_uses_and_nothing_more(assembly: Assembly):
    told = {
        _module(function): set(function["Environment"]["Variables"]) - POWERTOOLS
        for _, function in _functions(assembly)
    }
    assert told == TOLD


def test_every_handler_exists(assembly: Assembly):
    missing = [
        module
        for module in {_module(function) for _, function in _functions(assembly)}
        if not (ROOT / "lambda_src" / "handlers" / f"{module}.py").is_file()
    ]
    assert missing == []


def test_a_function_may_write_what_its_work_is(assembly: Assembly):
    granted = {
        _module(function): {action.split(":")[0] for action in _actions(template, function)}
        for template, function in _functions(assembly)
    }
    assert granted == MAY_WRITE


def test_every_function_writes_to_a_log_group_of_its_own(assembly: Assembly):
    for template, function in _functions(assembly):
        group = template.body["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]
        retention = STAGES[assembly.stage].log_retention_days
        assert group["Properties"]["RetentionInDays"] == retention, _module(function)


def test_every_function_is_traced(assembly: Assembly):
    for _, function in _functions(assembly):
        assert function["TracingConfig"] == {"Mode": "Active"}, _module(function)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_functions_run_on_arm_and_the_newest_python(assemblies: dict[str, Assembly], stage: str):
    runs_on = {
        (function["Runtime"], *function["Architectures"])
        for _, function in _functions(assemblies[stage])
    }
    assert runs_on == {("python3.14", "arm64")}


def test_every_function_has_the_alias_that_is_invoked(assembly: Assembly):
    for template in assembly.templates.values():
        aliased = {
            alias["FunctionName"]["Ref"] for alias in template.properties("AWS::Lambda::Alias")
        }
        own = {
            name
            for name, function in template.of_type("AWS::Lambda::Function").items()
            if function["Properties"]["Handler"].startswith("handlers.")
        }
        assert aliased == own


def test_functions_that_hold_a_model_have_a_whole_core(template: Find):
    api = template("api")
    for name in ("FunctionsTitles", "FunctionsRecommendations"):
        assert api.named("AWS::Lambda::Function", name)["MemorySize"] == 1769


def _functions(assembly: Assembly) -> Iterator[tuple[Template, dict[str, Any]]]:
    """Every function of lambda_src; the library's own and other areas' are not ours to judge."""
    for template in assembly.templates.values():
        for function in template.properties("AWS::Lambda::Function"):
            if str(function["Handler"]).startswith("handlers."):
                yield template, function


def _module(function: dict[str, Any]) -> str:
    return function["Handler"].removeprefix("handlers.").removesuffix(".handler")


def _actions(template: Template, function: dict[str, Any]) -> set[str]:
    role = function["Role"]["Fn::GetAtt"][0]
    return template.granted(role) & WRITES
