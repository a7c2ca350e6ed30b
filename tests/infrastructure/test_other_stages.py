"""A stage of somebody's own, with what the three that ship leave open."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stacks.config import STAGES
from tests.infrastructure.synthesis import ROOT, Template


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    """Prod with a domain, an address for alarms, an account, a NAT and a replaced key."""
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks, ServerlessChecks

    from stacks.stage import MarqueeStage

    folder = tmp_path_factory.mktemp("theirs")
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(outdir=str(folder), analytics_reporting=False, context=context)
    MarqueeStage(
        app,
        config=replace(
            STAGES["prod"],
            account="123456789012",
            alarm_email="operators@example.com",
            blocked_countries=("AQ",),
            domain_name="watch.example.com",
            nat_gateways=1,
            signing_generations=(1, 2),
            active_signing_key=1,
            edge_generation=2,
            tags={"cost-centre": "streaming"},
        ),
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    app.synth()  # raises where a rule pack finds something
    return {
        path.name.split(".")[0]: Template(path.name.split(".")[0], path, _read(path))
        for path in folder.glob("*.template.json")
    }


def test_its_own_domain_speaks_tls_1_2_at_least(theirs: dict[str, Template]):
    config = theirs["delivery"].only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["Aliases"] == ["watch.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"


def test_the_other_key_signs(theirs: dict[str, Template]):
    playback = theirs["api"].named("AWS::Lambda::Function", "FunctionsPlayback")
    variables = playback["Environment"]["Variables"]
    assert "SigningKeyBPrivateKey" in str(variables["SIGNING_SECRET_ARN"])
    assert "SigningKeyBPublicKey2" in str(variables["SIGNING_KEY_ID"])


def test_a_replaced_key_keeps_its_secret_and_gets_a_new_public_key(theirs: dict[str, Template]):
    content = theirs["content"]
    assert len(content.of_type("AWS::SecretsManager::Secret")) == 3
    names = [name[:21] for name in content.of_type("AWS::CloudFront::PublicKey")]
    assert names == ["SigningKeyAPublicKey1", "SigningKeyBPublicKey2"]


def test_a_new_word_of_the_edge_is_said_in_the_deployment_that_makes_it(
    theirs: dict[str, Template],
):
    assert theirs["content"].only("Custom::EdgeWord")["Generation"] == "2"
    distribution = theirs["delivery"].only("AWS::CloudFront::Distribution")
    assert ":SecretString:generation2::}}" in str(distribution)


def test_a_stage_with_a_nat_sends_its_nodes_through_it(theirs: dict[str, Template]):
    assert len(theirs["network"].of_type("AWS::EC2::NatGateway")) == 1


def test_its_tags_are_on_its_resources(theirs: dict[str, Template]):
    tags = theirs["events"].only("AWS::Kinesis::Stream")["Tags"]
    assert {"Key": "cost-centre", "Value": "streaming"} in tags


def _read(path: Path) -> dict[str, object]:
    return json.loads(path.read_text())
