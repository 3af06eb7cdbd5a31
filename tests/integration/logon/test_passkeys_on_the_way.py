"""Passkeys after something else, and what their makers say of them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from authsms.foundation.db import Database
from authsms.logon.catalog import Chain
from authsms.logon.machine import MessageKey
from authsms.logon.own_passkeys import Outcome
from authsms.logon.passkeys import PASSKEY
from authsms.otp.bound_numbers import SMS_OTP
from tests.integration.logon.authenticator import VERIFIED, Authenticator
from tests.integration.logon.house import PASSWORD
from tests.integration.logon.keyring import PAGE, add, equipped, use


@pytest.fixture
def database(sqlite_database_url):
    """One kind of database: what is written at once is tried on both elsewhere."""
    opened = Database(sqlite_database_url)
    yield opened
    opened.dispose()


def test_a_key_after_something_else_that_is_held_has_to_ask_its_owner(house):
    """Whoever has the phone and the key of somebody is not that person yet, whichever chain the code was typed on."""
    device = equipped(house, flags=0)
    house.catalog.save_chain(Chain("code-first", "Code first", (SMS_OTP, "LDAP_PASSWORD:1")))
    house.catalog.save_chain(Chain("key-alone", "Key", (PASSKEY,)))
    house.catalog.save_event("door", "Door", ["code-first", "key-alone"])
    step = house.logon.answer(house.begin(event="door", client=PAGE).ticket, {"code": house.code()}, PAGE)
    asked = house.logon.choose(step.ticket, "key-alone", PAGE)
    refused = use(house, asked, device)
    device.flags = VERIFIED
    done = use(house, refused, device)

    assert '"userVerification": "required"' in asked.asks.ceremony
    assert MessageKey.PASSKEY_REFUSED is refused.message_key
    assert ("otp", "sms", "user", "hwk", "mfa") == house.sessions.find(done.session_token).methods


def test_a_session_tells_all_that_was_proven_on_the_way(house):
    """Also what only the chain before the present one asks for."""
    device = equipped(house, flags=0)
    house.catalog.save_chain(Chain("key-alone", "Key", (PASSKEY,)))
    house.catalog.save_event("door", "Door", ["directory-sms", "key-alone"])
    step = house.logon.answer(house.begin(event="door", client=PAGE).ticket, {"password": PASSWORD}, PAGE)
    done = use(house, house.logon.choose(step.ticket, "key-alone", PAGE), device)

    assert ("pwd", "user", "hwk") == house.sessions.find(done.session_token).methods


def strange_certificate():
    """Return a certificate for a kind of key that nobody knows."""
    key, name, day = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime(2026, 1, 1, tzinfo=UTC)
    draft = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    draft = draft.serial_number(7).not_valid_before(day).not_valid_after(day + timedelta(days=9))
    made = draft.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return made.replace(bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0277"))


def test_a_key_with_certificates_of_its_maker_is_not_added(house):
    """None were asked for, and nobody reads them: they may hold whatever no library knows."""
    device = Authenticator(
        statement={"fmt": "packed", "attStmt": {"sig": b"s", "alg": -7, "x5c": [strange_certificate()]}}
    )

    assert Outcome.REFUSED is add(house, device)
