"""Which language a page is in: the best of what the browser asks for, English otherwise."""

from flask import Flask, Response, g, request
from flask_babel import Babel, format_datetime

from authsms.foundation.resources import translations_folder

LANGUAGES = ("en", "de")


def register(app: Flask) -> None:
    """Translate what *app* renders; the sources are English, the catalogues lie in ``translations``."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(translations_folder()))
    Babel(app, default_locale=LANGUAGES[0], default_timezone="UTC", locale_selector=language)
    app.add_template_global(language)
    app.add_template_filter(format_datetime, "datetimeformat")
    app.after_request(_vary)


def language() -> str:
    """Return the language of this request, e.g. ``de``."""
    if "language" not in g:
        # Not best_match: to it "de-CH, en;q=0.8" means English, because only "en" is matched to the letter.
        wishes = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
        g.language = next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])
    chosen: str = g.language
    return chosen


def _vary(response: Response) -> Response:
    if "language" in g:
        response.vary.add("Accept-Language")
        response.content_language.add(g.language)
    return response
