"""What an endpoint is told about a person and about how that person signed in; truthful, and no more than it asked for.

``amr`` uses the words of RFC 8176. ``acr`` is one of our own three, because the level a code by text message reaches is
a matter between the parties. Where an endpoint has checked the password itself, we vouch for the code alone.
"""

from collections.abc import Iterable
from typing import TypeAlias

from authsms.identity.repository import Person
from authsms.logon.factors import has_two_factors

Claim: TypeAlias = str | int | bool | list[str]

SINGLE_FACTOR = "urn:authsms:acr:single-factor"
TWO_FACTORS = "urn:authsms:acr:two-factors"
CODE_ALONE = "urn:authsms:acr:code-alone"
SCOPES = ("openid", "profile", "email", "phone", "groups")
OFFLINE_SCOPE = "offline_access"


def methods_references(methods: Iterable[str]) -> list[str]:
    """Return the ``amr`` of a session: its words, and ``mfa`` when something known and something held took part."""
    words = list(dict.fromkeys(methods))
    if has_two_factors(words) and "mfa" not in words:
        words.append("mfa")
    return words


def context_class(methods: Iterable[str], *, is_supplement: bool = False) -> str:
    """Return the ``acr`` of a session, which may only complete what an endpoint has begun."""
    if is_supplement:
        return CODE_ALONE
    return TWO_FACTORS if has_two_factors(methods) else SINGLE_FACTOR


def granted_scope(requested: str, *, has_offline: bool = False) -> str:
    """Return those of the *requested* scopes that exist; others are passed over (OpenID Connect Core 3.1.2.1).

    Args:
        requested: Scopes with spaces between them.
        has_offline: Whether ``offline_access`` (a refresh token) exists for the endpoint that asks.
    """
    wanted = set(requested.split())
    known = (*SCOPES, OFFLINE_SCOPE) if has_offline else SCOPES
    return " ".join(scope for scope in known if scope in wanted)


def person_claims(person: Person, scope: str) -> dict[str, Claim]:
    """Return the claims about *person* that *scope* allows; what the directory does not say is left out."""
    scopes = set(scope.split())
    claims: dict[str, Claim] = {}
    if "profile" in scopes:
        claims |= {"name": person.display_name, "preferred_username": person.login}
    if "email" in scopes:
        claims["email"] = person.mail
    if "phone" in scopes:
        claims["phone_number"] = person.phone or ""
    if "groups" in scopes:
        claims["groups"] = sorted(person.groups)
    return {name: value for name, value in claims.items() if value or name == "groups"}
