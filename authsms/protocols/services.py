"""What the doors for machines need of the rest of the house."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from authsms.audit import AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.metrics import Reading
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.logon.blocks import Blocks
from authsms.logon.catalog import Catalog
from authsms.logon.continuations import Continuations
from authsms.logon.endpoint_sessions import EndpointSessions
from authsms.logon.endpoints import EndpointService
from authsms.logon.own_app import OwnApp
from authsms.logon.own_codes import OwnCodes
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.logon.ways import Ways
from authsms.messaging.program_notices import ProgramNotices
from authsms.messaging.program_offers import ProgramOffers
from authsms.messaging.programs import ProgramContacts
from authsms.protocols.oidc.keys import SigningKeys
from authsms.protocols.oidc.refreshing import RefreshTokens
from authsms.protocols.oidc.request_store import RequestStore
from authsms.protocols.oidc.tokens import TokenStore
from authsms.protocols.oidc.userinfo import People
from authsms.protocols.readiness import Check
from authsms.protocols.webhooks import Inbox, Receipts, Sources


class ProtocolServices(Protocol):
    """The services these doors call."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    audit: AuditTrail
    people: People
    blocks: Blocks
    senders: Sources
    receipts: Receipts
    inbox: Inbox
    sessions: LoginSessions
    catalog: Catalog
    endpoints: EndpointService
    continuations: Continuations
    signing_keys: SigningKeys
    tokens: TokenStore
    refresh_tokens: RefreshTokens
    requests: RequestStore

    @property
    def logon(self) -> LogonService:
        """Walks people through chains."""

    @property
    def ways(self) -> Ways:
        """What somebody may begin a logon with."""

    @property
    def own_app(self) -> OwnApp:
        """What people do with their own authenticator app."""

    @property
    def own_codes(self) -> OwnCodes:
        """What people do with their own recovery codes."""

    @property
    def endpoint_sessions(self) -> EndpointSessions:
        """Which endpoints have proven who they are."""

    @property
    def program_notices(self) -> ProgramNotices:
        """How programs have people texted."""

    @property
    def program_offers(self) -> ProgramOffers:
        """How programs have people asked."""

    @property
    def program_contacts(self) -> ProgramContacts:
        """How programs name numbers of people."""

    def checks(self) -> Sequence[Check]:
        """Return what `/readyz` looks at."""

    def readings(self) -> Iterable[Reading]:
        """Return what `/metrics` tells besides what is counted."""
