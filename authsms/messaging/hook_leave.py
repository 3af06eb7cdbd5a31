"""What programs may be told: nothing that an administrator has not allowed them to know, at the time they are told."""

from collections.abc import Collection, Mapping
from typing import Protocol

from authsms.messaging.hooks import HookKind


class Endpoint(Protocol):
    """What is asked about an endpoint."""

    @property
    def own_scopes(self) -> Collection[str]:
        """What an administrator allows it in its own name."""


class Endpoints(Protocol):
    """Knows endpoints."""

    def find(self, client_id: str) -> Endpoint | None:
        """Return the endpoint with this id."""


class HookLeave:
    """Tells what endpoints may be told.

    Args:
        scopes: What an endpoint must be allowed to be told of something; what is not in it, each may be told.
    """

    def __init__(self, endpoints: Endpoints, scopes: Mapping[HookKind, str]) -> None:
        self._endpoints = endpoints
        self._scopes = scopes

    def of(self, endpoint_id: str) -> frozenset[HookKind]:
        """Return what an endpoint may be told now."""
        endpoint = self._endpoints.find(endpoint_id)
        scopes = endpoint.own_scopes if endpoint is not None else ()
        return frozenset(kind for kind in HookKind if kind not in self._scopes or self._scopes[kind] in scopes)
