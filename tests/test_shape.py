"""The shape of the source tree: what ruff and import-linter cannot hold."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
VAGUE_NAMES = {"utils", "helpers", "common", "misc", "lib", "base"}
HOMES = {
    "argon2": ("authsms/foundation/vault.py",),
    "ldap3": ("authsms/identity/ldap",),
    "pyotp": ("authsms/otp/engine.py",),
    "pyrad": ("authsms/protocols/radius/packets.py",),
    "segno": ("authsms/portals/own_methods.py",),
    "phonenumbers": ("authsms/foundation/phone.py",),
    "authlib": ("authsms/protocols/oidc", "authsms/simulator/"),
    "joserfc": ("authsms/protocols/oidc", "authsms/simulator/"),
    "lxml": ("authsms/senders/soap.py",),
    "webauthn": ("authsms/logon/ceremony.py",),
    "zeep": ("authsms/senders/soap.py",),
}
LATE = {"alembic", "authsms.logon.ceremony", "lxml", "zeep"}
DOCSTRING = re.compile(r'(?:#[^\n]*\n)*r?"""\S')
OUTERMOST = re.compile(r"^(?=def |class |@)", re.MULTILINE)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
FOREIGN_PATH = re.compile(r"(?<![\w.}])/(?:ro" + r"ot|ho" + r"me|wo" + r"rk)/\w")
TEXT_SUFFIXES = {".py", ".html", ".txt", ".toml", ".md", ".json", ".sh", ".po", ".js", ".css", ".in", ".mako", ".ldif"}


def _python_files(*folders: str) -> list[Path]:
    """Return the modules people write; a migration is as long as what it makes."""
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return sorted(file for file in files if file.parent.name != "versions")


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def _imports(file: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return frozenset(found)


def _text_files() -> Iterator[Path]:
    for place in ("authsms", "plugins", "templates", "tests", "requirements", ".ci"):
        yield from (file for file in (ROOT / place).rglob("*") if file.is_file() and "vendor" not in file.parts)
    yield from (file for file in ROOT.iterdir() if file.is_file())


SOURCES = _python_files("authsms", "plugins")


def test_a_module_says_what_it_is_for_and_is_short() -> None:
    """A longer module holds two subjects."""
    modules = {_name(file): file.read_text("utf-8") for file in [*SOURCES, *_python_files("tests")]}

    assert [] == [name for name, text in modules.items() if not DOCSTRING.match(text)]
    assert [] == [name for name, text in modules.items() if text.count("\n") > LONGEST_MODULE]


def test_functions_are_short() -> None:
    """A function is read without scrolling."""
    long = [
        f"{_name(file)}: {node.name}"
        for file in SOURCES
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]

    assert [] == long


def test_no_test_stands_within_another_one() -> None:
    """It would never run, and nobody would notice."""
    parts = {
        (_name(file), part.partition("(")[0])
        for file in _python_files("tests")
        for part in OUTERMOST.split(file.read_text("utf-8"))
        if part.startswith("def ") and "\n    def test_" in part
    }

    assert set() == parts


def test_names_of_modules_are_nouns_of_the_field() -> None:
    """A vague name takes in everything; `methods/base.py` is the one contract called so."""
    vague = {_name(file) for file in SOURCES if file.stem in VAGUE_NAMES}

    assert {"authsms/logon/methods/base.py"} == vague


def test_a_plugin_imports_the_public_interface_only() -> None:
    """What a plugin can import is what we promise to third parties."""
    ours = {
        (_name(file), name)
        for file in _python_files("plugins")
        for name in _imports(file)
        if name.startswith((".", "authsms")) and name != "authsms.plugin_api"
    }

    assert set() == ours


def test_a_foreign_library_has_one_home() -> None:
    """So that replacing it, or working round its defects, is one file."""
    uses = [(name.split(".")[0], _name(file)) for file in SOURCES for name in _imports(file)]

    assert [] == [(used, file) for used, file in uses if used in HOMES and not file.startswith(HOMES[used])]


def test_a_start_does_not_wait_for_what_few_servers_need() -> None:
    """Each of them takes a tenth of a second; it is imported where it is used."""
    early = {
        (_name(file), name)
        for file in SOURCES
        for node in _tree(file).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for path in [f"{getattr(node, 'module', '')}.{alias.name}".strip(".") for alias in node.names]
        for name in LATE
        if f"{path}.".startswith(f"{name}.")
    }

    assert {("authsms/migrations/env.py", "alembic")} == early


def test_nothing_is_left_for_later_and_no_machine_is_named() -> None:
    """A reminder in the source is a promise nobody tracks; a path of one machine works on that machine only."""
    findings = [
        f"{_name(file)}: {found.group()}"
        for file in _text_files()
        if file.suffix in TEXT_SUFFIXES or file.name in {"Makefile", "run"}
        for pattern in (UNFINISHED, FOREIGN_PATH)
        for found in pattern.finditer(file.read_text("utf-8"))
    ]

    assert [] == findings


def test_locks_name_no_address() -> None:
    """Each machine fetches from the index it is told to use; the hashes say what is right."""
    locks = {_name(file): file.read_text("utf-8") for file in (ROOT / "requirements").glob("*.txt")}

    assert [] == [name for name, text in locks.items() if "://" in text]
    assert [] == [name for name, text in locks.items() if "--hash=sha256:" not in text]
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")
