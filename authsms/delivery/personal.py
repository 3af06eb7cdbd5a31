"""What is known of people who were sent texts; a text itself is wiped as soon as it is handed over."""

from typing import Final, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from authsms.delivery.mail_models import MAIL
from authsms.delivery.models import Message
from authsms.delivery.outbox import Outbox
from authsms.delivery.states import LIVE
from authsms.foundation.personal import Fate, Holding
from authsms.senders.submission import Purpose

_MESSAGE: Final = cast("Table", Message.__table__)

HOLDINGS: Final = (
    Holding(
        "messages",
        _MESSAGE,
        Fate.WIPED,
        (
            *("purpose", "masked", "country", "state", "failure", "service", "provider_id", "code", "detail"),
            *("segments", "created_at", "accepted_at", "finished_at"),
        ),
        {
            "recipient": None,
            "text": None,
            "recipient_hash": "",
            "masked": "",
            "member_of": "",
            "person_key": "",
            "login": "",
            "detail": "",
        },
    ),
    Holding("mails", MAIL, Fate.DELETED, ("kind", "failure", "created_at", "finished_at")),
)
"""What a message cost, and the provider's id for it, stay until the message is deleted: bills are checked by them."""


def take_back(session: Session, outbox: Outbox, person_key: str) -> int:
    """Take back all that waits for a person; what is being handed over at this moment is not repeated."""
    live = [state.value for state in LIVE]
    waiting = select(_MESSAGE.c.id).where(_MESSAGE.c.person_key == person_key, _MESSAGE.c.state.in_(live))
    return sum(outbox.take_back(session, row.id) for row in session.execute(waiting).all())


def take_back_unwanted(session: Session, outbox: Outbox, person_key: str, recipient_hash: str) -> None:
    """Take back the notices and offers that wait for a person at a number; not what is told about an account."""
    c, live = _MESSAGE.c, [state.value for state in LIVE]
    ours = (c.person_key == person_key, c.recipient_hash == recipient_hash, c.state.in_(live), c.through == "")
    is_for_many = (c.purpose.in_([Purpose.NOTICE.value, Purpose.OFFER.value]), c.reference != "")
    for row in session.execute(select(c.id).where(*ours, *is_for_many)).all():
        outbox.take_back(session, row.id)
