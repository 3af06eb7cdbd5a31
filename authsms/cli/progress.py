"""How far a command is, drawn on standard error, where no script reads it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import Progress


class Bar(Protocol):
    """One bar; called with how much is done, and how much there is as soon as that is known."""

    def __call__(self, done: int, total: int | None = None) -> None:
        """Draw it so."""


class Begin(Protocol):
    """What begins a bar; *total* stays out while nobody knows it."""

    def __call__(self, words: str, total: int | None = None) -> Bar:
        """Draw one with *words* beside it."""


@contextmanager
def bars() -> Iterator[Begin]:
    """Lend what begins a bar, as long as the command works."""
    with _progress() as progress:

        def begin(words: str, total: int | None = None) -> Bar:
            task = progress.add_task(words, total=total)
            return lambda done, total=None: progress.update(task, completed=done, total=total)

        yield begin


def counted(rows: Collection[str], words: str) -> Iterator[str]:
    """Yield *rows* under a bar that goes when all are through; a single one needs none."""
    if len(rows) < 2:  # noqa: PLR2004 - one
        yield from rows
        return
    with _progress(transient=True) as progress:
        yield from progress.track(rows, description=words)


def _progress(*, transient: bool = False) -> Progress:
    return Progress(console=Console(stderr=True), transient=transient)
