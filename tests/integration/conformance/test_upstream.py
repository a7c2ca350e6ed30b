"""Another ministack is refused before it is patched."""

from __future__ import annotations

import pytest

from local.emulator import upstream
from local.emulator.upstream import UpstreamChangedError


def test_the_installed_version_is_the_one_that_is_patched():
    upstream.require_version()


def test_another_version_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(upstream, "version", lambda _: "1.6.0")
    with pytest.raises(UpstreamChangedError, match=r"1\.6\.0.*\n.*conformance"):
        upstream.require_version()


def test_a_name_that_is_gone_is_named():
    with pytest.raises(UpstreamChangedError, match=r"ministack\.core\.persistence has no gone"):
        upstream.require("ministack.core.persistence", "STATE_DIR", "gone")


def test_a_function_that_takes_something_else_is_named():
    with pytest.raises(UpstreamChangedError, match=r"load_state takes \(service\), not \(name\)"):
        upstream.require("ministack.core.persistence", "load_state(name)")
