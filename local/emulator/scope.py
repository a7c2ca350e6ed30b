"""Whose request the emulator is working on. Everything it stores is kept by account and region."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def scope() -> tuple[str, str]:
    """The account and the region of what is being done now."""
    from ministack.core.responses import get_account_id, get_region

    return get_account_id(), get_region()


@contextmanager
def acting_as(account: str, region: str) -> Iterator[None]:
    """Everything inside is done for this account and region; threads start without any."""
    from ministack.core.responses import _request_account_id, _request_region

    account_token, region_token = _request_account_id.set(account), _request_region.set(region)
    try:
        yield
    finally:
        _request_account_id.reset(account_token)
        _request_region.reset(region_token)
