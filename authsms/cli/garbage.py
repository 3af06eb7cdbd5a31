"""How often a process looks for garbage: seldom, and neither while it is loaded nor among what it was built from.

Each collection walks over everything that is still referred to. A server that has just been built holds some hundred
thousand objects that stay for good, and a login makes a few thousand more, nearly all of which go without a collection.
With the interpreter's own thresholds this walk was a tenth of the processor time of a login, and a sixth of that of a
start, which makes nothing but what stays: of all that loading makes, a thousand objects are garbage.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_OBJECTS = 50_000


def look_seldom_from_the_start() -> None:
    """Let a process come up without looking again and again at what it is being built from."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


@contextmanager
def look_after_loading() -> Iterator[None]:
    """Look for no garbage as long as modules are loaded, nor among them once they are."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # or the first object made afterwards would have all of them looked at
        gc.enable()


def look_seldom() -> None:
    """Leave everything there is out of future collections, and let more come together between them.

    In a process that is forked afterwards, looking writes to none of the memory that it shares with its parent.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
