"""The commands as an administrator types them in the folder of an installation, without a process for each."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from click.testing import CliRunner, Result

from authsms.cli import commands
from authsms.foundation.settings import load_settings
from authsms.wiring import Services, build

_DEVELOPMENT = {"AUTHSMS_ENVIRONMENT": "development", "AUTHSMS_OTP__PROFILE": "light"}


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell whose current folder is that of the installation."""

    folder: Path

    def run(self, *words: str, status: int = 0) -> str:
        """Return what a command prints on either stream; it has to end with *status*."""
        return self._invoke(words, status).output

    def printed(self, *words: str, status: int = 0) -> str:
        """Return what a command prints on standard output only."""
        return self._invoke(words, status).stdout

    def services(self, **variables: str) -> Services:
        """Return the services of the same installation; the caller closes them."""
        return build(load_settings(self.folder, {**_DEVELOPMENT, **variables}))

    def file(self, name: str, text: str) -> str:
        """Write a file and return its path."""
        (self.folder / name).write_text(text, "utf-8")
        return str(self.folder / name)

    def _invoke(self, words: tuple[str, ...], status: int) -> Result:
        with contextlib.chdir(self.folder), _own_logs():
            runner = CliRunner(env={"AUTHSMS_INSTANCE": str(self.folder), **_DEVELOPMENT})
            result = runner.invoke(commands, list(words), prog_name="authsms")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert status == result.exit_code, result.output
        return result


@contextlib.contextmanager
def _own_logs() -> Iterator[None]:
    """Let a command say where logs go, and undo it: its streams are gone afterwards."""
    root = logging.getLogger()
    before, level, raises, structure = list(root.handlers), root.level, logging.raiseExceptions, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.raiseExceptions = raises
        structlog.configure(**structure)
