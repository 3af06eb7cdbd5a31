"""Passkeys and tokens in the hands of the people of the house."""

from dataclasses import replace
from datetime import timedelta

from authsms.logon.holder import Holder
from authsms.logon.own_passkeys import Outcome, OwnPasskeys, OwnPasskeysTools
from authsms.logon.own_token import OwnToken, OwnTokenTools
from authsms.logon.tokens import TokenImport, TokenTools
from tests.integration.logon.authenticator import Authenticator
from tests.integration.logon.house import HERE

ALICE_KEY = "corp:id-alice"
PAGE = replace(HERE, has_page=True)


def holder(key=ALICE_KEY, age=timedelta(0), *, is_two_factors=True):
    """Return somebody who has just signed in."""
    return Holder(key, key.rpartition("-")[2], "web", "192.0.2.7", age, is_two_factors=is_two_factors)


def add(house, device, key=ALICE_KEY, name="Laptop"):
    """Add a key for a person; return what became of it."""
    invitation = own_passkeys(house).invite(holder(key))
    return own_passkeys(house).add(holder(key), invitation.state, device.create(invitation.options), name)


def equipped(house, **about):
    """Return a key of alice's."""
    device = Authenticator(**about)
    assert add(house, device) is Outcome.ADDED
    return device


def at_passkey(house, login="alice"):
    """Pass the password and choose the passkey."""
    return house.logon.choose(house.at_code(login, PAGE).ticket, "directory-passkey", PAGE)


def answer(house, step, brought):
    """Hand in what a browser has brought."""
    return house.logon.answer(step.ticket, {"credential": brought}, PAGE)


def use(house, step, device, **changes):
    """Use a key."""
    return answer(house, step, device.get(step.asks.ceremony, **changes))


def own_passkeys(house):
    """Return what people do with their own passkeys."""
    ground = (house.database, house.vault, house.clock, house.audit, house.limits)
    tools = (house.passkeys, house.party, house.enrollments, house.reports)
    return OwnPasskeys(OwnPasskeysTools(*ground, *tools))


def own_token(house):
    """Return what people do with a token they were given."""
    ground = (house.database, house.clock, house.audit)
    return OwnToken(OwnTokenTools(*ground, house.enrollments, house.challenges.failures))


def token_import(house):
    """Return how people are given tokens."""
    tools = (house.enrollments, house.challenges.failures, house.notices)
    return TokenImport(TokenTools(house.database, house.audit, house.people, *tools))
