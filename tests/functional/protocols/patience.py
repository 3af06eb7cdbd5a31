"""What applications do when a server tells them that there is too much to do."""

import time
from collections.abc import Callable

import requests

_TRIES = 20
_PAUSE_SECONDS = 0.5


def patiently(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask, and again while the answer is 503; many requests at once may wait too long for a row or a connection."""
    for _ in range(_TRIES - 1):
        answer = ask()
        if answer.status_code != requests.codes.unavailable:
            return answer
        time.sleep(_PAUSE_SECONDS)
    return ask()
