"""English and German, by the browser's wish."""

import io
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.functional.portals.conftest import Visitor
from tests.functional.portals.twin import CONTINUATION

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "authsms" / "translations"


def _catalog(language: str) -> Catalog:
    return read_po(io.BytesIO((FOLDER / language / "LC_MESSAGES" / "messages.po").read_bytes()), locale=language)


ERRORS = ("InvalidInputError", "ConflictError", "OverloadedError", "TemplateError")
"""Errors whose sentence a page shows as it is; the pages of the others have their own words."""

COUNTED = {"ngettext": (1, 2)}
SPOKEN = {"_": None, "gettext": None, "lazy_gettext": None, **COUNTED}
RAISED = {**dict.fromkeys(ERRORS), "gettext_noop": None, "_problem": None, "_check": (4,)}
PLACES: Mapping[str, Mapping[str, tuple[int, ...] | None]] = {
    "templates": SPOKEN,
    "authsms/portals": {**SPOKEN, **RAISED},
    "authsms/protocols": SPOKEN,
    **dict.fromkeys((f"authsms/{ring}" for ring in ("administration", "senders", "identity", "delivery")), RAISED),
    "authsms/foundation": RAISED,
    "authsms/logon": RAISED,
    "authsms/messaging": RAISED,
}


def _extracted(folder: str, keywords: Mapping[str, tuple[int, ...] | None]) -> Iterator[str | tuple[str, ...]]:
    method = ("**.html", "jinja2") if folder == "templates" else ("**.py", "python")
    options = {"**.html": {"trimmed": "true"}}
    for _, _, message, _, _ in extract_from_dir(ROOT / folder, [method], options, keywords):
        yield message


def _sentences() -> set[str | tuple[str, ...]]:
    """Return every sentence; one that depends on a number as a pair, for one and for many."""
    found: set[str | tuple[str, ...]] = set()
    for folder, keywords in PLACES.items():
        found.update(_extracted(folder, keywords))
    return found


@pytest.mark.parametrize(
    ("wish", "language", "words"),
    [
        ("de", "de", "Anmelden"),
        ("de-CH, en;q=0.8", "de", "Anmelden"),
        ("fr, de;q=0.3, en;q=0.2", "de", "Anmelden"),
        ("en-GB", "en", "Sign in"),
        ("fr", "en", "Sign in"),
        ("*", "en", "Sign in"),
        ("x" * 5000, "en", "Sign in"),
        ("", "en", "Sign in"),
    ],
)
def test_the_page_is_in_the_language_the_browser_asks_for(visitor: Visitor, wish: str, language: str, words: str):
    """With the language declared, for screen readers and hyphenation."""
    answer = visitor.get("/login/web", **{"Accept-Language": wish})

    assert f'<html lang="{language}">' in answer.text
    assert f"<h1>{words}</h1>" in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(("asked", "language"), [("de en", "de"), ("fr de-AT", "de"), ("fr", "en"), ("<x>", "en")])
def test_the_language_the_application_asks_for_comes_first(visitor: Visitor, asked: str, language: str):
    """And stays for the pages that follow (OpenID Connect Core 3.1.2.1)."""
    first = visitor.get(f"/login/web?ui_locales={asked}", **{"Accept-Language": "en"})
    second = visitor.get("/login/web", **{"Accept-Language": "en"})

    assert f'<html lang="{language}">' in first.text
    assert f'<html lang="{language}">' in second.text


def test_a_person_chooses_a_language_and_it_stays(visitor: Visitor):
    """Before what application and browser ask for, by a link that says which language it leads to."""
    english = {"Accept-Language": "en"}
    first = visitor.get(f"/login/web?c={CONTINUATION}&ui_locales=fr&other=1", **english).text
    chosen = visitor.get(f"/login/web?c={CONTINUATION}&language=de", **english)
    cookie = next(line for line in chosen.headers.getlist("Set-Cookie") if "chosen-language" in line)
    later = visitor.get("/login/web?ui_locales=en", **english).text
    path = visitor.reach_code()

    link = f'<a href="?c={CONTINUATION}&amp;language=de" hreflang="de" lang="de" rel="nofollow">Deutsch</a>'
    assert link in first
    assert '<html lang="de">' in chosen.text
    assert 'hreflang="en" lang="en" rel="nofollow">English</a>' in chosen.text
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Max-Age=31536000"} <= set(cookie.split("; "))
    assert '<html lang="de">' in later
    assert '<html lang="de">' in visitor.get(path, **english).text


@pytest.mark.parametrize("wanted", ["fr", "", "de-DE", "<script>", "de\r\nX: y"])
def test_a_language_we_do_not_have_cannot_be_chosen(visitor: Visitor, wanted: str):
    """Nor anything that is none."""
    answer = visitor.get(f"/login/web?{urlencode({'language': wanted})}", **{"Accept-Language": "en"})

    assert '<html lang="en">' in answer.text
    assert "chosen-language" not in str(answer.headers)
    assert "<script>&" not in answer.text
    assert wanted != "<script>" or "language=%3Cscript" not in answer.text


def test_a_cookie_that_somebody_else_has_written_is_passed_over(visitor: Visitor):
    """A page in no language at all would be no page."""
    name = "__Host-authsms-chosen-language"
    visitor.client.set_cookie(name, "tlh", domain="login.example.test", secure=True)

    assert '<html lang="de">' in visitor.get("/login/web", **{"Accept-Language": "de"}).text


def test_status_and_errors_are_translated_too(visitor: Visitor):
    """A page half in one language looks broken."""
    path = visitor.reach_code()
    german = {"Accept-Language": "de"}

    assert visitor.get(f"{path}/status", **german).get_json()["text"] == "Wir senden Ihren Code …"
    assert "Hier ist nichts mehr" in visitor.get("/nothing", **german).text


def test_every_sentence_has_its_german():
    """And no translation outlives its sentence."""
    translated = {message.id for message in _catalog("de") if message.id and message.string and all(message.string)}

    assert _sentences() == translated


def test_translations_keep_the_places_to_fill_in():
    """A lost or misspelt place would break the page in that language only."""
    for message in _catalog("de"):
        places = re.findall(r"%\((\w+)\)s", str(message.id))
        assert sorted(places) == sorted(re.findall(r"%\((\w+)\)s", str(message.string)))
        assert not str(message.string).strip(string.whitespace).startswith("%s")
