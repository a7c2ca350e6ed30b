"""One execution environment of a Python function: a process that takes one event at a time."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator.lambda_runtime import packages, runtime

_INIT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """``error`` is Lambda's own error document, or nothing where the function returned."""

    result: Any
    error: dict[str, Any] | None
    log: str


@dataclass(frozen=True, kw_only=True)
class Function:
    """What an execution environment is made from."""

    config: dict[str, Any]
    code: bytes
    layers: tuple[bytes, ...]
    credentials: dict[str, str]
    region: str
    folder: Path
    endpoint: str

    @property
    def timeout(self) -> float:
        """Seconds that one event may take."""
        return float(self.config.get("Timeout") or 3)


class Environment:
    """Starts with its first event, and again after the process has ended."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._process: subprocess.Popen[str] | None = None
        self._temporary = Path(tempfile.mkdtemp(dir=function.folder, prefix="function-"))
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._log: queue.Queue[str | None] = queue.Queue()

    def invoke(self, event: Any, request_id: str, arn: str, trace_id: str | None) -> Answer:  # noqa: ANN401
        """One event; a function that fails stays, one that exits or takes too long is ended."""
        if self._process is None or self._process.poll() is not None:
            failure = self._start()
            if failure is not None:
                return failure
        assert self._process is not None
        assert self._process.stdin is not None
        call = {
            "event": event,
            "request_id": request_id,
            "invoked_function_arn": arn,
            "trace_id": trace_id,
            "timeout_seconds": self._function.timeout,
        }
        try:
            self._process.stdin.write(json.dumps(call) + "\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=self._function.timeout)
        except BrokenPipeError:
            line = None
        except queue.Empty:
            log = self.end()
            seconds = f"{self._function.timeout:.2f} seconds"
            message = f"RequestId: {request_id} Error: Task timed out after {seconds}"
            return Answer(None, {"errorType": "Sandbox.Timedout", "errorMessage": message}, log)
        return self._exited(request_id) if line is None else self._answered(line, request_id)

    def end(self) -> str:
        """Ends the process; what it had still to say."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return self._rest_of_log() if process is not None else ""

    def discard(self) -> None:
        """Ends the process and removes what it kept on disk."""
        self.end()
        packages.discard(self._temporary)

    def _start(self) -> Answer | None:
        """Starts the process; the failure where the function can't be imported."""
        function = self._function
        code = packages.unpacked(function.code, function.folder / "code")
        path = [str(code)]
        for layer in function.layers:
            path += packages.layer_paths(packages.unpacked(layer, function.folder / "layers"))
        path.append(str(packages.runtime_packages(function.folder)))
        # -S: what is installed beside the emulator is not there in Lambda either.
        command = [sys.executable, "-S", runtime.__file__]
        self._answers, self._log = queue.Queue(), queue.Queue()
        self._process = subprocess.Popen(
            [*command, function.config["Handler"], json.dumps(path)],
            cwd=code,
            env=self._environment(code),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._follow(self._process.stdout, self._answers)
        self._follow(self._process.stderr, self._log)
        try:
            line = self._answers.get(timeout=_INIT_SECONDS)
        except queue.Empty:
            line = None
        if line is None:
            return self._exited("")
        ready = json.loads(line)
        if "error" in ready:
            self._process.wait()
            return Answer(None, ready["error"], self._until_end_of_log())
        self._until_end_of_log()
        return None

    def _answered(self, line: str, request_id: str) -> Answer:
        answer = json.loads(line)
        log = self._until_end_of_log()
        error = answer.get("error")
        if error is not None:
            error["requestId"] = request_id
        return Answer(answer.get("result"), error, log)

    def _exited(self, request_id: str) -> Answer:
        process = self._process
        status = process.wait() if process is not None else 0
        said = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {said}"
        error = {"errorType": "Runtime.ExitError", "errorMessage": message}
        return Answer(None, error, self.end())

    def _environment(self, code: Path) -> dict[str, str]:
        config, function = self._function.config, self._function
        given: dict[str, str] = (config.get("Environment") or {}).get("Variables") or {}
        name = config["FunctionName"]
        return {
            "AWS_ENDPOINT_URL": function.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            **given,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.12')}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup")
            or f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[{uuid.uuid4().hex}]",
            "AWS_REGION": function.region,
            **function.credentials,
            "LAMBDA_TASK_ROOT": str(code),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(self._temporary),
            "TZ": ":UTC",
        }

    def _follow(self, stream: Any, lines: queue.Queue[str | None]) -> None:  # noqa: ANN401
        def read() -> None:
            for line in stream:
                lines.put(line.rstrip("\n"))
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()

    def _until_end_of_log(self) -> str:
        said = []
        while (line := self._log.get()) is not None and not line.endswith(runtime.END_OF_LOG):
            said.append(line)
        if line and line != runtime.END_OF_LOG:  # printed without a line end before it
            said.append(line.removesuffix(runtime.END_OF_LOG))
        return "\n".join(said)

    def _rest_of_log(self) -> str:
        said = []
        while (line := self._log.get()) is not None:
            said.append(line)
        return "\n".join(line for line in said if not line.endswith(runtime.END_OF_LOG))
