"""What is sent and answered where programs have people texted; the description is made from these models, too."""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from authsms.contacts.agreement import ContactKind, ContactState
from authsms.delivery.states import MessageState
from authsms.protocols.rest.bodies import Answer, Body, Id, UserName

NAME_PATTERN: Final = "^[a-z0-9][a-z0-9-]{0,39}$"
MOST_RECIPIENTS: Final = 200
MOST_LANGUAGES: Final = 10
_LONGEST_TEXT: Final = 1000
_WRITABLE: Final = r"^[^\x00-\x09\x0B-\x1F\x7F]+$"

NoticeName = Annotated[
    str,
    Field(
        pattern=NAME_PATTERN,
        description="Yours to choose; a request that comes again under the same name texts nobody twice.",
    ),
]
Locale = Annotated[str, Field(pattern="^[a-z]{2}$")]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT, pattern=_WRITABLE)]
Stage: TypeAlias = Literal["sending", "done", "cancelled"]


class SendNotice(Body):
    """A notice, and who is to get it."""

    name: NoticeName
    texts: Annotated[
        dict[Locale, Text],
        Field(
            min_length=1,
            max_length=MOST_LANGUAGES,
            description="By language; `{name}`, `{user}` and `{host}` stand for the person, the login and this server.",
        ),
    ]
    user_names: Annotated[list[UserName], Field(min_length=1, max_length=MOST_RECIPIENTS)]
    hours: Annotated[int, Field(ge=1, le=720, description="Nothing is handed over later than this.")] = 24


class NoticeSent(Answer):
    """What came of it."""

    name: str
    queued: Annotated[int, Field(description="How many texts this request has queued.")]
    left: Annotated[
        dict[str, int],
        Field(description="How many people get nothing, by the reason: `no_contact`, `unconfirmed`, `stopped` …"),
    ]
    unknown: Annotated[list[str], Field(description="User names that nobody has.")]


class NoticeState(Answer):
    """How far a notice is."""

    name: str
    state: Annotated[Stage, Field(description="`done`: nothing of it waits any more.")]
    created: datetime
    expires: datetime
    people: Annotated[int, Field(description="To how many it was sent.")]
    counts: Annotated[dict[str, int], Field(description="Texts by state: `queued`, `accepted`, `delivered` …")]


class Behind(Body):
    """Where a list goes on."""

    after: Annotated[Id | None, Field(description="The `next` of the list before; left out, the list begins.")] = None


class Recipient(Answer):
    """What became of the text to one person."""

    user_name: str
    state: MessageState
    reason: Annotated[str, Field(description="Why it did not arrive, as a word, or empty.")]
    changed: datetime


class Recipients(Answer):
    """Some recipients, in a lasting order."""

    recipients: list[Recipient]
    next: Annotated[Id | None, Field(description="Ask on with this `after`; nothing when that was all.")]


class Whose(Body):
    """A person."""

    user_name: UserName


class AddContact(Body):
    """A number of a person."""

    user_name: UserName
    number: Annotated[str, Field(min_length=3, max_length=40, description="Best as `+491715550110`.")]
    kind: ContactKind = ContactKind.MOBILE


class Contact(Answer):
    """A number that somebody has for notices; only a `verified` one is texted."""

    contact_id: Id
    kind: ContactKind
    masked: Annotated[str, Field(description="`•••••••78`")]
    state: ContactState
    created: datetime


class Contacts(Answer):
    """The contacts of a person, in the person's order."""

    contacts: list[Contact]
