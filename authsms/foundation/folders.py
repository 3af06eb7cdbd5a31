"""Folders that nobody but their owner may look into."""

from contextlib import suppress
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make *folder* with what is above it, and close it to all but its owner, also when it is there already.

    Somebody else's folder, or one on a disk that cannot be written, stays as it is.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        with suppress(OSError):
            folder.chmod(0o700)
