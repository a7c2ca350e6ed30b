"""The edge's configuration is one that nginx accepts, and that keeps other sites out."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from local.edge import EdgeConfig, nginx_path, render

CONFIG = EdgeConfig(
    port=8080,
    emulator="127.0.0.1:4566",
    node="127.0.0.2:8080",
    gate="127.0.0.1:4567",
    api_id="0a1b2c3d",
    api_headers={"x-marquee-edge": "a-word"},
    web_bucket="web",
    media_bucket="media",
)
needs_nginx = pytest.mark.skipif(
    not shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"),
    reason="nginx is not installed: scripts/setup installs it",
)


@needs_nginx
def test_nginx_accepts_the_configuration(tmp_path):
    path = tmp_path / "edge.conf"
    path.write_text(render(CONFIG, tmp_path))
    command = [nginx_path(), "-t", "-e", str(tmp_path / "error.log"), "-c", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_it_listens_on_loopback_alone(tmp_path):
    listens = [
        line.split()[1] for line in render(CONFIG, tmp_path).splitlines() if "listen " in line
    ]
    assert listens == ["127.0.0.1:8080;"]


def test_every_blank_of_the_template_is_filled(tmp_path):
    assert "{{" not in render(CONFIG, tmp_path)


def test_the_api_gets_the_distributions_header_and_not_the_viewers(tmp_path):
    text = render(CONFIG, tmp_path)
    api = text[text.index("location /v1/") : text.index("location @unauthenticated")]
    assert 'proxy_set_header x-marquee-edge "a-word";' in api
    assert text.count("a-word") == 1


def test_the_api_gets_no_header_of_another_site(tmp_path):
    text = render(CONFIG, tmp_path)
    api = text[text.index("location /v1/") : text.index("location @unauthenticated")]
    for name in ("Origin", "Referer"):
        assert f'proxy_set_header {name} "";' in api
