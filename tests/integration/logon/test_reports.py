"""What people are told of changes of their factors: by text, to the number on file, without a secret in it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authsms.audit import AuditTag
from authsms.delivery.outbox import Draft
from authsms.foundation.errors import UnavailableError
from authsms.logon.holder import Holder
from authsms.logon.methods.totp import TOTP
from authsms.logon.own_app import Verdict
from authsms.senders.submission import Purpose
from authsms.senders.text import measure
from tests.integration.logon.house import ALICE, House
from tests.integration.logon.test_own_app import ALICE as HOLDER
from tests.integration.logon.test_own_app import drawn, own_app
from tests.integration.logon.test_recovery import answer, at_recovery, own_codes

NINA = Holder("corp:id-nina", "nina", "web", "", timedelta(0), is_two_factors=True)


def notices(house: House) -> list[Draft]:
    """Return the notices that would have gone out."""
    return [draft for draft in house.sent if draft.reference.startswith("account:")]


def told(house: House, tag: AuditTag) -> object:
    """Return whether the newest record of a tag says that the person was told."""
    return next(one.entry.details["told"] for one in house.audit.search() if one.entry.tag is tag)


def test_every_change_of_a_factor_is_told(house: House):
    """Set up, removed, made, used: by another way than the one that changed it (NIST SP 800-63B-4, 4.6)."""
    app = drawn(house)
    own_app(house).confirm(HOLDER, app.at(house.clock.now()))
    own_app(house).remove(HOLDER)
    codes = own_codes(house).make(replace(HOLDER, locale="de"))
    answer(house, at_recovery(house), codes[0])
    sent = notices(house)
    words = " ".join(draft.text for draft in sent)

    assert ["app-set-up", "app-removed", "recovery-codes-made", "recovery-code-used"] == [
        draft.reference.removeprefix("account:") for draft in sent
    ]
    assert {(Purpose.NOTICE, ALICE.phone, ALICE.key)} == {(one.purpose, one.recipient, one.person_key) for one in sent}
    assert sent[0].text.startswith("here: An authenticator app was set up for your account. Not you? Contact")
    assert "Wiederherstellungscodes" in sent[2].text
    assert not any(secret in words for secret in (app.secret, *codes))
    assert {1} == {measure(draft.text).segments for draft in sent}
    assert told(house, AuditTag.METHOD_SET_UP) is True


def test_a_change_that_did_not_happen_is_not_told(house: House):
    """A wrong first code, an app that is not there."""
    app = drawn(house)
    own_app(house).confirm(HOLDER, app.at(house.clock.now() + timedelta(hours=1)))
    house.enrollments.find(HOLDER.person_key, TOTP)
    own_codes(house).make(HOLDER)
    answer(house, at_recovery(house), "0000-0000-0000-0000")

    assert ["account:recovery-codes-made"] == [draft.reference for draft in notices(house)]


@pytest.mark.parametrize(
    ("carried", "purpose"),
    [({Purpose.VERIFICATION}, Purpose.VERIFICATION), ({Purpose.AUTHENTICATION, Purpose.OFFER}, None)],
    ids=["verification", "neither"],
)
def test_a_notice_takes_the_way_there_is(house: House, carried: set[Purpose], purpose: Purpose | None):
    """Some houses have a service for codes only; then nothing is queued that nobody would carry."""
    house.carried = frozenset(carried)
    own_codes(house).make(HOLDER)

    assert [purpose] * (purpose is not None) == [draft.purpose for draft in notices(house)]
    assert told(house, AuditTag.RECOVERY_CODES_MADE) is (purpose is not None)


def test_who_has_no_number_is_not_texted(house: House):
    """The trail says so."""
    own_codes(house).make(NINA)

    assert [] == notices(house)
    assert told(house, AuditTag.RECOVERY_CODES_MADE) is False


def test_a_change_waits_for_the_directory(house: House):
    """Or a thief would choose a moment at which nobody can be told; a right code is still good then."""
    app = drawn(house)
    house.people.away = True
    for act in (own_app(house).remove, own_codes(house).make):
        with pytest.raises(UnavailableError):
            act(HOLDER)
    with pytest.raises(UnavailableError):
        own_app(house).confirm(HOLDER, app.at(house.clock.now()))
    house.people.away = False

    assert Verdict.RIGHT is own_app(house).confirm(HOLDER, app.at(house.clock.now()))
