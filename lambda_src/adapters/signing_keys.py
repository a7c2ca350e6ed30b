"""The signing key's making: an RSA pair whose private half never leaves its secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.configuration import read_secret
from adapters.faults import translated
from adapters.media_signer import private_key_of
from schemas.errors import RetryLaterError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from mypy_boto3_secretsmanager import SecretsManagerClient

_BITS = 2048  # what CloudFront takes
_EXPONENT = 65537


@dataclass(frozen=True)
class SigningKeys:
    """Key pairs in secrets; a secret's ``generation`` says which pair it holds."""

    client: SecretsManagerClient

    def public_key(self, secret_arn: str, *, generation: str) -> str:
        """The public PEM of the pair of ``generation``, made now unless the secret holds it."""
        known = self._known(secret_arn, generation)
        if known is not None:
            return _public_pem(known)
        key = generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        secret = json.dumps({"generation": generation, "private_key_pem": pem})
        with translated("Secrets Manager"):
            self.client.put_secret_value(SecretId=secret_arn, SecretString=secret)
        return _public_pem(key)

    def _known(self, secret_arn: str, generation: str) -> RSAPrivateKey | None:
        # CloudFormation fills a new secret with a random word: that is no key either.
        secret = read_secret(self.client, secret_arn)
        if secret is None:
            return None
        try:
            if json.loads(secret)["generation"] != generation:
                return None
            return private_key_of(secret)
        except (ValueError, KeyError, TypeError, RetryLaterError):
            return None


def _public_pem(key: RSAPrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
