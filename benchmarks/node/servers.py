"""Real nginx processes to measure: a fleet node, a plain peer, and a store that counts."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.request import urlopen

from local.edge import nginx_path, nginx_user
from streaming.render import PROBE_KEY, local_node, nginx_conf

HOST = "127.0.0.1"

# The store: nginx on a folder, as S3 is to the node. It logs what it is asked, and how often.
_STORE = """
{user}worker_processes 1;
pid {run}/store.pid;
error_log {run}/store-error.log warn;
worker_rlimit_nofile 65536;
events {{ worker_connections 8192; }}
http {{
    log_format asked '$status $request_uri $http_range';
    access_log {run}/store.log asked;
    sendfile on;
    keepalive_requests 100000;
    default_type application/octet-stream;
    {temporary}
    server {{
        listen {host}:{port} backlog=4096;
        root {root};
        etag on;
    }}
}}
"""

# The peer: the same files by sendfile and nothing else, with the node's own tuning of sockets.
_PLAIN = """
{user}worker_processes auto;
pid {run}/plain.pid;
error_log {run}/plain-error.log warn;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    {chunk}
    keepalive_timeout 75s;
    keepalive_requests 10000;
    default_type application/octet-stream;
    {temporary}
    server {{
        listen {host}:{port} reuseport backlog=4096;
        root {root};
    }}
}}
"""

# What the load balancer is in the cloud: the next node where one does not answer.
_BALANCER = """
{user}worker_processes 1;
pid {run}/balancer.pid;
error_log {run}/balancer-error.log warn;
worker_rlimit_nofile 65536;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    {temporary}
    upstream nodes {{ {nodes} keepalive 64; }}
    server {{
        listen {host}:{port} backlog=4096;
        location / {{
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 2s;
            proxy_buffering off;  # a byte that a node has sent is on its way to the viewer
            proxy_pass http://nodes;
        }}
    }}
}}
"""


@dataclass
class Server:
    """One running nginx. ``stop`` and ``start`` may be called again and again."""

    name: str
    configuration: Path
    port: int
    state: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it listens."""
        command = [nginx_path(), "-e", str(self.state / f"{self.name}-start.log"), "-c",
                   str(self.configuration), "-g", "daemon off;"]  # fmt: skip
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                said = self.process.stderr.read().decode() if self.process.stderr else ""
                raise RuntimeError(f"nginx ({self.name}) stopped: {said}")
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"nginx ({self.name}) does not listen on port {self.port}")

    def stop(self, *, kill: bool = False) -> None:
        """Ends it, workers too: at once (``kill``) or as a shutdown does."""
        if self.process is None or self.process.poll() is not None:
            return
        workers = _children(self.process.pid)
        if kill:
            self.process.kill()
            for worker in workers:
                os.kill(worker, 9)
        else:
            self.process.terminate()
        self.process.wait(timeout=15)

    def sending(self) -> int:
        """How many requests it has read and not answered to the end."""
        with urlopen(f"{self.url}/metrics", timeout=5) as answer:
            found = re.search(r"Writing: (\d+)", answer.read().decode())
        assert found, "the node's counters name no Writing"
        return int(found[1]) - 1  # this one

    def cpu_seconds(self) -> float:
        """What its processes used so far."""
        assert self.process is not None
        ticks = 0
        for pid in (self.process.pid, *_children(self.process.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Store(Server):
    """The store, and what it was asked since :meth:`forget`."""

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each (path, range) was asked for."""
        lines = (self.state / "store.log").read_text().splitlines()
        split = (line.split(" ", 2) for line in lines)
        return Counter((path, span) for _, path, span in split)

    def forget(self) -> None:
        """Empties the log."""
        os.truncate(self.state / "store.log", 0)


@contextmanager
def running(*servers: Server) -> Iterator[None]:
    """The servers, up for the length of the block."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            server.stop()


def store(work: Path, root: Path) -> Store:
    """A store of the files below ``root``, the probe of the health check among them."""
    probe = root / PROBE_KEY
    probe.parent.mkdir(parents=True, exist_ok=True)
    probe.write_text("ok\n")
    return Store(*_written(work, "store", _STORE, root))


def plain(work: Path, root: Path, *, chunk: str | None = None) -> Server:
    """The peer on the same files; ``chunk`` is the most that it sends a client at a time."""
    line = f"sendfile_max_chunk {chunk};" if chunk else ""
    return Server(*_written(work, "plain", _PLAIN.replace("{chunk}", line), root))


def balancer(work: Path, nodes: list[Server]) -> Server:
    """One address in front of ``nodes``."""
    members = " ".join(f"server {HOST}:{node.port} max_fails=1 fail_timeout=5s;" for node in nodes)
    return Server(*_written(work, "balancer", _BALANCER.replace("{nodes}", members), work))


def fleet_node(
    work: Path,
    upstream: Server,
    *,
    cache: Path | None = None,
    line: str | None = None,
    **options: str,
) -> Server:
    """A node with the product's own configuration in front of ``upstream``.

    ``line`` is the pace of one answer (``700k`` bytes a second), as a viewer's line would set it:
    over the loopback address a segment is sent in a moment, and nothing is ever on its way.
    """
    work.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = local_node(
        work / "node", upstream_host=HOST, upstream_port=upstream.port, upstream_prefix="",
        listen=f"{HOST}:{port}", **options,
    )  # fmt: skip
    if cache is not None:
        config = replace(config, cache_path=str(cache))
    path = work / "node.conf"
    text = nginx_conf(replace(config, user=nginx_user()))
    if line is not None:
        text = text.replace("http {\n", f"http {{\n    limit_rate {line};\n", 1)
    path.write_text(text)
    return Server("node", path, port, work)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _written(work: Path, name: str, template: str, root: Path) -> tuple[str, Path, int, Path]:
    work.mkdir(parents=True, exist_ok=True)
    port, user = free_port(), nginx_user()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    path = work / f"{name}.conf"
    path.write_text(
        template.format(
            user=f"user {user};\n" if user else "", run=work, host=HOST, port=port, root=root,
            temporary=" ".join(f"{kind}_temp_path {work}/{name}-{kind};" for kind in kinds),
        )
    )  # fmt: skip
    return name, path, port, work


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []
