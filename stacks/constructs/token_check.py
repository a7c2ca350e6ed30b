"""A function at the edge that answers requests without a token, before they cost anything."""

from __future__ import annotations

import json

from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from stacks.edge_answers import UNAUTHENTICATED

_CODE = f"""
function handler(event) {{
  if (event.request.headers.authorization) {{
    return event.request;
  }}
  return {{
    statusCode: 401,
    statusDescription: 'Unauthorized',
    headers: {{
      'content-type': {{ value: 'application/json' }},
      'www-authenticate': {{ value: 'Bearer' }}
    }},
    body: {{ encoding: 'text', data: {json.dumps(UNAUTHENTICATED)} }}
  }};
}}
""".strip()


class TokenCheck(cloudfront.Function):
    """Looks only whether there is a token; whether it is good is the authoriser's to say."""

    def __init__(self, scope: Construct, id: str) -> None:
        """Make the function; `at_request` puts it in front of a behaviour."""
        super().__init__(
            scope,
            id,
            comment="Answers API requests that carry no access token",
            code=cloudfront.FunctionCode.from_inline(_CODE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )

    @property
    def at_request(self) -> cloudfront.FunctionAssociation:
        """The function where the viewer's request comes in."""
        return cloudfront.FunctionAssociation(
            function=self, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
        )
