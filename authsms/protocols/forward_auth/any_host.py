"""What a proxy asks or passes on: whatever it says of host and connection is the site's, and means nothing here."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from authsms.foundation.cookies import OTHER_HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ADDRESS = re.compile(r"/forward-auth/[0-9a-f]{32}(/site/.*)?", re.ASCII | re.DOTALL)


class AnyHost:
    """WSGI middleware for the addresses that proxies call; some of them cannot choose what they name the host."""

    def __init__(self, application: "WSGIApplication", public_host: str) -> None:
        self._application = application
        self._public_host = public_host

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Call the application as if the proxy had named the public host, and no protocol to change to."""
        if _ADDRESS.fullmatch(environ.get("PATH_INFO", "")):
            environ["HTTP_HOST"] = self._public_host
            environ[OTHER_HOST] = True
            # Caddy passes it on when a browser opens a websocket; to Flask that is another kind of address.
            environ.pop("HTTP_UPGRADE", None)
        return self._application(environ, start_response)
