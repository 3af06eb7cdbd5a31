"""The list of what can be asked of the REST door: addresses and description are both made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import request
from flask_babel import get_locale
from pydantic import BaseModel

from authsms.foundation.errors import ForgeryError
from authsms.logon.endpoint_sessions import EndpointSession
from authsms.logon.endpoints import LOGON_SCOPE
from authsms.protocols.rest import bodies
from authsms.protocols.rest.door import RestDoor
from authsms.protocols.rest.message_door import MessageDoor

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read.

    Attributes:
        door: What answers it.
        caller: Who calls; None where that is what is to be proven.
        id: The id in the address, or empty.
        sent: What was sent.
        messages: What answers it where people are to be texted.
    """

    door: RestDoor
    caller: EndpointSession | None
    id: str
    sent: BaseModel | None
    messages: MessageDoor

    @property
    def session(self) -> EndpointSession:
        """The endpoint session of the caller."""
        if self.caller is None:
            raise ForgeryError("Nobody has said who calls.")
        return self.caller


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked.

    Attributes:
        path: Behind `PREFIX`; ``{…}`` stands for the one id in it.
        name: Its operationId.
        summary: What it does, in one line.
        answer: What it returns; None: nothing.
        run: Does it.
        takes: What is sent: as JSON with POST, as query parameters with GET.
        is_open: It is asked without an endpoint session.
        scope: What an access token must be good for; empty: none will do.
        pattern: What the id in the address looks like.
        status: Of the answer.
        faults: Statuses besides 400, 401, 429 and 503 that can be expected.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: type[BaseModel] | None
    run: Callable[[Call], BaseModel | None]
    takes: type[BaseModel] | None = None
    is_open: bool = False
    scope: str = LOGON_SCOPE
    pattern: str = bodies.ID_PATTERN
    status: int = 200
    faults: tuple[int, ...] = ()

    @property
    def takes_session(self) -> bool:
        """Whether an endpoint session opens it; for everything but logons only a token does, which says what for."""
        return self.scope in {"", LOGON_SCOPE}


def _open_session(call: Call) -> bodies.SessionOpened:
    sent = cast("bodies.OpenSession", call.sent)
    address = request.remote_addr or ""
    opened = call.door.endpoint_sessions.open(call.id, sent.salt, sent.endpoint_secret_hash, address)
    return bodies.SessionOpened(endpoint_session_id=opened.token, expires=opened.expires_at)


def _end_session(call: Call) -> None:
    if call.session.endpoint_id != call.id:
        raise ForgeryError("This session is another endpoint's.")
    call.door.endpoint_sessions.end(call.session.id)


def _begin(call: Call) -> bodies.LogonState:
    sent = cast("bodies.Begin", call.sent)
    return call.door.begin(call.session, sent, request.remote_addr or "", str(get_locale()))


def _enroll(call: Call) -> bodies.EnrollState:
    return call.door.enrolling.begin(call.session, cast("bodies.Enroll", call.sent), str(get_locale()))


def _do_enroll(call: Call) -> bodies.EnrollState:
    sent = cast("bodies.DoEnroll", call.sent)
    return call.door.enrolling.go_on(call.session, call.id, sent, str(get_locale()))


def _templates(call: Call) -> bodies.Templates:
    return call.door.enrolling.templates(call.session, cast("bodies.OfSession", call.sent), str(get_locale()))


OPERATIONS: Final = (
    Operation(
        *("POST", "/endpoints/{endpoint_id}/sessions", "openEndpointSession"),
        "Prove who the endpoint is, and open a session of it",
        *(bodies.SessionOpened, _open_session, bodies.OpenSession),
        is_open=True,
        status=201,
        faults=(403,),
    ),
    Operation(
        *("DELETE", "/endpoints/{endpoint_id}/sessions", "endEndpointSession"),
        "End the endpoint session that is shown",
        *(None, _end_session),
        scope="",
        status=204,
        faults=(403,),
    ),
    Operation(
        *("GET", "/logon/chains", "listChains"),
        "List what somebody may begin with",
        bodies.Chains,
        lambda call: call.door.chains(call.session, cast("bodies.Visit", call.sent)),
        bodies.Visit,
        faults=(404,),
    ),
    Operation(
        *("POST", "/logon", "beginLogon"),
        "Begin a logon",
        *(bodies.LogonState, _begin, bodies.Begin),
        status=201,
        faults=(404,),
    ),
    Operation(
        *("GET", "/logon/{logon_process_id}", "getLogon"),
        "Look where a logon stands, and how far a text is",
        bodies.LogonState,
        lambda call: call.door.look(call.session, call.id),
        faults=(404,),
    ),
    Operation(
        *("DELETE", "/logon/{logon_process_id}", "cancelLogon"),
        "End a logon that the person gave up",
        None,
        lambda call: call.door.cancel(call.session, call.id),
        status=204,
        faults=(404,),
    ),
    Operation(
        *("POST", "/logon/{logon_process_id}/do_logon", "doLogon"),
        "Hand the present method what the person typed, or ask for a code",
        bodies.LogonState,
        lambda call: call.door.answer(call.session, call.id, cast("bodies.DoLogon", call.sent)),
        bodies.DoLogon,
        faults=(404,),
    ),
    Operation(
        *("POST", "/logon/{logon_process_id}/next", "goOn"),
        "Go on another way",
        bodies.LogonState,
        lambda call: call.door.go_on(call.session, call.id, cast("bodies.GoOn", call.sent)),
        bodies.GoOn,
        faults=(404,),
    ),
    Operation(
        *("GET", "/sessions/{login_session_id}", "getLoginSession"),
        "Look who is logged in, and count it as use of the session",
        bodies.LoginSession,
        lambda call: call.door.session(call.session, call.id),
        faults=(404,),
    ),
    Operation(
        *("DELETE", "/sessions/{login_session_id}", "endLoginSession"),
        "Log somebody out",
        None,
        lambda call: call.door.end_session(call.session, call.id),
        status=204,
        faults=(404,),
    ),
    Operation(
        *("GET", "/templates", "listTemplates"),
        "List the methods that whoever is logged in has set up",
        *(bodies.Templates, _templates, bodies.OfSession),
        faults=(404,),
    ),
    Operation(
        *("POST", "/enroll", "beginEnrollment"),
        "Begin to set up a method for whoever has just logged in",
        *(bodies.EnrollState, _enroll, bodies.Enroll),
        status=201,
        faults=(404, 409),
    ),
    Operation(
        *("POST", "/enroll/{enroll_process_id}/do_enroll", "doEnroll"),
        "Hand over the first code of an app that is set up",
        *(bodies.EnrollState, _do_enroll, bodies.DoEnroll),
        faults=(404,),
    ),
)
