"""What people are told to read: the README and the pages of `docs`, so that tests try just that."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES: Mapping[str, str] = {
    file.relative_to(ROOT).as_posix(): file.read_text("utf-8")
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
"""Text of each page by its place in the project."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code."""

    language: str
    code: str

    @property
    def name(self) -> str:
        """The file a TOML block stands for."""
        return self.code.partition("\n")[0].removeprefix("# ").strip()


def whole() -> str:
    """Return all pages, one after the other."""
    return "\n".join(PAGES.values())


def headings(page: str) -> list[str]:
    """Return the headings of a page; what begins with a hash in a block of code is none."""
    return [words for _, words in _HEADING.findall(_BLOCK.sub("", PAGES[page]))]


def section(heading: str) -> str:
    """Return what stands under a heading, smaller headings included.

    Raises:
        AssertionError: No page has the heading, or two have it.
    """
    found = [text for page in PAGES.values() for title, text in _sections(page) if title == heading]
    assert len(found) == 1, f"{len(found)} places are headed {heading!r}"
    return found[0]


def blocks(text: str) -> list[Block]:
    """Return the blocks of code in a text."""
    return [Block(language, code) for language, code in _BLOCK.findall(text)]


def recipe(name: str, here: Mapping[str, str]) -> str:
    """Return the block that begins with a comment of this name.

    Args:
        name: File or place the comment names; more may follow it.
        here: What has to be written instead of the examples.
    """
    found = re.search(rf"^```conf\n# {re.escape(name)}[^\n]*\n(.*?)^```$", whole(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"no page has a recipe for {name}"
    text = found.group(1)
    for example, real in here.items():
        assert example in text
        text = text.replace(example, real)
    return text


def _sections(page: str) -> Iterator[tuple[str, str]]:
    """Yield each heading of a page with what stands under it; blocks of code are kept whole."""
    bare = _BLOCK.sub(lambda block: block.group().replace("\n#", "\n\0"), page)
    found = list(_HEADING.finditer(bare))
    for place, heading in enumerate(found):
        depth = len(heading.group(1))
        end = next((later.start() for later in found[place + 1 :] if len(later.group(1)) <= depth), len(bare))
        yield heading.group(2), bare[heading.end() : end].replace("\0", "#")
