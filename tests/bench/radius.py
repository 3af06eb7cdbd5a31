"""Measures answers by RADIUS: `python -m tests.bench radius [--json FILE] [--seconds N]`.

What a person waits for is the answer to name and password: the directory is asked, a code drawn, hashed and queued.
Devices give up after a few seconds and ask again, so what counts is the slow end, and how many hear anything else.
"""

import json
import os
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from pyrad.packet import AuthPacket
from rich.console import Console
from rich.table import Table

from tests.bench.load import Visitor
from tests.bench.stack import Stack, run_stack
from tests.parts.processes import HOST, free_udp_port

_ALONE = 40
_AT_ONCE = 16
_MOST_A_SECOND = 80
_PATIENCE_SECONDS = 5.0
_START_SECONDS = 30.0
_REQUEST, _STATUS = 1, 12
_USER_NAME, _USER_PASSWORD, _CALLING_STATION = 1, 2, 31
_ANSWERS = {2: "accept", 3: "reject", 11: "challenge"}


@dataclass(frozen=True, slots=True)
class Run:
    """What devices saw.

    Attributes:
        processor_ms_per_challenge: Of all processes of the server, with what became of the texts meanwhile.
        refused_share: Of those who gave the right password, how many got no challenge: refused, or no answer at all.
    """

    at_once: int
    challenges: int
    challenges_per_second: float
    p50_ms: float
    p95_ms: float
    processor_ms_per_challenge: float
    refused_share: float
    answers: dict[str, int]


class _Device:
    """Asks one question after the other from a port of its own."""

    def __init__(self, port: int, secret: str) -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.connect((HOST, port))
        self._secret = secret.encode()
        self._identifier = 0

    def ask(self, kind: int, seconds: float, visitor: Visitor | None = None) -> str:
        """Return what kind of answer came, or ``silence``; nothing is asked twice."""
        self._identifier = (self._identifier + 1) % 256
        packet = AuthPacket(kind, self._identifier, self._secret, authenticator=os.urandom(16))
        if visitor is not None:
            packet[_USER_NAME] = [visitor.login.encode()]
            packet[_USER_PASSWORD] = [packet.PwCrypt(visitor.password)]
            packet[_CALLING_STATION] = [_station(visitor).encode()]
        packet.add_message_authenticator()
        self._socket.settimeout(seconds)
        try:
            self._socket.send(packet.RequestPacket())
            while (answer := self._socket.recv(4096))[1] != self._identifier:
                continue
        except OSError:
            return "silence"
        return _ANSWERS.get(answer[0], "other")

    def close(self) -> None:
        """Close its port."""
        self._socket.close()


def _station(visitor: Visitor) -> str:
    """Return an address of the person's own, so that limits by address see many people."""
    number = int(visitor.login.removeprefix("user"))
    return f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}"


def _measure(stack: Stack, port: int, visitors: Sequence[Visitor], at_once: int, seconds: float) -> Run:
    """Let each visitor log in once, *at_once* at the same time, until all had a turn or the time is over."""
    queue: Iterator[Visitor] = iter(visitors)
    lock, times, answers = threading.Lock(), list[float](), Counter[str]()
    begun, processor = time.monotonic(), stack.processor_seconds()

    def serve() -> None:
        with closing(_Device(port, stack.radius_secret)) as device:
            while time.monotonic() - begun < seconds:
                with lock:
                    visitor = next(queue, None)
                if visitor is None:
                    return
                asked = time.monotonic()
                answer = device.ask(_REQUEST, _PATIENCE_SECONDS, visitor)
                with lock:
                    answers[answer] += 1
                    if answer == "challenge":
                        times.append(time.monotonic() - asked)

    threads = [threading.Thread(target=serve) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, processor = time.monotonic() - begun, stack.processor_seconds() - processor
    cuts = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else [0.0] * 19
    return Run(
        at_once,
        len(times),
        len(times) / elapsed,
        cuts[9] * 1000,
        cuts[18] * 1000,
        processor / max(len(times), 1) * 1000,
        1 - len(times) / max(answers.total(), 1),
        dict(answers),
    )


def _wait_until_answered(stack: Stack, port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    with closing(_Device(port, stack.radius_secret)) as device:
        while device.ask(_STATUS, 0.2) != "accept":
            if time.monotonic() > until:
                raise click.ClickException("RADIUS never answered")
            time.sleep(0.05)


def _runs(stack: Stack, port: int, seconds: float) -> list[Run]:
    _wait_until_answered(stack, port)
    people = iter(stack.visitors)
    _measure(stack, port, [next(people) for _ in range(_AT_ONCE)], 4, seconds)  # what is loaded with the first requests
    alone = _measure(stack, port, [next(people) for _ in range(_ALONE)], 1, seconds)
    return [alone, _measure(stack, port, list(people), _AT_ONCE, seconds)]


def _table(runs: Sequence[Run]) -> Table:
    head = ("at once", "challenges", "a second", "p50", "p95", "CPU each", "refused")
    table = Table(*head, title="RADIUS: answer to the password")
    for run in runs:
        table.add_row(
            str(run.at_once),
            str(run.challenges),
            f"{run.challenges_per_second:.1f}",
            f"{run.p50_ms:.1f} ms",
            f"{run.p95_ms:.1f} ms",
            f"{run.processor_ms_per_challenge:.1f} ms",
            f"{run.refused_share:.1%}",
        )
    return table


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers there, too.")
@click.option("--seconds", default=10.0, show_default=True, help="How long each run takes at the most.")
def radius(file: Path | None, seconds: float) -> None:
    """Measure how soon a device hears what to ask next, with slapd and PostgreSQL on this machine."""
    port = free_udp_port()
    with run_stack(int(seconds * _MOST_A_SECOND) + _ALONE + _AT_ONCE, "owasp", radius_port=port) as stack:
        runs = _runs(stack, port, seconds)
    console = Console()
    for run in runs:
        if run.refused_share:
            console.print(f"{run.at_once} at once: {run.answers}")
    console.print(_table(runs))
    if file is not None:
        file.write_text(json.dumps([asdict(run) for run in runs], indent=2), "utf-8")
