"""Puts forward-auth together from the services of the house."""

from flask import Blueprint

from authsms.protocols.forward_auth.door import ForwardAuth
from authsms.protocols.forward_auth.notes import Notes
from authsms.protocols.forward_auth.routes import Parts, create_blueprints
from authsms.protocols.services import ProtocolServices


def open_forward_auth(services: ProtocolServices) -> tuple[Blueprint, Blueprint]:
    """Return the addresses over *services*."""
    door = ForwardAuth(
        *(services.endpoints, services.catalog, services.sessions, services.continuations),
        *(Notes(services.vault, services.clock), services.vault, services.settings.public_url),
    )
    return create_blueprints(Parts(door, services.sessions, services.vault, services.settings.is_https))
