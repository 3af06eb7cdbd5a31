"""A provider that costs next to nothing: it takes every text in Twilio's wire format and remembers when it came.

It answers at once or after a while, which may differ between codes and notices. Moments are those of the machine's
monotonic clock, which all processes share.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs

from typing_extensions import override

from authsms.cli.garbage import look_seldom
from tests.parts.processes import HOST

_context = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Provider:
    """The running provider, seen from outside."""

    port: int
    pid: int
    _pipe: "Connection[Any, Any]"

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    def delay(self, **seconds: float) -> None:
        """Make it answer later to texts that begin with such a word, and at once to all others."""
        self._ask("delay", seconds)

    def count(self) -> int:
        """Return how many texts have come."""
        number: int = self._ask("count", None)
        return number

    def take(self) -> Mapping[str, float]:
        """Return when each text came, the first copy of it, and forget them all."""
        found: dict[str, float] = self._ask("take", None)
        return found

    def _ask(self, question: str, value: object) -> Any:
        self._pipe.send((question, value))
        return self._pipe.recv()


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Run it in a process of its own."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Provider(ours.recv(), process.pid or 0, ours)
    finally:
        process.terminate()
        process.join()


class _Desk:
    """What the connections share."""

    def __init__(self) -> None:
        self.delays: Mapping[str, float] = {}
        self.arrivals: dict[str, float] = {}
        self.numbers = count(1)

    def answer(self, pipe: "Connection[Any, Any]") -> None:
        """Answer one question of the benchmark."""
        question, value = pipe.recv()
        if question == "delay":
            self.delays = value
        reply: object = len(self.arrivals)
        if question == "take":
            reply, self.arrivals = self.arrivals, {}
        pipe.send(reply)


class _Line(asyncio.Protocol):
    """One connection of a sender thread: one request after the other."""

    def __init__(self, desk: _Desk) -> None:
        self._desk = desk
        self._buffer = b""
        self._transport: Any = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, body = self._buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if not lengths:  # somebody looks at the account, which is not what is measured
            self._transport.abort()
            return
        length = int(lengths[0].split(b":")[1])
        if len(body) < length:
            return
        self._buffer = body[length:]
        text = parse_qs(body[:length].decode())["Body"][0]
        self._desk.arrivals.setdefault(text, time.monotonic())
        delay = self._desk.delays.get(text.partition(" ")[0], 0.0)
        if delay:
            asyncio.get_running_loop().call_later(delay, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        body = json.dumps({"sid": f"SM{next(self._desk.numbers):032x}", "status": "queued", "num_segments": "1"})
        head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write((head + body).encode())


def _serve(pipe: "Connection[Any, Any]") -> None:
    async def run() -> None:
        desk = _Desk()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Line(desk), HOST, 0)
        loop.add_reader(pipe.fileno(), desk.answer, pipe)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    look_seldom()
    asyncio.run(run())
