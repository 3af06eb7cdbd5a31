"""Twilio's errors: HTTP status and text by code, and how an error answer looks."""

from collections.abc import Mapping

from flask import Response, jsonify

ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20005: (403, "Account not active"),
    20404: (404, "The requested resource {path} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {to}"),
    21212: (400, "Invalid From Number (caller ID): {sender}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        "The 'From' phone number {sender} is not a valid message-capable Twilio phone number for this destination.",
    ),
    21608: (400, "The number {to} is unverified. Trial accounts cannot send messages to unverified numbers."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number {sender} has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number {to} is not currently reachable via SMS"),
    21614: (400, "'To' number is not a valid mobile number: {to}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21624: (400, "Invalid validity period value"),
    21701: (404, "The Messaging Service does not exist"),
    21703: (400, "The Messaging Service does not have a phone number available to send a message"),
    21704: (400, "The Messaging Service contains no phone numbers"),
    21705: (400, "The Messaging Service is invalid"),
    21709: (400, "Alpha Sender ID is Invalid or Not Authorized for this Messaging Service"),
    63038: (429, "Account exceeded the daily messages limit"),
}
CARRIER_ERRORS = {
    "30001": "Queue overflow",
    "30002": "Account suspended",
    "30003": "Unreachable destination handset",
    "30004": "Message blocked",
    "30005": "Unknown destination handset",
    "30006": "Landline or unreachable carrier",
    "30007": "Message filtered",
    "30008": "Unknown error",
}
"""Why a message that was accepted can fail later."""

BAD_SENDERS = {
    "+15005550001": 21212,
    "+15005550007": 21606,
    "+15005550000": 21606,
    "+15005550008": 21611,
}
BAD_RECIPIENTS = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""The numbers that always give an error, as with Twilio's test credentials."""


class TwilioError(Exception):
    """A request that Twilio would refuse, with its error code."""

    def __init__(self, code: int, words: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words or {}


def answer_error(code: int, words: Mapping[str, str] | None = None, *, status: int | None = None) -> Response:
    """Return Twilio's error answer.

    Args:
        code: Twilio's error code.
        words: What its text names: ``to``, ``sender`` or ``path``.
        status: HTTP status instead of the one that belongs to *code*.
    """
    usual, text = ERRORS.get(code, (400, "Error"))
    shown = {"to": "", "sender": "", "path": "", **(words or {})}
    body: dict[str, object] = {
        "code": code,
        "message": text.format_map(shown),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status or usual,
    }
    if code == 20003:  # noqa: PLR2004 - the one error that has a detail
        body["detail"] = "Your AccountSid or AuthToken was incorrect."
    response = jsonify(body)
    response.status_code = status or usual
    if response.status_code == 401:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return response
