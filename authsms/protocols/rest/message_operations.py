"""The list of what programs can ask about messages and contacts; all of it with an access token that is good for it."""

from typing import Final, cast

from flask import request

from authsms.logon.oidc_profile import MESSAGING, OidcOption
from authsms.messaging.programs import Program
from authsms.protocols.rest import message_bodies as bodies
from authsms.protocols.rest.message_door import MessageDoor
from authsms.protocols.rest.operations import Call, Operation

_SEND: Final = MESSAGING[OidcOption.SEND_MESSAGES]
_READ: Final = MESSAGING[OidcOption.READ_CONTACTS]
_WRITE: Final = MESSAGING[OidcOption.WRITE_CONTACTS]


def program_of(call: Call) -> Program:
    """Return the program that calls."""
    return Program(call.session.endpoint_id, call.session.endpoint, request.remote_addr or "")


def _door(call: Call) -> MessageDoor:
    return call.messages


MESSAGE_OPERATIONS: Final = (
    Operation(
        *("POST", "/notices", "sendNotice"),
        "Send a notice to people who have agreed",
        bodies.NoticeSent,
        lambda call: _door(call).send(program_of(call), cast("bodies.SendNotice", call.sent)),
        bodies.SendNotice,
        scope=_SEND,
        status=202,
        faults=(409,),
    ),
    Operation(
        *("GET", "/notices/{notice_name}", "getNotice"),
        "Look how far a notice is",
        bodies.NoticeState,
        lambda call: _door(call).progress(program_of(call), call.id),
        scope=_SEND,
        pattern=bodies.NAME_PATTERN,
        faults=(404,),
    ),
    Operation(
        *("DELETE", "/notices/{notice_name}", "cancelNotice"),
        "Take back what has not gone out",
        None,
        lambda call: _door(call).notices.cancel(program_of(call), call.id),
        scope=_SEND,
        pattern=bodies.NAME_PATTERN,
        status=204,
        faults=(404,),
    ),
    Operation(
        *("GET", "/notices/{notice_name}/recipients", "listRecipients"),
        "List what became of the text to each person",
        bodies.Recipients,
        lambda call: _door(call).recipients(program_of(call), call.id, cast("bodies.Behind", call.sent)),
        bodies.Behind,
        scope=_SEND,
        pattern=bodies.NAME_PATTERN,
        faults=(404,),
    ),
    Operation(
        *("GET", "/contacts", "listContacts"),
        "List the numbers of a person, masked",
        bodies.Contacts,
        lambda call: _door(call).contacts_of(cast("bodies.Whose", call.sent)),
        bodies.Whose,
        scope=_READ,
        faults=(404,),
    ),
    Operation(
        *("POST", "/contacts", "addContact"),
        "Name a number of a person, who still has to agree and to confirm it",
        bodies.Contact,
        lambda call: _door(call).add(program_of(call), cast("bodies.AddContact", call.sent)),
        bodies.AddContact,
        scope=_WRITE,
        status=201,
        faults=(404, 409),
    ),
    Operation(
        *("DELETE", "/contacts/{contact_id}", "removeContact"),
        "Take a number of a person away",
        None,
        lambda call: _door(call).contacts.remove(program_of(call), call.id),
        scope=_WRITE,
        status=204,
        faults=(404,),
    ),
)
