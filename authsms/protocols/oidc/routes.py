"""The addresses of the OpenID Connect provider: pages for browsers, documents for programs.

Answers carry no CORS header: a token is fetched by an application's server or by a program, not by a script of another
site. A request that a browser posts from another site arrives without our ``SameSite=Lax`` cookie; it is therefore sent
round once more as a GET, with 303 so that nothing is posted again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, MissingAuthorizationError
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from authsms.foundation.characters import check_writable
from authsms.foundation.cookies import SESSION_COOKIE, SUPPLEMENT_COOKIE, VISIT_COOKIE, cookie_name
from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.logon.continuations import GIVE_UP
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols import problems
from authsms.protocols.oidc.authorization import Authorizations
from authsms.protocols.oidc.discovery import discovery_document
from authsms.protocols.oidc.grants import ProviderRequest
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.logout import Logouts
from authsms.protocols.oidc.pushing import PushEndpoint
from authsms.protocols.oidc.server import Answer, Server
from authsms.protocols.oidc.userinfo import UserInfoEndpoint

_CONTINUATION_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_QUERY = 8000
_KEY_SET_AGE = "public, max-age=300"
_CLEAR_SITE_DATA = '"cache", "storage"'


@dataclass(frozen=True, slots=True)
class Provider:
    """The parts of the provider that its addresses call."""

    issuer: str
    keys: SigningKeys
    server: Server
    authorizations: Authorizations
    pushing: PushEndpoint
    userinfo: UserInfoEndpoint
    logouts: Logouts
    sessions: LoginSessions

    @property
    def is_https(self) -> bool:
        """Whether people reach this server over https."""
        return self.issuer.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """Name of the cookie that holds a login session."""
        return cookie_name(SESSION_COOKIE, https=self.is_https)

    def current_session(self) -> LoginSession | None:
        """Return the login session of the browser that asks."""
        token = request.cookies.get(self.session_cookie, "")
        return self.sessions.find(token) if token else None

    def session_at(self, path: str) -> LoginSession | None:
        """Return the login session that is only good at *path*, or else that of the browser."""
        token = request.cookies.get(cookie_name(SUPPLEMENT_COOKIE, https=self.is_https), "")
        found = self.sessions.find(token, here=path) if token else None
        return found or self.current_session()

    def read(self, values: MultiDict[str, str]) -> ProviderRequest:
        """Return the request at hand with *values* as its parameters, at its configured address."""
        parameters = _lists(values)
        uri, address = f"{self.issuer}{request.path}", request.remote_addr or ""
        return ProviderRequest(request.method, uri, dict(request.headers), parameters, address)


def create_blueprints(provider: Provider) -> tuple[Blueprint, Blueprint]:
    """Return the pages and the documents of *provider*."""
    pages = Blueprint("oidc_pages", __name__)
    pages.register_error_handler(InvalidInputError, _refused)
    _add_authorization(pages, provider)
    _add_logout(pages, provider)
    documents = Blueprint("oidc", __name__)
    problems.register(documents)
    _add_documents(documents, provider)
    _add_token_endpoints(documents, provider)
    return pages, documents


def _add_authorization(pages: Blueprint, provider: Provider) -> None:
    @pages.get("/oauth2/authorize")
    def authorize() -> Response:
        return _see(provider.authorizations.start(_lists(request.args), provider.current_session()))

    @pages.post("/oauth2/authorize")
    def authorize_posted() -> Response:
        return _once_more("/oauth2/authorize")

    @pages.get("/oauth2/resume/<continuation_id>")
    def resume(continuation_id: str) -> Response:
        return _see(provider.authorizations.resume(_known_id(continuation_id), provider.session_at(request.path)))

    @pages.get(f"/oauth2/resume/<continuation_id>{GIVE_UP}")
    def give_up(continuation_id: str) -> Response:
        return _see(provider.authorizations.give_up(_known_id(continuation_id)))


def _add_logout(pages: Blueprint, provider: Provider) -> None:
    logouts = provider.logouts

    @pages.get("/oauth2/logout")
    def logout() -> Response:
        wanted, session = logouts.read(_lists(request.args)), provider.current_session()
        if session is not None and logouts.needs_confirmation(wanted, session):
            values = {"application": wanted.application, "name": session.display_name or session.login}
            confirmation = logouts.confirmation(wanted, session)
            page = render_template("protocols/logout.html", fields=wanted.fields, confirmation=confirmation, **values)
            return make_response(page)
        if session is not None:
            logouts.end(wanted, session)
        # Without a genuine hint nobody vouches for the address (RP-Initiated Logout 1.0, section 2).
        return _signed_out(provider, _see(wanted.return_to if wanted.session and wanted.return_to else "/signed-out"))

    @pages.post("/oauth2/logout")
    def logout_posted() -> Response:
        return _once_more("/oauth2/logout")

    @pages.post("/oauth2/logout/confirm")
    def confirm_logout() -> Response:
        values = {name: found for name, found in _lists(request.form).items() if name != "confirmation"}
        wanted, session = logouts.read(values), provider.current_session()
        if session is not None:
            logouts.confirm(wanted, session, request.form.get("confirmation", ""))
        # A page and no redirect: the policy for forms would stop one that leads to the application.
        page = render_template("protocols/logged_out.html", return_to=wanted.return_to, application=wanted.application)
        return _signed_out(provider, make_response(page))


def _add_documents(documents: Blueprint, provider: Provider) -> None:
    @documents.get("/.well-known/openid-configuration")
    @documents.get("/.well-known/oauth-authorization-server")
    def discovery() -> Response:
        return _cached(jsonify(discovery_document(provider.issuer)))

    @documents.get("/oauth2/jwks")
    def key_set() -> Response:
        return _cached(jsonify(provider.keys.published()))

    @documents.route("/oauth2/userinfo", methods=["GET", "POST"])
    def userinfo() -> Response:
        return _no_store(jsonify(provider.userinfo.answer(provider.read(MultiDict()))))

    @documents.errorhandler(InvalidInputError)
    def unusable(error: InvalidInputError) -> Response:
        return _answer(Answer(*InvalidRequestError(str(error))()))

    @documents.errorhandler(OAuth2Error)
    def refused(error: OAuth2Error) -> Response:
        if isinstance(error, MissingAuthorizationError):
            # Nothing was shown, so nothing is wrong with it (RFC 6750 section 3.1).
            return _no_store(Response(status=401, headers={"WWW-Authenticate": 'Bearer realm="authsms"'}))
        return _answer(Answer(*error()))


def _add_token_endpoints(documents: Blueprint, provider: Provider) -> None:
    @documents.post("/oauth2/token")
    def token() -> Response:
        return _answer(provider.server.answer_token(provider.read(request.form)))

    @documents.post("/oauth2/par")
    def push() -> Response:
        return _answer(provider.pushing.answer(provider.read(request.form)))

    @documents.post("/oauth2/introspect")
    def introspect() -> Response:
        return _answer(provider.server.answer_about_token("introspection", provider.read(request.form)))

    @documents.post("/oauth2/revoke")
    def revoke() -> Response:
        return _answer(provider.server.answer_about_token("revocation", provider.read(request.form)))


def _refused(error: InvalidInputError) -> Response:
    return make_response(render_template("protocols/refused.html", reason=str(error)), 400)


def _signed_out(provider: Provider, response: Response) -> Response:
    for name in (provider.session_cookie, cookie_name(VISIT_COOKIE, https=provider.is_https)):
        response.delete_cookie(name, path="/", secure=provider.is_https, httponly=True, samesite="Lax")
    response.headers["Clear-Site-Data"] = _CLEAR_SITE_DATA
    return response


def _once_more(path: str) -> Response:
    query = urlencode(_lists(request.form), doseq=True)
    if len(query) > _LONGEST_QUERY:
        raise InvalidInputError("The request is too long.")
    return _see(f"{path}?{query}")


def _see(address: str) -> Response:
    response = cast("Response", redirect(address, code=303))
    # The body would repeat the address, and with it the code.
    response.set_data(b"")
    return _no_store(response)


def _answer(answer: Answer) -> Response:
    body: Any = answer.body
    response = jsonify(body) if isinstance(body, Mapping) else Response(body)
    response.status_code = answer.status
    response.headers.extend({name: value for name, value in answer.headers if name.lower() != "content-type"})
    return _no_store(response)


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _cached(response: Response) -> Response:
    response.headers["Cache-Control"] = _KEY_SET_AGE
    return response


def _known_id(continuation_id: str) -> str:
    if not _CONTINUATION_ID.fullmatch(continuation_id):
        raise NotFoundError("This login request is over. Go back to the application and start again.")
    return continuation_id


def _lists(values: MultiDict[str, str]) -> dict[str, list[str]]:
    """Return the parameters that were sent.

    Raises:
        InvalidInputError: One of them cannot be stored.
    """
    found = dict(values.lists())
    check_writable(found)
    return found
