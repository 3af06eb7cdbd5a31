"""How hard tests of attacks and faults try: a little in every run, a lot with ``LONG_TESTS=1``."""

import os

IS_LONG = os.environ.get("LONG_TESTS") == "1"


def rounds(usual: int, long: int) -> int:
    """Return how often to do something."""
    return long if IS_LONG else usual
