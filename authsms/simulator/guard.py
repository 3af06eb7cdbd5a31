"""Headers and checks that keep strangers and other sites' pages away from a development door."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from authsms.simulator.config import is_loopback

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_NOT_KEPT = ("Cache-Control", "no-store")


def guard(app: Flask, *, form_targets: tuple[str, ...] = (), allow_remote: bool = False) -> None:
    """Give every answer of *app* strict headers, and refuse changes that another site's page asks for.

    Args:
        app: The application to guard.
        form_targets: Origins, besides its own, where the application's forms may end up.
        allow_remote: Whether the application may be called by any host name, not only by loopback ones.
    """
    actions = " ".join(("'self'", *form_targets))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action {actions}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = (("Content-Security-Policy", policy), *_HEADERS)

    @app.before_request
    def refuse_strangers() -> None:
        """A name that merely resolves to loopback is a rebinding attack."""
        host = urlsplit(f"//{request.host}").hostname or ""
        if not (allow_remote or is_loopback(host)):
            abort(400, "This address is not served.")

    @app.before_request
    def refuse_foreign_pages() -> None:
        if request.method in _READING:
            return
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "none")
        if site not in {"none", "same-origin"} or (origin and urlsplit(origin).netloc != request.host):
            abort(403, "Another site's page may not do that.")

    @app.after_request
    def harden(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        wanted = headers if request.endpoint == "static" else (*headers, _NOT_KEPT)
        response.headers.extend([one for one in wanted if one[0].lower() not in present])
        return response
