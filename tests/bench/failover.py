"""Measures failing over: `python -m tests.bench failover [--json FILE]`.

The first sender service dies in eight ways, one after the other, and is new to delivery each time. Codes are posted all
the while; the clock of each starts with the transaction that enqueues it, and stops when it arrives at the second
service.
"""

import json
import ssl
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import delete

from authsms.delivery.condition_models import ServiceConditionRecord
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.simulator import TwilioAccount
from tests.bench.post_office import Placement, PostOffice, run_post_office
from tests.parts.certificates import Authority
from tests.parts.processes import HOST, free_port
from tests.plugins import hostile
from tests.plugins.hostile import Behaviour, HostileServer

_LOOK_SECONDS = 1.5
"""By then the worker has looked at the policy again."""

_LAST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Failover:
    """How long codes took by way of the second service, in milliseconds; those lost are in none of the times."""

    way: str
    p50: float
    p95: float
    slowest: float
    lost: int


@contextmanager
def _address(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _server(behave: Behaviour) -> Iterator[str]:
    with HostileServer(behave) as server:
        yield server.url


@contextmanager
def _unproven() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        files = Authority(Path(folder)).issue("server")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        with HostileServer(hostile.answer(201), tls=context) as server:
            yield server.url


_WAYS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refuses the connection": lambda: _address(f"http://{HOST}:{free_port()}"),
    "has no name any more": lambda: _address("https://no-such-host.invalid"),
    "hangs": lambda: _server(hostile.silence),
    "drips": lambda: _server(hostile.drip_head),
    "fails with 500": lambda: _server(hostile.answer(500, b"oops")),
    "throttles with 429": lambda: _server(hostile.answer(429, b"", "Retry-After: 30")),
    "lies with 200": lambda: _server(hostile.answer(200, b"<html>Welcome</html>")),
    "shows a wrong certificate": _unproven,
}


def measure(office: PostOffice, way: str, number: int) -> Failover:
    """Let the first service die this way, and return how long *number* codes, ten a second, took."""
    services = office.services
    with _WAYS[way]() as url:
        with services.database.write() as session:
            session.execute(delete(ServiceConditionRecord))
        account = TwilioAccount()
        settings = {
            "account_sid": account.sid,
            "auth_token": account.token,
            "sender_phone": "+12025550198",
            "base_url": url,
        }
        services.senders.save_service(ServiceDraft(ServiceRule("first"), "twilio", settings), author="bench")
        time.sleep(_LOOK_SECONDS)
        begun = {}
        for index in range(number):
            at = time.monotonic() + 0.1
            begun[f"{way} {index}"] = office.post(f"{way} {index}").begun
            time.sleep(max(at - time.monotonic(), 0))
        arrivals: dict[str, float] = {}
        until = time.monotonic() + _LAST_SECONDS
        while not set(begun) <= set(arrivals) and time.monotonic() < until:
            time.sleep(0.05)
            arrivals |= office.provider.take()
    times = sorted((arrivals[text] - at) * 1000 for text, at in begun.items() if text in arrivals)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Failover(way, cuts[49], cuts[94], times[-1], number - len(times))


def _table(found: list[Failover]) -> Table:
    table = Table(
        "the first service",
        "p50",
        "p95",
        "slowest",
        "lost",
        title="from the transaction to the second service, ms (wanted: p95 5000)",
    )
    for one in found:
        table.add_row(one.way, f"{one.p50:.0f}", f"{one.p95:.0f}", f"{one.slowest:.0f}", str(one.lost))
    return table


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers there, too.")
@click.option("--codes", "number", default=60, show_default=True, help="Codes for each way of dying, ten a second.")
def failover(file: Path | None, number: int) -> None:
    """Measure how soon a code goes through the second sender service when the first one dies, in eight ways."""
    console = Console()
    shown = Progress(console=Console(stderr=True), transient=True)
    with shown as progress, run_post_office(Placement.SQLITE) as office:
        found = [measure(office, way, number) for way in progress.track(_WAYS, description="dying")]
    console.print(_table(found))
    if file is not None:
        file.write_text(json.dumps([asdict(one) for one in found], indent=2), "utf-8")
