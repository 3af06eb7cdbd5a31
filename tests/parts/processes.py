"""Starts servers that tests talk to, and ends them again."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Protocol, TypeVar

HOST = "127.0.0.1"
_STARTS = 5
_PAUSE_SECONDS = 0.01
_END_SECONDS = 20
_FIRST_PORT, _SHARES, _SHARE = 12_000, 20, 1000
S = TypeVar("S")


class PartError(RuntimeError):
    """A real server that a test needs is not on this machine, or did not start; the message says which and why."""


@dataclass(frozen=True, slots=True)
class User:
    """The account a server runs under; ``None`` keeps the account of the tests."""

    name: str | None = None

    def give(self, folder: Path) -> None:
        """Make *folder* and what is in it belong to this account."""
        if self.name is None:
            return
        for place in (folder, *folder.rglob("*")):
            shutil.chown(place, self.name, self.name)


ME = User()


def find_program(name: str, *folders: str) -> str:
    """Return the path of a program, also outside PATH.

    Raises:
        PartError: It is not installed.
    """
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin", *folders]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise PartError(f"{name} is not installed; `make test` brings it (or run .ci/setup-debian.sh)")
    return found


def free_port() -> int:
    """Return a TCP port nobody listens on now; somebody may take it before it is used, so starts are repeated."""
    return _free_port(socket.SOCK_STREAM)


def free_udp_port() -> int:
    """Return a UDP port nobody listens on now."""
    return _free_port(socket.SOCK_DGRAM)


def _free_port(kind: socket.SocketKind) -> int:
    """Return a port from a range of this test process's own, below those that Linux gives to whoever connects.

    Any connection of any program could take one of those before it is used, or while its server starts anew.
    """
    while True:
        port = next(_ports())
        with socket.socket(type=kind) as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


@cache
def _ports() -> Iterator[int]:
    """Yield the ports of the range by chance, and none of them again before all others."""
    first = _FIRST_PORT + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _SHARES * _SHARE
    return cycle(random.SystemRandom().sample(range(first, first + _SHARE), _SHARE))


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """Make a folder that a server may enter even after it gave up root's rights; short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix=f"authsms-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Handle(Protocol):
    """What `subprocess.Popen` offers and is wanted here."""

    @property
    def pid(self) -> int:
        """Number of the process."""

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, or raise `subprocess.TimeoutExpired`."""

    def send_signal(self, sig: int, /) -> None:
        """Send it a signal."""

    def kill(self) -> None:
        """End it at once."""


class Process:
    """A running server process in a session of its own; it ends when the tests end, however they do.

    Args:
        command: Program and arguments.
        log: File that takes what it prints.
        user: Account it runs under.
        environment: Variables added to those of the tests.
        stop_signal: Asks it to end.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        user: User = ME,
        environment: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._name = command[0]
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._popen: Handle = subprocess.Popen(
                [*_ending_with_us(stop_signal), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
                user=user.name,
                group=user.name,
                extra_groups=[] if user.name else None,
            )

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    def wait_until_ready(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Return when *ready* says so.

        Raises:
            PartError: The process ended, or took longer than *seconds*.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                raise PartError(f"{self._name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(_PAUSE_SECONDS)

    def pause(self) -> None:
        """Make it hang: connections are taken, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        """End a pause."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        with suppress(ProcessLookupError):
            self._popen.kill()
        self._popen.wait()

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self.is_running:
            self.resume()
            self._popen.send_signal(self._stop_signal)
        try:
            self._popen.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def _ending_with_us(stop_signal: signal.Signals) -> list[str]:
    """Return what goes before a command to have the kernel send *stop_signal* once this process has ended.

    The kernel goes by the thread that starts it: what another thread than the first starts would end with that.
    """
    if threading.current_thread() is not threading.main_thread():
        return []
    return [find_program("setpriv"), "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--"]


def listens(port: int) -> bool:
    """Return whether somebody takes connections on *port*."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def start_on_free_ports(count: int, start: Callable[..., S]) -> S:
    """Call *start* with *count* ports, and again with others when it fails because one was taken meanwhile.

    Raises:
        PartError: The last of several starts failed too.
    """
    for _ in range(_STARTS - 1):
        with suppress(PartError):
            return start(*(free_port() for _ in range(count)))
    return start(*(free_port() for _ in range(count)))
