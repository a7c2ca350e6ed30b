"""The guard: who may talk to the emulator."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import httpx
import pytest

LIST_FUNCTIONS = "/2015-03-31/functions"


def ask(emulator, **headers: str) -> int:
    return httpx.get(f"{emulator.endpoint}{LIST_FUNCTIONS}", headers=headers).status_code


def test_a_client_on_this_machine_is_answered(emulator):
    assert ask(emulator) == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil"])
def test_a_name_that_only_resolves_to_this_machine_is_refused(emulator, host):
    assert ask(emulator, host=host) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil", "null"])
def test_a_page_of_another_site_is_refused(emulator, origin):
    assert ask(emulator, origin=origin) == 403


def test_a_page_of_this_machine_is_answered(emulator):
    assert ask(emulator, origin="http://127.0.0.1:8080") == 200


def test_a_foreign_page_can_not_empty_the_emulator(emulator, aws):
    bucket = aws.bucket()
    answer = httpx.post(
        f"{emulator.endpoint}/_ministack/reset", headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    aws.client("s3").head_bucket(Bucket=bucket)


def test_it_listens_on_one_port_of_the_loopback_address(emulator):
    listening = {
        (bytes.fromhex(address)[::-1], int(port, 16)) for address, port in listeners(emulator.pid)
    }
    port = int(emulator.endpoint.rpartition(":")[2])
    assert listening == {(socket.inet_aton("127.0.0.1"), port)}


def listeners(pid: int) -> set[tuple[str, str]]:
    """Address and port, in hexadecimal, of each socket the process listens on."""
    links = (f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd"))
    inodes = {os.readlink(link).removeprefix("socket:[")[:-1] for link in links}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                found.add((address, port))
    return found
