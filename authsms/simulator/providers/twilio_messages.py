"""How Twilio shows a message: as a resource, in a receipt, and as a reply from a phone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from authsms.simulator.phones import Text
from authsms.simulator.providers.twilio_errors import CARRIER_ERRORS
from authsms.simulator.providers.twilio_rules import Order
from authsms.simulator.segments import count_parts

API_VERSION = "2010-04-01"
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Twilio remembers it.

    Attributes:
        sender: Who sends it, chosen from the service when the order names no sender.
        body: The text; empty once it was redacted.
        states: The states it goes through, first to last.
        code: Why it fails, or empty.
    """

    sid: str
    order: Order
    sender: str
    body: str
    created: datetime
    states: tuple[str, ...]
    code: str = ""

    def state_at(self, now: datetime, pace: timedelta) -> str:
        """Return the state it has reached by *now*, one step at each *pace*."""
        step = int((now - self.created) / pace) if pace else len(self.states)
        return self.states[max(0, min(step, len(self.states) - 1))]


def plan_states(order: Order, *, fails: bool) -> tuple[str, ...]:
    """Return the states a message goes through."""
    first = ("accepted", "queued") if order.service else ("queued",)
    return (*first, "sending", "sent", "undelivered" if fails else "delivered")


def show(message: Message, account: str, state: str, now: datetime) -> dict[str, object]:
    """Return the resource as JSON members, in the *state* it has at this moment."""
    chosen = state not in {"accepted", "queued"}
    failed = state == "undelivered"
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": format_datetime(message.created),
        "date_sent": format_datetime(now) if chosen else None,
        "date_updated": format_datetime(now),
        "direction": "outbound-api",
        "error_code": int(message.code) if failed and message.code.isdigit() else None,
        "error_message": CARRIER_ERRORS.get(message.code, "Unknown error") if failed else None,
        "from": message.sender if chosen or message.order.sender else None,
        "messaging_service_sid": message.order.service or None,
        "num_media": "0",
        "num_segments": "0" if state == "accepted" else str(count_parts(message.order.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": state,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.order.to,
        "uri": f"{uri}.json",
    }


def receipt_pairs(message: Message, account: str, state: str, now: datetime) -> Pairs:
    """Return the parameters of the receipt that reports *state*."""
    pairs = [
        ("SmsSid", message.sid),
        ("SmsStatus", state),
        ("MessageStatus", state),
        ("To", message.order.to),
        ("MessageSid", message.sid),
        ("AccountSid", account),
        ("From", message.sender),
        ("ApiVersion", API_VERSION),
    ]
    if message.order.service:
        pairs.append(("MessagingServiceSid", message.order.service))
    if state == "undelivered":
        pairs.append(("ErrorCode", message.code))
    if state in {"delivered", "undelivered"}:
        pairs.append(("RawDlrDoneDate", f"{now:%y%m%d%H%M}"))
    return pairs


def reply_pairs(text: Text, account: str) -> Pairs:
    """Return the parameters of a reply; the places are empty, as they are outside North America."""
    places = [(f"{side}{place}", "") for side in ("From", "To") for place in ("City", "State", "Zip", "Country")]
    return [
        *places,
        ("SmsMessageSid", text.provider_id),
        ("SmsSid", text.provider_id),
        ("MessageSid", text.provider_id),
        ("SmsStatus", "received"),
        ("Body", text.text),
        ("NumMedia", "0"),
        ("NumSegments", str(count_parts(text.text))),
        ("From", text.phone),
        ("To", text.other),
        ("AccountSid", account),
        ("ApiVersion", API_VERSION),
    ]
