"""Renders a streaming node's files; the same templates serve the cloud and a local run.

    python -m streaming.render --upstream-host 127.0.0.1 --upstream-port 4566 \
        --upstream-prefix /media-bucket --listen 127.0.0.2:8081 --state /tmp/node > nginx.conf
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

PROBE_KEY = "health/probe.txt"
# What a path below /media/ may look like, in nginx's syntax and in Python's. Nothing encoded and
# no dot segments: the edge checks a cookie against the path as it was written, so a path that
# nginx would read as another one (`/media/mine/..%2fyours/…`) must not be served at all.
MEDIA_PATH = r"^/media(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+(\?.*)?$"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class NodeConfig:
    """All in which one node's nginx differs from another's.

    Strings may be CDK tokens: they are placed in the file and never inspected.
    """

    upstream_host: str  # the media bucket's own regional name; locally the emulator's address
    upstream_port: int = 443
    upstream_tls: bool = True
    upstream_prefix: str = ""  # "/<bucket>" where the store only knows path-style addresses
    listen: str = "8080"
    cache_path: str = "/var/cache/marquee/media"
    cache_size: str | None = None  # None: all of its file system but the following
    # nginx looks every ten seconds whether so much is free still: what can be filled in ten
    # seconds, or the disk is full in between and answers break off.
    cache_min_free: str = "1g"
    cache_keys: str = "128m"  # of memory: a million slices of 2 MiB
    state_path: str = "/var/cache/marquee/state"  # pid, temporary files, the draining mark
    log_path: str = "/var/log/marquee"
    user: str | None = None  # None: nginx keeps the user that started it
    ca_bundle: str = "/etc/pki/tls/certs/ca-bundle.crt"
    probe_key: str = PROBE_KEY

    @property
    def scheme(self) -> str:
        """The scheme that nginx speaks to the store."""
        return "https" if self.upstream_tls else "http"

    @property
    def cache_floor(self) -> int:
        """`cache_min_free` in bytes."""
        return int(self.cache_min_free[:-1]) * 1024 ** (" kmg".index(self.cache_min_free[-1]))

    @property
    def host_header(self) -> str:
        """The Host that the store expects: with the port where it isn't the scheme's own."""
        usual = 443 if self.upstream_tls else 80
        port = "" if self.upstream_port == usual else f":{self.upstream_port}"
        return f"{self.upstream_host}{port}"


def nginx_conf(node: NodeConfig) -> str:
    """Give the whole nginx.conf of a node."""

    def upstream_headers(range_value: str) -> str:
        # proxy_set_header isn't inherited by a block that sets one itself, so each gets them all.
        headers = {
            "Host": node.host_header,
            "Connection": '""',
            "Range": range_value,
            "Authorization": '""',
            "Cookie": '""',
            "Origin": '""',
        }
        return "\n".join(
            f"            proxy_set_header {name} {value};" for name, value in headers.items()
        )

    return _render(
        "nginx.conf.j2", node=node, upstream_headers=upstream_headers, media_path=MEDIA_PATH
    )


def user_data(
    node: NodeConfig,
    *,
    region: str,
    media_bucket: str,
    log_bucket: str,
    drain_seconds: int,
    namespace: str | None = None,
) -> str:
    """Give the first-boot script of a node.

    With a `namespace` for its counters it boots the image that `image_components` describe;
    without one, a bare Amazon Linux 2023, which it installs first. The node finishes what it is
    sending within `drain_seconds` of being told to terminate.
    """
    install = "" if namespace else _install(node, drain_seconds)
    boot = _render(
        "boot.sh.j2",
        node=node,
        nginx_conf=nginx_conf(node),
        region=region,
        media_bucket=media_bucket,
        log_bucket=log_bucket,
        namespace=namespace or "",
        watch=bool(namespace),
    )
    return f"#!/bin/bash\nset -euo pipefail\n{install}{boot}"


def image_components(node: NodeConfig, *, drain_seconds: int) -> dict[str, str]:
    """Give the components from which EC2 Image Builder makes the image of all nodes, by name."""
    watch = _render("watch.sh.j2", node=node, watch=(_FOLDER / "watch.py").read_text())
    return {
        "Component": _render(
            "component.yml.j2",
            name="node",
            description="nginx, and what drains and clears up after it",
            script=_install(node, drain_seconds),
            checks=["nginx -v", "aws --version"],
        ),
        "Watcher": _render(
            "component.yml.j2",
            name="watcher",
            description="what counts and finds damaged cache files",
            script=watch,
            checks=["/usr/local/bin/marquee-watch --help"],
        ),
    }


def _install(node: NodeConfig, drain_seconds: int) -> str:
    return _render("install.sh.j2", node=node, drain_seconds=drain_seconds)


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # neither file is HTML
    )
    return environment.get_template(template).render(**values)


def local_node(
    state: Path,
    *,
    upstream_host: str,
    upstream_port: int,
    upstream_prefix: str,
    listen: str,
    upstream_tls: bool = False,
    cache_size: str = "1g",
    cache_min_free: str = "64m",
) -> NodeConfig:
    """Describe a node that keeps cache, logs and pid below `state`, and make those folders."""
    for name in ("cache", "run", "log"):
        (state / name).mkdir(parents=True, exist_ok=True)
    return NodeConfig(
        upstream_host=upstream_host,
        upstream_port=upstream_port,
        upstream_tls=upstream_tls,
        upstream_prefix=upstream_prefix,
        listen=listen,
        cache_path=str(state / "cache"),
        cache_size=cache_size,
        cache_min_free=cache_min_free,
        state_path=str(state / "run"),
        log_path=str(state / "log"),
        # As root nginx would drop to a user that can't enter this folder.
        user="root" if os.geteuid() == 0 else None,
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the nginx.conf of a node that runs from one folder, without root."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--upstream-host", required=True)
    parser.add_argument("--upstream-port", type=int, default=443)
    parser.add_argument("--upstream-tls", action="store_true")
    parser.add_argument("--upstream-prefix", default="", help="/<bucket>, for path-style stores")
    parser.add_argument("--listen", default="127.0.0.1:8080")
    parser.add_argument("--cache-size", default="1g")
    parser.add_argument("--state", type=Path, required=True, help="folder for all it writes")
    given = parser.parse_args(arguments)
    node = local_node(
        given.state,
        upstream_host=given.upstream_host,
        upstream_port=given.upstream_port,
        upstream_prefix=given.upstream_prefix,
        upstream_tls=given.upstream_tls,
        listen=given.listen,
        cache_size=given.cache_size,
    )
    sys.stdout.write(nginx_conf(node))


if __name__ == "__main__":
    main()
