"""One `authsms serve` of an installation: its processes, by what they do, and how they are started and ended."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.functional.visitor import Browser
from tests.parts.forks import Command
from tests.parts.processes import HOST, Process, free_port

_START_SECONDS = 60.0
_STOP_SECONDS = 45.0
_ESTABLISHED = "01"


@dataclass
class Node:
    """One `authsms serve` of an installation.

    Attributes:
        port: Where it listens.
        folder: Its instance folder.
        environment: Its settings.
        is_forked: Whether it begins with everything loaded; else the command is started as people do.
    """

    port: int
    folder: Path
    environment: dict[str, str]
    is_forked: bool = True
    process: Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it has written."""
        return self.folder.with_suffix(".log")

    def start(self) -> float:
        """Start it; return the seconds until the first answer."""
        began = time.monotonic()
        self.launch()
        assert self.process is not None
        self.process.wait_until_ready(lambda: self.answers("/healthz"), _START_SECONDS)
        return time.monotonic() - began

    def launch(self) -> None:
        """Start it without waiting for anything."""
        if self.is_forked:
            self.process = Command(["serve"], log=self.log, environment=self.environment)
            return
        command = [sys.executable, "-m", "authsms", "serve"]
        self.process = Process(command, log=self.log, environment=self.environment)

    def answers(self, path: str) -> bool:
        """Tell whether it answers with 200."""
        with suppress(OSError, http.client.HTTPException):
            return Browser(self.url, self.environment["AUTHSMS_PUBLIC_URL"], HOST).get(path).status == 200
        return False

    def wait_until_read(self, address: str) -> None:
        """Return when a web process has taken and read all that was sent to it from *address*, and has not answered."""
        until = time.monotonic() + _START_SECONDS
        while not self._has_read(address):
            if time.monotonic() > until:
                raise AssertionError(f"what came from {address} was never read")
            time.sleep(0.01)

    def wait_until_ready(self) -> None:
        """Return when everything works, delivery included."""
        until = time.monotonic() + _START_SECONDS
        while not self.answers("/readyz"):
            if time.monotonic() > until:
                raise AssertionError(f"never ready: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def _has_read(self, address: str) -> bool:
        """Look at the kernel's table: connections that nobody has taken yet belong to no file."""
        client = socket.inet_aton(address)[::-1].hex().upper()
        for row in _read("/proc/net/tcp").splitlines()[1:]:
            _, here, there, state, queues, *rest = row.split()
            is_ours = here.endswith(f":{self.port:04X}") and there.startswith(f"{client}:")
            if is_ours and state == _ESTABLISHED:
                return queues.endswith(":00000000") and rest[4] != "0"
        return False

    def family(self) -> dict[int, str]:
        """Return the processes by their numbers: ``main``, ``web``, ``worker`` (delivery) or ``radius``."""
        if self.process is None:
            return {}
        commands = {pid: _command(pid) for pid in _children(self.process.pid)}
        kinds = {pid: "web" if command == "serve" else command for pid, command in commands.items()}
        return {self.process.pid: "main"} | kinds

    def stop(self) -> float:
        """Ask it to end; return the seconds that took."""
        began, members = time.monotonic(), self.family()
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.resume()
                os.kill(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process._popen.wait(_STOP_SECONDS)
        elapsed = time.monotonic() - began
        self.kill(members)
        return elapsed

    def kill(self, members: Mapping[int, str] | None = None) -> None:
        """End every one of its processes at once, as a power cut would."""
        for pid in self.family() if members is None else members:
            if _command(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.kill()
            self.process = None


def make_node(folder: Path, *, is_forked: bool = True) -> Node:
    """Return one that has not been started, with an empty *folder* and a port of its own."""
    folder.mkdir(mode=0o700, parents=True)
    return Node(free_port(), folder, {}, is_forked)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    direct = [int(child) for task in tasks for child in _read(str(task)).split()]
    return [*direct, *(one for child in direct for one in _children(child))]


def _command(pid: int) -> str:
    """Return the command of `authsms` that a process has been given; a web process has that of its server."""
    words = _read(f"/proc/{pid}/comm").split() + _read(f"/proc/{pid}/cmdline").split("\0")
    return words[words.index("authsms") + 1] if "authsms" in words else ""


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except OSError:
        return ""
