"""What a proxy's question, and each step of a sign-in for a site, means to the logon service."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from authsms.foundation.errors import InvalidInputError, NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.endpoints import Endpoint, EndpointService
from authsms.logon.kinds import EndpointKind
from authsms.logon.sessions import LoginSession, LoginSessions
from authsms.protocols.forward_auth.identity import identity_headers
from authsms.protocols.forward_auth.notes import Asking, Notes, Ticket
from authsms.protocols.forward_auth.paths import OWN_PREFIX, as_parameter, wanted_path

DOOR_PATH: Final = "/forward-auth"
RESUME_PATH: Final = f"{DOOR_PATH}/resume/{{id}}"


@dataclass(frozen=True, slots=True)
class Site:
    """A protected site."""

    endpoint: Endpoint

    @property
    def origin(self) -> str:
        """Scheme, host and port, as registered."""
        return self.endpoint.redirect_uris[0]

    @property
    def is_https(self) -> bool:
        """Whether browsers reach it over https."""
        return self.origin.startswith("https://")


@dataclass(frozen=True, slots=True)
class Admission:
    """What a browser gets at the callback: the cookie to show from then on, and where it wanted to go.

    Attributes:
        cookie: None when the ticket is for another browser, and this one must ask for its own first.
        address: Where it goes on.
    """

    cookie: str | None
    address: str


class ForwardAuth:
    """Answers proxies and leads browsers; safe to share between threads."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts it is made of
        self,
        endpoints: EndpointService,
        catalog: Catalog,
        sessions: LoginSessions,
        continuations: Continuations,
        notes: Notes,
        vault: Vault,
        public_url: str,
    ) -> None:
        self._endpoints = endpoints
        self._catalog = catalog
        self._sessions = sessions
        self._continuations = continuations
        self._notes = notes
        self._vault = vault
        self._public_url = public_url.rstrip("/")

    def site(self, endpoint_id: str) -> Site:
        """Return a protected site.

        Raises:
            NotFoundError: No site has this id.
        """
        endpoint = self._endpoints.find(endpoint_id)
        if endpoint is None or endpoint.kind is not EndpointKind.FORWARD_AUTH:
            raise NotFoundError("There is no such site.")
        return Site(endpoint)

    def identify(self, site: Site, cookie: str) -> Mapping[str, str] | None:
        """Return the headers that tell who shows *cookie*; None when that is nobody who is signed in."""
        session_id = self._notes.read_pass(site.endpoint.id, cookie)
        session = self._sessions.use(session_id) if session_id else None
        return identity_headers(session) if session and self._is_good(site, session) else None

    @staticmethod
    def start_address(site: Site, wanted: str) -> str:
        """Return where a browser that nobody is known by begins a sign-in; *wanted* is the path it asked for."""
        return f"{site.origin}{OWN_PREFIX}start?to={as_parameter(wanted_path(wanted))}"

    def start(self, site: Site, wanted: str, browser: str) -> str:
        """Return where a sign-in goes on, for the browser with this secret."""
        asking = self._notes.write_asking(site.endpoint.id, Asking(self._hash(site, browser), wanted_path(wanted)))
        return f"{self._public_url}{DOOR_PATH}/{site.endpoint.id}/sign-in?{urlencode({'request': asking})}"

    def sign_in(self, site: Site, text: str, session: LoginSession | None) -> str:
        """Return where a browser that has come from a site leads: to the login page, or back with a ticket.

        Raises:
            InvalidInputError: The event does not admit the site; no login would change that.
        """
        asking = self._notes.read_asking(site.endpoint.id, text)
        if asking is None:
            return f"{site.origin}/"  # which begins anew
        self._check_admitted(site)
        payload = {"browser": asking.browser, "path": asking.path}
        waiting = self._continuations.open(site.endpoint.id, site.endpoint.event, RESUME_PATH, payload)
        return self._ticket_or_login(site, waiting, session)

    def resume(self, continuation_id: str, session: LoginSession | None) -> str:
        """Return where a browser leads that comes from the login page.

        Raises:
            NotFoundError: Nothing waits under this id.
            InvalidInputError: As `sign_in`.
        """
        site = self.site(self._continuations.get(continuation_id).endpoint_id)
        self._check_admitted(site)
        return self._ticket_or_login(site, continuation_id, session)

    def give_up(self, continuation_id: str) -> str:
        """Return the address of the site that somebody does not want to sign in to after all.

        Raises:
            NotFoundError: Nothing waits under this id.
        """
        site = self.site(self._continuations.get(continuation_id).endpoint_id)
        self._continuations.finish(continuation_id)
        return f"{site.origin}/"

    def admit(self, site: Site, text: str, browser: str) -> Admission | None:
        """Take a ticket, once, from the browser that asked for it; None when it is worth nothing here.

        Args:
            site: Where the ticket was shown.
            text: The ticket.
            browser: The secret that the browser showed; empty when it showed none, and would go round and round.
        """
        ticket = self._notes.read_ticket(site.endpoint.id, text)
        session = self._sessions.use(ticket.session_id) if ticket else None
        if ticket is None or session is None or not self._is_good(site, session):
            return None
        try:
            waiting = self._continuations.get(ticket.continuation_id)
            # Before it is used up: a stranger must not be able to spoil somebody's ticket.
            if not hmac.compare_digest(waiting.payload["browser"], self._hash(site, browser)):
                # Tabs that are opened at once are given a secret each, and the browser keeps the last.
                return Admission(None, self.start_address(site, waiting.payload["path"])) if browser else None
            self._continuations.finish(ticket.continuation_id)
        except NotFoundError:
            return None
        return Admission(self._notes.write_pass(site.endpoint.id, session.id), site.origin + waiting.payload["path"])

    def refusal(self, site: Site) -> str:
        """Return the page of this server that says that a ticket was worth nothing."""
        return f"{self._public_url}{DOOR_PATH}/{site.endpoint.id}/refused"

    def _ticket_or_login(self, site: Site, waiting: str, session: LoginSession | None) -> str:
        if session is None or not self._is_good(site, session):
            return f"/login/{quote(site.endpoint.event, safe='')}?{urlencode({'c': waiting})}"
        ticket = self._notes.write_ticket(site.endpoint.id, Ticket(waiting, session.id))
        return f"{site.origin}{OWN_PREFIX}callback?{urlencode({'ticket': ticket})}"

    def _check_admitted(self, site: Site) -> None:
        if not self._is_admitted(site):
            raise InvalidInputError("The event of this site is gone, or does not admit it.")

    def _is_good(self, site: Site, session: LoginSession) -> bool:
        return session.event == site.endpoint.event and self._is_admitted(site)

    def _is_admitted(self, site: Site) -> bool:
        try:
            return self._catalog.event(site.endpoint.event).admits(site.endpoint.id)
        except NotFoundError:
            return False

    def _hash(self, site: Site, browser: str) -> str:
        return self._vault.keyed_hash("forward-auth-browser", site.endpoint.id, browser)
