"""Garbage is looked for seldom, but it is looked for."""

import subprocess
import sys

_SERVER = """
import contextlib, gc, weakref
from authsms.cli.garbage import look_after_loading, look_seldom

class Circle:
    def __init__(self):
        self.self = self

with contextlib.suppress(ImportError), look_after_loading():
    raise ImportError
look_seldom()
lost = weakref.ref(Circle())
kept = [[] for _ in range(60_000)]
print(gc.isenabled(), lost() is None)
"""


def test_a_server_looks_for_garbage_once_it_is_loaded():
    """Also where loading failed; otherwise a process that runs for months would grow until it is killed."""
    done = subprocess.run([sys.executable, "-c", _SERVER], capture_output=True, text=True, timeout=60, check=False)

    assert (done.stdout, done.stderr) == ("True True\n", "")
