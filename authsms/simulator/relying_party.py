"""A small application that lets people sign in with this server, as anybody's would: OpenID Connect, by Authlib.

It keeps who is signed in in memory, checks all it is told (state, nonce, PKCE, issuer), and runs on loopback.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template, request, session
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as AnyResponse

from authsms.foundation.resources import static_folder, templates_folder
from authsms.simulator.guard import guard

CALLBACK_PATH = "/callback"
SIGNED_OUT_PATH = "/signed-out"
_KEPT_VISITS = 10_000
_TIMEOUT_SECONDS = 20
_HOW = {
    "pwd": "password",
    "otp": "one-time code",
    "sms": "text message",
    "mfa": "two factors",
    "pin": "PIN",
    "hwk": "hardware key",
    "swk": "software key",
    "mca": "two channels",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in: what the server says of him, and the token that says it."""

    claims: Mapping[str, Any]
    id_token: str

    @property
    def name(self) -> str:
        """How to greet the person."""
        return str(self.claims.get("name") or self.login)

    @property
    def login(self) -> str:
        """The person's login, or the subject when there is none."""
        return str(self.claims.get("preferred_username") or self.claims["sub"])

    @property
    def signed_in_at(self) -> datetime | None:
        """When the person proved who he is."""
        moment = self.claims.get("auth_time")
        return datetime.fromtimestamp(moment, UTC).astimezone() if isinstance(moment, int | float) else None

    @property
    def methods(self) -> list[str]:
        """How, as words of RFC 8176."""
        words = self.claims.get("amr")
        return [str(word) for word in words] if isinstance(words, list) else []


class _Visits:
    """Who is signed in, by a secret that only the browser has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()

    def begin(self, visit: Visit) -> str:
        key = secrets.token_urlsafe()
        with self._lock:
            self._visits[key] = visit
            while len(self._visits) > _KEPT_VISITS:
                self._visits.popitem(last=False)
        return key

    def find(self, key: str) -> Visit | None:
        with self._lock:
            return self._visits.get(key)

    def end(self, key: str) -> Visit | None:
        with self._lock:
            return self._visits.pop(key, None)


def create_sample_application(issuer: str, client_id: str, client_secret: str, own_url: str) -> Flask:
    """Return the sample application.

    Register ``<own_url>/callback`` as its redirect address and ``<own_url>/signed-out`` as the one after signing out.

    Args:
        issuer: The server's issuer, e.g. ``http://127.0.0.1:8080``.
        client_id: What the server calls this application.
        client_secret: What only the two of them know.
        own_url: Where people reach it, without a slash at the end.
    """
    app = Flask(
        "authsms.simulator",
        template_folder=str(templates_folder()),
        static_folder=str(static_folder() / "simulator"),
        static_url_path="/static",
    )
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="sample_application",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=own_url.startswith("https://"),
    )
    guard(app, form_targets=(_origin(issuer),))
    provider = OAuth(app).register(
        "provider",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "default_timeout": _TIMEOUT_SECONDS,
            "trust_env": False,
        },
    )
    _Routes(provider, issuer.rstrip("/"), own_url.rstrip("/")).register(app)
    return app


class _Routes:
    """What the application does, with *provider* as Authlib's client of the server."""

    def __init__(self, provider: Any, issuer: str, own_url: str) -> None:
        self._provider = provider
        self._issuer = issuer
        self._own_url = own_url
        self._visits = _Visits()

    def register(self, app: Flask) -> None:
        app.add_url_rule("/", "welcome", self._welcome)
        app.add_url_rule("/login", "sign_in", self._sign_in)
        app.add_url_rule(CALLBACK_PATH, "callback", self._callback)
        app.add_url_rule("/sign-out", "sign_out", self._sign_out, methods=["POST"])
        app.add_url_rule(SIGNED_OUT_PATH, "signed_out", self._signed_out)
        app.register_error_handler(AuthlibBaseError, _refuse)
        app.register_error_handler(JoseError, _distrust)
        app.register_error_handler(requests.RequestException, _excuse)

    def _welcome(self) -> str:
        visit = self._visits.find(session.get("visit", ""))
        if visit is not None:
            return render_template("simulator/sample_signed_in.html", visit=visit, how=_HOW, issuer=self._issuer)
        return render_template("simulator/sample_welcome.html", signed_out=False, issuer=self._issuer)

    def _sign_in(self) -> AnyResponse:
        answer: AnyResponse = self._provider.authorize_redirect(self._own_url + CALLBACK_PATH)
        return answer

    def _callback(self) -> AnyResponse | tuple[str, int]:
        if request.args.get("iss", self._issuer) != self._issuer:
            return _explain("The answer came from another server than the one that was asked.", 400)
        token = self._provider.authorize_access_token()
        proven, told = dict(token["userinfo"]), dict(self._provider.userinfo(token=token))
        if told.get("sub") != proven["sub"]:
            return _explain("What the server says about you is about somebody else.", 400)
        self._visits.end(session.get("visit", ""))
        session.clear()
        session["visit"] = self._visits.begin(Visit({**told, **proven}, token["id_token"]))
        return redirect("/", code=303)

    def _sign_out(self) -> AnyResponse:
        visit = self._visits.end(session.get("visit", ""))
        session.clear()
        if visit is None or "end_session_endpoint" not in self._provider.load_server_metadata():
            return redirect(SIGNED_OUT_PATH, code=303)
        answer: AnyResponse = self._provider.logout_redirect(
            post_logout_redirect_uri=self._own_url + SIGNED_OUT_PATH,
            id_token_hint=visit.id_token,
            client_id=self._provider.client_id,
        )
        return answer

    def _signed_out(self) -> str:
        return render_template("simulator/sample_welcome.html", signed_out=True, issuer=self._issuer)


def _refuse(error: AuthlibBaseError) -> tuple[str, int]:
    if error.error == "access_denied":
        return _explain("You cancelled, or you may not use this application. Nothing happened.", 403)
    return _explain(f"The sign-in was refused: {error.error or 'unknown'}.", 400)


def _distrust(_error: JoseError) -> tuple[str, int]:
    return _explain("The server's statement about you is not properly signed.", 400)


def _excuse(_error: requests.RequestException) -> tuple[str, int]:
    return _explain("The authentication server does not answer just now. Try again in a moment.", 503)


def _explain(words: str, status: int) -> tuple[str, int]:
    return render_template("simulator/sample_problem.html", words=words), status


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
