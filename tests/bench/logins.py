"""Measures logins: `python -m tests.bench logins [--json FILE] [--seconds N]`.

A login hashes twice (when the code is issued and when it is checked), so half of what the machine can hash in a second
is the most it can ever do. That ceiling is measured right before and right after each crowd of people, for a machine
that others share runs faster and slower within minutes; half of the mean of both stands beside every figure.

Processor time is what the kernel says the server's own processes have used: those that answer pages, with the one that
watches over them, and the one that delivers. PostgreSQL, slapd, the provider and the people who log in are not in it.
Hashing is taken off by the processor time of the threads that hash. How fast the machine runs plain Python meanwhile
stands beside it: only figures at the same speed can be compared.
"""

import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from authsms.foundation.vault import HashingProfile, KeyRing, Vault
from tests.bench.load import STEPS, Crowd, Visitor
from tests.bench.stack import Stack, plain_python_seconds, run_stack

_CEILING_SECONDS = 2.0
_PACE_SECONDS = 0.5
_ANSWERS = 40
_LEFT = 300  # people, for what is measured last: a machine that runs faster than at first would use up all of them
_WARMING = 160  # people, before anything is measured: databases plan a statement anew for its first half dozen runs
_PROFILES = {"owasp": HashingProfile.OWASP, "light": HashingProfile.LIGHT}
_RUNS = ((8, 0.0), (32, 0.0), (8, 0.2), (32, 0.2))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmark.

    Attributes:
        half_ceiling: Logins a second if nothing but hashing took time.
        delivery_ms_per_login: The part of the processor time besides hashing that the delivery process has used.
        plain_python_ms: Processor time a million additions took meanwhile.
    """

    profile: str
    at_once: int
    provider_seconds: float
    logins_per_second: float
    half_ceiling: float
    share_of_half_ceiling: float
    processor_ms_per_login_besides_hashing: float
    delivery_ms_per_login: float
    plain_python_ms: float
    memory_mb: float
    failures: dict[str, int]
    milliseconds: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds of processor time that the server has used so far."""

    hashing: float
    in_all: float
    delivering: float

    @classmethod
    def by(cls, stack: Stack) -> Self:
        return cls(stack.hashing_seconds(), stack.processor_seconds(), stack.delivery_seconds())


def ceiling(profile: HashingProfile) -> float:
    """Return how many codes a second this machine can hash, one thread per core."""
    vault = Vault(KeyRing.generate(), profile=profile)
    until, counts = time.monotonic() + _CEILING_SECONDS, []

    def work() -> None:
        done = 0
        while time.monotonic() < until:
            vault.hash_code("challenge", "123456")
            done += 1
        counts.append(done)

    threads = [threading.Thread(target=work) for _ in range(vault.slots)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / _CEILING_SECONDS


def _run(stack: Stack, profile: str, at_once: int, delay: float, seconds: float) -> Run:
    crowd = Crowd(stack.server, stack.simulator)
    stack.set_fault(**({"kind": "slow", "seconds": delay} if delay else {}))
    first = ceiling(_PROFILES[profile])
    visitors = _take(stack, min(len(stack.visitors) - _LEFT, int(first / 2 * seconds) + at_once))
    before = _Spent.by(stack)
    with _pace() as million:
        measured = crowd.run(visitors, at_once, seconds)
    after = _Spent.by(stack)
    stack.set_fault()
    half_ceiling = statistics.mean((first, ceiling(_PROFILES[profile]))) / 2
    rate, each = measured.logins / measured.elapsed, 1000 / max(measured.logins, 1)
    return Run(
        profile,
        at_once,
        delay,
        rate,
        half_ceiling,
        rate / half_ceiling,
        (after.in_all - before.in_all - after.hashing + before.hashing) * each,
        (after.delivering - before.delivering) * each,
        statistics.median(million) * 1000 if million else 0.0,
        stack.memory_bytes() / 1e6,
        dict(Counter(measured.failures).most_common(5)),
        {name: _percentiles(measured.steps[name]) for name in STEPS},
    )


@contextmanager
def _pace() -> Iterator[list[float]]:
    """Measure now and then, while the block runs, how many seconds plain Python takes."""
    seconds, over = list[float](), threading.Event()

    def look() -> None:
        while not over.wait(_PACE_SECONDS):
            seconds.append(plain_python_seconds())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seconds
    finally:
        over.set()
        thread.join()


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if len(values) < 2:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49] * 1000, "p95": cuts[94] * 1000, "p99": cuts[98] * 1000}


