"""What the README tells people to write into the files of other programs, so that tests try just that."""

import re
from collections.abc import Mapping
from pathlib import Path

_README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def recipe(name: str, here: Mapping[str, str]) -> str:
    """Return the block that begins with a comment of this name.

    Args:
        name: File or place the comment names; more may follow it.
        here: What has to be written instead of the examples.
    """
    found = re.search(rf"^```conf\n# {re.escape(name)}[^\n]*\n(.*?)^```$", _README, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the README has no recipe for {name}"
    text = found.group(1)
    for example, real in here.items():
        assert example in text
        text = text.replace(example, real)
    return text
