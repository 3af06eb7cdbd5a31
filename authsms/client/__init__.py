"""A client for programs that ask by the REST door of an authsms server: to log people in, or to have them texted.

It needs `requests` and nothing else of this package. A logon goes on until it is not open any more::

    from authsms.client import Client

    with Client("https://login.example.com", "the endpoint id", "the endpoint secret") as client:
        logon = client.begin(input("User name: "))
        while logon.is_open:
            if logon.recipient:
                print(f"The code went to {logon.recipient}.")
            logon.answer(input(f"{logon.message}: "))
        if logon.session_id:
            print(f"Hello {client.session(logon.session_id).display_name}!")

A roster system that may send notices does so with `Messenger`, and sees what became of them::

    from authsms.client import Messenger

    with Messenger("https://login.example.com", "the client id", "the client secret") as messenger:
        texts = {"en": "{host}: {name}, your shift on Friday begins at 6. STOP ends texts."}
        sent = messenger.send("shift-friday", texts, ["alice", "bob"])
        print(f"{sent.queued} queued, nothing for {sent.left}")
        for one in messenger.recipients("shift-friday"):
            print(one.user_name, one.state, one.reason)

It asks who takes the shift, too, and people answer by text or by link::

    from authsms.client import Messenger

    with Messenger("https://login.example.com", "the client id", "the client secret") as messenger:
        texts = {"en": "{host}: {name}, early shift on Friday? Reply {number} Y or {number} N. STOP ends texts."}
        made = messenger.offers.make("early-friday", texts, ["alice", "bob"], places=1)
        print(f"{made.people} are asked, not {made.left}")
        for one in messenger.offers.answers("early-friday"):
            print(one.user_name, one.state)

What is told it by webhook goes through `read_event` first, which knows forged calls from real ones.

Endpoint sessions are opened when they are needed, and opened again when they are over. A logon ends with the endpoint
session it was begun in. What is sent is in no error, no log and no ``repr``.
"""

from authsms.client.answers import Chain, ClientError, OverError, RefusedError, Session, TryLaterError
from authsms.client.endpoint import Client
from authsms.client.enrollment import Enrollment
from authsms.client.events import Event, ForgedEventError, read_event
from authsms.client.logon import Logon
from authsms.client.messages import Contact, Messenger, NoticeState, Recipient, SentNotice
from authsms.client.offers import MadeOffer, OfferAnswer, OfferPreview, Offers, OfferState

__all__ = [
    "Chain",
    "Client",
    "ClientError",
    "Contact",
    "Enrollment",
    "Event",
    "ForgedEventError",
    "Logon",
    "MadeOffer",
    "Messenger",
    "NoticeState",
    "OfferAnswer",
    "OfferPreview",
    "OfferState",
    "Offers",
    "OverError",
    "Recipient",
    "RefusedError",
    "SentNotice",
    "Session",
    "TryLaterError",
    "read_event",
]
