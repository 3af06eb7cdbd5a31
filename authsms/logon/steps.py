"""What doors hand to the logon service and what they get back."""

from dataclasses import dataclass, field

from authsms.logon.machine import Asks, MessageKey, Status


@dataclass(frozen=True, slots=True)
class Client:
    """Who calls, as the door sees it.

    Attributes:
        address: IP address the request came from, after the rule for trusted proxies; or the person's own one, as the
            endpoint tells it.
        user_agent: What the client says it is.
        locale: Language of texts, e.g. ``de``.
        endpoint: Name of the endpoint that calls for the person, where the door knows it by its own means; empty when
            a continuation says so, and for a direct visit.
        endpoint_id: Its id, likewise, for events that admit only some.
        has_page: Whoever asks sees our own pages, in a browser that can be asked for a passkey.
        takes_new_password: Whoever asks can ask the person for the old and a new password at once.
        can_choose: Whoever asks can ask the person which chain it shall be.
        grace: What the browser keeps of a strong sign-in to the event, see `authsms.logon.graces`.
        is_strict: A chain that is shortened by one will not do.
        is_address_told: The address is the person's own, told by an endpoint, and not that of the endpoint itself.
        is_locale_chosen: The person has chosen the language in this browser just now.
    """

    address: str = ""
    user_agent: str = ""
    locale: str = "en"
    endpoint: str = ""
    endpoint_id: str = ""
    has_page: bool = False
    takes_new_password: bool = False
    can_choose: bool = False
    grace: str = field(default="", repr=False)
    is_strict: bool = False
    is_address_told: bool = False
    is_locale_chosen: bool = False

    def speaks(self, kept: str) -> str:
        """Return the language of texts to a person who keeps *kept*, which is empty for none."""
        return self.locale if self.is_locale_chosen or not kept else kept


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to go on with a process: its public id and the secret that the browser keeps in a cookie."""

    process_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChainChoice:
    """A chain the person may take instead of the present one."""

    name: str
    title: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Where a process stands after a call.

    While `asks` is set, show its page: after a wrong answer that is the same page again (status MORE_DATA,
    `message_key` says why). NEXT means that this very call passed a method, or answered which chain it shall be; `asks`
    is then the next question. OK
    has `session_token`; FAILED is the end.

    Attributes:
        process_id: Public id, part of URLs.
        secret: To be kept in the browser from now on; a new one after each passed method. Empty at the end.
        status: MORE_DATA, NEXT, OK or FAILED.
        message_key: What to tell the person.
        asks: The open question.
        completed: Wire names of the methods that passed.
        chains: Other chains that may be taken now ("another way"); while a chain is to be chosen, all of them.
        session_token: Secret of the new login session, only with OK.
        return_to: Local path to go to after OK, from the continuation.
        event: Name of the event.
        event_title: Its title, for people.
        login: What the person typed as user name, in canonical spelling.
        is_supplement: The new login session is only good at `return_to`.
        grace: What the browser is to keep, by which shorter chains are unlocked for a while; empty for nothing.
    """

    process_id: str
    secret: str = field(repr=False)
    status: Status
    message_key: MessageKey
    asks: Asks | None
    completed: tuple[str, ...]
    chains: tuple[ChainChoice, ...]
    session_token: str | None = field(repr=False)
    return_to: str | None
    event: str
    event_title: str
    login: str
    is_supplement: bool = False
    grace: str = field(default="", repr=False)

    @property
    def ticket(self) -> Ticket:
        """What the browser needs for the next call."""
        return Ticket(self.process_id, self.secret)


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What the code page may show of the text on its way.

    Attributes:
        state: A word of `authsms.delivery.states.MessageState`; empty when nothing may be shown.
        detail: Error or reason code, empty when there is none; of a withheld text a `Withheld` word, or
            `authsms.logon.whereabouts.HELD`.
        final: Nothing more will change; stop asking.
        late: No provider is known to have the text, and for longer than anybody should wait.
        sender: The number or name that texts come from, where the person has opted out there and it is known.
    """

    state: str = ""
    detail: str = ""
    final: bool = True
    late: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the first page shows before anybody has said who they are.

    Attributes:
        event: Name of the event.
        title: Its title, for people.
        endpoint: Name of the application that asked; empty for a direct visit.
        login_hint: User name to begin with, or empty.
        is_vouched: That application has checked who it is; neither name nor password are asked.
        asks_password: A password may be typed beside the name; not where it is asked first which chain it shall be.
    """

    event: str
    title: str
    endpoint: str = ""
    login_hint: str = ""
    is_vouched: bool = False
    asks_password: bool = True
