"""The addresses of forward-auth: one that proxies ask, two that they pass on for a site, and four for browsers.

What is passed on is answered in the site's name: its cookies belong to the site's host, and it gets none of the headers
that only this server's own host should have (`authsms.protocols.forward_auth.any_host`).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Blueprint, Response, make_response, redirect, render_template, request

from authsms.foundation.cookies import SESSION_COOKIE, cookie_name
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.continuations import GIVE_UP
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols import problems
from authsms.protocols.forward_auth.door import DOOR_PATH, ForwardAuth, Site

CHECK = "forward_auth.check"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ADDRESS = f"{DOOR_PATH}/<endpoint_id>"
_RESUME = f"{DOOR_PATH}/resume/<continuation_id>"
_ASKING_METHODS = {"", "GET", "HEAD"}
_NAVIGATION = {"", "navigate"}
_SECRET_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the addresses call."""

    door: ForwardAuth
    sessions: LoginSessions
    vault: Vault
    is_https: bool

    def site(self, endpoint_id: str) -> Site:
        """Return a site; anything that cannot be an id never reaches the database."""
        if not _ID.fullmatch(endpoint_id):
            raise NotFoundError("There is no such site.")
        return self.door.site(endpoint_id)

    def current_session(self) -> LoginSession | None:
        """Return the login session of the browser that asks."""
        token = request.cookies.get(cookie_name(SESSION_COOKIE, https=self.is_https), "")
        return self.sessions.find(token) if token else None


def create_blueprints(parts: Parts) -> tuple[Blueprint, Blueprint]:
    """Return what proxies ask or pass on, and the pages of this server."""
    machines = Blueprint("forward_auth", __name__)
    problems.register(machines)
    _add_check(machines, parts)
    _add_passed_on(machines, parts)
    pages = Blueprint("forward_auth_pages", __name__)
    pages.register_error_handler(InvalidInputError, _refused)
    _add_pages(pages, parts)
    return machines, pages


def _add_check(machines: Blueprint, parts: Parts) -> None:
    @machines.get(_ADDRESS)
    def check(endpoint_id: str) -> Response:
        site = parts.site(endpoint_id)
        headers = parts.door.identify(site, request.cookies.get(_cookie(site, "site"), ""))
        if headers is not None:
            return Response(status=200, headers=dict(headers))
        # nginx takes 401 and no redirect; Caddy and Traefik hand the answer to the browser as it is.
        to_nginx = request.args.get("answer") == "401"
        where = {"Location": parts.door.start_address(site, request.headers.get("X-Forwarded-Uri", "/"))}
        if to_nginx or _is_page():
            return Response(status=401 if to_nginx else 302, headers=where)
        return Response(status=401)


def _add_passed_on(machines: Blueprint, parts: Parts) -> None:
    @machines.get(f"{_ADDRESS}/site/start")
    def start(endpoint_id: str) -> Response:
        site = parts.site(endpoint_id)
        secret = _held_secret(site) or parts.vault.new_token()
        response = _see(parts.door.start(site, request.args.get("to", "/"), secret))
        _give(response, site, "browser", secret, _SECRET_LIFETIME)
        return response

    @machines.get(f"{_ADDRESS}/site/callback")
    def callback(endpoint_id: str) -> Response:
        site = parts.site(endpoint_id)
        admission = parts.door.admit(site, request.args.get("ticket", ""), _held_secret(site))
        if admission is None:
            return _see(parts.door.refusal(site))
        response = _see(admission.address)
        if admission.cookie is not None:
            _give(response, site, "site", admission.cookie)
        return response


def _add_pages(pages: Blueprint, parts: Parts) -> None:
    @pages.get(f"{_ADDRESS}/sign-in")
    def sign_in(endpoint_id: str) -> Response:
        wanted = request.args.get("request", "")
        return _see(parts.door.sign_in(parts.site(endpoint_id), wanted, parts.current_session()))

    @pages.get(_RESUME)
    def resume(continuation_id: str) -> Response:
        return _see(parts.door.resume(_known(continuation_id), parts.current_session()))

    @pages.get(f"{_RESUME}{GIVE_UP}")
    def give_up(continuation_id: str) -> Response:
        return _see(parts.door.give_up(_known(continuation_id)))

    @pages.get(f"{_ADDRESS}/refused")
    def refused(endpoint_id: str) -> Response:
        site = parts.site(endpoint_id)
        place = {"place": site.endpoint.name, "target": f"{site.origin}/"}
        return make_response(render_template("protocols/not_admitted.html", **place), 400)


def _is_page() -> bool:
    """Return whether a browser waits for a page, so that a redirect makes sense to it."""
    method = request.headers.get("X-Forwarded-Method", "")
    return method in _ASKING_METHODS and request.headers.get("Sec-Fetch-Mode", "") in _NAVIGATION


def _held_secret(site: Site) -> str:
    """Return the secret that the browser has at the site; empty when it has none that `start` would leave to it."""
    held = request.cookies.get(_cookie(site, "browser"), "")
    return held if _SECRET.fullmatch(held) else ""


def _cookie(site: Site, word: str) -> str:
    # By endpoint: browsers do not tell two ports of a host apart.
    return cookie_name(f"{word}-{site.endpoint.id}", https=site.is_https)


def _give(response: Response, site: Site, word: str, value: str, lifetime: timedelta | None = None) -> None:
    name = _cookie(site, word)
    response.set_cookie(name, value, max_age=lifetime, path="/", secure=site.is_https, httponly=True, samesite="Lax")


def _see(address: str) -> Response:
    response = cast("Response", redirect(address, code=303))
    response.set_data(b"")  # it would repeat the address, and with it the ticket
    return response


def _known(continuation_id: str) -> str:
    if not _ID.fullmatch(continuation_id):
        raise NotFoundError("This login request is over. Go back to the application and start again.")
    return continuation_id


def _refused(error: InvalidInputError) -> Response:
    return make_response(render_template("protocols/refused.html", reason=str(error)), 400)
