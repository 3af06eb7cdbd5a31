"""What the main thread of a server waits for, and handlers of signals may set."""

from contextlib import suppress
from queue import Empty, SimpleQueue

_LOOK_SECONDS = 1.0


class Summons:
    """An event that loses no signal, whatever the main thread is doing when it comes.

    `threading.Event` loses two. A handler that runs while the main thread looks at the event waits for a lock that this
    very thread holds, for good. And a signal that comes between the last step of the interpreter and the wait of the
    system is only handled once the wait is over; so this wait is over every second.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._calls = SimpleQueue[None]()

    def set(self) -> None:
        """Let whoever waits go on, and everybody who comes until `clear`."""
        self._is_set = True
        self._calls.put(None)

    def clear(self) -> None:
        """Let whoever comes wait again."""
        self._is_set = False

    def wait(self) -> None:
        """Return once it is set."""
        while not self._is_set:
            with suppress(Empty):
                self._calls.get(timeout=_LOOK_SECONDS)
