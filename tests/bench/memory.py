"""Measures whether the memory of the server stays flat: `python -m tests.bench memory [--logins N] [--json FILE]`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.bench.load import Crowd
from tests.bench.stack import run_stack

_PARTS = 10
_AT_ONCE = 8
_LIMIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where things stand after a tenth of the logins.

    Attributes:
        logins: How many there were so far.
        failures: How many did not get in, of this tenth.
        memory_mb: Resident memory of all processes of the server.
    """

    logins: int
    failures: int
    memory_mb: float


def _table(stretches: list[Stretch]) -> Table:
    growth = stretches[-1].memory_mb - stretches[0].memory_mb
    table = Table("logins", "failed", "memory", title=f"grew by {growth:+.1f} MB after the first tenth")
    for one in stretches:
        table.add_row(str(one.logins), str(one.failures), f"{one.memory_mb:.1f} MB")
    return table


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers there, too.")
@click.option("--logins", "number", default=10_000, show_default=True, help="How many people log in.")
def memory(file: Path | None, number: int) -> None:
    """Measure the memory of the server over many logins, with light hashing, slapd and PostgreSQL."""
    stretches: list[Stretch] = []
    done = 0
    with Progress(console=Console(stderr=True), transient=True) as progress, run_stack(number, "light") as stack:
        task = progress.add_task("logging in", total=number)
        for _ in range(_PARTS):
            visitors = [stack.visitors.pop() for _ in range(number // _PARTS)]
            measured = Crowd(stack.server, stack.simulator).run(visitors, _AT_ONCE, _LIMIT_SECONDS)
            done += measured.logins
            stretches.append(Stretch(done, len(measured.failures), stack.memory_bytes() / 1e6))
            progress.update(task, advance=len(visitors))
    Console().print(_table(stretches))
    if file is not None:
        file.write_text(json.dumps([asdict(one) for one in stretches], indent=2), "utf-8")
