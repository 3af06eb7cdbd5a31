"""What a request about messages and contacts means to the services, and what their answers mean to a program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from authsms.contacts.entries import Contact
from authsms.messaging.program_notices import MOST_SHOWN, NoticeProgress, Order, ProgramNotices
from authsms.messaging.programs import Program, ProgramContacts
from authsms.protocols.rest import message_bodies as bodies
from authsms.protocols.rest.offer_door import OfferDoor


@dataclass(frozen=True, slots=True)
class MessageDoor:
    """Has people texted for programs; safe to share between threads."""

    notices: ProgramNotices
    contacts: ProgramContacts
    offers: OfferDoor

    def send(self, program: Program, wanted: bodies.SendNotice) -> bodies.NoticeSent:
        """Queue a notice."""
        order = Order(wanted.name, wanted.texts, wanted.user_names, timedelta(hours=wanted.hours))
        sent = self.notices.send(program, order)
        left = {reason.name.lower(): count for reason, count in sent.left.items()}
        return bodies.NoticeSent(name=wanted.name, queued=sent.queued, left=left, unknown=list(sent.unknown))

    def progress(self, program: Program, name: str) -> bodies.NoticeState:
        """Return how far a notice is."""
        found = self.notices.progress(program, name)
        return bodies.NoticeState(
            name=found.name,
            state=_stage(found),
            created=found.created_at,
            expires=found.expires_at,
            people=found.people,
            counts={state.value: count for state, count in found.counts.items()},
        )

    def recipients(self, program: Program, name: str, behind: bodies.Behind) -> bodies.Recipients:
        """Return what became of the texts to some of its recipients."""
        found = self.notices.recipients(program, name, behind.after or "")
        return bodies.Recipients(
            recipients=[
                bodies.Recipient(user_name=one.user_name, state=one.state, reason=one.reason, changed=one.changed_at)
                for one in found
            ],
            next=found[-1].id if len(found) == MOST_SHOWN else None,
        )

    def contacts_of(self, whose: bodies.Whose) -> bodies.Contacts:
        """Return the contacts of a person."""
        return bodies.Contacts(contacts=_contacts(self.contacts.of(whose.user_name)))

    def add(self, program: Program, wanted: bodies.AddContact) -> bodies.Contact:
        """Name a number of a person."""
        return _contacts([self.contacts.add(program, wanted.user_name, wanted.kind, wanted.number)])[0]


def _stage(found: NoticeProgress) -> bodies.Stage:
    if found.is_cancelled:
        return "cancelled"
    return "sending" if found.is_waiting else "done"


def _contacts(found: Sequence[Contact]) -> list[bodies.Contact]:
    return [
        bodies.Contact(contact_id=one.id, kind=one.kind, masked=one.masked, state=one.state, created=one.created_at)
        for one in found
    ]
