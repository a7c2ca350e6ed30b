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


def content_security_policy(sign_in: str | None = None) -> str:
    """Let the page talk to its own domain (and to ``sign_in``), and be framed by nobody.

    The player needs blobs as media (what it feeds to the video element) and data (the empty
    track that it makes for subtitles) and nothing else: its worker is a file of the page's own.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {sign_in}" if sign_in else "connect-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob: data:",
            "worker-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


# What every answer carries beside the policy above; TLS adds HSTS in the cloud.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
