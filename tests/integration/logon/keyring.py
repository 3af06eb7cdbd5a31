"""Passkeys in the hands of the people of the house."""

from dataclasses import replace
from datetime import timedelta

from authsms.logon.holder import Holder
from authsms.logon.own_passkeys import Outcome
from tests.integration.logon.authenticator import Authenticator
from tests.integration.logon.house import HERE

ALICE_KEY = "corp:id-alice"
PAGE = replace(HERE, has_page=True)


def holder(key=ALICE_KEY, age=timedelta(0), *, is_two_factors=True):
    """Return somebody who has just signed in."""
    return Holder(key, key.rpartition("-")[2], "web", "192.0.2.7", age, is_two_factors=is_two_factors)


def add(house, device, key=ALICE_KEY, name="Laptop"):
    """Add a key for a person; return what became of it."""
    invitation = house.own_passkeys.invite(holder(key))
    return house.own_passkeys.add(holder(key), invitation.state, device.create(invitation.options), name)


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
