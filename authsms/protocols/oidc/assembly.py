"""Puts the provider together from the services of the house."""

from authsms.foundation.limits import Limits
from authsms.logon.endpoint_refusals import EndpointRefusals
from authsms.protocols.oidc.arrivals import Arrivals
from authsms.protocols.oidc.authorization import Authorizations
from authsms.protocols.oidc.clients import Clients
from authsms.protocols.oidc.further_grants import Standing
from authsms.protocols.oidc.identity_tokens import IdTokens, Names
from authsms.protocols.oidc.inspection import Introspection, Lookup, Revocation
from authsms.protocols.oidc.logout import Logouts
from authsms.protocols.oidc.pushing import PushEndpoint
from authsms.protocols.oidc.routes import Provider
from authsms.protocols.oidc.server import Server, Stores
from authsms.protocols.oidc.signed_requests import SignedRequests
from authsms.protocols.oidc.userinfo import TokenValidator, UserInfoEndpoint
from authsms.protocols.services import ProtocolServices


def assemble(services: ProtocolServices) -> Provider:
    """Return the provider over *services*."""
    names = Names(services.vault, services.settings.public_url)
    id_tokens = IdTokens(services.signing_keys, services.clock, names)
    refusals = EndpointRefusals(services.database, services.audit, Limits(services.database, services.clock))
    clients = Clients(services.endpoints, services.catalog, refusals)
    validator = TokenValidator(services.tokens, clients, services.sessions)
    server = _server(services, clients, id_tokens, validator)
    store = services.requests
    arrivals = Arrivals(clients, store, SignedRequests(store, names.issuer, services.clock))
    authorizations = Authorizations(server, arrivals, id_tokens, services.continuations, services.clock)
    return Provider(
        issuer=names.issuer,
        keys=services.signing_keys,
        server=server,
        authorizations=authorizations,
        pushing=PushEndpoint(server, arrivals, authorizations, store),
        userinfo=UserInfoEndpoint(validator, services.people, names),
        logouts=Logouts(
            clients=clients,
            sessions=services.sessions,
            id_tokens=id_tokens,
            vault=services.vault,
        ),
        sessions=services.sessions,
    )


def _server(services: ProtocolServices, clients: Clients, id_tokens: IdTokens, validator: TokenValidator) -> Server:
    stores = Stores(services.sessions, services.tokens, services.refresh_tokens)
    server = Server(clients, stores, Standing(services.people, services.blocks), id_tokens, services.clock)
    lookup = Lookup(validator, services.tokens, services.refresh_tokens)
    server.register_endpoint(Introspection(lookup, id_tokens.names))
    server.register_endpoint(Revocation(lookup))
    return server
