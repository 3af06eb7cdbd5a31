"""Who is alive: a worker holds a lock on a file as long as its process lives, however that ends.

The kernel frees the lock at the moment a process dies, so that its messages move on within a second, while a lease
must be as long as the longest attempt. A worker's name starts with a mark of the folder; whoever sees the same folder
can try the lock, everybody else knows nothing and waits for the lease.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_MARK = "place"


class Hold:
    """A held lock.

    Attributes:
        owner: The worker's name, for the messages it claims.
    """

    def __init__(self, owner: str, file: Path, descriptor: int) -> None:
        self.owner = owner
        self._file = file
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go, and remove the file."""
        self._file.unlink(missing_ok=True)
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Liveness:
    """The lock files of all workers that see *folder*."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._place = _place_of(folder)

    def hold(self) -> Hold:
        """Return a lock under a new name."""
        name = os.urandom(8).hex()
        file = self._folder / f"{name}.lock"
        while True:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Between opening and locking somebody may have tidied the file away as a dead worker's.
            with suppress(FileNotFoundError):
                if file.stat().st_ino == os.fstat(descriptor).st_ino:
                    return Hold(f"{self._place}.{name}", file, descriptor)
            os.close(descriptor)

    def is_dead(self, owner: str) -> bool | None:
        """Tell whether the worker of that name is dead, or None when that cannot be seen from here."""
        place, _, name = owner.rpartition(".")
        if place != self._place or not name.isalnum():
            return None
        with _freed(self._folder / f"{name}.lock") as free:
            return free

    def tidy(self) -> None:
        """Remove the files of dead workers."""
        for file in self._folder.glob("*.lock"):
            with _freed(file) as free:
                if free:
                    file.unlink(missing_ok=True)


@contextmanager
def _freed(file: Path) -> Iterator[bool]:
    """Tell whether nobody holds *file*, and keep everybody from taking it meanwhile."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _place_of(folder: Path) -> str:
    """Return the mark of *folder*, made by whoever comes first; a link is made whole or not at all."""
    mark = folder / _MARK
    if not mark.exists():
        draft = folder / f"{_MARK}.{os.urandom(8).hex()}"
        draft.write_text(os.urandom(8).hex(), encoding="ascii")
        with suppress(FileExistsError):
            os.link(draft, mark)
        draft.unlink()
    return mark.read_text(encoding="ascii")
