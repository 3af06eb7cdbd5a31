"""A Redis server that keeps nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.certificates import ServerFiles
from tests.parts.processes import HOST, Process, find_program, listens, private_folder, start_on_free_ports


@dataclass(slots=True)
class Redis:
    """A running server."""

    port: int
    folder: Path
    process: Process
    tls: ServerFiles | None

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"redis{'s' if self.tls else ''}://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start it again after `Process.kill` or `Process.stop`, on the same port and empty."""
        self.process = _launch(self.folder, self.tls, self.port)


@contextmanager
def run_redis(tls: ServerFiles | None = None) -> Iterator[Redis]:
    """Run a Redis server; with *tls* it speaks nothing else, and wants no certificate of its clients."""
    with private_folder("redis") as folder:
        redis = start_on_free_ports(1, partial(_start, folder, tls))
        try:
            yield redis
        finally:
            redis.process.stop()


def _start(folder: Path, tls: ServerFiles | None, port: int) -> Redis:
    return Redis(port, folder, _launch(folder, tls, port), tls)


def _launch(folder: Path, tls: ServerFiles | None, port: int) -> Process:
    options = {"bind": HOST, "port": str(port), "save": "", "appendonly": "no", "dir": str(folder)}
    if tls is not None:
        files = {"tls-cert-file": str(tls.certificate), "tls-key-file": str(tls.key), "tls-auth-clients": "no"}
        options |= {"port": "0", "tls-port": str(port), **files}
    command = [find_program("redis-server")]
    for name, value in options.items():
        command += [f"--{name}", value]
    process = Process(command, log=folder / "redis.log")
    process.wait_until_ready(lambda: listens(port))
    return process
