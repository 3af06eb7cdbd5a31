"""The story behind "she got no code": what happened, and the one sentence that explains it.

Pure: records, messages and counters come in, words of a small vocabulary go out; the portal turns those into sentences.
The newest login decides. What keeps every login from succeeding (a block, a disabled method, no number) goes before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from authsms.audit import AuditEntry, AuditTag, AuditView
from authsms.contacts.agreement import METHOD
from authsms.delivery.activity import LoggedMessage
from authsms.delivery.states import LIVE, Failure, MessageState, Withheld
from authsms.identity.repository import Person
from authsms.logon.blocks import Block
from authsms.logon.emergency import EMERGENCY
from authsms.logon.own_number import OWN_NUMBER
from authsms.logon.passkeys import PASSKEY
from authsms.otp.outlook import Counter

Fact: TypeAlias = str | int | datetime | None

QUIET: Final = frozenset({AuditTag.TOKEN_ISSUED, AuditTag.TOKEN_REVOKED})
"""What happens behind a login that went well, and helps nobody to understand one that did not."""

_REFUSALS: Final = frozenset({AuditTag.LOGON_METHOD_FAILED, AuditTag.LOGON_SUSPICIOUS})
_WITH_REASON: Final = frozenset(
    {
        AuditTag.MESSAGE_WITHHELD,
        AuditTag.MESSAGE_FAILED,
        AuditTag.MESSAGE_UNKNOWN,
        AuditTag.MESSAGE_STALE,
        AuditTag.CALLER_REFUSED,
        AuditTag.METHOD_REMOVED,
        AuditTag.PASSKEY_REMOVED,
    }
)
_KINDS: Final = {EMERGENCY: "emergency", PASSKEY: "passkey"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened.

    Attributes:
        word: ``tag`` or ``tag:reason``; what the portal has a sentence for.
        facts: What the sentence may name.
        message_id: The message it is about, or empty.
    """

    at: datetime
    word: str
    event: str
    endpoint: str
    address: str
    process_id: str
    message_id: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Why the last login ended as it did.

    Attributes:
        word: What the portal has a sentence, and a next step, for.
        facts: What the sentence names.
        message_id: The message it is about, or empty.
    """

    word: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of somebody.

    Attributes:
        login: His name, or the name that nobody has.
        person: As the directory has him now; None when nobody is there or nobody answered.
        is_reachable: The directory answered.
        counters: Of methods that logins ask for.
        records: Newest first.
        messages: By id, of the logins in *records*.
        advice: What to do about a message's code, by the message's id.
    """

    login: str
    person: Person | None
    is_reachable: bool
    block: Block | None
    counters: Sequence[Counter]
    records: Sequence[AuditView]
    messages: Mapping[str, LoggedMessage]
    advice: Mapping[str, str]


def happening(record: AuditView) -> Happening:
    """Return what a record tells."""
    entry = record.entry
    return Happening(
        record.at,
        word_of(entry),
        entry.event,
        entry.endpoint,
        entry.address,
        entry.process_id,
        _text(entry, "message"),
        dict(entry.details),
    )


def word_of(entry: AuditEntry) -> str:
    """Return what an entry is called: its tag, with the reason where the same tag may mean many things."""
    reason = _text(entry, "reason")
    if entry.tag in _REFUSALS:
        return f"refused:{_kind(_text(entry, 'method'))}:{reason}"
    if entry.tag is AuditTag.CHALLENGE_ISSUED:
        return f"{entry.tag.value}:{'again' if entry.details.get('resend') else 'first'}"
    if entry.tag in _WITH_REASON and reason:
        return f"{entry.tag.value}:{reason}"
    return entry.tag.value


def conclude(case: Case) -> Conclusion:
    """Return the sentence on top."""
    return _standing(case) or _newest_login(case) or _nothing(case)


def _standing(case: Case) -> Conclusion | None:
    """Return what keeps every login from succeeding, if something does."""
    if case.block is not None:
        return Conclusion("blocked", {"by": case.block.by, "at": case.block.at, "why": case.block.reason})
    if case.person is None:
        return Conclusion("nobody", {"login": case.login}) if case.is_reachable else _counted(case.counters)
    if not case.person.enabled:
        return Conclusion("switched-off", {"repository": case.person.repository})
    is_numberless = case.person.phone is None and not _has_finished(_newest_process(case.records))
    numberless = Conclusion("no-phone", {"repository": case.person.repository}) if is_numberless else None
    return _counted(case.counters) or numberless


