"""The one sentence on top: which of many facts explains a login."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from authsms.administration.people_story import Case, conclude, word_of
from authsms.audit import AuditEntry, AuditTag, AuditView
from authsms.delivery.activity import LoggedMessage
from authsms.delivery.states import Failure, MessageState, Withheld
from authsms.foundation.phone import PhoneNumber
from authsms.identity.repository import Person
from authsms.logon.blocks import Block
from authsms.otp.outlook import Counter
from authsms.senders.submission import Purpose

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ALICE = Person("LOCAL", "1", "alice", "Alice", (PhoneNumber("+12025550142"),))
MESSAGE = LoggedMessage(
    id="m1",
    state=MessageState.DELIVERED,
    purpose=Purpose.AUTHENTICATION,
    masked="•••••••42",
    reference="challenge:1",
    person_key="LOCAL:1",
    login="alice",
    process_id="p",
    service="twilio",
    provider_id="SM1",
    failure="",
    code="",
    detail="",
    attempts=1,
    segments=1,
    in_flight=False,
    created_at=NOW,
    due_at=None,
    expires_at=NOW + timedelta(minutes=5),
    accepted_at=NOW,
    finished_at=NOW,
)


def records(*happened: tuple[AuditTag, dict[str, str]] | AuditTag, process_id: str = "p") -> list[AuditView]:
    """Return records, oldest given first, newest returned first."""
    views = []
    for number, one in enumerate(happened):
        tag, details = one if isinstance(one, tuple) else (one, {})
        entry = AuditEntry(tag, "LOCAL:1", "alice", process_id, "web", details=details)
        views.append(AuditView(number, NOW + timedelta(seconds=number), entry))
    return views[::-1]


def refused(reason: str, method: str = "SMS_OTP:1") -> tuple[AuditTag, dict[str, str]]:
    return AuditTag.LOGON_SUSPICIOUS, {"method": method, "reason": reason}


def case(*happened, message: LoggedMessage | None = None, **changes) -> Case:
    found = [message] if message else []
    known = Case("alice", ALICE, True, None, (), records(*happened), {one.id: one for one in found}, {})
    return replace(known, **changes)


STARTED = AuditTag.LOGON_STARTED


@pytest.mark.parametrize(
    ("happened", "state", "word"),
    [
        ([STARTED], MessageState.DELIVERED, "delivered:not-typed"),
        ([STARTED, refused("wrong-code")], MessageState.DELIVERED, "delivered:wrong-codes"),
        ([STARTED, refused("closed")], MessageState.DELIVERED, "delivered:too-late"),
        ([STARTED, refused("not-open")], MessageState.ACCEPTED, "taken:too-late"),
        ([STARTED, AuditTag.LOGON_CANCELLED], MessageState.ACCEPTED, "taken:cancelled"),
        ([STARTED, refused("wrong-code"), AuditTag.LOGON_CANCELLED], MessageState.DELIVERED, "delivered:cancelled"),
    ],
)
def test_a_code_that_is_out_is_explained_by_what_was_typed(happened, state, word):
    assert conclude(case(*happened, message=replace(MESSAGE, state=state))).word == word


@pytest.mark.parametrize("failure", list(Failure))
def test_a_code_that_failed_is_explained_by_its_reason(failure):
    message = replace(MESSAGE, state=MessageState.FAILED, failure=failure.value, code="30003")
    conclusion = conclude(case(STARTED, message=message, advice={"m1": "Correct the number."}))

    assert conclusion.word == f"failed:{failure.value}"
    assert (conclusion.facts["code"], conclusion.facts["advice"]) == ("30003", "Correct the number.")


def test_only_codes_typed_after_the_text_count():
    """A wrong code of the text before it says nothing about this one."""
    message = replace(MESSAGE, created_at=NOW + timedelta(seconds=2))
    conclusion = conclude(case(STARTED, refused("wrong-code"), refused("wrong-code"), message=message))

    assert conclusion.facts["tries"] == 1


def test_a_wish_for_another_code_does_not_hide_the_code_that_is_out():
    """Asking too early writes a withheld text; the one before is still good."""
    wish = replace(MESSAGE, id="m2", state=MessageState.WITHHELD, failure=Withheld.NUMBER_LIMIT.value)
    found = case(STARTED, message=MESSAGE)

    assert conclude(replace(found, messages={"m1": MESSAGE, "m2": wish})).word == "delivered:not-typed"
    assert conclude(replace(found, messages={"m2": wish})).word == "withheld:number-limit"


def test_messages_of_other_logins_do_not_count():
    other = replace(MESSAGE, id="m0", process_id="q")

    assert conclude(case(STARTED, message=other)).word == "only-begun"


@pytest.mark.parametrize(
    ("happened", "word"),
    [
        ([STARTED, AuditTag.LOGON_LIMITED], "logon.limited"),
        ([STARTED, AuditTag.LOGON_CANCELLED], "logon.cancelled"),
        ([STARTED, AuditTag.LOGON_METHOD_PASSED], "half-way"),
        ([STARTED, refused("wrong", "LDAP_PASSWORD:1")], "refused:password:wrong"),
        ([STARTED, refused("must-change", "PASSWORD:1")], "refused:password:must-change"),
    ],
)
def test_a_login_without_a_code_is_explained_by_its_end(happened, word):
    assert conclude(case(*happened)).word == word


def test_what_stops_every_login_goes_before_the_newest_one():
    block = Block("LOCAL:1", "alice", "left", "anna", NOW)
    off = Counter("SMS_OTP:1", 20, None, disabled=True, failed_at=NOW)
    held = Counter("OTHER:1", 6, NOW, disabled=False, failed_at=NOW)
    delivered = case(STARTED, message=MESSAGE, counters=(held, off))

    assert conclude(replace(delivered, block=block)).word == "blocked"
    assert conclude(replace(delivered, person=replace(ALICE, enabled=False))).word == "switched-off"
    assert conclude(delivered).word == "method-off"
    assert conclude(replace(delivered, counters=(held,))).word == "held"
    assert conclude(replace(delivered, counters=())).word == "delivered:not-typed"


def test_somebody_without_a_number_may_still_have_signed_in():
    """Another chain may need none."""
    numberless = replace(ALICE, phones=())

    assert conclude(case(STARTED, person=numberless)).word == "no-phone"
    assert conclude(case(STARTED, AuditTag.LOGON_FINISHED, person=numberless)).word == "signed-in"


def test_a_directory_that_is_away_is_not_nobody():
    known = case(STARTED, message=MESSAGE, person=None, is_reachable=False)

    assert conclude(known).word == "delivered:not-typed"
    assert conclude(replace(known, records=(), messages={})).word == "unreachable"
    assert conclude(replace(known, is_reachable=True)).word == "nobody"


def test_the_same_reason_means_two_things_for_two_methods():
    """A directory's "disabled" is the account, a code's is the method."""
    password, code = (
        AuditEntry(AuditTag.LOGON_METHOD_FAILED, details={"method": method, "reason": "disabled"})
        for method in ("LDAP_PASSWORD:1", "SMS_OTP:1")
    )

    assert (word_of(password), word_of(code)) == ("refused:password:disabled", "refused:code:disabled")
