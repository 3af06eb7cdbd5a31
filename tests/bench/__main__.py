"""Measurements by name: `python -m tests.bench logins`, or `memory`, `delivery`, `failover`, `radius`."""

import click

from tests.bench.delivery import delivery
from tests.bench.failover import failover
from tests.bench.logins import logins
from tests.bench.memory import memory
from tests.bench.radius import radius


@click.group()
def bench() -> None:
    """Measure on this machine. Nothing leaves it, and everything ends by itself."""


bench.add_command(logins)
bench.add_command(memory)
bench.add_command(delivery)
bench.add_command(failover)
bench.add_command(radius)
bench()
