"""What Hypothesis finds out for itself in each process, before it draws the first example.

It reads the source of every module that is loaded, to draw a word out of it now and then. With thousands of tests in
each of several processes that takes many seconds, and what is drawn depends on what else is loaded. Which characters
there are in UTF-8 it tries one by one, a million times. It keeps both, but a new checkout has neither.
"""

import sys
from functools import cache


def draw_at_once() -> None:
    """Take no words from our own source from now on, and know UTF-8; nothing is done where Hypothesis is not loaded."""
    if "hypothesis" not in sys.modules:
        return
    from hypothesis.internal import charmap  # noqa: PLC0415 - most tests do without it
    from hypothesis.internal.conjecture import providers  # noqa: PLC0415
    from hypothesis.internal.constants_ast import Constants  # noqa: PLC0415
    from hypothesis.internal.intervalsets import IntervalSet  # noqa: PLC0415

    surrogates = IntervalSet(((0xD800, 0xDFFF),))
    utf_8 = IntervalSet(((0, sys.maxunicode),)).difference(surrogates)
    find_out = charmap.intervals_from_codec

    def characters_of(codec: str) -> tuple[IntervalSet, IntervalSet]:
        return (utf_8, IntervalSet(())) if codec == "utf-8" else find_out(codec)

    charmap.intervals_from_codec = cache(characters_of)
    providers._get_local_constants = Constants