def _counted(counters: Sequence[Counter]) -> Conclusion | None:
    of_logons = (one for one in counters if one.method not in {METHOD, OWN_NUMBER})
    for one in sorted(of_logons, key=lambda counter: not counter.disabled):
        if one.disabled:
            return Conclusion("method-off", {"method": one.method, "failures": one.failures, "at": one.failed_at})
        if one.held_until is not None:
            return Conclusion("held", {"failures": one.failures, "until": one.held_until})
    return None


def _newest_login(case: Case) -> Conclusion | None:
    records = _newest_process(case.records)
    if not records:
        return None
    finished = next((one for one in records if one.entry.tag is AuditTag.LOGON_FINISHED), None)
    if finished is not None:
        return Conclusion("signed-in", {"at": finished.at, "event": finished.entry.event})
    message = _newest_message(case.messages, records)
    if message is not None:
        return _about_message(message, records, case.advice.get(message.id, ""))
    return _without_message(records)


def _about_message(message: LoggedMessage, records: Sequence[AuditView], advice: str) -> Conclusion:
    facts: dict[str, Fact] = {
        "at": message.finished_at or message.accepted_at or message.created_at,
        "queued_at": message.created_at,
        "service": message.service,
        "code": message.code,
        "detail": message.detail,
        "advice": advice,
        "attempts": message.attempts,
        "tries": sum(_is_wrong_code(one) for one in records if one.at >= message.created_at),
    }
    return Conclusion(_message_word(message, records, int(str(facts["tries"]))), facts, message.id)


def _message_word(message: LoggedMessage, records: Sequence[AuditView], tries: int) -> str:
    if message.state in LIVE:
        return "waiting" if not message.attempts else "being-tried"
    if message.state not in {MessageState.ACCEPTED, MessageState.DELIVERED}:
        reason = message.failure
        if message.state is MessageState.STALE and not reason:
            reason = Failure.EXPIRED.value
        return f"{message.state.value}:{reason}"
    arrived = "delivered" if message.state is MessageState.DELIVERED else "taken"
    last = next((word_of(one.entry) for one in records if one.entry.tag in _REFUSALS), "")
    if records[0].entry.tag is AuditTag.LOGON_CANCELLED:
        return f"{arrived}:cancelled"
    if tries:
        return f"{arrived}:wrong-codes"
    return f"{arrived}:too-late" if last.endswith((":closed", ":not-open")) else f"{arrived}:not-typed"


def _without_message(records: Sequence[AuditView]) -> Conclusion:
    """Return what is to be said of a login that never came to a code."""
    for record in records:
        word = word_of(record.entry)
        facts: dict[str, Fact] = {"at": record.at, "address": record.entry.address}
        if record.entry.tag in _REFUSALS:
            tries = sum(word_of(one.entry) == word for one in records)
            return Conclusion(word, {**facts, "tries": tries})
        if record.entry.tag in {AuditTag.LOGON_LIMITED, AuditTag.LOGON_CANCELLED}:
            return Conclusion(word, facts)
        if record.entry.tag is AuditTag.LOGON_METHOD_PASSED:
            return Conclusion("half-way", {"at": record.at})
    return Conclusion("only-begun", {"at": records[-1].at, "event": records[-1].entry.event})


def _nothing(case: Case) -> Conclusion:
    return Conclusion("nothing" if case.is_reachable else "unreachable", {"login": case.login})


def _newest_process(records: Sequence[AuditView]) -> Sequence[AuditView]:
    """Return the records of the newest login, newest first."""
    newest = next((one.entry.process_id for one in records if one.entry.process_id), "")
    return [one for one in records if newest and one.entry.process_id == newest]


def _newest_message(messages: Mapping[str, LoggedMessage], records: Sequence[AuditView]) -> LoggedMessage | None:
    """Return the newest message of a login; one that was only a wish for another code is passed over."""
    process_id = records[0].entry.process_id
    own = sorted((one for one in messages.values() if one.process_id == process_id), key=lambda one: one.id)
    sent = [one for one in own if one.failure != Withheld.NUMBER_LIMIT.value]
    newest = sent or own
    return newest[-1] if newest else None


def _has_finished(records: Sequence[AuditView]) -> bool:
    return any(one.entry.tag is AuditTag.LOGON_FINISHED for one in records)


def _is_wrong_code(record: AuditView) -> bool:
    return record.entry.tag in _REFUSALS and _text(record.entry, "reason") == "wrong-code"


def _text(entry: AuditEntry, name: str) -> str:
    value = entry.details.get(name)
    return value if isinstance(value, str) else ""


def _kind(method: str) -> str:
    """Return what the words about a refusal call what a method asks for."""
    if method in _KINDS:
        return _KINDS[method]
    return "password" if "PASSWORD" in method else "code"
