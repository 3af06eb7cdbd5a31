"""The forms of the portals, each bound to the browser it was shown to and to what it is for.

A form's token is a random part and an HMAC over it, the browser's secret and the form's scope, under a key of the
server. So neither another browser's token nor one made for another page is accepted, and somebody who plants a
browser cookie still cannot get a token for a logon process or a login session that is not his.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask import request
from typing_extensions import override
from werkzeug.utils import cached_property

from authsms.foundation.characters import check_writable
from authsms.foundation.errors import ForgeryError, NotFoundError
from authsms.logon.relying_party import LONGEST_ANSWER
from authsms.portals.services import asked, services
from authsms.portals.session import browser_secret, session_token

_RANDOM_BYTES = 12
_LONGEST_NAME = 256
_LONGEST_PASSWORD = 1024
_LONGEST_CODE = 64
_LONGEST_CHAIN = 100
NAME_ONLY = "name_only"
_ANSWERS = ("password", "new_password", "repeated", "code", "credential")
_OWN_SITES = frozenset({"same-origin", "none"})


def require_own_page() -> None:
    """Refuse a post that was not sent by one of our own pages, as far as the browser tells.

    Nor is there a page at an address with a zero: no name holds one, and PostgreSQL takes it in no text.

    Raises:
        NotFoundError: The address holds a zero.
        ForgeryError: ``Origin`` or ``Sec-Fetch-Site`` names somebody else.
    """
    here = asked()
    if "\0" in here.path or b"%00" in here.query_string:
        raise NotFoundError("There is no such page.")
    if here.method != "POST":
        return
    origin = here.headers.get("Origin")
    site = here.headers.get("Sec-Fetch-Site")
    if (origin is not None and origin.lower() != services().settings.public_url) or (
        site is not None and site not in _OWN_SITES
    ):
        raise ForgeryError("This form was sent by another site.")


def require_own_form() -> None:
    """Do what `require_own_page` does, for pages behind a sign-in, where what is typed may be looked up or stored.

    Those of the login refuse odd names, passwords and codes like wrong ones: nothing else is to be learnt from them.

    Raises:
        InvalidInputError: The form holds what cannot be stored.
    """
    require_own_page()
    if request.method == "POST":
        check_writable(dict(request.form.lists()))


def new_token(scope: str) -> str:
    """Return a token for a form of this browser; one made for one *scope* is refused in another."""
    return _sign(scope, services().vault.new_token(_RANDOM_BYTES))


def require_token(scope: str, given: str) -> None:
    """Return when *given* was made for this browser and this *scope*.

    Raises:
        ForgeryError: It was not, or there is none.
    """
    if not hmac.compare_digest(_sign(scope, given.partition(".")[0]).encode(), given.encode()):
        raise ForgeryError("This form was not made for this browser.")


@dataclass(frozen=True, slots=True)
class Typed:
    """A field of a page and what was typed into it, at first what is filled in beforehand."""

    name: str
    data: str


class Field:
    """A field of a form; read from a form it is what was `Typed`.

    Args:
        longest: Most characters.
        is_needed: It may not be left empty.
    """

    def __init__(self, longest: int, *, is_needed: bool = False) -> None:
        self._longest = longest
        self._is_needed = is_needed
        self._name = ""

    def __set_name__(self, owner: type["PortalForm"], name: str) -> None:
        self._name = name
        owner.fields = (*owner.fields, self)

    def __get__(self, form: "PortalForm", _owner: type["PortalForm"]) -> Typed:
        """Return what was typed."""
        return Typed(self._name, form.sent(self._name))

    def admits(self, form: "PortalForm") -> bool:
        """Return whether what was typed may be looked at."""
        typed = form.sent(self._name)
        return len(typed) <= self._longest and (bool(typed) or not self._is_needed)


class PortalForm:
    """A form with a token and nothing else: a button. Others have fields besides, each a text.

    Nothing is read, or made, before it is asked for: a login makes four forms and looks at half of what they hold.
    What WTForms builds for them was a twentieth of its work, and went in circles that only the garbage collector ends.

    Args:
        scope: What the form is for.
        values: Fields filled in beforehand.
    """

    fields: ClassVar[tuple[Field, ...]] = ()

    def __init__(self, scope: str, **values: str) -> None:
        self._scope = scope
        self._values = values

    @cached_property
    def token(self) -> str:
        """What the page sends along."""
        return new_token(self._scope)

    @cached_property
    def _typed(self) -> Mapping[str, str]:
        """What was typed; JSON is not read, for its values may be anything, nor are files."""
        here = asked()
        return here.form if here.method == "POST" else self._values

    def sent(self, name: str) -> str:
        """Return what was typed into a field."""
        return self._typed.get(name, "")

    def validate(self) -> bool:
        """Return whether every field is as it should be.

        Raises:
            ForgeryError: The form was made for another browser, or for something else.
        """
        require_token(self._scope, self.sent("csrf_token"))
        return all(field.admits(self) for field in self.fields)


class NameForm(PortalForm):
    """Who, where it is asked next how to sign in; its page says so by `NAME_ONLY`."""

    user_name = Field(_LONGEST_NAME, is_needed=True)

    @property
    def is_complete(self) -> bool:
        """Whether all fields were filled in, with whatever."""
        return bool(self.user_name.data)

    @property
    def proof(self) -> dict[str, str] | None:
        """The first proof; None when none was asked for."""
        return None


class SignInForm(NameForm):
    """Who, and the first proof."""

    password = Field(_LONGEST_PASSWORD, is_needed=True)

    @property
    @override
    def is_complete(self) -> bool:
        return bool(self.user_name.data and self.password.data)

    @property
    @override
    def proof(self) -> dict[str, str] | None:
        return {"password": self.password.data}


class AnswerForm(PortalForm):
    """What a method has asked for: some of these fields. Spaces and hyphens in a code are fine."""

    password = Field(_LONGEST_PASSWORD)
    new_password = Field(_LONGEST_PASSWORD)
    repeated = Field(_LONGEST_PASSWORD)
    code = Field(_LONGEST_CODE)
    credential = Field(LONGEST_ANSWER)

    def response(self) -> dict[str, str]:
        """Return the fields that were sent, by name."""
        return {name: self.sent(name) for name in _ANSWERS if name in self._typed}


class TwoCodesForm(PortalForm):
    """Two codes that a token has shown one after the other."""

    code = Field(_LONGEST_CODE)
    second = Field(_LONGEST_CODE)


class PasskeyForm(PortalForm):
    """A key that the browser has made, and what its owner calls it."""

    state = Field(_LONGEST_PASSWORD, is_needed=True)
    credential = Field(LONGEST_ANSWER)
    name = Field(_LONGEST_NAME)


class PasskeyNameForm(PortalForm):
    """What a passkey shall be called."""

    name = Field(_LONGEST_NAME, is_needed=True)


class AnotherWayForm(PortalForm):
    """The name of another chain."""

    chain = Field(_LONGEST_CHAIN, is_needed=True)


def process_scope(process_id: str) -> str:
    """Return the scope of the forms of one logon process."""
    return f"logon:{process_id}"


def session_scope() -> str:
    """Return the scope of the forms of the present login session."""
    return f"session:{services().vault.keyed_hash('portals.session-scope', session_token())}"


def _sign(scope: str, random_part: str) -> str:
    mac = services().vault.keyed_hash("portals.csrf", browser_secret(), scope, random_part)
    return f"{random_part}.{mac}"