def _answers(stack: Stack) -> dict[str, float]:
    """Return medians in milliseconds: what a bad provider costs the person who waits for a page."""
    crowd, found = Crowd(stack.server, stack.simulator), dict[str, list[float]]()
    for _ in range(4):
        for name, fault in (("at once", {}), ("after 200 ms", {"kind": "slow", "seconds": 0.2})):
            stack.set_fault(**fault)
            found.setdefault(f"password, provider {name}", []).extend(crowd.first_answers(_take(stack, _ANSWERS // 4)))
        for name, fault in (("well", {}), ("hangs", {"kind": "hang", "seconds": 20})):
            stack.set_fault()
            holders = crowd.hold_codes(_take(stack, _ANSWERS // 4))
            stack.set_fault(**fault)
            crowd.first_answers(_take(stack, _ANSWERS // 4))
            found.setdefault(f"code in hand, provider {name}", []).extend(one.timed_answer() for one in holders)
    stack.set_fault()
    return {name: statistics.median(times) * 1000 for name, times in found.items()}


def _take(stack: Stack, count: int) -> list[Visitor]:
    return [stack.visitors.pop() for _ in range(count)]


def _table(runs: Sequence[Run]) -> Table:
    head = ("profile", "at once", "provider", "logins/s", "half ceiling", "share", "CPU besides hashing")
    more = ("of it delivery", "plain Python", "memory", "failed")
    table = Table(*head, *more)
    for run in runs:
        table.add_row(
            run.profile,
            str(run.at_once),
            f"{run.provider_seconds * 1000:.0f} ms",
            f"{run.logins_per_second:.1f}",
            f"{run.half_ceiling:.1f}",
            f"{run.share_of_half_ceiling:.0%}",
            f"{run.processor_ms_per_login_besides_hashing:.1f} ms",
            f"{run.delivery_ms_per_login:.1f} ms",
            f"{run.plain_python_ms:.0f} ms",
            f"{run.memory_mb:.0f} MB",
            str(sum(run.failures.values())),
        )
    return table


def _steps(run: Run) -> Table:
    table = Table("step", "p50", "p95", "p99", title=f"{run.profile}, {run.at_once} at once, ms")
    for name, cuts in run.milliseconds.items():
        table.add_row(name, *(f"{cuts[cut]:.1f}" for cut in ("p50", "p95", "p99")))
    return table


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers there, too.")
@click.option("--seconds", default=20.0, show_default=True, help="How long each run takes at the most.")
@click.option("--profile", "profiles", multiple=True, type=click.Choice(list(_PROFILES)), help="Only these profiles.")
def logins(file: Path | None, seconds: float, profiles: tuple[str, ...]) -> None:
    """Measure logins over the web pages with slapd, PostgreSQL and a simulated provider on this machine."""
    console = Console()
    report: dict[str, object] = {}
    runs: list[Run] = []
    chosen = profiles or tuple(_PROFILES)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("measuring", total=len(chosen) * (len(_RUNS) + 3))
        for profile in chosen:
            most = ceiling(_PROFILES[profile])
            progress.advance(task)
            with run_stack(int(most / 2 * seconds * len(_RUNS)) + 700, profile) as stack:
                progress.advance(task)
                Crowd(stack.server, stack.simulator).run(_take(stack, _WARMING), 32, 10)
                report[profile] = {"hashes_per_second": most, "start_seconds": stack.start_seconds}
                for at_once, delay in _RUNS:
                    runs.append(_run(stack, profile, at_once, delay, seconds))
                    progress.advance(task)
                report[f"{profile} first answer, ms"] = _answers(stack)
                progress.advance(task)
    for name, facts in report.items():
        console.print(name, facts)
    for run in runs:
        console.print(_steps(run))
        for reason, count in run.failures.items():
            console.print(f"{run.profile}, {run.at_once} at once: {count} x {reason}", markup=False)
    console.print(_table(runs))
    if file is not None:
        file.write_text(json.dumps({**report, "runs": [asdict(run) for run in runs]}, indent=2), "utf-8")
