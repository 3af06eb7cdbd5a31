"""What the demonstration puts into its installation: people, a sender service, and the sample application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from authsms.administration.rights import Role
from authsms.audit.vocabulary import Author
from authsms.contacts.agreement import ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.errors import ConfigurationError
from authsms.foundation.phone import PhoneNumber
from authsms.foundation.schema import require_schema
from authsms.foundation.settings import load_settings
from authsms.identity.definitions import RepositoryDefinition
from authsms.identity.drafts import PersonDraft
from authsms.identity.import_files import ImportFormat
from authsms.identity.imports import PeopleImport
from authsms.identity.local_people import LocalPeople
from authsms.logon.radius_clients import RadiusClients
from authsms.senders.definitions import ServiceDraft
from authsms.senders.policy import ServiceRule
from authsms.simulator import TwilioAccount
from authsms.simulator.directory import SAMPLE_LDIF, SampleDirectory
from authsms.simulator.relying_party import CALLBACK_PATH, SIGNED_OUT_PATH
from authsms.simulator.walk import Traveller
from authsms.wiring import Services, build

_PASSWORD = "correct horse"  # noqa: S105 - stands in the sample LDIF for everybody to read
_SENDER = "simulator"
_SENDER_PHONE = "+12025550100"
ADMINISTRATOR = "admin"
ADMINISTRATOR_PHONE = "+12025550110"
PEOPLE = (
    Traveller("alice", _PASSWORD, "+12025550101", "Alice Liddell"),
    Traveller("bob", _PASSWORD, "+12025550102", "Bob Baumeister"),
    Traveller("zoe", _PASSWORD, "+12025550103", "Zoë Müller"),
    Traveller("mia", _PASSWORD, "+12025550104", "Mia Okafor"),
    Traveller("ben", _PASSWORD, "+12025550105", "Ben Rossi"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the parts of a demonstration listen, and how it is set.

    Attributes:
        radius_port: Where it answers RADIUS, if at all.
    """

    folder: Path
    server_port: int
    application_port: int
    simulator_port: int
    lifetime: int
    ldap: bool
    account: TwilioAccount
    radius_port: int = 0

    @property
    def issuer(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def application_url(self) -> str:
        """Address of the sample application."""
        return f"http://127.0.0.1:{self.application_port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings of the server, as environment variables."""
        radius = {"AUTHSMS_RADIUS__HOST": "127.0.0.1", "AUTHSMS_RADIUS__PORT": str(self.radius_port)}
        return {
            "AUTHSMS_INSTANCE": str(self.folder),
            "AUTHSMS_ENVIRONMENT": "development",
            "AUTHSMS_PUBLIC_URL": self.issuer,
            "AUTHSMS_SERVER__PORT": str(self.server_port),
            "AUTHSMS_NETWORK__ALLOWED": f"127.0.0.1:{self.simulator_port}",
            "AUTHSMS_SMS__DEFAULT_REGION": "US",
            "AUTHSMS_OTP__LIFETIME_SECONDS": str(self.lifetime),
            "AUTHSMS_LOGGING__LEVEL": "WARNING",
            "AUTHSMS_LOGGING__AS_JSON": "false",
            **(radius if self.radius_port else {}),
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an installation was filled with: the sample application's registration, an administrator, a RADIUS client.

    Attributes:
        password: The administrator's; drawn anew each time.
        radius_secret: What the RADIUS client proves itself with, likewise.
        inbound_url: Where the provider posts what people reply.
    """

    id: str
    secret: str = field(repr=False)
    password: str = field(repr=False)
    radius_secret: str = field(repr=False)
    inbound_url: str = field(repr=False)


def prepare_installation(plan: Plan, simulator_url: str, directory: SampleDirectory | None) -> Prepared:
    """Fill an empty installation."""
    services = build(load_settings(plan.folder, plan.environment))
    try:
        require_schema(services.database)
        services.prepare()
        if directory is None:
            _import_people(services)
        else:
            add_directory(services, directory)
        add_sender(services, plan, simulator_url)
        _agree(services)
        endpoint, secret = services.endpoints.create(
            "Sample application",
            event="web",
            redirect_uris=(plan.application_url + CALLBACK_PATH,),
            logout_uris=(plan.application_url + SIGNED_OUT_PATH,),
        )
        inbound_url = services.senders.callback_url(_SENDER) or ""
        return Prepared(endpoint.id, secret, _add_administrator(services), add_device(services), inbound_url)
    finally:
        services.close()


def add_directory(services: Services, directory: SampleDirectory) -> None:
    """Make a private directory the default repository; it is on loopback, so it may speak without TLS."""
    settings = {
        "servers": [directory.url],
        "allow_plaintext": True,
        "preset": "openldap",
        "base": directory.base_dn,
        "bind_dn": directory.bind_dn,
    }
    services.people.save_repository(
        RepositoryDefinition("DIRECTORY", "ldap", settings, directory.bind_password, is_default=True)
    )


def add_sender(services: Services, plan: Plan, simulator_url: str) -> None:
    """Send through the simulator's Twilio."""
    settings = {
        "account_sid": plan.account.sid,
        "auth_token": plan.account.token,
        "sender_phone": _SENDER_PHONE,
        "base_url": f"{simulator_url}/twilio",
    }
    services.senders.save_service(ServiceDraft(ServiceRule(_SENDER), "twilio", settings), author="demonstration")


def add_device(services: Services) -> str:
    """Let programs on this machine ask by RADIUS, and return their secret."""
    clients = RadiusClients(services.database, services.vault, services.clock, services.audit)
    return clients.add("Demonstration", "127.0.0.1", event="web")[1]


def _agree(services: Services) -> None:
    """Let everybody have agreed to get notices and offers, as if they had done so on a form."""
    stated = Stated(services.clock.now(), "Agreed in the demonstration.", "demonstration")
    for who in PEOPLE:
        person = services.people.find(who.login)
        if person is None:
            raise ConfigurationError(f"The sample people lack {who.login}.")
        owner, number = Author(person.login, person.key), PhoneNumber(who.phone)
        with services.database.write() as session:
            contact = services.contacts.insert(session, owner, ContactKind.MOBILE, number)
            if contact is not None:
                services.contacts.take_in(session, owner, contact, number, stated)


def _add_administrator(services: Services) -> str:
    password = services.vault.new_token(9)
    local = LocalPeople(services.database, services.vault, services.clock)
    person = local.create(
        PersonDraft(ADMINISTRATOR, "Administrator", (PhoneNumber(ADMINISTRATOR_PHONE),), password=password)
    )
    services.administrators.grant(person, [Role.ADMINISTRATOR])
    return password


def _import_people(services: Services) -> None:
    region = services.settings.sms.default_region
    work = PeopleImport(services.database, services.vault, services.clock, default_region=region)
    work.run(SAMPLE_LDIF.read_bytes(), ImportFormat.LDIF)
