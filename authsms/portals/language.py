"""Which language a page is in: what was chosen on this visit, what the person keeps, what application and browser ask.

Anybody chooses by a link at the foot of a page. Until the browser is closed, or its owner signs out, that comes before
everything else; for a year a cookie keeps it for pages on which nobody is signed in. On the others, the language that
the person keeps (`authsms.identity.preferences`) comes next. It is never looked at before: a page that changed with the
name that is typed would tell which names there are. An application asks on the first page, by the parameter
``ui_locales`` (OpenID Connect Core 3.1.2.1); a cookie carries its wish through the sign-in that follows. Where none of
them names a language we have, it is English.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel.support import NullTranslations, Translations
from flask import Flask, Request, Response, g, has_app_context
from flask_babel import Babel, Domain, LazyString, format_datetime
from markupsafe import Markup
from typing_extensions import override

from authsms.foundation.cookies import OTHER_HOST, VISIT_COOKIE, cookie_name
from authsms.foundation.resources import translations_folder
from authsms.identity.preferences import LANGUAGES
from authsms.portals.services import asked, services

NAMES = {"en": "English", "de": "Deutsch"}
"""Of languages, in themselves."""

_CHOICE = "language"
_CHOSEN = "chosen-language"
_PLACES = frozenset({"c"})
_PLACES_OF_ADMINISTRATORS = frozenset(
    {
        *("q", "page", "sort", "before", "after", "days", "period", "live"),
        *("state", "service", "purpose", "person", "number", "provider_id", "since", "until"),
        *("login", "tag", "process_id", "event", "endpoint", "address"),
        *("name", "user", "kind", "preset", "template", "version", "draft", "cap"),
    }
)
"""Parameters that say what a page shows. What else stands in an address is not ours, and no page repeats it."""

_CHOICE_LIFETIME = timedelta(days=365)
_NOT_OURS = ("oidc", "forward_auth")
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


class _Sentences(Domain):  # type: ignore[misc]  # comes without types
    """Flask-Babel's catalogues, found by the name of a language alone.

    The library makes what Babel knows of a language for every request, and looks on the disk whether there is such a
    one, only to name its catalogue.
    """

    @override
    def get_translations(self) -> NullTranslations:
        return _present()


def register(app: Flask) -> None:
    """Translate what *app* renders; the sources are English, the catalogues lie in ``translations``."""
    babel = Babel(app, default_locale=LANGUAGES[0], default_timezone="UTC", locale_selector=language)
    babel.domain_instance = _Sentences()
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
        here = asked()
        cookies, https = here.cookies, services().settings.is_https
        wish = here.args.get(_WISH, "") or cookies.get(cookie_name("language", https=https), "")
        kept, own = g.get("kept_language", ""), cookies.get(cookie_name(_CHOSEN, https=https), "")
        tags = (language_of_visit(), kept, own, *wish.split(), *here.accept_languages.values())
        chosen = g.language = _first(tag.partition("-")[0].lower() for tag in tags) or LANGUAGES[0]
    return chosen


def language_of_visit() -> str:
    """Return the language that was chosen in this browser on this visit, or nothing."""
    here = asked()
    return _first((_choice(here), here.cookies.get(_cookie(VISIT_COOKIE), "")))


def keep_choice(response: Response, tag: str) -> None:
    """Let this browser speak what its owner has just decided upon for good; nothing leaves it to the browser again."""
    end_visit(response)
    if tag:
        _keep(response, _CHOSEN, tag, _CHOICE_LIFETIME)
    else:
        _drop(response, _CHOSEN)


def end_visit(response: Response) -> None:
    """Forget the language that was chosen on this visit."""
    _drop(response, VISIT_COOKIE)


def other_languages() -> Sequence[LanguageLink]:
    """Return links to this page in the other languages; none where it cannot be fetched again, or is not only ours."""
    here = asked()
    blueprint = here.blueprint
    if here.method != "GET" or blueprint is None or blueprint.startswith(_NOT_OURS):
        return ()
    places = _PLACES_OF_ADMINISTRATORS if blueprint.startswith("admin") else _PLACES
    kept = [(name, value) for name, value in here.args.items(multi=True) if name in places]
    present = language()
    return [
        LanguageLink(tag, NAMES[tag], "?" + urlencode([*kept, (_CHOICE, tag)])) for tag in LANGUAGES if tag != present
    ]


def _choice(here: Request) -> str:
    """Return the language that the link to the page *here* names, or nothing."""
    wanted = here.args.get(_CHOICE, "")
    return wanted if wanted in LANGUAGES and here.method == "GET" else ""


def _first(tags: Iterable[str]) -> str:
    return next((tag for tag in tags if tag in LANGUAGES), "")


@lru_cache
def catalogue(tag: str) -> NullTranslations:
    """Return the sentences of a language."""
    return Translations.load(str(translations_folder()), [tag])


def _present() -> NullTranslations:
    return catalogue(language() if has_app_context() else LANGUAGES[0])


def lazy_gettext(sentence: str) -> LazyString:
    """Return *sentence*, to be looked up when it is told; for pages of the sign-in.

    Flask-Babel's own finds out each time which catalogues an application has.
    """
    return LazyString(lambda: _present().gettext(sentence))


def _gettext(sentence: str, /, **values: Any) -> Markup:
    """Return *sentence* in the language of this request, as a part of a page; *values* are escaped."""
    return _filled(_present().gettext(sentence), values)


def _ngettext(one: str, many: str, number: int, /, **values: Any) -> Markup:
    return _filled(_present().ngettext(one, many, number), {"num": number, **values})


def _filled(sentence: str, values: Mapping[str, Any]) -> Markup:
    # Sentences are our own, in our own catalogues.
    return Markup(sentence) % values if values else Markup(sentence % values)  # noqa: S704


def _vary(response: Response) -> Response:
    tag: str | None = g.get("language")
    if tag is not None:
        # Not by their sets: these write the whole header anew with every word.
        response.headers.add("Vary", "Accept-Language")
        response.headers.set("Content-Language", tag)
        here = asked()
        if OTHER_HOST in here.environ:
            return response  # a page in the name of a site: that host's cookies are not ours
        if _choice(here):
            _keep(response, _CHOSEN, tag, _CHOICE_LIFETIME)
            _keep(response, VISIT_COOKIE, tag, None)
        if _WISH in here.args:
            _keep(response, "language", tag, _WISH_LIFETIME, "Strict")
    return response


def _keep(response: Response, word: str, tag: str, lifetime: timedelta | None, site: str = "Lax") -> None:
    # Lax: whoever comes from an application's site has chosen, too.
    https = services().settings.is_https
    response.set_cookie(_cookie(word), tag, max_age=lifetime, secure=https, httponly=True, samesite=site)


def _drop(response: Response, word: str) -> None:
    https = services().settings.is_https
    response.delete_cookie(_cookie(word), secure=https, httponly=True, samesite="Lax")


def _cookie(word: str) -> str:
    return cookie_name(word, https=services().settings.is_https)
