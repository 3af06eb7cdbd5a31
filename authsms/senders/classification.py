"""What an answer means for the message, and within which limits a provider's words are kept.

A code in the provider's own table goes before the HTTP status. Without one, the status decides:

| status | outcome |
|---|---|
| 429, 503 | `NotTaken` |
| 2xx that is no success, 408, other 5xx, anything odd | `PerhapsTaken` |
| 3xx, 401, 402, 403, 404, 405, 407 | `Refused` until the configuration changes |
| other 4xx | `Refused` for this message |
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from authsms.foundation.characters import writable
from authsms.senders.exchange import ProviderAnswer
from authsms.senders.redaction import Redactor
from authsms.senders.submission import (
    Accepted,
    CodeMeaning,
    NotTaken,
    Outcome,
    PerhapsTaken,
    RefusalScope,
    Refused,
    Verdict,
)
from authsms.senders.webhook import InboundMessage, Receipt

LONGEST_DETAIL = 299
_LONGEST_ID = 128
_LONGEST_WORD = 63
_LONGEST_INBOUND = 2000
_LONGEST_ADDRESS = 40
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+=~-]*")
_CODE = re.compile(r"[A-Za-z0-9._-]{1,40}")

_BY_STATUS: Mapping[int, Verdict] = {
    **dict.fromkeys(range(300, 400), Verdict.CONFIGURATION),
    **dict.fromkeys(range(400, 500), Verdict.MESSAGE),
    **dict.fromkeys((401, 402, 403, 404, 405, 407), Verdict.CONFIGURATION),
    **dict.fromkeys((429, 503), Verdict.RETRY),
    408: Verdict.UNKNOWN,
}

OWN_ADVICE: Mapping[str, str] = {
    "connect": "Check that this server may open connections to the provider (firewall, routing).",
    "resolve": "Check the host name in the address and this server's name servers.",
    "tls": "Check the host name, the clock of this server, and the trusted certificates.",
    "busy": "The provider answers too slowly for the load; ask the provider, or add another sender service.",
    "address_refused": "Use https on port 443, or list the host under network.allowed in the configuration file.",
    "timeout": "The provider took the request but did not answer in time; look at its status page.",
    "unreadable_answer": "The answer is none of this provider's; check the address.",
    "connection_lost": "The provider broke off; look at its status page. The text may have been taken.",
    "malformed_answer": "What answers there is no web server; check address and port.",
    "request_refused": "The settings do not make a request that can be sent; open them and save them again.",
    "rejected": "The gateway refused; read its answer, and check that the success rule says what success looks like.",
    "http_400": "The provider refuses the request; read its answer and compare the settings with its manual.",
    "http_401": "Check user, password, token or key.",
    "http_402": "There is no credit left on the account.",
    "http_403": "Check the rights of the key and whether the account is active.",
    "http_404": "The provider does not know this address or account; check both.",
}
"""What to do about the codes that are ours, not a provider's."""


def failure(
    codes: Mapping[str, CodeMeaning], answer: ProviderAnswer, code: str | None = None, detail: str | None = None
) -> Outcome:
    """Return what an answer that is no success means; see the module for the rules."""
    words = answer.text() if detail is None else detail
    meaning = codes.get(code or "")
    verdict = meaning.verdict if meaning else _BY_STATUS.get(answer.status, Verdict.UNKNOWN)
    named = code or ("unreadable_answer" if answer.is_success else f"http_{answer.status}")
    match verdict:
        case Verdict.RETRY:
            return NotTaken(named, words, answer.retry_after)
        case Verdict.UNKNOWN:
            return PerhapsTaken(named, words)
        case Verdict.CONFIGURATION:
            return Refused(RefusalScope.CONFIGURATION, named, words)
        case Verdict.DESTINATION:
            return Refused(RefusalScope.DESTINATION, named, words)
        case Verdict.MESSAGE | Verdict.OPTED_OUT:
            return Refused(RefusalScope.MESSAGE, named, words, opted_out=verdict is Verdict.OPTED_OUT)


def is_sound_id(provider_id: str) -> bool:
    """Return whether a provider's id can be kept and shown."""
    return len(provider_id) <= _LONGEST_ID and _ID.fullmatch(provider_id) is not None


def cleaned(outcome: Outcome, redactor: Redactor) -> Outcome:
    """Return *outcome* with its words fit to be kept and shown."""
    if isinstance(outcome, Accepted):
        return replace(outcome, state=_word(outcome.state))
    code = outcome.code if _CODE.fullmatch(outcome.code) else "unknown_code"
    return replace(outcome, code=code, detail=redactor.clean(outcome.detail, LONGEST_DETAIL))


def bounded(report: Receipt | InboundMessage) -> Receipt | InboundMessage | None:
    """Return *report* within the limits of what is kept, or None when it names no message."""
    known = report.provider_id or (report.reference if isinstance(report, Receipt) else "")
    if not is_sound_id(known):
        return None
    if isinstance(report, InboundMessage):
        return replace(
            report,
            sender=writable(report.sender[:_LONGEST_ADDRESS]),
            recipient=writable(report.recipient[:_LONGEST_ADDRESS]),
            text=writable(report.text[:_LONGEST_INBOUND]),
        )
    word, code = _word(report.word), report.code if _CODE.fullmatch(report.code) else ""
    return report if (word, code) == (report.word, report.code) else replace(report, word=word, code=code)


def _word(word: str) -> str:
    return "".join(mark for mark in word if mark.isprintable())[:_LONGEST_WORD]
