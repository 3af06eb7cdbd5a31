"""What somebody could log in with: the chains of an event, before anything is begun."""

from collections.abc import Sequence

from authsms.foundation.errors import NotFoundError
from authsms.foundation.vault import Vault
from authsms.logon.beginnings import openings, reachable
from authsms.logon.catalog import NO_EVENT, Catalog
from authsms.logon.methods.base import Method
from authsms.logon.steps import ChainChoice
from authsms.logon.subject import People, Subject


class Ways:
    """Tells which chains a door without pages may begin with; writes nothing, and tells nobody who exists."""

    def __init__(self, people: People, vault: Vault, catalog: Catalog, methods: Sequence[Method]) -> None:
        self._people = people
        self._vault = vault
        self._catalog = catalog
        self._methods = {method.name: method for method in methods}

    def of(self, event_name: str, user_name: str, endpoint_id: str) -> tuple[ChainChoice, ...]:
        """Return the chains that *user_name* may begin with, best first; a name that nobody has gets its own, too.

        Raises:
            InvalidInputError: The user name cannot be one; whether anybody has it plays no part.
            BrowserNeededError: There are none without a browser.
            NotFoundError: There is no such event, or it is not for this endpoint.
            DirectoryUnavailableError: A chain is limited to groups, and the repository does not answer.
        """
        event = reachable(self._catalog.event(event_name), self._methods, has_page=False)
        if not event.admits(endpoint_id):
            raise NotFoundError(NO_EVENT)
        subject = Subject(self._people, self._vault, user_name)
        return tuple(
            ChainChoice(chain.name, chain.title, chain.methods) for chain in openings(event, subject, self._methods)
        )
