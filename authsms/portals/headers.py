"""Security headers of every answer, whatever door it comes from.

The content security policy needs neither nonces nor ``unsafe-…``: there is no inline script and no inline style, so
*self* is the whole list. Browsers apply ``form-action`` to the redirects that follow a form, too; that is why no form
of ours ends in a redirect to another site. A finished login goes to a page of its own that takes the person onward
(`authsms.portals.login.signed_in`).

The referrer policy is ``same-origin``, not ``no-referrer``: with the latter browsers send ``Origin: null`` with our own
forms, and a form could no longer be told from a forged one by its origin. Other sites learn nothing from either.

``Server`` is named after the product, because web servers otherwise put their own name there.

``Clear-Site-Data`` is sent at sign-out without ``"cookies"``: that word takes the cookies of the whole registrable
domain, other applications' sessions among them. Ours are deleted by name.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from authsms.foundation.cookies import OTHER_HOST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_ONE_YEAR = "max-age=31536000; includeSubDomains"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "otp-credentials=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), "
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
    "Cache-Control": "no-store",
    "Server": "authsms",
}
_HTTPS_HEADERS = {**_HEADERS, "Strict-Transport-Security": _ONE_YEAR}
CLEAR_SITE_DATA = '"cache", "storage"'


def register(app: Flask) -> None:
    """Add the headers to every answer of *app*; a door that has set one itself keeps its own."""
    app.wsgi_app = _Headers(app)  # type: ignore[method-assign]


class _Headers:
    """WSGI middleware, for an answer's own list of headers costs much more to add to than what it is turned into."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._application = app.wsgi_app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Call the application, and let its answer start with the headers that it lacks."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            present = {name.lower() for name, _ in headers}
            is_ours = self._app.extensions["authsms"].settings.is_https and OTHER_HOST not in environ
            wanted = _HTTPS_HEADERS if is_ours else _HEADERS
            headers += [(name, value) for name, value in wanted.items() if name.lower() not in present]
            return start_response(status, headers, *error)

        return self._application(environ, start)
