"""Where on a site somebody wanted to go: a path and a query, written so that no browser can read more into it."""

from typing import Final
from urllib.parse import quote

OWN_PREFIX: Final = "/.authsms/"
"""What the reverse proxy of a site passes on to this server."""
_LONGEST: Final = 1800
"""Characters of a path that we return to. It stands in a header sealed, and nginx takes 4 KiB of headers in all."""
_LONGEST_PARAMETER: Final = 3000
_PLAIN_IN_PARAMETER: Final = "/?=:@!$'(),~"
_KEPT: Final = "/?&=%:@!$'()*+,;~-._[]|"


def wanted_path(text: str) -> str:
    """Return *text* as the path and query to return to, or ``/`` when it is none.

    It is only ever put behind the registered address of the site, whose host it cannot change: it begins with a slash,
    and what a browser would read as a slash, a control character or a new line is percent-encoded.
    """
    path = text.partition("#")[0]
    if not path.startswith("/") or path.startswith(OWN_PREFIX):
        return "/"
    path = quote(path, safe=_KEPT)
    return path if len(path) <= _LONGEST and len(as_parameter(path)) <= _LONGEST_PARAMETER else "/"


def as_parameter(path: str) -> str:
    """Return *path* as the value of a parameter; no more of it is encoded than must be, or it would be too long."""
    return quote(path, safe=_PLAIN_IN_PARAMETER)
