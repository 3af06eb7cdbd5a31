"""The doorbell: whoever commits a message rings, and a delivery process that waits wakes up at once.

It carries no data and may be lost: the table is the truth, and a delivery process looks there a few times a second
anyway. Every waiting process has a datagram socket of its own in one folder; ringing sends one byte to each.
"""

import errno
import os
import select
import socket
import stat
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.orm import Session
from typing_extensions import override

from authsms.foundation.db import after_commit
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.logs import get_logger

_LONGEST_ADDRESS = 100  # a Unix socket path holds 107 bytes on Linux, 103 elsewhere
_LONGEST_NAME = len("/0123456789abcdef.bell")
_log = get_logger(__name__)


class Listener(ABC):
    """One waiting process."""

    @abstractmethod
    def wait(self, timeout: timedelta) -> bool:
        """Sleep until somebody rings, but not longer than *timeout*; return whether somebody did."""

    @abstractmethod
    def nudge(self) -> None:
        """Wake this listener from another thread of its own process."""

    @abstractmethod
    def close(self) -> None:
        """Stop listening."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Doorbell(ABC):
    """Tells delivery processes that there is work."""

    @abstractmethod
    def announce(self, session: Session) -> None:
        """Ring once the session's transaction is committed; never after a rollback."""

    @abstractmethod
    def listen(self) -> Listener:
        """Return a new listener; the caller closes it."""


class SocketDoorbell(Doorbell):
    """A folder of datagram sockets, for processes on one machine.

    Args:
        folder: Where the sockets lie; made when missing. When its path is too long for a socket, a private folder
            under the system's temporary one stands in for it, named after *folder* so that all processes agree.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = _usable_folder(folder)

    @override
    def announce(self, session: Session) -> None:
        after_commit(session, self.ring)

    def ring(self) -> None:
        """Wake every waiting process; a bell nobody answers is no error."""
        with os.scandir(self.folder) as entries:
            bells = [entry.path for entry in entries if entry.name.endswith(".bell")]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hand:
            hand.setblocking(False)
            for bell in bells:
                _ring(hand, bell)

    @override
    def listen(self) -> Listener:
        return _SocketListener(self.folder)


class _SocketListener(Listener):
    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{os.urandom(8).hex()}.bell"
        self._bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._bell.setblocking(False)
        self._bell.bind(str(self._file))
        self._file.chmod(0o600)
        self._ours, self._hand = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._ours, self._hand):
            end.setblocking(False)

    @override
    def wait(self, timeout: timedelta) -> bool:
        ready, _, _ = select.select([self._bell, self._ours], [], [], timeout.total_seconds())
        for ringing in ready:
            with suppress(BlockingIOError):
                while True:
                    ringing.recv(16)
        return bool(ready)

    @override
    def nudge(self) -> None:
        with suppress(OSError):
            self._hand.send(b"!")

    @override
    def close(self) -> None:
        self._file.unlink(missing_ok=True)
        for end in (self._bell, self._ours, self._hand):
            end.close()


def _ring(hand: socket.socket, bell: str) -> None:
    try:
        hand.sendto(b"!", bell)
    except ConnectionRefusedError:
        # Its process is dead and could not take it down.
        with suppress(FileNotFoundError):
            os.unlink(bell)  # noqa: PTH108 - a path as scandir gave it
    except OSError as error:
        # A full buffer means that the bell is ringing already.
        if error.errno not in {errno.EAGAIN, errno.ENOBUFS, errno.ENOENT}:
            _log.warning("doorbell.broken", reason=error.strerror)


def _usable_folder(folder: Path) -> Path:
    folder = folder.absolute()
    if len(os.fsencode(folder)) + _LONGEST_NAME > _LONGEST_ADDRESS:
        name = f"authsms-{os.getuid()}-{sha256(os.fsencode(folder)).hexdigest()[:16]}"
        short = [Path(place) / name for place in (tempfile.gettempdir(), "/tmp")]  # noqa: S108 - checked below
        folder = next(place for place in short if len(os.fsencode(place)) + _LONGEST_NAME <= _LONGEST_ADDRESS)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ConfigurationError(f"{folder} must be a folder that only its owner, the server's user, may write to.")
    return folder
