"""Puts the templates of stage ``local`` into the emulator with the real ``cdk`` command."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from local.errors import LocalError
from local.process import die_with_parent
from scripts.operators.deployment import ROOT
from stacks.config import STAGES

STAGE = STAGES["local"]
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
        self._work = work
        self._log = work / "cdk.log"
        self.assembly = work / "cdk.out"
        home = work / "home"
        home.mkdir(parents=True, exist_ok=True)
        self._environment = {
            "PATH": f"{ROOT / '.venv/bin'}:{ROOT / 'node_modules/.bin'}:{os.environ['PATH']}",
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
        nested = [
            item["properties"]["directoryName"]
            for item in manifest["artifacts"].values()
            if item["type"] == "cdk:cloud-assembly"
        ]
        folders = [self.assembly, *(self.assembly / name for name in nested)]
        return [
            item["properties"]["stackName"]
            for folder in folders
            for item in json.loads((folder / "manifest.json").read_text())["artifacts"].values()
            if item["type"] == "aws:cloudformation:stack"
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
        command = ["cdk", *arguments, "--no-notices", "--no-version-reporting"]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
            )  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                if on_line:
                    on_line(line)
            if process.wait() != 0:
                log.flush()
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
