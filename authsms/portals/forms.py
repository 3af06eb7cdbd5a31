"""The forms of the portals, each bound to the browser it was shown to and to what it is for.

A form's token is a random part and an HMAC over it, the browser's secret and the form's scope, under a key of the
server. So neither another browser's token nor one made for another page is accepted, and somebody who plants a
browser cookie still cannot get a token for a logon process or a login session that is not his.
"""

import hmac
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from typing_extensions import override
from wtforms import PasswordField, StringField
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.form import BaseForm
from wtforms.i18n import DummyTranslations
from wtforms.validators import InputRequired, Length, Optional

from authsms.foundation.characters import check_writable
from authsms.foundation.errors import ForgeryError, NotFoundError
from authsms.logon.ceremony import LONGEST_ANSWER
from authsms.portals.services import services
from authsms.portals.session import browser_secret, session_token

_RANDOM_BYTES = 12
_LONGEST_NAME = 256
_LONGEST_PASSWORD = 1024
_LONGEST_CODE = 64
_LONGEST_CHAIN = 100
_ANSWERS = ("password", "new_password", "repeated", "code", "credential")
_OWN_SITES = frozenset({"same-origin", "none"})


def require_own_page() -> None:
    """Refuse a post that was not sent by one of our own pages, as far as the browser tells.

    Nor is there a page at an address with a zero: no name holds one, and PostgreSQL takes it in no text.

    Raises:
        NotFoundError: The address holds a zero.
        ForgeryError: ``Origin`` or ``Sec-Fetch-Site`` names somebody else.
    """
    if "\0" in request.path or "%00" in request.query_string.decode("latin-1"):
        raise NotFoundError("There is no such page.")
    if request.method != "POST":
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
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


class BrowserBoundCsrf(CSRF):
    """Tokens made from the browser's secret; there is no session of Flask's."""

    _scope: str

    @override
    def setup_form(self, form: Any) -> list[tuple[str, Any]]:
        self._scope = form.meta.csrf_context
        fields: list[tuple[str, Any]] = super().setup_form(form)
        return fields

    @override
    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        return self._sign(services().vault.new_token(_RANDOM_BYTES))

    @override
    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        given = str(field.data or "")
        if not hmac.compare_digest(self._sign(given.partition(".")[0]).encode(), given.encode()):
            raise ForgeryError("This form was not made for this browser.")

    def _sign(self, random_part: str) -> str:
        mac = services().vault.keyed_hash("portals.csrf", browser_secret(), self._scope, random_part)
        return f"{random_part}.{mac}"


class PortalForm(FlaskForm):  # type: ignore[misc]
    """A form with a token and nothing else: a button.

    Args:
        scope: What the form is for; a token made for one scope is refused in another.
        values: Fields filled in beforehand.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How the token is made, and that only the fields of a form are read."""

        csrf = True
        csrf_class = BrowserBoundCsrf

        @override
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            # Flask-WTF would also read JSON, whose values may be anything, and files.
            return request.form if request.method == "POST" else None

        def get_translations(self, form: BaseForm) -> DummyTranslations:  # noqa: ARG002 - given by the base class
            """Translate nothing: no words of fields are shown, and Flask-WTF would read its catalogue each time."""
            return DummyTranslations()

    def __init__(self, scope: str, **values: str) -> None:
        super().__init__(meta={"csrf_context": scope}, data=values)


class SignInForm(PortalForm):
    """Who, and the first proof."""

    user_name = StringField(validators=[InputRequired(), Length(max=_LONGEST_NAME)])
    password = PasswordField(validators=[InputRequired(), Length(max=_LONGEST_PASSWORD)])

    @property
    def is_complete(self) -> bool:
        """Whether both fields were filled in, with whatever."""
        return bool(self.user_name.data and self.password.data)


class AnswerForm(PortalForm):
    """What a method has asked for: some of these fields. Spaces and hyphens in a code are fine."""

    password = PasswordField(validators=[Optional(), Length(max=_LONGEST_PASSWORD)])
    new_password = PasswordField(validators=[Optional(), Length(max=_LONGEST_PASSWORD)])
    repeated = PasswordField(validators=[Optional(), Length(max=_LONGEST_PASSWORD)])
    code = StringField(validators=[Optional(), Length(max=_LONGEST_CODE)])
    credential = StringField(validators=[Optional(), Length(max=LONGEST_ANSWER)])

    def response(self) -> dict[str, str]:
        """Return the fields that were sent, by name."""
        return {name: str(self[name].data or "") for name in _ANSWERS if name in request.form}


class TwoCodesForm(PortalForm):
    """Two codes that a token has shown one after the other."""

    code = StringField(validators=[Optional(), Length(max=_LONGEST_CODE)])
    second = StringField(validators=[Optional(), Length(max=_LONGEST_CODE)])


class PasskeyForm(PortalForm):
    """A key that the browser has made, and what its owner calls it."""

    state = StringField(validators=[InputRequired(), Length(max=_LONGEST_PASSWORD)])
    credential = StringField(validators=[Optional(), Length(max=LONGEST_ANSWER)])
    name = StringField(validators=[Optional(), Length(max=_LONGEST_NAME)])


class PasskeyNameForm(PortalForm):
    """What a passkey shall be called."""

    name = StringField(validators=[InputRequired(), Length(max=_LONGEST_NAME)])


class AnotherWayForm(PortalForm):
    """The name of another chain."""

    chain = StringField(validators=[InputRequired(), Length(max=_LONGEST_CHAIN)])


def process_scope(process_id: str) -> str:
    """Return the scope of the forms of one logon process."""
    return f"logon:{process_id}"


def session_scope() -> str:
    """Return the scope of the forms of the present login session."""
    return f"session:{services().vault.keyed_hash('portals.session-scope', session_token())}"
