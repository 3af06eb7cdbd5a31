"""Processes that begin where the program is loaded already: forks of one server, which loads it once.

Loading takes the better part of each start, and is the same every time. What is not the same by this way is that the
memory of a process is a copy of its parent's; a few tests therefore start the command itself.
"""

import ctypes
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from authsms.cli import main
from authsms.cli.children import Child
from authsms.foundation.metrics_folder import FOLDER_VARIABLE
from tests.parts.processes import Process

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.parts.loaded"])
_LONGEST_SECONDS = 60
_SET_PARENT_DEATH_SIGNAL, _SET_NAME = 1, 15


class Command(Process):
    """A running `authsms` command, whose children are forks as well.

    The kernel calls it by its words, as far as fifteen characters go: ``authsms serve``, ``authsms worker``.

    Args:
        words: What follows ``authsms`` on the command line.
        log: File that takes what it prints.
        environment: Variables added to those of the tests.
    """

    def __init__(self, words: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        self._name = f"authsms {words[0]}"
        self._stop_signal = signal.SIGTERM
        log.touch()
        facts = {name: text for name, text in os.environ.items() if name != FOLDER_VARIABLE} | {**environment}
        self._popen = _Handle(FORKS.Process(target=_begin, args=(tuple(words), facts, log)))

    def wait(self) -> int:
        """Return how it ended by itself."""
        return self._popen.wait(_LONGEST_SECONDS)


class _Handle:
    """A process of `multiprocessing` with the methods of `subprocess.Popen`."""

    def __init__(self, process: BaseProcess) -> None:
        process.start()
        self._process = process

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("authsms", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _begin(words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Be a command that was started from the tests, and ends with them."""
    _call_kernel(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    folder = os.environ[FOLDER_VARIABLE]  # once loaded, the metrics need one
    os.environ.clear()
    os.environ.update({FOLDER_VARIABLE: folder, **environment})
    with log.open("ab") as output:
        for descriptor in (1, 2):
            os.dup2(output.fileno(), descriptor)
    multiprocessing.set_start_method("fork", force=True)  # as everywhere but below a server of forks
    Child._spawn = _fork_child  # type: ignore[method-assign,assignment]
    _run(words)


def _fork_child(child: Child) -> _Handle:
    """Take the place of `Child._spawn`."""
    words = [*child._arguments, "--parent", str(os.getpid())]
    return _Handle(multiprocessing.get_context("fork").Process(target=_be_child, args=(words,)))


def _be_child(words: Sequence[str]) -> None:
    for descriptor in [int(link.name) for link in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # the one that has just read the folder
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.close(descriptor)  # or nobody could listen there before this process ends
    _run(words)


def _run(words: Sequence[str]) -> None:
    os.setsid()
    _call_kernel(_SET_NAME, f"authsms {words[0]}".encode())
    sys.argv = ["authsms", *words]
    main()


def _call_kernel(option: int, fact: int | bytes) -> None:
    if ctypes.CDLL(None).prctl(option, fact) != 0:
        raise OSError("the kernel refuses")
