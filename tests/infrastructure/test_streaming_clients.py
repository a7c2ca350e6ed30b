"""The clients of the streaming benchmarks: what they say of an answer is what came."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from benchmarks.node.client import AnswerBrokenError, Client
from benchmarks.node.sessions import burst

BODY = bytes(range(256)) * 4096
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
Serve = Callable[[int], bytes]  # the bytes that answer the n-th question, after which it hangs up


def _against(
    serve: Serve, ask: Callable[[str], Awaitable[object]], *, hangs_up: bool = False
) -> tuple[object, int]:
    """What ``ask`` came to against a server, and how many questions that read."""
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked += 1
                sent = serve(asked)
                writer.write(sent)
                if hangs_up or len(sent) < len(WHOLE):
                    break
        except asyncio.IncompleteReadError:
            pass  # the client has gone
        writer.close()

    async def both() -> object:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await ask(f"http://127.0.0.1:{port}/file")

    return asyncio.run(both()), asked


def _burst(url: str) -> Awaitable[Counter[str]]:
    return burst(url, BODY, viewers=50)


def test_every_viewer_of_a_burst_gets_the_file_whole() -> None:
    assert _against(lambda _: WHOLE, _burst) == (Counter(whole=50), 50)


def test_a_flipped_bit_is_not_whole() -> None:
    other = bytearray(WHOLE)
    other[-1] ^= 1
    assert _against(lambda n: bytes(other) if n == 1 else WHOLE, _burst)[0] == Counter(
        {"whole": 49, "another body": 1}
    )


def test_an_answer_that_breaks_off_is_named_as_that() -> None:
    found, _ = _against(lambda n: WHOLE[:-10] if n == 1 else WHOLE, _burst)
    (problem,) = set(found) - {"whole"}
    assert "AnswerBrokenError" in problem
    assert f"{len(BODY) - 10} of {len(BODY)} bytes" in problem


def test_a_refusal_is_counted_by_its_status() -> None:
    refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    assert _against(lambda _: refusal, _burst)[0] == Counter({"503": 50})


async def _twice(url: str) -> list[int]:
    client = Client(url)
    lengths = [(await client.get("/file")).length]
    await asyncio.sleep(0.05)  # for a server that hangs up to have done so
    lengths.append((await client.get("/file")).length)
    client.close()
    return lengths


@pytest.mark.parametrize("hangs_up", [False, True])
def test_the_next_file_is_had_whether_the_connection_was_kept_or_not(hangs_up: bool) -> None:
    found = _against(lambda _: WHOLE, _twice, hangs_up=hangs_up)
    assert found == ([len(BODY), len(BODY)], 2)


def test_a_body_is_handed_on_in_full() -> None:
    async def ask(url: str) -> bytes:
        body = bytearray()
        client = Client(url)
        await client.get("/file", body.extend)
        client.close()
        return bytes(body)

    assert _against(lambda _: WHOLE, ask)[0] == BODY


def test_who_hangs_up_without_an_answer_breaks_the_first_question() -> None:
    async def ask(url: str) -> None:
        await Client(url).get("/file")

    with pytest.raises(AnswerBrokenError):
        _against(lambda _: b"", ask)
