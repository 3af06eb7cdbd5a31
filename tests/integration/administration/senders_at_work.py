"""Administrators at the sender policy."""

from datetime import timedelta

from authsms.administration.actors import Actor
from authsms.administration.rights import Role


def person(*roles: Role, key: str = "LOCAL:1", age: timedelta = timedelta()) -> Actor:
    """Return somebody with roles."""
    return Actor(key, "anna", "Anna", frozenset(roles), "session", age, "192.0.2.7")


ADMIN = person(Role.ADMINISTRATOR)
