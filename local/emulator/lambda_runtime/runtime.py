"""Runs inside a function's process: takes events as lines of JSON, answers in the same way.

Needs nothing but the standard library. Answers go to the descriptor that was standard output;
whatever the function prints goes to standard error and ends, for each event, in a line of its own
that says so, so that nobody has to guess whether more is to come.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from typing import Any, TextIO

END_OF_LOG = "\0end of log\0"


class Context:
    """What a handler gets as its second argument."""

    identity = None
    client_context = None

    def __init__(self, call: dict[str, Any]) -> None:
        environment = os.environ
        self.function_name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environment["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environment["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environment["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn: str = call["invoked_function_arn"]
        self.aws_request_id: str = call["request_id"]
        self._deadline = time.time() + float(call["timeout_seconds"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))


def main() -> None:
    """Imports the handler named on the command line, then serves until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    logging.basicConfig(format="[%(levelname)s]\t%(asctime)s\t%(message)s", level=logging.WARNING)
    # The folder of this file is no part of the function's path.
    sys.path[0:1] = json.loads(sys.argv[2])
    try:
        handler = _handler(sys.argv[1])
    except Exception as error:
        _answer(answers, {"error": _init_error(error)})
        return
    _answer(answers, {"ready": True})
    for line in sys.stdin:
        _answer(answers, _invoke(handler, json.loads(line)))


def _handler(name: str) -> Any:  # noqa: ANN401 - any callable
    module_name, _, function_name = name.rpartition(".")
    module_name = module_name.replace("/", ".")
    return getattr(importlib.import_module(module_name), function_name)


def _invoke(handler: Any, call: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    os.environ["_X_AMZN_TRACE_ID"] = call["trace_id"] or ""
    try:
        result = handler(call["event"], Context(call))
    except Exception as error:
        return {"error": _error(error, type(error).__name__)}
    try:
        json.dumps(result)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": {"errorMessage": message, "errorType": "Runtime.MarshalError"}}
    return {"result": result}


def _init_error(error: Exception) -> dict[str, Any]:
    module = sys.argv[1].rpartition(".")[0]
    if isinstance(error, ImportError):
        described = _error(error, "Runtime.ImportModuleError")
        described["errorMessage"] = f"Unable to import module '{module}': {error}"
        return described
    if isinstance(error, AttributeError) and module in sys.modules:
        described = _error(error, "Runtime.HandlerNotFound")
        described["errorMessage"] = f"Handler '{sys.argv[1].rpartition('.')[2]}' missing on module"
        return described
    return _error(error, type(error).__name__)


def _error(error: Exception, kind: str) -> dict[str, Any]:
    trace = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in trace if frame.filename != __file__]
    traceback.print_exception(error)
    return {
        "errorMessage": str(error),
        "errorType": kind,
        "stackTrace": traceback.format_list(ours),
    }


def _answer(answers: TextIO, message: dict[str, Any]) -> None:
    sys.stderr.write(f"{END_OF_LOG}\n")
    sys.stderr.flush()
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
