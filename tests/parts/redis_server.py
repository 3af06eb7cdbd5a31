"""A Redis server that keeps nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.processes import HOST, Process, find_program, listens, private_folder, start_on_free_ports


@dataclass(frozen=True, slots=True)
class Redis:
    """A running server."""

    port: int
    process: Process

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"redis://{HOST}:{self.port}/0"


@contextmanager
def run_redis() -> Iterator[Redis]:
    """Run a Redis server."""
    with private_folder("redis") as folder:
        redis = start_on_free_ports(1, partial(_start, folder))
        try:
            yield redis
        finally:
            redis.process.stop()


def _start(folder: Path, port: int) -> Redis:
    options = {"bind": HOST, "port": str(port), "save": "", "appendonly": "no", "dir": str(folder)}
    command = [find_program("redis-server")]
    for name, value in options.items():
        command += [f"--{name}", value]
    process = Process(command, log=folder / "redis.log")
    process.wait_until_ready(lambda: listens(port))
    return Redis(port, process)
