"""A CloudFormation custom resource: the key pair that signs the media's cookies."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from adapters import clients, cloudformation
from adapters.observability import logger
from adapters.signing_keys import SigningKeys


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """The Lambda entry point. CloudFormation gets an answer whatever happens."""
    properties = event.get("ResourceProperties", {})
    physical_id = str(event.get("PhysicalResourceId") or f"key-of-{event['LogicalResourceId']}")
    failure, data = None, {}
    try:
        # Deleting leaves the secret, which has a life of its own, and the cookies in use.
        if event["RequestType"] != "Delete":
            keys = SigningKeys(clients.secretsmanager())
            generation = str(properties["Generation"])
            data["PublicKeyPem"] = keys.public_key(properties["SecretArn"], generation=generation)
    except Exception as error:  # noqa: BLE001 - no answer means an hour of waiting
        logger().exception("the signing key was not made")
        failure = f"{type(error).__name__}: {error}"
    cloudformation.respond(event, physical_id=physical_id, failure=failure, data=data)
