"""Where the processes of one server add up what they count.

The library reads its variable when it is imported, so this module imports nothing of it.
"""

import os
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_folder(folder: Path) -> None:
    """Make the processes started from here count together in *folder*, from zero.

    Left-over files of an earlier run are deleted: process ids come back, and old counts would be added to new ones.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
    os.environ[FOLDER_VARIABLE] = str(folder)
