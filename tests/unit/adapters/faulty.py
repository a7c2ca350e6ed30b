"""Clients that fail as AWS does."""

from __future__ import annotations

from botocore.exceptions import ClientError


def refused(code, status=400, **more):
    response = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response | more, "Operation")


class Faulty:
    """``client`` with the next answers of some operations replaced.

    A replacement is an exception to raise or a function of the real client's method and the
    request.
    """

    def __init__(self, client, **answers):
        self._client = client
        self._answers = {name: list(queue) for name, queue in answers.items()}
        self.calls = []

    def __getattr__(self, name):
        real = getattr(self._client, name)

        def call(**request):
            self.calls.append((name, request))
            queue = self._answers.get(name)
            if not queue:
                return real(**request)
            answer = queue.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer(real, request)

        return call
