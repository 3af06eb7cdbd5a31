"""Puts the provider together from the services of the house."""

from authsms.protocols.oidc.authorization import Authorizations
from authsms.protocols.oidc.clients import Clients
from authsms.protocols.oidc.identity_tokens import IdTokens, Names
from authsms.protocols.oidc.logout import Logouts
from authsms.protocols.oidc.routes import Provider
from authsms.protocols.oidc.server import Server
from authsms.protocols.oidc.userinfo import TokenValidator, UserInfoEndpoint
from authsms.protocols.services import ProtocolServices


def assemble(services: ProtocolServices) -> Provider:
    """Return the provider over *services*."""
    names = Names(services.vault, services.settings.public_url)
    id_tokens = IdTokens(services.signing_keys, services.clock, names)
    clients = Clients(services.endpoints)
    server = Server(
        clients=clients,
        sessions=services.sessions,
        tokens=services.tokens,
        id_tokens=id_tokens,
        clock=services.clock,
    )
    return Provider(
        issuer=names.issuer,
        keys=services.signing_keys,
        server=server,
        authorizations=Authorizations(server, id_tokens, services.continuations, services.clock),
        userinfo=UserInfoEndpoint(TokenValidator(services.tokens, services.sessions), services.people, names),
        logouts=Logouts(
            clients=clients,
            sessions=services.sessions,
            id_tokens=id_tokens,
            vault=services.vault,
        ),
        sessions=services.sessions,
    )
