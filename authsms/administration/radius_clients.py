"""RADIUS clients as administrators see and change them."""

from collections.abc import Sequence

from authsms.administration.actors import Actor
from authsms.administration.repositories import author_of
from authsms.administration.rights import Right
from authsms.logon.radius_clients import RadiusClients
from authsms.logon.radius_profile import RadiusClient, RadiusDraft


class RadiusDesk:
    """Shows and changes RADIUS clients; safe to share between threads.

    Every method raises `ForbiddenError` or `ProofNeededError` as `Actor.require` does.
    """

    def __init__(self, clients: RadiusClients) -> None:
        self._clients = clients

    def list(self, actor: Actor) -> Sequence[RadiusClient]:
        """Return all clients by name."""
        actor.require(Right.LOGON_SEE)
        return self._clients.list()

    def client(self, actor: Actor, client_id: str) -> RadiusClient:
        """Return a client.

        Raises:
            NotFoundError: There is none with this id.
        """
        actor.require(Right.LOGON_SEE)
        return self._clients.find(client_id)

    def add(self, actor: Actor, draft: RadiusDraft) -> RadiusClient:
        """Store a client; its first secret is known to nobody, so `renew` has to follow.

        Raises:
            InvalidInputError: Something that was typed cannot be used, or the event is not for RADIUS.
            NotFoundError: There is no such event.
            ConflictError: The name or the network is taken.
        """
        actor.require(Right.LOGON_EDIT)
        made, _ = self._clients.add(
            draft.name, draft.network, event=draft.event, profile=draft.profile, author=author_of(actor)
        )
        return made

    def change(self, actor: Actor, client_id: str, draft: RadiusDraft, seen: str) -> None:
        """Store what was typed about a client; *seen* is the fingerprint of what was looked at.

        Raises:
            InvalidInputError: Something that was typed cannot be used, or the event is not for RADIUS.
            NotFoundError: There is no such client or event.
            ConflictError: Somebody else was faster, or the name or the network is taken.
        """
        actor.require(Right.LOGON_EDIT)
        self._clients.change(client_id, draft, seen, author_of(actor))

    def renew(self, actor: Actor, client_id: str) -> str:
        """Replace a client's secret and return the new one, which cannot be shown again.

        Raises:
            NotFoundError: There is none with this id.
        """
        actor.require(Right.LOGON_EDIT)
        return self._clients.renew(self._clients.find(client_id).name, author=author_of(actor))

    def remove(self, actor: Actor, client_id: str) -> None:
        """Remove a client.

        Raises:
            NotFoundError: There is none with this id.
        """
        actor.require(Right.LOGON_EDIT)
        self._clients.remove(self._clients.find(client_id).name, author=author_of(actor))
