"""Administrators at the sender policy."""

from datetime import datetime, timedelta
from uuid import uuid4

from authsms.administration.actors import Actor
from authsms.administration.rights import Role
from authsms.delivery.models import Message


def person(*roles: Role, key: str = "LOCAL:1", age: timedelta = timedelta()) -> Actor:
    """Return somebody with roles."""
    return Actor(key, "anna", "Anna", frozenset(roles), "session", age, "192.0.2.7")


ADMIN = person(Role.ADMINISTRATOR)


def message(service: str, state: str, at: datetime) -> Message:
    """Return a message that *service* has taken at a moment."""
    return Message(
        id=uuid4().hex,
        purpose="authentication",
        priority=0,
        recipient_hash="",
        masked="",
        reference="",
        person_key="",
        login="",
        process_id="",
        state=state,
        expires_at=at,
        attempts=1,
        doubts=0,
        in_flight=False,
        service=service,
        provider_id="",
        failure="",
        code="",
        detail="",
        created_at=at,
        accepted_at=at,
    )
