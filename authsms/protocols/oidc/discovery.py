"""The document in which clients find everything else (OpenID Connect Discovery 1.0, RFC 8414)."""

from typing import Any

from authsms.protocols.oidc.claims import CODE_ALONE, OFFLINE_SCOPE, SCOPES, SINGLE_FACTOR, TWO_FACTORS
from authsms.protocols.oidc.clients import AUTHENTICATION_METHODS, GRANT_OPTIONS, SECRET_METHODS
from authsms.protocols.oidc.demands import PROMPTS
from authsms.protocols.oidc.keys import ALGORITHMS
from authsms.protocols.oidc.signed_requests import REQUEST_ALGORITHMS

_TOKEN_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid")
_PERSON_CLAIMS = ("name", "preferred_username", "email", "phone_number", "groups")


def discovery_document(issuer: str) -> dict[str, Any]:
    """Return the metadata of the provider at *issuer*."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth2/par",
        "require_pushed_authorization_requests": False,
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": [*SCOPES, OFFLINE_SCOPE],
        "claims_supported": [*_TOKEN_CLAIMS, *_PERSON_CLAIMS],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", *GRANT_OPTIONS],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "introspection_endpoint_auth_methods_supported": list(SECRET_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTHENTICATION_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "acr_values_supported": [SINGLE_FACTOR, TWO_FACTORS, CODE_ALONE],
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": ["en", "de"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(REQUEST_ALGORITHMS),
        "request_uri_parameter_supported": False,
    }
