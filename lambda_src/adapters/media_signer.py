"""CloudFront's signed cookies: a policy for one title's media, signed with RSA and SHA-1.

SHA-1 is what CloudFront verifies cookies with; it accepts no other digest.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from schemas.errors import RetryLaterError
from schemas.playback import media_path

# CloudFront's own replacements for what a cookie may not hold.
_FOR_COOKIES = bytes.maketrans(b"+=/", b"-_~")


@dataclass(frozen=True)
class MediaSigner:
    """A :class:`services.playback.MediaSigner`. ``domain`` is asked for when first needed."""

    key_id: str
    private_key: Callable[[], RSAPrivateKey]
    domain: Callable[[], str]

    def cookies(self, title_id: str, *, expires_at: int) -> Mapping[str, str]:
        """The three cookies that open ``/media/<title_id>/*`` until ``expires_at``."""
        policy = media_policy(self.domain(), title_id, expires_at=expires_at)
        signature = self.private_key().sign(policy, PKCS1v15(), SHA1())  # noqa: S303
        return {
            "CloudFront-Policy": _for_cookie(policy),
            "CloudFront-Signature": _for_cookie(signature),
            "CloudFront-Key-Pair-Id": self.key_id,
        }


def media_policy(domain: str, title_id: str, *, expires_at: int) -> bytes:
    """CloudFront's custom policy, without a space in it."""
    statement = {
        "Resource": f"https://{domain}{media_path(title_id)}*",
        "Condition": {"DateLessThan": {"AWS:EpochTime": expires_at}},
    }
    return json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()


def private_key_of(secret: str) -> RSAPrivateKey:
    """The key in the signing secret's JSON; :class:`RetryLaterError` while there is none."""
    try:
        pem = json.loads(secret)["private_key_pem"].encode()
        key = load_pem_private_key(pem, password=None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RetryLaterError("playback has no signing key yet", retry_after_seconds=60) from error
    if not isinstance(key, RSAPrivateKey):
        raise RetryLaterError("the signing key is not an RSA key", retry_after_seconds=60)
    return key


def _for_cookie(data: bytes) -> str:
    return base64.b64encode(data).translate(_FOR_COOKIES).decode()
