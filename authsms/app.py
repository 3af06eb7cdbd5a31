"""The web application: settings, services, middleware, doors, in the order in which a request meets them."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from flask.sessions import NullSession, SessionInterface
from typing_extensions import override
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import TooManyRequests
from werkzeug.routing import Rule
from werkzeug.sansio.http import parse_cookie
from werkzeug.wrappers import Response as WerkzeugResponse

from authsms import portals, protocols
from authsms.foundation.logs import bind_request, clear_request, configure_logging
from authsms.foundation.resources import static_folder, templates_folder
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import Settings, load_settings
from authsms.protocols.client_address import ClientAddress
from authsms.protocols.floods import FloodGate
from authsms.protocols.forward_auth.routes import CHECK
from authsms.protocols.operations import ProbeHost
from authsms.wiring import Services, build

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LARGEST_BODY = 256 * 1024
_LARGEST_FORM_PART = 64 * 1024
_MOST_FORM_PARTS = 100
_FLOOD_SECONDS = 60


class _Rule(Rule):
    """A rule that makes what writes its addresses when the first one is written.

    Werkzeug compiles two functions for each rule when it is added. That was half of the time in which an application is
    put together, and most rules never write an address.
    """

    @cached_property
    def blueprints(self) -> list[str]:
        """The names of its blueprint and of those around it, innermost first; asked for a dozen times a request."""
        parts = str(self.endpoint).split(".")[:-1]
        return [".".join(parts[:size]) for size in range(len(parts), 0, -1)]

    @override
    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(compile_now(append_unknown))
            return made[0](rule, **values)

        return build


class _Parameters(ImmutableMultiDict[str, str]):
    """Parameters or cookies; of one that is missing Werkzeug makes an error page, only to throw it away."""

    @override
    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]  # all of its forms
        return super().get(key, default, type) if key in self else default


class _Request(Request):
    """A request whose bounds are constants; Flask looks into its configuration for each, by way of the context."""

    parameter_storage_class = _Parameters
    dict_storage_class = _Parameters
    url_rule: _Rule | None = None
    _max_content_length = LARGEST_BODY
    _max_form_memory_size = _LARGEST_FORM_PART
    _max_form_parts = _MOST_FORM_PARTS

    @cached_property
    @override
    def cookies(self) -> ImmutableMultiDict[str, str]:
        # Werkzeug asks all that the server says of a request, and all variables of its own, whether they are a cookie.
        return parse_cookie(self.environ.get("HTTP_COOKIE"), cls=self.dict_storage_class)  # type: ignore[return-value]

    @property
    @override
    def blueprints(self) -> list[str]:
        return self.url_rule.blueprints if self.url_rule is not None else []

    @property
    @override
    def blueprint(self) -> str | None:
        return next(iter(self.blueprints), None)


class _NoSessions(SessionInterface):
    """Flask's own sessions are not used; without this, each request looks for the key to sign one with."""

    @override
    def open_session(self, app: Flask, request: Request) -> NullSession:
        return NullSession()


class _Response(Response):
    """An answer that is handed over in one piece where it is there as a whole.

    Our server sends a list at once; what it has to ask for piece by piece goes through a queue to another thread.
    """

    max_cookie_size = WerkzeugResponse.max_cookie_size  # not by way of the context, for each cookie

    @override
    def get_app_iter(self, environ: "WSGIEnvironment") -> Iterable[bytes]:
        pieces = super().get_app_iter(environ)
        if not self.is_sequence or self.direct_passthrough:
            return pieces
        whole = list(pieces)
        self.close()
        return whole


class _Application(Flask):
    """Flask without sessions, and without a look at every function whether it is a coroutine; none of ours is."""

    url_rule_class = _Rule
    request_class = _Request
    response_class = _Response
    session_interface = _NoSessions()

    @override
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """Return the application over one installation.

    Args:
        settings: Loaded from the instance folder and the environment when left out.
        services: Built from the settings when left out.

    Raises:
        ConfigurationError: Something must be put right first; the text says what.
        DatabaseUnavailableError: The database cannot be reached.
    """
    settings = settings or load_settings()
    if services is None:
        configure_logging(settings.logging.level, as_json=settings.logging.as_json)
        services = build(settings)
        require_schema(services.database)
        services.prepare()

    app = _Application("authsms", template_folder=str(templates_folder()), static_folder=str(static_folder()))
    app.config.update(
        DEBUG=settings.debug,
        TRUSTED_HOSTS=[urlsplit(settings.public_url).netloc],
        PREFERRED_URL_SCHEME=urlsplit(settings.public_url).scheme,
    )
    app.extensions["authsms"] = services
    app.wsgi_app = ProbeHost(app.wsgi_app, urlsplit(settings.public_url).netloc)  # type: ignore[method-assign]
    app.wsgi_app = ClientAddress(app.wsgi_app, settings.server.trusted_proxies)  # type: ignore[method-assign]
    _name_requests(app, services)
    _bound_floods(app, settings.server.requests_per_minute)
    protocols.register(app)
    portals.register(app)
    return app


def _bound_floods(app: Flask, per_minute: int) -> None:
    gate = FloodGate(per_minute)

    @app.before_request
    def admit() -> None:
        # All questions of a proxy come from one address, one for each request that anybody makes at its site.
        if request.endpoint != CHECK and not gate.admits(request.remote_addr or ""):
            raise TooManyRequests(retry_after=_FLOOD_SECONDS)


def _name_requests(app: Flask, services: Services) -> None:
    """Give every request an id: in its log lines, its error page and its answer."""

    @app.before_request
    def begin() -> None:
        g.request_id = identifier = services.vault.new_id()
        bind_request(request_id=identifier, address=request.remote_addr or "")

    @app.after_request
    def name(response: Response) -> Response:
        response.headers.add("X-Request-Id", g.get("request_id", ""))
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        clear_request()
