"""The words by which the API knows the edge: made in the account, kept in a secret."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from adapters.configuration import read_secret
from adapters.faults import translated
from adapters.observability import logger
from schemas.edge import word_name
from schemas.errors import RetryLaterError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_BYTES = 48
KEPT_SECONDS = 300.0
# Between two looks at what is not known: a stranger's guesses cost the secret no more than this.
AGAIN_SECONDS = 10.0


@dataclass(frozen=True)
class EdgeWords:
    """The words of one secret by name: the newest, and the one that CloudFront said before it.

    Both in one value and not in two versions of it: a deployment that is rolled back finds the
    word that CloudFront still says, where a second "new" version would push it out.
    """

    client: SecretsManagerClient
    secret_arn: str

    def read(self) -> dict[str, str]:
        """All words that count; none before the first is made."""
        secret = read_secret(self.client, self.secret_arn)
        try:
            found = json.loads(secret or "{}")
        except ValueError:
            return {}  # the random text that CloudFormation fills a new secret with
        if not isinstance(found, dict):
            return {}
        return {name: word for name, word in found.items() if isinstance(word, str) and word}

    def make(self, generation: str) -> None:
        """Add the word of ``generation``, unless it is there, in the place of the oldest."""
        words, name = self.read(), word_name(generation)
        if name in words:
            return
        newest = dict(list(words.items())[-1:])
        value = json.dumps(newest | {name: secrets.token_urlsafe(_BYTES)})
        with translated("Secrets Manager"):
            self.client.put_secret_value(SecretId=self.secret_arn, SecretString=value)


class EdgeCheck:
    """Whether a word is the edge's, from words that are kept for some minutes."""

    def __init__(
        self, read: Callable[[], Mapping[str, str]], monotonic: Callable[[], float]
    ) -> None:
        """``read`` is :meth:`EdgeWords.read`, or what stands in for it."""
        self._read, self._now = read, monotonic
        self._words: tuple[bytes, ...] = ()
        self._tried_at = self._read_at = float("-inf")

    def knows(self, word: str) -> bool:
        """Whether the edge says ``word``.

        A word that is not known is looked for once more, as CloudFront may have begun to say it
        since. While the secret can't be read, known words count on, and of any other nothing can
        be said: :class:`RetryLaterError`.
        """
        if not word:
            return False
        now, said = self._now(), word.encode(errors="surrogatepass")
        fresh = now - self._read_at < KEPT_SECONDS
        if not (fresh and self._is_known(said)) and now - self._tried_at >= AGAIN_SECONDS:
            self._look(now)
        if self._is_known(said):
            return True
        if self._read_at < self._tried_at or not self._words:
            raise RetryLaterError(
                "what the edge says can't be checked now; try again",
                retry_after_seconds=round(AGAIN_SECONDS),
            )
        return False

    def _look(self, now: float) -> None:
        self._tried_at = now
        try:
            words = self._read()
        except RetryLaterError as error:
            logger().warning("the edge's words can't be read", extra={"reason": error.message})
            return
        if not words:
            logger().warning("the edge's secret holds no word")
            return
        self._words, self._read_at = tuple(word.encode() for word in words.values()), now

    def _is_known(self, said: bytes) -> bool:
        # Every word is compared, each in constant time: how long it takes tells nothing.
        return sum(compare_digest(said, word) for word in self._words) > 0
