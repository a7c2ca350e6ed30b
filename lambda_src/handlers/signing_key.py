"""CloudFormation custom resources: the keys of the media's cookies, the word of the edge."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients, cloudformation
from adapters.edge_words import EdgeWords
from adapters.observability import logger
from adapters.signing_keys import SigningKeys

EDGE_WORD = "Custom::EdgeWord"


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """The Lambda entry point. CloudFormation gets an answer whatever happens."""
    properties = event.get("ResourceProperties", {})
    physical_id = str(event.get("PhysicalResourceId") or f"key-of-{event['LogicalResourceId']}")
    failure: str | None = None
    data: dict[str, str] = {}
    try:
        # Deleting leaves the secret, which has a life of its own, and the cookies in use.
        if event["RequestType"] != "Delete":
            data = _made(event.get("ResourceType"), properties)
    except Exception as error:  # noqa: BLE001 - no answer means an hour of waiting
        logger().exception("what CloudFront is to have was not made")
        failure = f"{type(error).__name__}: {error}"
    cloudformation.respond(event, physical_id=physical_id, failure=failure, data=data)


def _made(kind: str | None, properties: dict[str, Any]) -> dict[str, str]:
    """What CloudFormation may know of it, which is nothing that is secret."""
    client, arn = clients.secretsmanager(), properties["SecretArn"]
    generation = str(properties["Generation"])
    if kind == EDGE_WORD:
        EdgeWords(client, arn).make(generation)
        return {}
    return {"PublicKeyPem": SigningKeys(client).public_key(arn, generation=generation)}
