"""What Twilio accepts: the checks of a submission, in the order in which their errors win."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from authsms.simulator.numbers import read_number
from authsms.simulator.providers.twilio_errors import BAD_RECIPIENTS, BAD_SENDERS, TwilioError

_LONGEST_BODY = 1600
_LONGEST_URL = 4000
_VALIDITIES = range(1, 36_001)
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{2,11}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
MAGIC_SENDER = "+15005550006"


@dataclass(frozen=True, slots=True)
class Order:
    """A submission that Twilio accepts; *sender* or *service* is empty, not both."""

    to: str
    sender: str
    service: str
    body: str
    callback: str


@dataclass(frozen=True, slots=True)
class Belongings:
    """Senders and the messaging service of an account; without numbers, every sender is fine."""

    numbers: tuple[str, ...]
    service: str


def read_order(form: MultiDict[str, str], own: Belongings) -> Order:
    """Return the submission in *form*.

    Raises:
        TwilioError: Twilio would refuse it.
    """
    service, sender = form.get("MessagingServiceSid", ""), form.get("From", "")
    to = _read_to(form.get("To", ""))
    if not (sender or service):
        raise TwilioError(21603)
    _check_service(service, own)
    sender = _read_sender(sender, own) if sender else ""
    return Order(to=to, sender=sender, service=service, body=_read_body(form), callback=_read_callback(form))


def _read_to(text: str) -> str:
    if not text:
        raise TwilioError(21604)
    number = read_number(text)
    if number is None:
        raise TwilioError(21211, {"to": text})
    if number in BAD_RECIPIENTS:
        raise TwilioError(BAD_RECIPIENTS[number], {"to": number})
    return number


def _check_service(service: str, own: Belongings) -> None:
    if service and not _SERVICE.fullmatch(service):
        raise TwilioError(21705)
    if service and service != own.service:
        raise TwilioError(21701)
    if service and not own.numbers:
        raise TwilioError(21704)


def _read_sender(text: str, own: Belongings) -> str:
    if _NAME.fullmatch(text) or _SHORT_CODE.fullmatch(text):
        return text
    number = read_number(text)
    if number is None:
        raise TwilioError(21212, {"sender": text})
    if number in BAD_SENDERS:
        raise TwilioError(BAD_SENDERS[number], {"sender": number})
    if own.numbers and number not in {*own.numbers, MAGIC_SENDER}:
        raise TwilioError(21606, {"sender": number})
    return number


def _read_body(form: MultiDict[str, str]) -> str:
    body = form.get("Body", "")
    if not body:
        raise TwilioError(21602)
    if len(body) > _LONGEST_BODY:
        raise TwilioError(21617)
    validity = form.get("ValidityPeriod")
    if validity is not None and not (validity.isascii() and validity.isdigit() and int(validity) in _VALIDITIES):
        raise TwilioError(21624)
    return body


def _read_callback(form: MultiDict[str, str]) -> str:
    url = form.get("StatusCallback", "")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or "_" in host or len(url) > _LONGEST_URL:
        raise TwilioError(21609)
    return url
