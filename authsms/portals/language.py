"""Which language a page is in: what the person chose, else what the application asked for, else what the browser does.

A person chooses by a link at the foot of a page, and a cookie keeps that for a year. An application asks on the first
page, by the parameter ``ui_locales`` (OpenID Connect Core 3.1.2.1); a cookie carries its wish through the sign-in that
follows. Where none of them names a language we have, it is English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from gettext import NullTranslations
from typing import Any
from urllib.parse import urlencode

from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, format_datetime, get_translations
from markupsafe import Markup

from authsms.foundation.cookies import cookie_name
from authsms.foundation.resources import translations_folder
from authsms.portals.services import services

LANGUAGES = ("en", "de")
_NAMES = {"en": "English", "de": "Deutsch"}
_CHOICE = "language"
_CONTINUATION = "c"
_CHOICE_LIFETIME = timedelta(days=365)
_NOT_OURS = ("oidc", "forward_auth", "admin")
_WISH = "ui_locales"
_WISH_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A link to the page at hand in another language.

    Attributes:
        tag: Of the language (BCP 47).
        name: In that language.
        address: Relative to the page.
    """

    tag: str
    name: str
    address: str


def register(app: Flask) -> None:
    """Translate what *app* renders; the sources are English, the catalogues lie in ``translations``."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(translations_folder()))
    Babel(app, default_locale=LANGUAGES[0], default_timezone="UTC", locale_selector=language)
    # Jinja's own ways to a sentence lead through the page's variables, three times for each.
    app.jinja_env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
    app.add_template_global(language)
    app.add_template_global(other_languages)
    app.add_template_filter(format_datetime, "datetimeformat")
    app.after_request(_vary)


def language() -> str:
    """Return the language of this request, e.g. ``de``."""
    chosen: str | None = g.get("language")
    if chosen is None:
        # Not best_match: to it "de-CH, en;q=0.8" means English, because only "en" is matched to the letter.
        asked = request.args.get(_WISH, "") or request.cookies.get(_cookie("language"), "")
        own = (_choice(), request.cookies.get(_cookie("chosen-language"), ""))
        tags = (*own, *asked.split(), *request.accept_languages.values())
        wishes = (tag.partition("-")[0].lower() for tag in tags)
        chosen = g.language = next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])
    return chosen


def other_languages() -> Sequence[LanguageLink]:
    """Return links to this page in the other languages; none where it cannot be fetched again, or is not only ours."""
    if request.method != "GET" or request.blueprint is None or request.blueprint.startswith(_NOT_OURS):
        return ()
    # What else stands in an address is not ours, and no page repeats it.
    kept = [(_CONTINUATION, request.args[_CONTINUATION])] if _CONTINUATION in request.args else []
    return [
        LanguageLink(tag, _NAMES[tag], "?" + urlencode([*kept, (_CHOICE, tag)]))
        for tag in LANGUAGES
        if tag != language()
    ]


def _choice() -> str:
    """Return the language that the link to this page names, or nothing."""
    wanted = request.args.get(_CHOICE, "") if request.method == "GET" else ""
    return wanted if wanted in LANGUAGES else ""


def _catalogue() -> Translations | NullTranslations:
    # Flask-Babel finds the catalogue anew for every sentence; a page has dozens.
    found: Translations | NullTranslations | None = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_translations()
    return found


def _gettext(sentence: str, /, **values: Any) -> Markup:
    """Return *sentence* in the language of this request, as a part of a page; *values* are escaped."""
    return _filled(_catalogue().gettext(sentence), values)


def _ngettext(one: str, many: str, number: int, /, **values: Any) -> Markup:
    return _filled(_catalogue().ngettext(one, many, number), {"num": number, **values})


def _filled(sentence: str, values: Mapping[str, Any]) -> Markup:
    # Sentences are our own, in our own catalogues.
    return Markup(sentence) % values if values else Markup(sentence % values)  # noqa: S704


def _vary(response: Response) -> Response:
    if "language" in g:
        # Not by their sets: these write the whole header anew with every word.
        response.headers.add("Vary", "Accept-Language")
        response.headers.set("Content-Language", g.language)
        if _choice():
            # Lax: whoever comes from an application's site has chosen, too.
            _keep(response, "chosen-language", _CHOICE_LIFETIME, "Lax")
        if _WISH in request.args:
            _keep(response, "language", _WISH_LIFETIME, "Strict")
    return response


def _keep(response: Response, word: str, lifetime: timedelta, site: str) -> None:
    https = services().settings.is_https
    response.set_cookie(_cookie(word), g.language, max_age=lifetime, secure=https, httponly=True, samesite=site)


def _cookie(word: str) -> str:
    return cookie_name(word, https=services().settings.is_https)
