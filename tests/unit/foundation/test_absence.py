"""What is installed can be left alone."""

import sys
from importlib import import_module

import pytest

from authsms.foundation.absence import without


def test_a_library_is_absent_meanwhile(monkeypatch):
    """And there again afterwards, for whoever needs it."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    with without("colorsys"), pytest.raises(ImportError):
        import_module("colorsys")
    assert import_module("colorsys") is sys.modules["colorsys"]


def test_what_is_loaded_stays():
    """Somebody uses it already."""
    with without("json"):
        assert import_module("json") is sys.modules["json"]
    assert "json" in sys.modules
