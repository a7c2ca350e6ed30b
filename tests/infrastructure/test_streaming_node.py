"""The node's own nginx, run against a small store that records what it is asked."""

import ast
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import botocore.session
import certifi
import pytest
import yaml
from botocore.validate import ParamValidator

from stacks.config import STAGES
from streaming import watch
from streaming.render import (
    PROBE_KEY,
    NodeConfig,
    image_components,
    local_node,
    nginx_conf,
    user_data,
)
from tests.infrastructure.synthesis import Template

Find = Callable[..., Template]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
MKFS = shutil.which("mkfs.xfs", path="/usr/sbin:/sbin")
SLICE = 2 * 1024 * 1024
FILM = bytes(range(256)) * (3 * SLICE // 256)
NODE_ADDRESS = "127.0.0.1"

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed on this machine")


@dataclass
class Store:
    """An S3 that knows path-style addresses, ranges and nothing else."""

    objects: dict[str, bytes]
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0
    failing: bool = False  # answers 503 to everything
    slow_seconds: float = 0.0
    breaking_off: bool = False  # in the middle of whatever is long

    def asked(self, name: str) -> list[str | None]:
        return [headers.get(name) for _, headers in self.requests]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Node:
    def __init__(self, port: int, state: Path) -> None:
        self.address = f"http://{NODE_ADDRESS}:{port}"
        self.state = state

    @property
    def place(self) -> tuple[str, int]:
        return NODE_ADDRESS, int(self.address.rsplit(":", 1)[1])

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        request = urllib.request.Request(self.address + path, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            store.requests.append((self.path, dict(self.headers)))
            time.sleep(store.slow_seconds)
            if store.failing:
                self._send(503, b"SlowDown", {"Access-Control-Allow-Origin": "*"})
                return
            body = store.objects.get(self.path)
            if body is None:
                self._send(403, b"AccessDenied")
            elif wanted := self.headers.get("Range"):
                first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
                part = body[first : last + 1]
                span = f"bytes {first}-{first + len(part) - 1}/{len(body)}"
                self._send(206, part, {"Content-Range": span})
            else:
                self._send(200, body)

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in ((headers or {}) | {"ETag": '"one"'}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if store.breaking_off and len(body) > 1000:
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(
        {
            "/bucket/media/t1/film.mp4": FILM,
            "/bucket/media/t1/master.m3u8": b"#EXTM3U",
            f"/bucket/{PROBE_KEY}": b"ok\n",
        }
    )
    server = ThreadingHTTPServer((NODE_ADDRESS, 0), _handler(store))
    store.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield store
    server.shutdown()
    server.server_close()


@pytest.fixture
def node(store: Store, tmp_path: Path) -> Iterator[Node]:
    probe = ThreadingHTTPServer((NODE_ADDRESS, 0), BaseHTTPRequestHandler)
    port = probe.server_address[1]
    probe.server_close()
    config = local_node(
        tmp_path,
        upstream_host=NODE_ADDRESS,
        upstream_port=store.port,
        upstream_prefix="/bucket",
        listen=f"{NODE_ADDRESS}:{port}",
        cache_size="64m",
    )
    path = tmp_path / "nginx.conf"
    path.write_text(nginx_conf(config))
    process = subprocess.Popen(
        [str(NGINX), "-p", str(tmp_path), "-c", str(path), "-g", "daemon off;"],
        stderr=subprocess.PIPE,
        text=True,
    )
    node = Node(port, tmp_path / "run")
    try:
        _wait_for(node, process)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(node: Node, process: subprocess.Popen[str]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            pytest.fail(f"nginx stopped: {process.stderr.read() if process.stderr else ''}")
        try:
            node.get("/metrics")
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx did not listen within five seconds")


@needs_nginx
def test_a_seek_is_answered_with_the_bytes_asked_for(node: Node) -> None:
    answer = node.get("/media/t1/film.mp4", Range="bytes=3000000-3000099")
    assert (answer.status, answer.body) == (206, FILM[3_000_000:3_000_100])


@needs_nginx
def test_a_seek_fills_the_slices_that_it_touches_and_no_others(node: Node, store: Store) -> None:
    node.get("/media/t1/film.mp4", Range="bytes=3000000-3000099")
    assert store.asked("Range") == [f"bytes={SLICE}-{2 * SLICE - 1}"]


@needs_nginx
def test_the_second_viewer_is_served_from_the_cache(node: Node, store: Store) -> None:
    node.get("/media/t1/film.mp4")
    asked = len(store.requests)
    answer = node.get("/media/t1/film.mp4")
    assert (answer.body == FILM, len(store.requests)) == (True, asked)


@needs_nginx
def test_a_query_string_is_neither_a_cache_key_nor_passed_on(node: Node, store: Store) -> None:
    node.get("/media/t1/master.m3u8?acl")
    node.get("/media/t1/master.m3u8?uploads=1")
    assert [path for path, _ in store.requests] == ["/bucket/media/t1/master.m3u8"]


@needs_nginx
@pytest.mark.parametrize("name", ["Cookie", "Authorization", "Origin"])
def test_nothing_of_the_viewer_reaches_the_store(node: Node, store: Store, name: str) -> None:
    node.get("/media/t1/film.mp4", **{name: "secret"})
    assert set(store.asked(name)) == {None}


@needs_nginx
def test_a_missing_segment_is_refused_like_the_store_refuses_it(node: Node) -> None:
    assert node.get("/media/t1/nothing.m4s").status == 403


@needs_nginx
def test_only_reads_are_let_through(node: Node) -> None:
    assert node.get("/media/t1/film.mp4", method="DELETE").status == 403


@needs_nginx
def test_paths_outside_media_are_not_served(node: Node) -> None:
    assert node.get(f"/{PROBE_KEY}").status == 404


@needs_nginx
def test_health_asks_the_store_every_time(node: Node, store: Store) -> None:
    assert [node.get("/healthz").status, node.get("/healthz").status] == [200, 200]
    assert [path for path, _ in store.requests] == [f"/bucket/{PROBE_KEY}"] * 2


@needs_nginx
def test_a_node_that_cannot_read_the_store_is_unhealthy_and_says_why(
    node: Node, store: Store
) -> None:
    del store.objects[f"/bucket/{PROBE_KEY}"]
    answer = node.get("/healthz")
    assert (answer.status, PROBE_KEY.encode() in answer.body) == (503, True)


@needs_nginx
def test_a_draining_node_is_unhealthy_at_once(node: Node) -> None:
    (node.state / "draining").touch()
    assert node.get("/healthz").status == 503


@needs_nginx
def test_a_draining_node_still_serves_what_is_asked_of_it(node: Node) -> None:
    (node.state / "draining").touch()
    assert node.get("/media/t1/film.mp4").status == 200


@needs_nginx
@pytest.mark.parametrize(
    "path",
    [
        "/media/t1/../t2/film.mp4",
        "/media/t1/..%2ft2/film.mp4",
        "/media/t1/%2e%2e/t2/film.mp4",
        "/media/t1/./film.mp4",
        "/media//t1/film.mp4",
        "/media/t1/film%2emp4",
        "/media/t1/.hidden",
    ],
)
def test_a_path_that_could_be_read_as_another_is_refused_unread(
    node: Node, store: Store, path: str
) -> None:
    # The edge checked a signature against the path as it was written.
    assert node.get(path).status == 400
    assert store.requests == []


@needs_nginx
def test_a_crowd_at_a_new_file_costs_one_question_a_slice(node: Node, store: Store) -> None:
    store.slow_seconds = 0.3  # so that all are there before the first answer is
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: node.get("/media/t1/film.mp4").body, range(40)))
    assert [answer == FILM for answer in answers] == [True] * 40
    slices = {f"bytes={first}-{first + SLICE - 1}": 1 for first in range(0, len(FILM), SLICE)}
    assert Counter(store.asked("Range")) == slices


@needs_nginx
def test_what_is_cached_is_served_while_the_store_fails(node: Node, store: Store) -> None:
    node.get("/media/t1/film.mp4")
    store.failing = True
    assert (node.get("/media/t1/film.mp4").body == FILM, node.get("/healthz").status) == (True, 503)


@needs_nginx
def test_a_manifest_that_grew_old_is_better_than_an_error(node: Node, store: Store) -> None:
    node.get("/media/t1/master.m3u8")
    store.failing = True
    _age(node, "/bucket/media/t1/master.m3u8")
    answer = node.get("/media/t1/master.m3u8")
    assert (answer.status, answer.body, answer.headers["X-Cache"]) == (200, b"#EXTM3U", "STALE")


@needs_nginx
def test_an_error_of_the_store_is_passed_on_and_not_remembered(node: Node, store: Store) -> None:
    store.failing = True
    assert node.get("/media/t1/film.mp4").status == 503
    store.failing = False
    assert node.get("/media/t1/film.mp4").body == FILM


@needs_nginx
@pytest.mark.parametrize("damage", [b"", b"\xff" * 64, bytes(4096)])
def test_a_damaged_file_of_the_cache_is_fetched_again(
    node: Node, store: Store, damage: bytes
) -> None:
    node.get("/media/t1/film.mp4")
    for path in _cached(node):
        path.write_bytes(damage)
    assert node.get("/media/t1/film.mp4").body == FILM
    assert len(store.requests) == 2 * -(-len(FILM) // SLICE)


@needs_nginx
@pytest.mark.parametrize("keep", [0.5, 0.999])
@pytest.mark.parametrize("span", [None, "bytes=3000000-4999999"])
def test_a_file_that_was_cut_short_in_the_cache_is_found_and_fetched_again(
    node: Node, store: Store, keep: float, span: str | None
) -> None:
    headers = {"Range": span} if span else {}
    wanted = node.get("/media/t1/film.mp4", **headers).body
    watcher = _watcher(node)
    for path in _cached(node):
        os.truncate(path, int(path.stat().st_size * keep))
    with pytest.raises(TimeoutError):  # nginx believes the file, and is done
        _over_a_connection_that_is_kept(node, "/media/t1/film.mp4", headers)
    _until(watcher, lambda counts: counts["DamagedCacheFiles"] > 0)
    assert node.get("/media/t1/film.mp4", **headers).body == wanted
    assert watcher.counts.values["DamagedCacheFiles"] == (2 if span else 3)


@needs_nginx
def test_what_is_whole_stays_in_the_cache(node: Node, store: Store) -> None:
    watcher = _watcher(node)
    node.get("/media/t1/film.mp4", method="HEAD")
    for headers in ({}, {"Range": "bytes=5-9"}):
        node.get("/media/t1/film.mp4", **headers)
    node.get("/media/t1/master.m3u8")
    node.get("/media/t1/nothing.m4s")
    with suppress(TimeoutError), socket.create_connection(node.place) as gone:
        gone.sendall(b"GET /media/t1/film.mp4 HTTP/1.1\r\nHost: x\r\n\r\n")  # and leaves
    _until(watcher, lambda counts: counts["Requests"] == 6)
    assert watcher.counts.values["DamagedCacheFiles"] == 0
    assert len(_cached(node)) >= 4


@needs_nginx
def test_a_node_counts_hits_and_what_the_store_failed_at(node: Node, store: Store) -> None:
    watcher = _watcher(node)
    node.get("/media/t1/master.m3u8")
    node.get("/media/t1/master.m3u8")
    store.failing = True
    node.get("/media/t1/film.mp4")
    counts = _until(watcher, lambda counts: counts["Requests"] == 3)
    found = {name: counts[name] for name in ("CacheLookups", "CacheHits", "ServerErrors")}
    assert found == {"CacheLookups": 3, "CacheHits": 1, "ServerErrors": 1}
    assert (counts["StoreErrors"], counts["StoreRequests"] > 1) == (
        counts["StoreRequests"] - 1,
        True,
    )


@needs_nginx
def test_the_log_is_followed_across_its_being_shipped(node: Node) -> None:
    watcher = _watcher(node)
    log = node.state.parent / "log" / "access.log"
    node.get("/media/t1/master.m3u8")
    log.rename(log.with_suffix(".shipping"))
    watcher.look()
    os.kill(int((node.state / "nginx.pid").read_text()), signal.SIGUSR1)  # nginx -s reopen
    node.get("/media/t1/master.m3u8")
    _until(watcher, lambda counts: counts["Requests"] == 2)


@needs_nginx
def test_what_a_node_publishes_is_what_cloudwatch_takes(node: Node) -> None:
    watcher = _watcher(node)
    node.get("/media/t1/master.m3u8")
    _until(watcher, lambda counts: counts["Requests"] == 1)
    metrics = watcher.metrics(watch.connections(f"{node.address}/metrics"))
    parameters = {"Namespace": "Marquee/prod", "MetricData": metrics}
    model = botocore.session.get_session().get_service_model("cloudwatch")
    shape = model.operation_model("PutMetricData").input_shape
    assert not ParamValidator().validate(parameters, shape).has_errors()
    assert {one["MetricName"] for one in metrics} >= {"Connections", "CacheRoomPercent"}


@pytest.mark.parametrize(("status", "left"), [(1, 3), (0, 0)])
def test_what_was_not_published_is_said_by_the_next_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, left: int
) -> None:
    (tmp_path / "aws").write_text(f"#!/bin/sh\nexit {status}\n")
    (tmp_path / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    watcher = watch.Watch(tmp_path / "access.log", tmp_path, floor=1)
    watcher.counts.values["Requests"] = 3
    watcher.publish("Marquee/prod", f"http://{NODE_ADDRESS}:1/metrics")  # nginx is down, too
    watcher.settle(wait=True)
    assert watcher.counts.values["Requests"] == left


def test_a_cloudwatch_that_hangs_keeps_nobody_from_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aws").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "aws").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (log := tmp_path / "access.log").touch()
    watcher = watch.Watch(log, tmp_path, floor=1)
    watcher.counts.values["Requests"] = 3
    watcher.publish("Marquee/prod", f"http://{NODE_ADDRESS}:1/metrics")
    log.write_text(json.dumps(_LINE) + "\n")
    watcher.look()
    watcher.settle()
    assert watcher.counts.values["Requests"] == 1  # the three are on their way
    monkeypatch.setattr(watch.time, "monotonic", lambda: float("inf"))
    watcher.settle()
    assert watcher.counts.values["Requests"] == 4


def test_what_was_counted_is_said_before_the_watcher_ends(tmp_path: Path) -> None:
    (tmp_path / "aws").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/said\n')
    (tmp_path / "aws").chmod(0o755)
    (log := tmp_path / "access.log").touch()
    command = [sys.executable, watch.__file__, "--log", str(log), "--cache", str(tmp_path),
               "--floor", "1", "--metrics", f"http://{NODE_ADDRESS}:1/metrics",
               "--namespace", "Marquee/prod"]  # fmt: skip
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    watcher = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert watcher.stderr
    assert "follows" in watcher.stderr.readline()
    log.write_text("not even JSON\n" + json.dumps(_LINE) + "\n")
    watcher.terminate()
    assert watcher.wait(timeout=30) == 0
    said = json.loads((tmp_path / "said").read_text().split("--metric-data ")[1])
    values = {one["MetricName"]: one["Value"] for one in said}
    assert (values["Requests"], values["UnreadLogLines"], values["Heartbeats"]) == (1, 1, 1)


_LINE = {"method": "GET", "uri": "/media/t1/a.m4s", "key": "/media/t1/a.m4s", "status": "200",
         "bytes": "5", "length": "5", "span": "", "done": "OK", "cache": "HIT",
         "upstream_status": ""}  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [b'{"method": "GE\n', b"\xff\xfe\n", b"[]\n", b"{}\n", b'{"bytes": "many"}\n', b"\n"],
)
def test_a_line_that_is_none_is_counted_and_the_next_one_read(
    tmp_path: Path, broken: bytes
) -> None:
    (log := tmp_path / "access.log").touch()
    watcher = watch.Watch(log, tmp_path, floor=1)
    log.write_bytes(broken + json.dumps(_LINE).encode() + b"\n")
    watcher.look()
    counts = watcher.counts.values
    assert (counts["UnreadLogLines"], counts["CacheHits"]) == (1, 1)


@needs_nginx
@pytest.mark.parametrize("path", ["/media/\xff", "/media/t1/master.m3u8"])
def test_bytes_that_are_no_text_do_not_end_the_watcher(node: Node, path: str) -> None:
    watcher = _watcher(node)
    with socket.create_connection(node.place) as client:
        client.sendall(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \xff\xfe\r\n"
            "Connection: close\r\n\r\n".encode("latin-1")
        )
        assert client.recv(12).startswith(b"HTTP/1.1 ")
    _until(watcher, lambda counts: counts["Requests"] == 1)


@needs_nginx
def test_what_is_whole_stays_where_the_store_breaks_off_later(node: Node, store: Store) -> None:
    for begin in (0, 2 * SLICE):
        node.get("/media/t1/film.mp4", Range=f"bytes={begin}-{begin + 99}")
    whole = set(_cached(node))
    watcher = _watcher(node)
    store.breaking_off = True
    # nginx sends what it got of the second slice, then the third, and believes itself done.
    with pytest.raises(TimeoutError):
        _over_a_connection_that_is_kept(node, "/media/t1/film.mp4")
    counts = _until(watcher, lambda counts: counts["StoreErrors"] > 0)
    assert (counts["DamagedCacheFiles"], counts["StoreErrors"]) == (0, 1)
    assert set(_cached(node)) == whole
    store.breaking_off = False
    assert node.get("/media/t1/film.mp4").body == FILM


@needs_nginx
def test_of_many_slices_the_short_one_alone_goes(node: Node) -> None:
    wanted = node.get("/media/t1/film.mp4").body
    short, *others = _cached(node)
    os.truncate(short, short.stat().st_size // 2)
    watcher = _watcher(node)
    for _ in range(2):  # the second was sent the same file: S3 has nothing to do with it
        with pytest.raises(TimeoutError):
            _over_a_connection_that_is_kept(node, "/media/t1/film.mp4")
    counts = _until(watcher, lambda counts: counts["Requests"] == 3)
    assert (counts["DamagedCacheFiles"], counts["StoreErrors"]) == (1, 0)
    assert set(_cached(node)) == set(others)
    assert node.get("/media/t1/film.mp4").body == wanted


@needs_nginx
def test_who_dribbles_a_request_is_cut_off(node: Node) -> None:
    with socket.create_connection(node.place) as loris:
        loris.settimeout(15)
        loris.sendall(b"GET /media/t1/film.mp4 HT")
        with suppress(ConnectionResetError):  # nginx spares the kernel a long goodbye
            assert loris.recv(1) == b""


@needs_nginx
def test_the_log_is_json_that_names_cache_and_range(node: Node) -> None:
    node.get("/media/t1/film.mp4", Range="bytes=0-9")
    log = node.state.parent / "log" / "access.log"
    deadline = time.monotonic() + 10  # written every five seconds
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    line = json.loads(log.read_text().splitlines()[0])
    assert (line["uri"], line["range"], line["cache"]) == (
        "/media/t1/film.mp4",
        "bytes=0-9",
        "MISS",
    )


@needs_nginx
def test_no_answer_differs_by_the_origin_that_asks(node: Node) -> None:
    plain = node.get("/media/t1/film.mp4").headers
    other = node.get("/media/t1/film.mp4", Origin="https://elsewhere.example").headers
    names = {name for name in other if name.lower().startswith("access-control") or name == "Vary"}
    assert (set(plain), names) == (set(other), set())


def _cached(node: Node) -> list[Path]:
    return [path for path in (node.state.parent / "cache").rglob("*") if path.is_file()]


def _over_a_connection_that_is_kept(
    node: Node, path: str, headers: dict[str, str] | None = None
) -> bytes:
    connection = http.client.HTTPConnection(*node.place, timeout=0.5)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().read()
    finally:
        connection.close()


def _watcher(node: Node) -> watch.Watch:
    folder = node.state.parent
    return watch.Watch(folder / "log" / "access.log", folder / "cache", floor=1)


def _until(watcher: watch.Watch, reached: Callable[[dict[str, int]], bool]) -> dict[str, int]:
    """The counts once they are as they should be; nginx writes its log every second."""
    deadline = time.monotonic() + 10
    while not reached(watcher.counts.values) and time.monotonic() < deadline:
        time.sleep(0.1)
        watcher.look()
    assert reached(watcher.counts.values), watcher.counts.values
    return watcher.counts.values


def _age(node: Node, key: str) -> None:
    """Has the copy of `key` expired: the moment is a number near the beginning of its file."""
    for path in _cached(node):
        data = bytearray(path.read_bytes())
        if f"KEY: {key}\n".encode() in data:
            struct.pack_into("q", data, 8, 1)  # valid_sec of ngx_http_file_cache_header_t
            path.write_bytes(data)


_CLOUD = NodeConfig(
    upstream_host="media.s3.us-east-1.amazonaws.com", user="nginx", cache_min_free="8g"
)


def _boot(namespace: str | None = None) -> str:
    return user_data(
        _CLOUD,
        region="us-east-1",
        media_bucket="media",
        log_bucket="logs",
        drain_seconds=120,
        namespace=namespace,
    )


def _install(part: str = "Component") -> str:
    component = yaml.safe_load(image_components(_CLOUD, drain_seconds=120)[part])
    (step,) = component["phases"][0]["steps"]
    (script,) = step["inputs"]["commands"]
    return str(script)


def _heredoc(script: str, mark: str) -> str:
    return script.split(f"<<'{mark}'\n")[1].split(f"{mark}\n")[0]


@pytest.mark.parametrize(
    "script", [_boot(), _boot("Marquee/prod"), _install(), _install("Watcher")]
)
def test_what_runs_on_a_node_is_a_script_that_bash_can_parse(script: str) -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=script, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_user_data_stays_below_the_limit_of_ec2() -> None:
    assert len(_boot().encode()) < 16_000


@pytest.mark.parametrize("part", ["Component", "Watcher"])
def test_a_component_stays_below_the_limit_of_image_builder_and_names_no_variable(
    part: str,
) -> None:
    text = image_components(_CLOUD, drain_seconds=120)[part]
    assert len(text) < 16_000
    assert "{{" not in text


def test_an_image_is_the_same_for_every_stage() -> None:
    other = replace(_CLOUD, upstream_host="elsewhere", cache_min_free="1g")
    assert image_components(other, drain_seconds=120) == image_components(_CLOUD, drain_seconds=120)


def test_the_watcher_in_the_image_is_the_one_that_is_tested_here() -> None:
    source = Path(watch.__file__).read_text()
    assert _heredoc(_install("Watcher"), "MARQUEE_WATCH") == source
    ast.parse(source, feature_version=(3, 9))  # the Python of Amazon Linux 2023


_STUBS = {
    "lsblk": 'case "$1" in -no) echo nvme0n1;; *) printf "nvme0n1\\nnvme1n1\\n";; esac',
    "findmnt": "echo /dev/nvme0n1p1",
    # As the real one does; where that is installed, the next test asks it.
    "mkfs.xfs": '[ ${#3} -le 12 ] || { echo "$3 is too long, no more than 12" >&2; exit 1; }',
}


def _booted(script: str, root: Path) -> list[str]:
    """What a boot called of the machine, in order, with everything it writes below `root`."""
    calls = root / "calls"
    for name in (
        "aws",
        "chown",
        "dnf",
        "findmnt",
        "lsblk",
        "mkfs.xfs",
        "mount",
        "nginx",
        "systemctl",
    ):
        stub = root / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f'#!/bin/sh\necho {name} "$@" >>{calls}\n{_STUBS.get(name, "cat >&2")}\n')
        stub.chmod(0o755)
    for folder in ("etc/nginx", "etc/systemd/system", "usr/local/bin"):
        (root / folder).mkdir(parents=True)
    for folder in ("/etc/", "/var/", "/usr/local/"):
        script = script.replace(folder, f"{root}{folder}")
    environment = {"PATH": f"{root}/bin:/usr/bin:/bin"}
    subprocess.run(["bash", "-c", script], check=True, env=environment, stdin=subprocess.DEVNULL)
    return calls.read_text().splitlines()


def test_a_node_of_its_own_image_boots_without_installing_anything(tmp_path: Path) -> None:
    calls = _booted(_boot("Marquee/prod"), tmp_path)
    assert [call for call in calls if call.startswith("dnf")] == []
    (made,) = (call.split() for call in calls if call.startswith("mkfs.xfs"))
    assert made[-1] == "/dev/nvme1n1"
    # What is mounted is what was made.
    assert f"LABEL={made[3]} " in (tmp_path / "etc/fstab").read_text()
    assert "marquee-watch.service" in calls[-1]
    settings = (tmp_path / "etc/marquee/node.env").read_text()
    assert f"CACHE_FLOOR={8 * 1024**3}\n" in settings


@pytest.mark.skipif(MKFS is None, reason="mkfs.xfs is not installed on this machine")
def test_the_disk_takes_its_label(tmp_path: Path) -> None:
    command = re.search(r"^mkfs.xfs [^#\n]*", _boot("Marquee/prod"), re.MULTILINE)
    assert command
    with (disk := tmp_path / "disk").open("wb") as file:
        file.truncate(512 * 1024**2)
    script = command[0].replace("mkfs.xfs", str(MKFS))
    environment = {**os.environ, "disk": str(disk)}
    subprocess.run(["bash", "-ec", script], check=True, env=environment)


def test_a_bare_node_installs_first_and_then_boots_as_the_others_do(tmp_path: Path) -> None:
    calls = _booted(_boot(), tmp_path)
    assert calls[0] == "dnf install -y nginx"
    assert calls[-1].startswith("systemctl enable --now nginx")
    made = {path.name for path in (tmp_path / "usr/local/bin").iterdir()}
    assert made == {"marquee-cold-cache", "marquee-drain", "marquee-ship-logs"}


def test_a_boot_that_cannot_write_its_probe_does_not_begin_to_serve(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        _booted(_boot("Marquee/prod").replace("echo ok |", "false |"), tmp_path)
    assert "systemctl enable" not in (tmp_path / "calls").read_text()


@needs_nginx
def test_nginx_takes_the_configuration_of_the_cloud(tmp_path: Path) -> None:
    local = local_node(
        tmp_path, upstream_host="localhost", upstream_port=443, upstream_prefix="", listen="8080"
    )
    cloud = replace(
        _CLOUD,
        upstream_host="localhost",
        user=local.user,
        ca_bundle=certifi.where(),
        cache_path=local.cache_path,
        state_path=local.state_path,
        log_path=local.log_path,
    )
    path = tmp_path / "nginx.conf"
    path.write_text(nginx_conf(cloud))
    checked = subprocess.run(
        [str(NGINX), "-t", "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, "successful" in checked.stderr) == (0, True), checked.stderr


def test_a_boot_begins_with_an_empty_cache_and_a_restart_of_nginx_does_not(tmp_path: Path) -> None:
    script = _heredoc(_install(), "MARQUEE_COLD")
    cache, mark = tmp_path / "cache", tmp_path / "kept"
    cache.mkdir()
    script = script.replace(NodeConfig(upstream_host="s3").cache_path, str(cache))
    script = script.replace("/run/marquee-cache-kept", str(mark))
    left = []
    for _ in ("boot", "restart"):
        (cache / "slice").write_text("half of it")
        subprocess.run(["bash", "-c", script], check=True)
        left.append([path.name for path in cache.iterdir()])
    assert left == [[], ["slice"]]


def _shipped(state: Path, *, refused: bool = False) -> tuple[int, dict[str, str]]:
    """What one run of the shipping said, and what has reached the bucket until now."""
    bucket = state / "bucket"
    stubs = {
        "aws": "cat >/dev/null; exit 1"
        if refused
        else f'to="{bucket}/${{4#s3://}}"; mkdir -p "$(dirname "$to")"; cat >"$to"',
        "nginx": ":",
        "sleep": ":",
    }
    (state / "bin").mkdir(exist_ok=True)
    for name, does in stubs.items():
        (state / "bin" / name).write_text(f"#!/bin/bash\n{does}\n")
        (state / "bin" / name).chmod(0o755)
    (state / "instance-id").write_text("i-1\n")
    script = _heredoc(_install(), "MARQUEE_LOGS").replace(_CLOUD.log_path, str(state / "log"))
    script = script.replace("/var/lib/cloud/data/instance-id", str(state / "instance-id"))
    environment = {"PATH": f"{state}/bin:/usr/bin:/bin", "LOG_BUCKET": "logs"}
    ran = subprocess.run(["bash", "-c", script], check=False, env=environment)
    found = {
        str(path.relative_to(bucket)): gzip.decompress(path.read_bytes()).decode()
        for path in sorted(bucket.rglob("*.gz"))
    }
    return ran.returncode, found


def test_a_log_that_could_not_be_shipped_goes_with_the_next(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "access.log").write_text("first\n")
    (tmp_path / "log" / "error.log").write_text("oh\n")
    assert _shipped(tmp_path, refused=True) == (1, {})
    time.sleep(1.1)  # names go by the second
    (tmp_path / "log" / "access.log").write_text("second\n")
    status, found = _shipped(tmp_path)
    assert (status, list(found.values())) == (0, ["first\n", "second\n", "oh\n"])
    assert all(
        re.fullmatch(r"logs/fleet/(access|error)/\d{4}/\d\d/\d\d/\d{6}-i-1\.gz", name)
        for name in found
    )
    assert list((tmp_path / "log").iterdir()) == []


def test_nginx_and_its_watcher_wait_for_the_caches_disk() -> None:
    wanted = f"RequiresMountsFor={_CLOUD.cache_path}\n"
    assert wanted in _heredoc(_install(), "MARQUEE_UNIT")
    assert wanted in _heredoc(_install("Watcher"), "MARQUEE_UNIT")


def test_a_node_drains_when_its_group_or_spot_announces_the_end() -> None:
    script = _heredoc(_install(), "MARQUEE_DRAIN")
    waits = next(line for line in script.splitlines() if line.startswith("until "))
    assert "lifecycle_state" in waits
    assert "spot_notice" in waits


def test_as_much_is_kept_free_as_a_node_could_fill_between_two_looks(template: Find) -> None:
    fleet = STAGES["prod"].fleet
    node = template("streaming").only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    text = json.dumps(node["UserData"])
    free = int(text.split("min_free=")[1].split("g")[0])
    assert free * 1e9 >= fleet.node_gbps / 8 * 1e9 * 10
    assert "max_size=" not in text


def test_every_type_of_the_fleet_has_a_disk_of_its_own() -> None:
    # Graviton families with NVMe end in d, or are the storage-optimised ones.
    families = {name.split(".")[0] for name in STAGES["prod"].fleet.instance_types}
    assert {
        family for family in families if not re.fullmatch(r"c\dgd|im4gn|is4gen", family)
    } == set()


def test_the_store_is_read_over_verified_tls_in_the_cloud() -> None:
    config = nginx_conf(NodeConfig(upstream_host="media.s3.us-east-1.amazonaws.com"))
    assert "proxy_ssl_verify on;" in config
    assert "proxy_pass https://media;" in config
    assert "proxy_pass http://" not in config


def test_the_counters_answer_the_machine_itself_only() -> None:
    block = nginx_conf(NodeConfig(upstream_host="s3")).split("location = /metrics")[1].split("}")[0]
    assert "allow 127.0.0.1;\n            deny all;" in block
