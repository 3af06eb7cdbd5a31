"""Doors for those who run the server: is it alive, is it ready, what does it count."""

import hmac
import ipaddress
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from flask import Blueprint, Flask, Response, g, jsonify, request

from authsms.foundation import metrics
from authsms.foundation.errors import DatabaseUnavailableError, ForgeryError
from authsms.foundation.metrics import Measure, Reading
from authsms.protocols import problems
from authsms.protocols.client_address import WAS_FORWARDED
from authsms.protocols.readiness import Readiness

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Readings: TypeAlias = Callable[[], Iterable[Reading]]
DATABASE_UP = Measure("authsms_database_up", "1 when the database answered for these metrics.")
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class ProbeHost:
    """WSGI middleware for the addresses of this module: probes call by address, so their Host header means nothing."""

    def __init__(self, application: "WSGIApplication", public_host: str) -> None:
        self._application = application
        self._public_host = public_host

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Call the application as if a probe had named the public host."""
        if environ.get("PATH_INFO") in PATHS:
            environ["HTTP_HOST"] = self._public_host
        return self._application(environ, start_response)


def create_blueprint(readiness: Readiness, readings: Readings, metrics_token: str) -> Blueprint:
    """Return the addresses ``/healthz``, ``/readyz`` and ``/metrics``.

    Args:
        readiness: What to look at.
        readings: Measures what is not counted.
        metrics_token: Bearer token for the metrics; when empty, they are given to callers on this machine only.
    """
    blueprint = Blueprint("operations", __name__)
    problems.register(blueprint)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "alive"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        report = readiness.look()
        response = jsonify({"status": report.status, "checks": dict(report.words)})
        response.status_code = 200 if report.is_ready else 503
        return response

    @blueprint.get("/metrics")
    def exposition() -> Response:
        if not _may_read(metrics_token):
            raise ForgeryError("Metrics need the bearer token, or a caller on this machine.")
        return Response(metrics.exposition(_measured(readings)), content_type=metrics.CONTENT_TYPE)

    return blueprint


def _measured(readings: Readings) -> list[Reading]:
    """Return what can be measured, and whether the database was there for that."""
    try:
        return [*readings(), Reading(DATABASE_UP, 1)]
    except DatabaseUnavailableError:
        return [Reading(DATABASE_UP, 0)]


def time_requests(app: Flask) -> None:
    """Measure every request of *app* by the template of its route."""

    @app.before_request
    def begin() -> None:
        g.began_at = perf_counter()

    @app.after_request
    def observe(response: Response) -> Response:
        began_at: float | None = g.get("began_at")
        if began_at is not None:
            rule = request.url_rule
            seconds = perf_counter() - began_at
            metrics.observe_request(
                method=request.method,
                route=rule.rule if rule else None,
                status=response.status_code,
                seconds=seconds,
            )
        return response


def _may_read(token: str) -> bool:
    if token:
        shown = request.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
    # A proxy on this machine makes everybody look like a local caller.
    if request.environ.get(WAS_FORWARDED, False):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
