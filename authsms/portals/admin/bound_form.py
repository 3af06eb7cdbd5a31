"""The forms of the portal of administrators: many fields, which WTForms reads, and the same token as all others."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from typing_extensions import override
from wtforms.csrf.core import CSRF, CSRFTokenField
from wtforms.form import BaseForm
from wtforms.i18n import DummyTranslations

from authsms.portals.forms import new_token, require_token


class _BrowserBoundCsrf(CSRF):
    """Tokens made from the browser's secret; there is no session of Flask's."""

    _scope: str

    @override
    def setup_form(self, form: Any) -> list[tuple[str, Any]]:
        self._scope = form.meta.csrf_context
        fields: list[tuple[str, Any]] = super().setup_form(form)
        return fields

    @override
    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        return new_token(self._scope)

    @override
    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        require_token(self._scope, str(field.data or ""))


class BoundForm(FlaskForm):  # type: ignore[misc]
    """A form with a token, bound to the browser it was shown to.

    Args:
        scope: What the form is for; a token made for one scope is refused in another.
        values: Fields filled in beforehand.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How the token is made, and that only the fields of a form are read."""

        csrf = True
        csrf_class = _BrowserBoundCsrf

        @override
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            # Flask-WTF would also read JSON, whose values may be anything, and files.
            return request.form if request.method == "POST" else None

        def get_translations(self, form: BaseForm) -> DummyTranslations:  # noqa: ARG002 - given by the base class
            """Translate nothing: no words of fields are shown, and Flask-WTF would read its catalogue each time."""
            return DummyTranslations()

    def __init__(self, scope: str, **values: Any) -> None:
        super().__init__(meta={"csrf_context": scope}, data=values)
