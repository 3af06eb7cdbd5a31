"""Tables of the OpenID Connect provider; codes and tokens are kept as keyed hashes only."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from authsms.foundation.db import Base, UtcDateTime


class SigningKeyRow(Base):
    """One key that signs ID tokens.

    Attributes:
        id: The ``kid`` in token headers and in the published set.
        slot: ``<algorithm>:<state>`` of a key in use, so that the database allows one of each; None when retired.
        private: The sealed private key; wiped when the key retires.
    """

    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    slot: Mapped[str | None] = mapped_column(String(30), unique=True)
    public: Mapped[dict[str, str]] = mapped_column(JSON)
    private: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuthorizationCodeRow(Base):
    """One authorization code: what the endpoint asked for, and the login session that answers.

    Attributes:
        id: Public name of the code and of the family of tokens that comes from it.
        hash: Keyed hash of the code.
        used_at: When it was redeemed; a code is redeemed once.
    """

    __tablename__ = "authorization_code"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[str] = mapped_column(String(64), index=True)
    person_key: Mapped[str] = mapped_column(String(200))
    redirect_uri: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessTokenRow(Base):
    """One access token.

    Attributes:
        family_id: The code, or the client's own request, that it comes from.
        session_id: The login session it dies with; empty when there is none.
        person_key: Whom it speaks for; empty when it is the endpoint itself.
    """

    __tablename__ = "access_token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str] = mapped_column(String(64), index=True)
    client_id: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[str] = mapped_column(String(64), index=True)
    person_key: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TokenFamilyRow(Base):
    """A line of refresh tokens of which only the newest is good; whoever gives or takes one changes this row first.

    Attributes:
        id: The family that its access tokens belong to.
        session_id: The login session it began in; it may outlive it, but not its being ended from elsewhere.
        expires_at: End of the line however much it is used.
    """

    __tablename__ = "token_family"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[str] = mapped_column(String(64), index=True)
    person_key: Mapped[str] = mapped_column(String(200), index=True)
    scope: Mapped[str] = mapped_column(String(200))
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshTokenRow(Base):
    """One refresh token; a used one is kept as long as its line, so that its second use is noticed."""

    __tablename__ = "refresh_token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    family_id: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PushedRequestRow(Base):
    """An authorization request that waits for its browser, under the keyed hash of endpoint and reference."""

    __tablename__ = "pushed_request"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    parameters: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    is_signed: Mapped[bool] = mapped_column(Boolean)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SpentRequestRow(Base):
    """The id of a signed request that came, under the keyed hash of endpoint and id."""

    __tablename__ = "spent_request"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LogoutNoticeRow(Base):
    """That one endpoint is still to be told of the end of one login session."""

    __tablename__ = "logout_notice"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[str] = mapped_column(String(64))
    person_key: Mapped[str] = mapped_column(String(200))
    tries: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
