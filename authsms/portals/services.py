"""What the portals need of the rest of the house, and where they find it."""

from typing import Protocol

from flask import Request, current_app, request

from authsms.administration.administrators import Administrators
from authsms.contacts.book import ContactBook
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.identity.preferences import Preferences
from authsms.identity.service import PeopleService
from authsms.logon.catalog import Catalog
from authsms.logon.own_app import OwnApp
from authsms.logon.own_codes import OwnCodes
from authsms.logon.own_contacts import OwnContacts
from authsms.logon.own_history import OwnHistory
from authsms.logon.own_number import OwnNumberDesk
from authsms.logon.own_passkeys import OwnPasskeys
from authsms.logon.own_password import OwnPassword
from authsms.logon.own_token import OwnToken
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.messaging.offers_links import OfferLinks
from authsms.messaging.verification import ContactProofs


class PortalServices(Protocol):
    """The services a page may call."""

    settings: Settings
    database: Database
    clock: Clock
    vault: Vault
    logon: LogonService
    sessions: LoginSessions
    administrators: Administrators
    people: PeopleService
    contacts: ContactBook
    catalog: Catalog

    @property
    def own_codes(self) -> OwnCodes:
        """What people do with their own recovery codes."""

    @property
    def preferences(self) -> Preferences:
        """What people have chosen for themselves."""

    @property
    def own_number(self) -> OwnNumberDesk:
        """What people do with a number of their own."""

    @property
    def own_contacts(self) -> OwnContacts:
        """What people may only do with their contacts right after a sign-in."""

    @property
    def own_history(self) -> OwnHistory:
        """What people see of what happened to their account."""

    @property
    def own_app(self) -> OwnApp:
        """What people do with their own authenticator app."""

    @property
    def own_token(self) -> OwnToken:
        """What people do with a token they were given."""

    @property
    def own_password(self) -> OwnPassword:
        """What people do with their own password."""

    @property
    def own_passkeys(self) -> OwnPasskeys:
        """What people do with their own passkeys."""

    @property
    def offer_links(self) -> OfferLinks:
        """How offers are answered by link."""

    @property
    def contact_proofs(self) -> ContactProofs:
        """How people prove that a contact is theirs."""


def services() -> PortalServices:
    """Return the services of the application that handles this request."""
    # A dozen times for each request: not by the proxy's own way to an attribute, which takes three times as many calls.
    found: PortalServices = current_app._get_current_object().extensions["authsms"]  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def asked() -> Request:
    """Return the request at hand, for what looks at it more than once; like `services`, not by the proxy's own way."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return found
