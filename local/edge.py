"""The local edge: nginx on one loopback address, in the place CloudFront has in the cloud."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from local.errors import LocalError
from local.process import die_with_parent
from stacks.edge_answers import SECURITY_HEADERS, UNAUTHENTICATED, content_security_policy
from streaming.render import MEDIA_PATH

TEMPLATE = Path(__file__).with_name("edge.conf.j2")


@dataclass(frozen=True, kw_only=True)
class EdgeConfig:
    """What the edge stands in front of. ``emulator``, ``node`` and ``gate`` are ``host:port``."""

    port: int
    emulator: str
    node: str
    gate: str  # says whether the cookies open the address
    api_id: str
    api_headers: Mapping[str, str]  # that the distribution adds, of whatever a viewer sends
    web_bucket: str
    media_bucket: str


def nginx_path() -> str:
    """Where nginx is; Debian puts it outside an ordinary user's PATH."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise LocalError("nginx is not installed", next_step="scripts/setup   says how")
    return found


def render(config: EdgeConfig, run: Path) -> str:
    """The nginx configuration; ``run`` is where nginx may write."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    return environment.from_string(TEMPLATE.read_text()).render(
        **vars(config),
        run=run,
        user=nginx_user(),
        unauthenticated=UNAUTHENTICATED,
        media_path=MEDIA_PATH,
        headers=SECURITY_HEADERS | {"Content-Security-Policy": content_security_policy()},
    )


def nginx_user() -> str | None:
    """Root's nginx would hand its workers to ``nobody``, who may not read root's folders."""
    return pwd.getpwuid(0).pw_name if os.getuid() == 0 else None


class NginxProcess:
    """One nginx in the foreground, which ends when this process does."""

    def __init__(
        self, name: str, configuration: str, *, run: Path, address: tuple[str, int]
    ) -> None:
        self.name, self.address = name, address
        run.mkdir(parents=True, exist_ok=True)
        self._log = run / f"{name}-error.log"
        self._path = run / f"{name}.conf"
        self._path.write_text(configuration)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 10.0) -> None:
        """Starts and waits until the address answers."""
        command = [nginx_path(), "-e", str(self._log), "-g", "daemon off;", "-c", str(self._path)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=die_with_parent,
            start_new_session=True,
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self._failure(self._process)
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex(self.address) == 0:
                    return
            time.sleep(0.05)
        raise self._failure(self._process)

    def stop(self) -> None:
        """Ends nginx; does nothing where it does not run."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=10)

    def _failure(self, process: subprocess.Popen[bytes]) -> LocalError:
        process.kill()
        said = process.communicate()[1].decode(errors="replace").strip()
        host, port = self.address
        return LocalError(
            f"nginx ({self.name}) does not serve on {host}:{port}: {said}",
            next_step=f"if the port is taken, choose another: make demo PORT={port + 1}",
        )
