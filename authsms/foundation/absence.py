"""Libraries that another one would load just because they are installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(library: str) -> Iterator[None]:
    """Let what is loaded meanwhile find no *library*, unless it is loaded already; afterwards it can be."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]  # what the import system takes for one that is not installed
    try:
        yield
    finally:
        del sys.modules[library]
