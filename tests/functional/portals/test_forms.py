"""What is read from the forms of people."""

import gc
import weakref

import pytest
from flask import Flask, request
from werkzeug.datastructures import ImmutableMultiDict

from authsms.portals.forms import AnswerForm, SignInForm
from tests.functional.portals.conftest import PUBLIC_URL

_ADDRESS = {"path": "/login/web", "base_url": PUBLIC_URL}


@pytest.mark.parametrize(
    ("name", "password", "is_good"),
    [
        ("alice", "secret", True),
        ("", "secret", False),
        ("alice", "", False),
        ("a" * 257, "secret", False),
        ("alice", "s" * 1025, False),
    ],
    ids=["both", "no name", "no password", "long name", "long password"],
)
def test_both_fields_are_needed_and_bounded(app: Flask, name: str, password: str, is_good: bool):
    """What nobody can have meant is not looked up."""
    fields = {"user_name": name, "password": password}
    with app.test_request_context(**_ADDRESS, method="POST", data=fields):
        form = SignInForm("login:web")
        request.form = ImmutableMultiDict({**fields, "csrf_token": form.token})

        assert form.validate() is is_good


def test_json_fills_no_form(app: Flask):
    """Its values may be anything."""
    with app.test_request_context(**_ADDRESS, method="POST", json={"user_name": "alice", "code": 123456}):
        assert SignInForm("login:web").user_name.data == ""
        assert AnswerForm("logon:1").response() == {}


def test_a_form_goes_with_its_page(app: Flask):
    """Nothing goes in circles that only the garbage collector ends: memory would grow until it comes round."""
    gc.disable()
    try:
        with app.test_request_context(**_ADDRESS):
            form = SignInForm("login:web", user_name="alice")
            assert form.token
            assert form.user_name.data == "alice"
            seen = weakref.ref(form)
            del form
            assert seen() is None
    finally:
        gc.enable()
