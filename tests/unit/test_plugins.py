"""Loading plugins: only what the configuration names, and nothing half."""

import importlib.metadata
import sys
import types
from functools import cache
from importlib.metadata import entry_points

import pytest

from authsms import plugins
from authsms.foundation.errors import ConfigurationError
from authsms.plugin_api import SenderService, hookimpl
from authsms.plugins import load_methods, load_plugins


@pytest.fixture
def install(monkeypatch):
    """Put a module where imports find it, bringing the given kinds."""

    def _install(name: str, *kinds: object) -> None:
        module = types.ModuleType(name)
        monkeypatch.setattr(module, "authsms_sender_services", hookimpl(lambda: list(kinds)), raising=False)
        monkeypatch.setitem(sys.modules, name, module)

    return _install


def _kind(key: str) -> type[SenderService]:
    return type("Kind", (SenderService,), {"key": key, "title": key, "settings": ()})


def test_the_named_plugins_are_loaded_in_order():
    """The two that come along."""
    assert ["generic_http", "twilio"] == [kind.key for kind in load_plugins(["authsms_generic_http", "authsms_twilio"])]


def test_nothing_is_loaded_that_is_not_named(monkeypatch):
    """Installing a package switches nothing on."""
    monkeypatch.delitem(sys.modules, "authsms_twilio", raising=False)

    assert [] == load_plugins([])
    assert "authsms_twilio" not in sys.modules


def test_a_module_without_an_entry_point_can_be_named(install):
    """A file beside the server is enough."""
    kind = _kind("pigeon")
    install("my_pigeons", kind)

    assert [kind] == load_plugins(["my_pigeons", "my_pigeons"])


def test_the_metadata_of_what_is_installed_is_read_once(monkeypatch):
    """It is one file of each package; services are looked for there, and methods."""
    read = []

    def find(**group):
        read.append(group)
        return entry_points(**group)

    monkeypatch.setattr(plugins, "_entries", cache(plugins._entries.__wrapped__))
    monkeypatch.setattr(importlib.metadata, "entry_points", find)

    assert [["twilio"], ["twilio"], []] == [
        *([kind.key for kind in load_plugins(["authsms_twilio"])] for _ in range(2)),
        load_methods(["authsms_twilio"]),
    ]
    assert [{"group": "authsms"}] == read


@pytest.mark.parametrize("name", ["no_such_plugin", "no.such.plugin", "", ".relative", "os.path:join"])
def test_a_plugin_that_is_missing_is_named(name):
    """The server does not start without something it was told to have."""
    with pytest.raises(ConfigurationError, match="plugins: "):
        load_plugins([name])


def test_two_plugins_cannot_bring_the_same_kind(install):
    """Stored services would belong to either."""
    install("one", _kind("same"))
    install("two", _kind("same"))

    with pytest.raises(ConfigurationError, match="two brings the kind 'same'"):
        load_plugins(["one", "two"])


def test_what_is_no_sender_service_is_refused(install):
    """At start, not at the first text."""
    install("odd", object())

    with pytest.raises(ConfigurationError, match="no SenderService"):
        load_plugins(["odd"])


def test_the_plugins_that_come_along_are_entry_points():
    """Exactly as a third party would publish them."""
    names = {entry.name for entry in importlib.metadata.entry_points(group="authsms")}

    assert {"authsms_twilio", "authsms_generic_http"} <= names
