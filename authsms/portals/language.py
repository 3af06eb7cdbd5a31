"""Which language a page is in: what the application asked for, else the best the browser asks for, else English.

An application asks on the first page, by the parameter ``ui_locales`` (OpenID Connect Core 3.1.2.1); a cookie carries
its wish through the sign-in that follows.
"""

from datetime import timedelta
from gettext import NullTranslations

from babel.support import Translations
from flask import Flask, Response, g, request
from flask_babel import Babel, format_datetime, get_translations

from authsms.foundation.cookies import cookie_name
from authsms.foundation.resources import translations_folder
from authsms.portals.services import services

LANGUAGES = ("en", "de")
_WISH = "ui_locales"
_WISH_LIFETIME = timedelta(minutes=10)


def register(app: Flask) -> None:
    """Translate what *app* renders; the sources are English, the catalogues lie in ``translations``."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(translations_folder()))
    Babel(app, default_locale=LANGUAGES[0], default_timezone="UTC", locale_selector=language)
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.add_template_global(language)
    app.add_template_filter(format_datetime, "datetimeformat")
    app.after_request(_vary)


def language() -> str:
    """Return the language of this request, e.g. ``de``."""
    chosen: str | None = g.get("language")
    if chosen is None:
        # Not best_match: to it "de-CH, en;q=0.8" means English, because only "en" is matched to the letter.
        asked = request.args.get(_WISH, "") or request.cookies.get(_cookie(), "")
        tags = (*asked.split(), *request.accept_languages.values())
        wishes = (tag.partition("-")[0].lower() for tag in tags)
        chosen = g.language = next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])
    return chosen


def _catalogue() -> Translations | NullTranslations:
    # Flask-Babel finds the catalogue anew for every sentence; a page has dozens.
    found: Translations | NullTranslations | None = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_translations()
    return found


def _gettext(sentence: str) -> str:
    return _catalogue().gettext(sentence)


def _ngettext(one: str, many: str, number: int) -> str:
    return _catalogue().ngettext(one, many, number)


def _vary(response: Response) -> Response:
    if "language" in g:
        response.vary.add("Accept-Language")
        response.content_language.add(g.language)
        if _WISH in request.args:
            https = services().settings.is_https
            response.set_cookie(
                _cookie(), g.language, max_age=_WISH_LIFETIME, secure=https, httponly=True, samesite="Strict"
            )
    return response


def _cookie() -> str:
    return cookie_name("language", https=services().settings.is_https)
