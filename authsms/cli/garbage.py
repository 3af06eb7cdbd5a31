"""How often a process looks for garbage: seldom, and a server not among what it was built from.

Each collection walks over everything that is still referred to. A server that has just been built holds some hundred
thousand objects that stay for good, and a login makes a few thousand more, nearly all of which go without a collection.
With the interpreter's own thresholds this walk was a tenth of the processor time of a login, and a sixth of that of a
start, which makes nothing but what stays.
"""

import gc

_NEW_OBJECTS = 50_000


def look_seldom_from_the_start() -> None:
    """Let a process come up without looking again and again at what it is being built from."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def look_seldom() -> None:
    """Leave everything there is out of future collections, and let more come together between them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
