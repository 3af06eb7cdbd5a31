"""The environment of the templates, with what makes each page cheaper."""

from collections.abc import Callable, MutableMapping
from gettext import NullTranslations
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup
from typing_extensions import override

from authsms.identity.preferences import LANGUAGES
from authsms.portals.assets import asset
from authsms.portals.language import catalogue, language

_ENGLISH = frozenset({"protocols/rest.html"})
"""Pages for programmers; who reads them is not asked for a language."""


class PageEnvironment(Environment):
    """Flask's environment, which compiles a template once for each language, with its sentences in it.

    What is left to do for a page is to put what differs from reader to reader between a few long texts. Looking each
    sentence up for each page was a quarter of the work of a page.

    What is global lies in one plain dictionary. Jinja gives each template a chain of two mappings instead and compares
    both, name by name, whenever a page takes over macros: a tenth of that work. So whatever is global has to be there
    before the first page.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.tag = ""
        self._of_languages: dict[str, PageEnvironment] = {}

    @override
    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        if self.tag:
            return super().get_template(name, parent, globals)
        tag = LANGUAGES[0] if name in _ENGLISH else language()
        return self._in(tag).get_template(name, parent, globals)

    @override
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else dict(self.globals)

    def _in(self, tag: str) -> "PageEnvironment":
        found = self._of_languages.get(tag)
        if found is None:
            found = self.overlay()
            found.tag = tag
            self._of_languages[tag] = found
        return found

    @override
    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        if self.tag:
            _Settled(self.tag, catalogue(self.tag), self._drawn).visit(parsed)
        return parsed

    def _drawn(self, picture: str, *values: str) -> Markup:
        drawn: Markup = getattr(self.get_template("_macros.html").module, picture)(*values)
        return drawn


class _Settled(NodeTransformer):
    """Puts in the place of a call what it comes to, where that is the same on every page in a language."""

    def __init__(self, tag: str, sentences: NullTranslations, drawn: Callable[..., Markup]) -> None:
        self._tag = tag
        self._sentences = sentences
        self._drawn = drawn

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:  # noqa: N802 - named by the base class
        """Leave it; Jinja joins what is settled to a text that is then escaped once more."""
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - named by the base class
        """Return what a call comes to, or the call itself."""
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(sentence))]):
                found = self._sentences.gettext(sentence)
                if not node.kwargs:
                    return _constant(Markup(found % {}), node)  # noqa: S704 - from our own catalogues
                pairs = [nodes.Pair(_constant(one.key, node), one.value) for one in node.kwargs]
                values = nodes.Dict(pairs, lineno=node.lineno, environment=node.environment)
                template = _constant(Markup(found), node)  # noqa: S704
                return nodes.Mod(template, values, lineno=node.lineno, environment=node.environment)
            case nodes.Call(node=nodes.Name(name="asset"), args=[nodes.Const(value=str(file))]):
                settled = asset(file)
            case nodes.Call(node=nodes.Name(name="language"), args=[]):
                settled = self._tag
            case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="ui"), attr="mark"), args=[]):
                settled = self._drawn("mark")
            case nodes.Call(
                node=nodes.Getattr(node=nodes.Name(name="ui"), attr="icon"), args=[nodes.Const(value=str(name))]
            ):
                settled = self._drawn("icon", name)
            case _:
                return node
        return _constant(settled, node)


def _constant(value: str, node: nodes.Call) -> nodes.Const:
    return nodes.Const(value, lineno=node.lineno, environment=node.environment)
