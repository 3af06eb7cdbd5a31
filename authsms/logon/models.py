"""Tables of events, chains, endpoints, logon processes and login sessions."""

from datetime import datetime
from typing import Final, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime

ID, NAME = String(64), String(200)


class EventRow(Base):
    """A protected application or logon type."""

    __tablename__ = "event"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    title: Mapped[str] = mapped_column(NAME)
    label: Mapped[str] = mapped_column(String(40), server_default="")
    overdue: Mapped[str] = mapped_column(String(8), server_default="deny", doc="see OverdueRule")
    selection: Mapped[str] = mapped_column(String(8), server_default="optional", doc="see Selection")
    endpoints: Mapped[list[str]] = mapped_column(JSON, doc="ids that may use it; empty: all")


class ChainRow(Base):
    """Methods that must all pass."""

    __tablename__ = "chain"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    title: Mapped[str] = mapped_column(NAME)
    is_supplement: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="completes what others began")
    required: Mapped[str] = mapped_column(NAME, server_default="", doc="chain that unlocks it; empty: none has to")
    grace_minutes: Mapped[int] = mapped_column(Integer, server_default="0", doc="for how long")


class ChainMethodRow(Base):
    """One method of a chain and its place."""

    __tablename__ = "chain_method"

    chain_id: Mapped[str] = mapped_column(ForeignKey("chain.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    method: Mapped[str] = mapped_column(String(64))


class ChainGroupRow(Base):
    """A group whose members may use a chain; a chain without any is for everybody."""

    __tablename__ = "chain_group"

    chain_id: Mapped[str] = mapped_column(ForeignKey("chain.id", ondelete="CASCADE"), primary_key=True)
    group: Mapped[str] = mapped_column("group_name", NAME, primary_key=True)


class EventChainRow(Base):
    """A chain of an event and its rank."""

    __tablename__ = "event_chain"

    event_id: Mapped[str] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chain_id: Mapped[str] = mapped_column(ForeignKey("chain.id", ondelete="CASCADE"))


class EndpointRow(Base):
    """A calling device or program; only a keyed hash of its secret is kept, unless proofs made with it are checked."""

    __tablename__ = "endpoint"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    event: Mapped[str] = mapped_column(NAME)
    secret_hash: Mapped[str] = mapped_column(String(64))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    logout_uris: Mapped[list[str]] = mapped_column(JSON)
    is_public: Mapped[bool] = mapped_column(Boolean)
    algorithm: Mapped[str] = mapped_column(String(10), doc="signature of its ID tokens")
    kind: Mapped[str] = mapped_column(String(20), server_default="oidc")
    options: Mapped[list[str]] = mapped_column(JSON, server_default="[]", doc="see OidcOption")
    rest_secret: Mapped[bytes | None] = mapped_column(LargeBinary, doc="sealed; only of those that use the REST door")
    backchannel_uri: Mapped[str] = mapped_column(Text, server_default="", doc="is told of ended sessions")
    request_keys: Mapped[str] = mapped_column(Text, server_default="", doc="JWK set, public keys only")
    networks: Mapped[list[str]] = mapped_column(JSON, server_default="[]", doc="need no secret")
    joins_codes: Mapped[bool] = mapped_column(Boolean, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EndpointSessionRow(Base):
    """An endpoint that has proven itself; only a keyed hash of what it shows from then on is kept."""

    __tablename__ = "endpoint_session"

    id: Mapped[str] = mapped_column(ID, primary_key=True, doc="the keyed hash")
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EndpointSaltRow(Base):
    """A salt that an endpoint has used; kept for as long as its secret, or a proof could be shown again."""

    __tablename__ = "endpoint_salt"

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoint.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64), primary_key=True, doc="its keyed hash")


class RadiusClientRow(Base):
    """A device that asks by RADIUS; its secret has to be read again, so it is sealed and not hashed."""

    __tablename__ = "radius_client"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    network: Mapped[str] = mapped_column(String(64), unique=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    event: Mapped[str] = mapped_column(NAME)
    must_sign: Mapped[bool] = mapped_column(Boolean, doc="requests without Message-Authenticator are dropped")
    can_challenge: Mapped[bool] = mapped_column(Boolean, doc="it shows a second question")
    separator: Mapped[str] = mapped_column(
        String(1), doc="stands before the chain in a user name; empty: no such thing"
    )
    locale: Mapped[str] = mapped_column(String(10))
    attributes: Mapped[list[list[str]]] = mapped_column(JSON, doc="attribute, group and value, in order")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContinuationRow(Base):
    """Where a door goes on once the person is logged in."""

    __tablename__ = "continuation"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ID)
    event: Mapped[str] = mapped_column(NAME)
    path: Mapped[str] = mapped_column(String(2000))
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    login_hint: Mapped[str] = mapped_column(String(256))
    is_vouched: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="the endpoint says who it is")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LogonProcessRow(Base):
    """One walk of one person through one chain.

    ``serial`` grows whenever the open question changes, so that of two answers that arrive at once only one is taken.
    """

    __tablename__ = "logon_process"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    serial: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(NAME)
    chain: Mapped[str] = mapped_column(NAME)
    methods: Mapped[list[str]] = mapped_column(JSON)
    completed: Mapped[list[str]] = mapped_column(JSON)
    failures: Mapped[int] = mapped_column(Integer)
    proofs: Mapped[list[str]] = mapped_column(JSON, server_default="[]", doc="amr words beyond those of the methods")
    is_overdue: Mapped[bool] = mapped_column(Boolean, server_default=false())
    is_chosen: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="the chain was chosen")
    asks: Mapped[dict[str, object] | None] = mapped_column(JSON)
    typed: Mapped[str] = mapped_column(String(512))
    login: Mapped[str] = mapped_column(String(512))
    person: Mapped[dict[str, object] | None] = mapped_column(JSON, doc="who was found; none yet, or nobody")
    phantom: Mapped[bool] = mapped_column(Boolean)
    endpoint: Mapped[str] = mapped_column(NAME)
    return_to: Mapped[str | None] = mapped_column(String(2000))
    is_supplement: Mapped[bool] = mapped_column(Boolean, server_default=false())
    is_strict: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="no shortened chain will do")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoginSessionRow(Base):
    """What a finished logon process yields; only a keyed hash of the token is kept."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "person_key", "ended_at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_key: Mapped[str] = mapped_column(NAME)
    login: Mapped[str] = mapped_column(NAME)
    display_name: Mapped[str] = mapped_column(NAME)
    mail: Mapped[str] = mapped_column(NAME)
    repository: Mapped[str] = mapped_column(NAME)
    groups: Mapped[list[str]] = mapped_column(JSON)
    methods: Mapped[list[str]] = mapped_column(JSON, doc="amr words, RFC 8176")
    chain: Mapped[str] = mapped_column(NAME)
    event: Mapped[str] = mapped_column(NAME)
    only_at: Mapped[str] = mapped_column(NAME, server_default="", doc="the one path that may take it up; empty: any")
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EnrollmentRow(Base):
    """A method that a person has set up, or is setting up; its seed is sealed."""

    __tablename__ = "enrollment"
    __table_args__ = (UniqueConstraint("person_key", "method"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_key: Mapped[str] = mapped_column(NAME)
    method: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, doc="time step of the last accepted code; -1: none yet")
    label: Mapped[str] = mapped_column(NAME)
    digits: Mapped[int] = mapped_column(Integer, server_default="6")
    algorithm: Mapped[str] = mapped_column(String(10), server_default="SHA1")
    is_given: Mapped[bool] = mapped_column(Boolean, server_default=false(), doc="by a file, not set up by its owner")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EmergencyPasswordRow(Base):
    """A password that the help desk has issued to a person; only its keyed hash is kept."""

    __tablename__ = "emergency_password"

    person_key: Mapped[str] = mapped_column(NAME, primary_key=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    digest: Mapped[str] = mapped_column(String(300))
    uses: Mapped[int] = mapped_column(Integer)
    uses_left: Mapped[int] = mapped_column(Integer)
    issued_by: Mapped[str] = mapped_column(NAME)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCodeRow(Base):
    """A recovery code of a person; only its keyed hash is kept."""

    __tablename__ = "recovery_code"

    person_key: Mapped[str] = mapped_column(NAME, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasskeyRow(Base):
    """A passkey of a person: the public half of a key pair whose other half never leaves its owner's device."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person_key: Mapped[str] = mapped_column(NAME, index=True)
    credential: Mapped[str] = mapped_column(String(1400), unique=True, doc="the browser's name for it, base64url")
    public_key: Mapped[bytes] = mapped_column(LargeBinary, doc="COSE")
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    is_synced: Mapped[bool] = mapped_column(Boolean, doc="its owner's devices may share it")
    name: Mapped[str] = mapped_column(NAME)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


ENDPOINT_SESSION: Final = cast("Table", EndpointSessionRow.__table__)
LOGON_PROCESS: Final = cast("Table", LogonProcessRow.__table__)
LOGIN_SESSION: Final = cast("Table", LoginSessionRow.__table__)
ENROLLMENT: Final = cast("Table", EnrollmentRow.__table__)
EMERGENCY_PASSWORD: Final = cast("Table", EmergencyPasswordRow.__table__)
RECOVERY_CODE_TABLE: Final = cast("Table", RecoveryCodeRow.__table__)
PASSKEY_TABLE: Final = cast("Table", PasskeyRow.__table__)
