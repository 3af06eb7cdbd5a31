"""What an endpoint is as an OpenID Connect client, and what an administrator allows it beyond signing people in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from authsms.foundation.errors import InvalidInputError
from authsms.logon.kinds import EndpointKind
from authsms.logon.redirects import check_redirect


class TokenAlgorithm(StrEnum):
    """How ID tokens for an endpoint are signed (RFC 7518 section 3.1)."""

    ES256 = "ES256"
    RS256 = "RS256"


class OidcOption(StrEnum):
    """What an endpoint may do, or must do, beyond the code flow; no endpoint has any of them by itself."""

    CLIENT_CREDENTIALS = "client-credentials"
    CODE_ALONE = "code-alone"
    REFRESH_TOKENS = "refresh-tokens"
    PUSHED_ONLY = "pushed-requests-only"
    SIGNED_ONLY = "signed-requests-only"
    SEND_MESSAGES = "send-messages"
    READ_CONTACTS = "read-contacts"
    WRITE_CONTACTS = "write-contacts"


MESSAGING: Final[Mapping[OidcOption, str]] = {
    OidcOption.SEND_MESSAGES: "messages:send",
    OidcOption.READ_CONTACTS: "contacts:read",
    OidcOption.WRITE_CONTACTS: "contacts:write",
}
"""What a program may do with tokens in its own name besides asking for logons, and the scope for it."""

_OF_PROGRAMS: Final = frozenset({OidcOption.CLIENT_CREDENTIALS, *MESSAGING})
_NEEDS_SECRET: Final = _OF_PROGRAMS | {OidcOption.CODE_ALONE}


@dataclass(frozen=True, slots=True)
class OidcProfile:
    """What an endpoint is as an OpenID Connect client.

    Attributes:
        is_public: It cannot keep a secret (a program on the person's own machine) and gets none; PKCE alone binds it.
        algorithm: The signature it understands.
        options: What it may or must do beyond the code flow.
        request_keys: The JWK set with which it signs its requests, see `authsms.logon.client_keys`; empty for none.
        backchannel_uri: Where it is told that a login session has ended; empty for nowhere.
    """

    is_public: bool = False
    algorithm: TokenAlgorithm = TokenAlgorithm.ES256
    options: frozenset[OidcOption] = frozenset()
    request_keys: str = ""
    backchannel_uri: str = ""

    def has(self, option: OidcOption) -> bool:
        """Return whether the endpoint has *option* and can keep the secret it needs."""
        return option in self.options and not (self.is_public and option in _NEEDS_SECRET)

    def check(self, kind: EndpointKind) -> None:
        """Return when the options go together, and with an endpoint of this *kind*.

        Raises:
            InvalidInputError: One of them needs a secret or keys, and the endpoint has none; or its address is not fit;
                or an endpoint that asks by REST would get more than tokens in its own name.
        """
        if kind is EndpointKind.REST and not self.options <= _OF_PROGRAMS:
            raise InvalidInputError(
                "An endpoint that uses REST can only be allowed tokens in its own name.", field="options"
            )
        if self.backchannel_uri:
            check_redirect(self.backchannel_uri)
        if self.is_public and self.options & _NEEDS_SECRET:
            raise InvalidInputError(
                "A public endpoint has no secret; it gets no tokens in its own name, and no code alone.",
                field="options",
            )
        if self.options & MESSAGING.keys() and OidcOption.CLIENT_CREDENTIALS not in self.options:
            raise InvalidInputError(
                "Messages and contacts need tokens in the endpoint's own name; allow them, too.", field="options"
            )
        if OidcOption.SIGNED_ONLY in self.options and not self.request_keys:
            raise InvalidInputError("Requests can only be signed when keys are registered.", field="request_keys")


CONFIDENTIAL: Final = OidcProfile()
