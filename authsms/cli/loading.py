"""How the modules of a command are loaded: without compiling what a process may never call.

Each class of values brings five methods besides the one that makes a value: to compare values and to show them, and to
refuse changes. Most processes compare, show or change few of their four hundred classes, yet compiling all of those
methods was an eighth of the processor time of a start.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_COMPILE = "_create_fn"  # of Python 3.11 and 3.12; later ones compile all methods of a class at once
_MAKES_A_VALUE = "__init__"


@contextmanager
def compile_later() -> Iterator[None]:
    """Let the methods of classes of values that are loaded meanwhile be compiled when they are first called."""
    compile_now = vars(dataclasses).get(_COMPILE)
    if compile_now is None:
        yield
        return
    setattr(dataclasses, _COMPILE, _compiling_later(compile_now))
    try:
        yield
    finally:
        setattr(dataclasses, _COMPILE, compile_now)


def _compiling_later(compile_now: Callable[..., Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    def make(name: str, parameters: Sequence[str], body: Sequence[str], **scope: Any) -> Callable[..., Any]:
        if name == _MAKES_A_VALUE:  # called often, and others look at its parameters
            return compile_now(name, parameters, body, **scope)
        made: list[Callable[..., Any]] = []

        def method(self: object, *values: object) -> Any:
            if not made:
                made.append(compile_now(name, parameters, body, **scope))
            return made[0](self, *values)

        method.__name__ = name
        return method

    return make
