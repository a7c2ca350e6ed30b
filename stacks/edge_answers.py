"""What the edge itself answers, the same in the cloud and on one machine."""

from __future__ import annotations

import json

# The authoriser's own 401 has a fixed body that names nothing; a missing token is told here.
UNAUTHENTICATED = json.dumps(
    {
        "error": {
            "code": "unauthenticated",
            "message": "A valid access token is needed.",
            "details": [{"field": "authorization", "message": "must be: Bearer <access token>"}],
        }
    }
)
