"""A RabbitMQ server of one node, with an epmd of its own; nothing of it stays behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.processes import HOST, Process, find_program, listens, private_folder, start_on_free_ports

_PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one on PATH wants the user rabbitmq and the system's folders
_ONE_CORE = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"


@dataclass(slots=True)
class RabbitMQ:
    """A running server."""

    port: int
    folder: Path
    process: Process
    _ports: tuple[int, int, int]

    @property
    def url(self) -> str:
        """Address of its only virtual host."""
        return f"amqp://guest:guest@{HOST}:{self.port}//"

    def start(self) -> None:
        """Start it again after `Process.kill` or `Process.stop`, on the same port and with its queues."""
        self.process = _launch(self.folder, *self._ports)


@contextmanager
def run_rabbitmq() -> Iterator[RabbitMQ]:
    """Run a server; it takes five seconds of a processor to start."""
    with private_folder("rabbitmq") as folder:
        (folder / "plugins").write_text("[].")
        (folder / "environment").touch()
        server, epmd = start_on_free_ports(3, partial(_start, folder))
        try:
            yield server
        finally:
            server.process.kill()
            epmd.kill()


def _start(folder: Path, port: int, distribution_port: int, epmd_port: int) -> tuple[RabbitMQ, Process]:
    command = [find_program("epmd"), "-port", str(epmd_port), "-address", HOST]
    epmd = Process(command, log=folder / "epmd.log")
    try:
        epmd.wait_until_ready(lambda: listens(epmd_port))  # or the server would start one of its own
        ports = (port, distribution_port, epmd_port)
        return RabbitMQ(port, folder, _launch(folder, *ports), ports), epmd
    except BaseException:
        epmd.kill()
        raise


def _launch(folder: Path, port: int, distribution_port: int, epmd_port: int) -> Process:
    environment = {
        "HOME": str(folder),
        "ERL_CRASH_DUMP": str(folder / "crash.dump"),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(epmd_port),
        "RABBITMQ_ALLOW_INPUT": "true",  # without it the server is a grandchild that outlives its shell
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "environment"),
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_NODENAME": "authsms@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ONE_CORE,
        "PATH": os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]),
    }
    process = Process([find_program(_PROGRAM), "-noinput"], log=folder / "server.log", environment=environment)
    process.wait_until_ready(lambda: listens(port), 180)
    return process
