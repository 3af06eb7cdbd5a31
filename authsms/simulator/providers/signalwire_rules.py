"""What SignalWire accepts: the checks of a submission, and its errors.

Its numbers are Twilio's, with other meanings: 21606 is about the recipient, 21705 about the sender.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, jsonify
from werkzeug.datastructures import MultiDict

ERRORS: dict[int, tuple[int, str]] = {
    4001: (422, "The fee for the operation costs more than the available balance"),
    10000: (400, "The argument passed is invalid"),
    20003: (401, "Authentication failed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too many requests"),
    20504: (500, "Internal error"),
    21210: (422, "'From' phone number not verified"),
    21211: (422, "Invalid 'To' phone number"),
    21212: (422, "Phone number is not in the correct format. Please use E.164 format"),
    21219: (422, "'To' phone number not verified"),
    21408: (422, "The callback URL is not set"),
    21456: (422, "The supplied callback URL is not valid"),
    21602: (422, "Message body is required"),
    21604: (422, "'To' number is required to send a message"),
    21606: (422, "The 'To' number provided is not a mobile number"),
    21610: (422, "Attempt to send to unsubscribed recipient"),
    21611: (422, "'From' number has exceeded the maximum number of queued messages"),
    21612: (422, "The media provided is not supported"),
    21614: (422, "'To' number is not a valid mobile number"),
    21617: (422, "The concatenated message body exceeds the allowed character limit"),
    21624: (422, "The validity period provided is invalid"),
    21701: (422, "The number group is invalid"),
    21703: (422, "The number group has no phone number that can send"),
    21705: (422, "The message was attempted without a From number or Number Group"),
    21717: (422, "'From' number must belong to an active campaign"),
    30002: (422, "Insufficient balance to send the message"),
    30010: (400, "The max price was exceeded by the cost of the message"),
    35125: (422, "Campaign daily message cap has been met"),
}
"""HTTP status and text by code."""

_LISTED = frozenset({30010})
_LONGEST_BODY = 1600
_VALIDITIES = range(1, 172_801)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")


class SignalWireError(Exception):
    """A request that SignalWire would refuse, with its error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Order:
    """A submission that SignalWire accepts."""

    to: str
    sender: str
    group: str
    body: str
    callback: str


def read_order(form: MultiDict[str, str], numbers: tuple[str, ...], own_group: str) -> Order:
    """Return the submission in *form*; names are case sensitive.

    Args:
        form: The fields.
        numbers: The project's numbers; the group *own_group* sends from the first of them.
        own_group: Id of the number group, or empty.

    Raises:
        SignalWireError: SignalWire would refuse it.
    """
    to, sender, group, body = (form.get(name, "") for name in ("To", "From", "MessagingServiceSid", "Body"))
    validity = form.get("ValidityPeriod", "1")
    checks = (
        (bool(to), 21604),
        (_NUMBER.fullmatch(to), 21211),
        (bool(sender or group), 21705),
        (not group or group == own_group, 21701),
        (not group or numbers, 21703),
        (not sender or _NUMBER.fullmatch(sender) or _SHORT_CODE.fullmatch(sender), 21212),
        (not sender or sender in numbers, 21210),
        (bool(body), 21602),
        (len(body) <= _LONGEST_BODY, 21617),
        (validity.isascii() and validity.isdigit() and int(validity) in _VALIDITIES, 21624),
        (_is_callback(form.get("StatusCallback", "")), 21456),
    )
    for is_right, code in checks:
        if not is_right:
            raise SignalWireError(code)
    return Order(to, sender or numbers[0], group, body, form.get("StatusCallback", ""))


def answer_error(code: int, *, status: int | None = None) -> Response:
    """Return SignalWire's error answer; some codes come in a list.

    Args:
        code: SignalWire's error code.
        status: HTTP status instead of the one that belongs to *code*.
    """
    usual, text = ERRORS.get(code, (422, "Error"))
    more = "https://signalwire.com/docs/compatibility-api/reference/errors"
    if code in _LISTED:
        response = jsonify(errors=[{"code": str(code), "message": text, "more_info": more}])
    else:
        response = jsonify(code=code, message=text, more_info=more, status=status or usual)
    response.status_code = status or usual
    return response


def _is_callback(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not url or (parts.scheme in {"http", "https"} and bool(parts.hostname))
