"""Names of cookies: one word each, with the ``__Host-`` prefix wherever a browser accepts it.

The prefix makes browsers insist on ``Secure``, ``Path=/`` and no ``Domain``, so that a sibling host cannot plant a
cookie of this name. It needs https; over plain http, which is for one's own machine only, the name goes without.
"""

SESSION_COOKIE = "session"
SUPPLEMENT_COOKIE = "supplement"
"""Holds a login session that only completes what an endpoint has begun, so that the one beside it stays."""

VISIT_COOKIE = "visit-language"
"""Holds the language that was chosen since the browser was opened; it goes with the login session, too."""

OTHER_HOST = "authsms.other_host"
"""Key of the environment that tells that an answer goes out in the name of another host, which is not ours to rule."""


def cookie_name(word: str, *, https: bool) -> str:
    """Return the full name of the cookie known inside as *word*; *https* tells how people reach the server."""
    return f"__Host-authsms-{word}" if https else f"authsms-{word}"
