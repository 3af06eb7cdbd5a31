"""Asks every hour outside: providers for what is left on an account, servers for when their certificate ends."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from authsms.administration.alarm_rules import AlarmKind, Finding, about_balance, about_certificate
from authsms.administration.alarms import Alarms
from authsms.foundation.certificates import certificate_end
from authsms.foundation.clock import Clock
from authsms.foundation.errors import AuthsmsError, ConfigurationError, UnavailableError
from authsms.foundation.logs import get_logger
from authsms.foundation.settings import Settings
from authsms.identity.ldap import LdapSettings
from authsms.identity.ldap.connection import VerifiedTls
from authsms.identity.ldap.handshake import try_handshake
from authsms.identity.ldap.settings import ServerAddress
from authsms.identity.service import PeopleService
from authsms.senders.contract import SenderService
from authsms.senders.service import SenderPolicyService

_KINDS: Final = (AlarmKind.BALANCE_LOW, AlarmKind.DIRECTORY_CERTIFICATE, AlarmKind.PUBLIC_CERTIFICATE)
_HTTPS: Final = 443
_SECONDS: Final = 5.0
_log = get_logger(__name__)
Question: TypeAlias = tuple[AlarmKind, str, Callable[[], Finding | None]]
"""What is asked about, and of whom; asking raises one of our errors or `OSError` when nobody answers."""


class Visits:
    """Asks, and tells `Alarms`."""

    def __init__(
        self, settings: Settings, clock: Clock, senders: SenderPolicyService, people: PeopleService, alarms: Alarms
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._senders = senders
        self._people = people
        self._alarms = alarms
        self._notice = timedelta(days=settings.alarms.certificate_days)

    def look(self) -> None:
        """Raise and clear alarms; this takes as long as those outside do. Who gives no answer changes nothing."""
        findings: list[Finding] = []
        unclear: set[str] = set()
        for kind, subject, ask in (*self._balances(), *self._directories(), *self._public()):
            try:
                finding = ask()
            except (AuthsmsError, OSError) as error:
                _log.info("visit.no_answer", about=kind.value, subject=subject, error=type(error).__name__)
                unclear.add(f"{kind}:{subject}")
            else:
                findings += [finding] if finding else []
        self._alarms.settle(_KINDS, findings, unclear=unclear)

    def _balances(self) -> Iterator[Question]:
        threshold = Decimal(str(self._settings.alarms.balance_below))
        for saved in self._senders.services() if threshold else ():
            kind = self._senders.kinds().get(saved.kind)
            tells = kind is not None and kind.balance_request is not SenderService.balance_request
            if tells and saved.rule.is_enabled:
                name = saved.rule.name
                yield AlarmKind.BALANCE_LOW, name, partial(self._balance, name, threshold)

    def _balance(self, name: str, threshold: Decimal) -> Finding | None:
        balance = self._senders.service(name).service.balance()
        if balance is None:
            raise UnavailableError("The provider did not say what is left.")
        return about_balance(name, balance.amount, balance.currency, threshold)

    def _directories(self) -> Iterator[Question]:
        for view in self._people.repositories():
            if view.kind != "ldap":
                continue
            try:
                settings = LdapSettings.read(view.settings)
            except ConfigurationError:
                continue  # the page of repositories tells that
            for server in settings.addresses():
                if server.tls_at_once or settings.start_tls:
                    subject = f"{view.name} {server}"
                    yield AlarmKind.DIRECTORY_CERTIFICATE, subject, partial(self._directory, subject, server, settings)

    def _directory(self, subject: str, server: ServerAddress, settings: LdapSettings) -> Finding | None:
        certificate = try_handshake(server, settings, VerifiedTls(settings.ca_file, settings.certificates)).certificate
        if certificate is None:
            raise UnavailableError("The directory shows no certificate.")
        kind = AlarmKind.DIRECTORY_CERTIFICATE
        return about_certificate(kind, subject, certificate.expires_at, self._clock.now(), self._notice)

    def _public(self) -> Iterator[Question]:
        """Look at our own certificate as people see it; a server that cannot reach itself cannot tell."""
        if self._settings.is_https:
            yield AlarmKind.PUBLIC_CERTIFICATE, self._settings.public_host, self._own

    def _own(self) -> Finding | None:
        host = self._settings.public_host
        end = certificate_end(host, urlsplit(self._settings.public_url).port or _HTTPS, seconds=_SECONDS)
        if end is None:
            raise UnavailableError("The certificate cannot be seen from here.")
        return about_certificate(AlarmKind.PUBLIC_CERTIFICATE, host, end, self._clock.now(), self._notice)
