"""How a simulator is set up: accounts, phones, pace, and where it may listen."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from authsms.foundation.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a simulated provider has to know about its one customer; each provider's module derives its own.

    Attributes:
        inbound_url: Where replies are posted, as a customer would set it in the provider's console; empty for nowhere.
    """

    inbound_url: str = ""


AccountT = TypeVar("AccountT", bound=Account)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """Everything a simulator can be told before it starts.

    Attributes:
        accounts: At most one per provider; a provider without one makes its own, with random secrets.
        phones: Label by E.164 number; these phones are shown before they get a message.
        pace: Time between two states of a message, hence between two receipts.
        environment: ``production`` is refused: whoever can reach a simulator can read every text.
        allow_remote: Whether other machines may be served; without it only loopback addresses and host names are.
        ca_file: Certificates to trust when receipts are posted to ``https``, or None for the usual ones.
    """

    accounts: tuple[Account, ...] = ()
    phones: Mapping[str, str] = field(default_factory=dict)
    pace: timedelta = timedelta(milliseconds=400)
    environment: str = "development"
    allow_remote: bool = False
    ca_file: Path | None = None

    def account(self, kind: type[AccountT]) -> AccountT:
        """Return the account of this *kind*, made with its defaults when there is none."""
        return next((account for account in self.accounts if isinstance(account, kind)), None) or kind()


def refuse_production(environment: str) -> None:
    """Refuse to go on in production.

    Raises:
        ConfigurationError: It is production.
    """
    if environment == "production":
        raise ConfigurationError(
            "The simulator shows every text to whoever asks and does not start in production. "
            "Start it on a machine whose environment is set to development."
        )


def refuse_remote(host: str, *, allow_remote: bool) -> None:
    """Refuse a listening address that other machines can reach, unless *allow_remote* says so.

    Raises:
        ConfigurationError: *host* is not a loopback address.
    """
    if not (allow_remote or is_loopback(host)):
        raise ConfigurationError(
            f"The simulator would be reachable from other machines at {host or 'every address'}. "
            "Listen on 127.0.0.1, or allow remote access explicitly."
        )


@lru_cache
def is_loopback(host: str) -> bool:
    """Whether *host* is ``localhost`` or a literal loopback address; no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
