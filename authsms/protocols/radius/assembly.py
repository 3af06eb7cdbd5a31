"""Puts the RADIUS door together from the services of an installation."""

from typing import Protocol

from authsms.audit import AuditTrail
from authsms.foundation.clock import Clock
from authsms.foundation.db import Database
from authsms.foundation.settings import Settings
from authsms.foundation.vault import Vault
from authsms.logon.catalog import Catalog
from authsms.logon.radius_clients import RadiusClients
from authsms.logon.service import LogonService
from authsms.logon.sessions import LoginSessions
from authsms.protocols.radius.challenges import Challenges
from authsms.protocols.radius.door import RadiusDoor
from authsms.protocols.radius.server import RadiusServer


class RadiusServices(Protocol):
    """What the door asks of `authsms.wiring.Services`."""

    @property
    def settings(self) -> Settings:
        """Where to listen."""

    @property
    def database(self) -> Database:
        """Where everything is kept."""

    @property
    def vault(self) -> Vault:
        """Seals and hashes."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""

    @property
    def logon(self) -> LogonService:
        """Walks people through chains."""

    @property
    def sessions(self) -> LoginSessions:
        """What finished logons yield."""

    @property
    def catalog(self) -> Catalog:
        """Events and chains."""


def open_clients(services: RadiusServices) -> RadiusClients:
    """Return who may ask."""
    return RadiusClients(services.database, services.vault, services.clock, services.audit)


def open_server(services: RadiusServices) -> RadiusServer:
    """Return a server that listens where the settings say.

    Raises:
        ConfigurationError: It cannot.
    """
    challenges = Challenges(services.database, services.vault, services.clock)
    door = RadiusDoor(services.logon, services.sessions, services.catalog, challenges)
    return RadiusServer(door, open_clients(services).known, services.settings.radius)
