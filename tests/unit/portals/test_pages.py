"""Templates are compiled for each language, with what is the same on every page in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g, render_template
from markupsafe import Markup

from authsms.portals import language
from authsms.portals.assets import asset
from authsms.portals.pages import PageEnvironment

_PAGES = {
    "plain.html": '{% extends "frame.html" %}{% block content %}{{ _("Cancel") }}{% endblock %}',
    "frame.html": '<html lang="{{ language() }}">{% block content %}{% endblock %}{{ asset("portals.css") }}',
    "filled.html": '{{ _("to continue to %(place)s", place=place) }}',
    "macro.html": '{% macro cancel() %}{{ _("Cancel") }}{% endmacro %}',
    "macros.html": '{% import "macro.html" as ui %}{{ ui.cancel() }}',
    "_macros.html": "{% macro mark() %}<svg></svg>{% endmacro %}{% macro icon(name) %}<i>{{ name }}</i>{% endmacro %}",
    "pictures.html": '{% import "_macros.html" as ui %}{{ ui.mark() }}{{ ui.icon("<") }}{{ ui.icon(kind) }}',
    "joined.html": '{{ _("<b>bold</b>") }}{{ "1 < 2, " ~ _("<b>bold</b>") }}',
    "chosen.html": "{{ _(sentence) }}",
    "protocols/rest.html": '{{ _("Cancel") }}',
    "percent.html": '{{ _("100 %%") }}',
}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An application that has these pages and nothing else."""
    (tmp_path / "protocols").mkdir()
    for name, text in _PAGES.items():
        (tmp_path / name).write_text(text, "utf-8")
    app = Flask("pages", template_folder=str(tmp_path))
    app.jinja_environment = PageEnvironment
    language.register(app)
    app.add_template_global(asset)
    return app


@pytest.fixture(params=["en", "de"])
def tag(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """A language that a request is in."""
    with app.test_request_context():
        g.language = request.param
        yield request.param


def test_sentences_are_those_of_the_language(tag: str):
    word = {"en": "Cancel", "de": "Abbrechen"}[tag]

    assert render_template("plain.html") == f'<html lang="{tag}">{word}{asset("portals.css")}'
    assert render_template("macros.html") == word
    assert render_template("chosen.html", sentence="Cancel") == word


def test_a_page_is_in_the_language_of_each_request(app: Flask):
    words = []
    for tag in ("en", "de", "en", "de"):
        with app.test_request_context():
            g.language = tag
            words.append(render_template("macros.html"))

    assert words == ["Cancel", "Abbrechen"] * 2


def test_what_a_sentence_is_filled_with_is_escaped(tag: str):
    begun = {"en": "to continue to", "de": "weiter zu"}[tag]

    assert render_template("filled.html", place="<A & B>").startswith(f"{begun} &lt;A &amp; B&gt;")
    assert render_template("filled.html", place="100% {A} %(b)s").startswith(f"{begun} 100% {{A}} %(b)s")
    assert render_template("filled.html", place=Markup("<b>A</b>")).startswith(f"{begun} <b>A</b>")


@pytest.mark.usefixtures("tag")
def test_a_picture_is_drawn_as_its_macro_draws_it():
    assert render_template("pictures.html", kind=">") == "<svg></svg><i>&lt;</i><i>&gt;</i>"


@pytest.mark.usefixtures("tag")
def test_a_sentence_is_a_part_of_a_page_wherever_it_stands():
    assert render_template("joined.html") == "<b>bold</b>1 &lt; 2, <b>bold</b>"
    assert render_template("percent.html") == "100 %"


def test_for_the_reference_nobody_is_asked_for_a_language(app: Flask):
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert render_template("protocols/rest.html") == "Cancel"
        assert "language" not in g
