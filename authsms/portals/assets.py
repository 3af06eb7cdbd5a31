"""Addresses of style sheets, scripts and pictures, with a digest of the content: browsers may keep them for good."""

import hashlib
from functools import lru_cache

from flask import Flask, Response, request

from authsms.foundation.errors import ConfigurationError
from authsms.foundation.resources import static_folder

_DIGITS = 12
_FOR_GOOD = "public, max-age=31536000, immutable"


def register(app: Flask) -> None:
    """Offer ``asset('name')`` to every template of *app* and let browsers keep what has a digest."""
    app.add_template_global(asset)
    app.after_request(_keep)


@lru_cache
def asset(name: str) -> str:
    """Return the address of the static file *name*."""
    # Not url_for: the error page for a foreign Host header has no address to build upon.
    folder = static_folder()
    try:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:_DIGITS]
    except FileNotFoundError as error:
        raise ConfigurationError(f"{name} is missing. Run: make setup") from error
    return f"/{folder.name}/{name}?v={digest}"


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code < 400 and "v" in request.args:  # noqa: PLR2004 - a status
        response.headers["Cache-Control"] = _FOR_GOOD
    return response
