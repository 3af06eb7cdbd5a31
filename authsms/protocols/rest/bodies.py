"""What the REST door takes and answers; the description at ``/api/v1/openapi.json`` is made from these models."""

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from authsms.logon.machine import Status

MOST_NAME: Final = 256
_MOST_ANSWER: Final = 1024
ID_PATTERN: Final = "^[0-9a-f]{32}$"

Id = Annotated[str, Field(pattern=ID_PATTERN)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Stage: TypeAlias = Literal["", "sending", "late", "sent", "delivered", "doubtful", "failed"]
UserName = Annotated[
    str, Field(min_length=1, max_length=MOST_NAME, description="As the person typed it: `alice`, or `CORP\\alice`.")
]


class Body(BaseModel):
    """What is sent; a field that is not known is refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class OpenSession(Body):
    """An endpoint's proof of who it is."""

    salt: Annotated[str, Field(min_length=8, max_length=200, description="Random, and never used before.")]
    endpoint_secret_hash: Annotated[
        str,
        Field(
            pattern="^[0-9A-Fa-f]{64}$",
            description="`sha256(secret + sha256(id + salt))`, both in hexadecimal digits, in UTF-8.",
        ),
    ]


class SessionOpened(Answer):
    """A new endpoint session."""

    endpoint_session_id: Annotated[
        str, Field(description="A secret: show it as `Authorization: Bearer …` from now on, and keep it out of logs.")
    ]
    expires: datetime


class Visit(Body):
    """Who wants to log in to what."""

    user_name: UserName
    event: Annotated[Word | None, Field(description="The endpoint's own when left out; another one is refused.")] = None


class Begin(Visit):
    """Begins a logon; `chain` or `method_id` narrow down what is asked for."""

    method_id: Annotated[
        Word | None, Field(description="Take a chain that begins with this method: `PASSWORD:1`, `SMS_OTP:1` …")
    ] = None
    chain: Annotated[Word | None, Field(description="Take this chain; a name from `chains`.")] = None
    endpoint_session_id: Annotated[Word | None, Field(description="In place of the header.")] = None
    client_ip: Annotated[
        IPv4Address | IPv6Address | None,
        Field(
            description="The person's own address. Guesses are limited by it; without it, everybody behind the "
            "endpoint shares its limits.",
        ),
    ] = None
    can_change_password: Annotated[
        bool, Field(description="You have a page for a password that must be changed; see `new_password`.")
    ] = False


class Response(Body):
    """What the person typed."""

    answer: Annotated[str, Field(max_length=_MOST_ANSWER, description="Password or code.")] = ""
    new_password: Annotated[
        str,
        Field(
            max_length=_MOST_ANSWER,
            description="Only where `fields` names it: the new password, beside the old one in `answer`. "
            "Have it typed twice.",
        ),
    ] = ""


class DoLogon(Body):
    """An answer to the present method.

    An empty one asks `SMS_OTP:1` for its code: the first one tells where it went, a later one wants another.
    """

    response: Annotated[Response, Field(default_factory=Response)]
    endpoint_session_id: Annotated[Word | None, Field(description="In place of the header.")] = None


class GoOn(Body):
    """Another way to go on; name `chain` or `method_id`."""

    chain: Annotated[Word | None, Field(description="A name from `chains`.")] = None
    method_id: Annotated[Word | None, Field(description="The method to go on with.")] = None
    endpoint_session_id: Annotated[Word | None, Field(description="In place of the header.")] = None


class Enroll(Body):
    """Begins to set a method up for whoever is logged in."""

    login_session_id: Annotated[Id, Field(description="A login with two factors, no older than five minutes.")]
    method_id: Literal["TOTP:1", "RECOVERY_CODE:1"]
    replace: Annotated[bool, Field(description="Void the recovery codes there are, and end other sessions.")] = False
    endpoint_session_id: Annotated[Word | None, Field(description="In place of the header.")] = None


class DoEnroll(Body):
    """The first code that the app shows; an empty answer tells once more what the app needs."""

    login_session_id: Id
    response: Annotated[Response, Field(default_factory=Response)]
    endpoint_session_id: Annotated[Word | None, Field(description="In place of the header.")] = None


class OfSession(Body):
    """Whose methods."""

    login_session_id: Id


class Chain(Answer):
    """Methods that must all pass, in this order."""

    name: str
    title: str
    methods: list[str]


class Chains(Answer):
    """What somebody may begin with, best first; a name that nobody has looks like any other."""

    event: str
    chains: list[Chain]


class Details(Answer):
    """What can be shown beside the field for a code."""

    recipient: Annotated[str, Field(description="Masked number, or empty: `•••••••78`.")]
    delivery: Annotated[Stage, Field(description="How far the text is; empty while nothing may be told.")]
    reason: Annotated[str, Field(description="Why it failed, as a word; see “Somebody got no code”.")]
    length: Annotated[int, Field(description="Digits of the code.")]
    expires: Annotated[datetime | None, Field(description="When the code ends.")]
    resend_at: Annotated[datetime | None, Field(description="When another one may be asked for.")]
    hold_until: Annotated[datetime | None, Field(description="No answer is checked before this.")]


class LogonState(Answer):
    """Where a logon stands.

    `MORE_DATA`: answer `current_method`; `reason` and `msg` say why, if it is asked again. `NEXT`: a method has passed,
    go on with `current_method`. `OK`: there is a login session. `FAILED`: it is over. Where the event asks people which
    way they want, `reason` is `chain.ask`, there is no `current_method`, and `chains` has all ways: take one by `next`.
    """

    logon_process_id: Id
    status: Status
    reason: Annotated[str, Field(description="A word for programs: `password.refused`, `code.sent` …")]
    msg: Annotated[str, Field(description="A sentence for the person, in the language of `Accept-Language`.")]
    event: str
    current_method: str | None
    completed_methods: list[str]
    chains: Annotated[list[Chain], Field(description="Other ways to go on.")]
    details: Details | None
    fields: Annotated[list[str], Field(description="What `response` takes now: `answer`, or `new_password` as well.")]
    login_session_id: Id | None


class LoginSession(Answer):
    """Somebody who is logged in."""

    login_session_id: Id
    user_name: str
    display_name: str
    mail: str
    repository: str
    groups: list[str]
    event: str
    chain: str
    methods: Annotated[list[str], Field(description="What was proven, in the words of RFC 8176: `pwd`, `otp`, `sms`.")]
    authenticated_at: datetime
    expires: datetime


class EnrollData(Answer):
    """What the person needs; it is shown to nobody else, and kept nowhere by the program."""

    secret: Annotated[str, Field(description="Of the app, in Base32; empty for recovery codes.", repr=False)]
    address: Annotated[str, Field(description="`otpauth://…`, to be shown as a QR code.", repr=False)]
    codes: Annotated[list[str], Field(description="Recovery codes.", repr=False)]


class EnrollState(Answer):
    """How far a method is set up.

    `MORE_DATA`: hand over the first code of the app. `OK`: it is set up. `FAILED`: begin again.
    """

    enroll_process_id: Annotated[Id | None, Field(description="Nothing where all is done at once.")]
    method_id: str
    status: Status
    reason: Annotated[str, Field(description="A word for programs: `app.ask`, `app.refused` …")]
    msg: Annotated[str, Field(description="A sentence for the person, in the language of `Accept-Language`.")]
    data: EnrollData | None


class Template(Answer):
    """A method that is set up."""

    method_id: str
    is_usable: Annotated[bool, Field(description="False: too many wrong codes in a row, or its key is gone.")]
    since: datetime | None
    left: Annotated[int | None, Field(description="How many recovery codes are left.")]


class Templates(Answer):
    """What somebody has set up."""

    templates: list[Template]


class Fault(Answer):
    """One thing that is wrong."""

    name: str
    description: str


class Faults(Answer):
    """Why nothing was done."""

    status: Literal["error"] = "error"
    errors: list[Fault]
