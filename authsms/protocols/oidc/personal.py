"""What is known of people in whose name endpoints hold tokens; all of it ends with their sessions."""

from typing import Final, cast

from sqlalchemy import Table

from authsms.foundation.personal import Fate, Holding
from authsms.protocols.oidc.models import AccessTokenRow, AuthorizationCodeRow, LogoutNoticeRow, TokenFamilyRow

HOLDINGS: Final = (
    Holding(
        "authorization_codes",
        cast("Table", AuthorizationCodeRow.__table__),
        Fate.PASSING,
        ("client_id", "scope", "expires_at", "used_at"),
    ),
    Holding(
        "access_tokens",
        cast("Table", AccessTokenRow.__table__),
        Fate.PASSING,
        ("client_id", "scope", "expires_at", "revoked_at"),
    ),
    Holding(
        "refresh_tokens",
        cast("Table", TokenFamilyRow.__table__),
        Fate.PASSING,
        ("client_id", "scope", "renewed_at", "expires_at", "revoked_at"),
    ),
    Holding("logout_notices", cast("Table", LogoutNoticeRow.__table__), Fate.PASSING, ("client_id", "due_at")),
)
