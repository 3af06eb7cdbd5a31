"""An authorization request: which of its parameters mean what, and which combinations are refused.

The return address is settled first, because everything else that is wrong is told to it. Where a standard leaves a
choice: a parameter that appears twice is refused, whatever it is; unknown parameters are passed over; request objects
that nobody could open, and addresses of such, are refused by the errors made for them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from authlib.oauth2.rfc6749 import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnsupportedResponseTypeError,
)
from authlib.oidc.core.errors import (
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)

from authsms.logon.sessions import LoginSession
from authsms.protocols.oidc.claims import CODE_ALONE, SINGLE_FACTOR, TWO_FACTORS, context_class

PROMPTS = ("none", "login", "select_account", "consent")
_LONGEST_NONCE = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOCALES = re.compile(r"[A-Za-z0-9-]{1,35}( [A-Za-z0-9-]{1,35}){0,9}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_NOT_SUPPORTED: Mapping[str, type[OAuth2Error]] = {
    "request": RequestNotSupportedError,
    "request_uri": RequestURINotSupportedError,
    "registration": RegistrationNotSupportedError,
}


@dataclass(frozen=True, slots=True)
class Demand:
    """How the person has to be signed in for this request.

    Attributes:
        prompts: Words of `PROMPTS`.
        max_age: How long ago the sign-in may have been.
        id_token_hint: An ID token of the person the endpoint expects.
        login_hint: User name to begin with.
        ui_locales: Languages the endpoint would like, best first.
        needs_two_factors: The only sign-in it names in ``acr_values`` is one with two factors (step-up).
        is_for_code_alone: The endpoint has checked the password of `login_hint` itself, and asks for the rest.
    """

    prompts: frozenset[str] = frozenset()
    max_age: timedelta | None = None
    id_token_hint: str = ""
    login_hint: str = ""
    ui_locales: str = ""
    needs_two_factors: bool = False
    is_for_code_alone: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether no page may be shown."""
        return "none" in self.prompts

    @property
    def needs_new_login(self) -> bool:
        """Whether a sign-in from before this request does not count."""
        return bool(self.prompts & {"login", "select_account"}) or self.max_age == timedelta(0)

    def is_met_by(self, session: LoginSession) -> bool:
        """Return whether *session* proves as much as is asked for."""
        return not self.needs_two_factors or context_class(session.methods) == TWO_FACTORS

    def accepts(self, session: LoginSession, now: datetime, asked_at: datetime | None) -> bool:
        """Return whether the sign-in of *session* is recent enough, or the one that this request led to.

        What completes a password that the endpoint has checked is good for that alone, and nothing else is.

        Args:
            session: The login session at hand.
            now: The present moment.
            asked_at: When this request sent the person to the login page; None when it has not.
        """
        if self.is_for_code_alone is not bool(session.only_at):
            return False
        if asked_at is not None and session.authenticated_at >= asked_at:
            return True
        if self.needs_new_login or not self.is_met_by(session):
            return False
        return self.max_age is None or now - session.authenticated_at <= self.max_age


def read_demand(parameters: Mapping[str, list[str]]) -> Demand:
    """Return what the parameters of a request, each with all its values, demand of the sign-in.

    Raises:
        OAuth2Error: What is to be told to the endpoint.
    """
    values = _single_values(parameters)
    for name, error in _NOT_SUPPORTED.items():
        if name in values:
            raise error
    _check_response(values)
    if "openid" not in values.get("scope", "").split():
        raise InvalidScopeError("The scope must contain openid.")
    if len(values.get("nonce", "")) > _LONGEST_NONCE:
        raise InvalidRequestError("The nonce is too long.")
    locales, classes = values.get("ui_locales", ""), set(values.get("acr_values", "").split())
    if CODE_ALONE in classes and len(classes) > 1:
        raise InvalidRequestError("The code alone is asked for with no other class beside it.")
    return Demand(
        _prompts(values.get("prompt", "")),
        _max_age(values.get("max_age", "")),
        values.get("id_token_hint", ""),
        values.get("login_hint", ""),
        locales if _LOCALES.fullmatch(locales) else "",
        needs_two_factors={TWO_FACTORS} == {SINGLE_FACTOR, TWO_FACTORS} & classes,
        is_for_code_alone=CODE_ALONE in classes,
    )


def _single_values(parameters: Mapping[str, list[str]]) -> dict[str, str]:
    for values in parameters.values():
        if len(values) > 1:
            raise InvalidRequestError("A parameter appears more than once.")
        if _CONTROL.search(values[0]):
            raise InvalidRequestError("A parameter holds control characters.")
    return {name: values[0] for name, values in parameters.items()}


def _check_response(values: Mapping[str, str]) -> None:
    if not values.get("response_type"):
        raise InvalidRequestError("The parameter response_type is missing.")
    if values["response_type"] != "code":
        raise UnsupportedResponseTypeError("other than code")
    if values.get("response_mode", "query") != "query":
        raise InvalidRequestError("The response_mode must be query.")


def _prompts(value: str) -> frozenset[str]:
    words = frozenset(value.split())
    if not words <= set(PROMPTS):
        raise InvalidRequestError("The prompt is not supported.")
    if "none" in words and len(words) > 1:
        raise InvalidRequestError("The prompt none stands alone.")
    return words


def _max_age(value: str) -> timedelta | None:
    if not value:
        return None
    if not _SECONDS.fullmatch(value):
        raise InvalidRequestError("The max_age is a number of seconds.")
    return timedelta(seconds=int(value))
