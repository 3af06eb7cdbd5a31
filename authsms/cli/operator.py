"""Who works at the command line: whoever may read the key file may do everything, under his name on this machine."""

import os
import pwd
from datetime import timedelta

from authsms.administration.actors import Actor
from authsms.administration.rights import Role


def operator() -> Actor:
    """Return the user of this process as an administrator; audit records tell that he was at the command line."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        name = str(user)
    return Actor(
        person_key="",
        login=f"{name} (command line)",
        display_name=name,
        roles=frozenset({Role.ADMINISTRATOR}),
        session_id="",
        proof_age=timedelta(0),
    )
