"""The automation that moves the model pointer back one step."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.constructs.grants import read_objects

SCRIPT = Path(__file__).resolve().parents[2] / "operations" / "rollback_model.py"


class ModelRollback(Construct):
    """An SSM document that anyone who may start automations can run, and its role."""

    def __init__(self, scope: Construct, id: str, *, name: str, model_bucket: s3.IBucket) -> None:
        """`name` is what a runbook calls the document."""
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "ssm.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="Reads published models, writes the pointer to the current one",
        )
        read_objects(model_bucket, self.role, "models")
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="MovePointer",
                actions=["s3:PutObject"],
                resources=[model_bucket.arn_for_objects("models/current.json")],
            )
        )
        self.document = ssm.CfnDocument(
            self,
            "Document",
            name=name,
            document_type="Automation",
            document_format="JSON",
            update_method="NewVersion",
            content=self._content(model_bucket),
        )

    def _content(self, model_bucket: s3.IBucket) -> dict[str, object]:
        return {
            "schemaVersion": "0.3",
            "description": "Serve the model before the current one again.",
            "assumeRole": self.role.role_arn,
            "outputs": ["RollBack.From", "RollBack.To"],
            "mainSteps": [
                {
                    "name": "RollBack",
                    "action": "aws:executeScript",
                    "timeoutSeconds": 120,
                    "isEnd": True,
                    "inputs": {
                        "Runtime": "python3.11",
                        "Handler": "handler",
                        "InputPayload": {"Bucket": model_bucket.bucket_name},
                        "Script": SCRIPT.read_text(),
                    },
                    "outputs": [
                        {"Name": "From", "Selector": "$.Payload.from", "Type": "String"},
                        {"Name": "To", "Selector": "$.Payload.to", "Type": "String"},
                    ],
                }
            ],
        }
