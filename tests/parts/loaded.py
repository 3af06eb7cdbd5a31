"""What every fork of the tests has loaded from the beginning."""

from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from authsms.foundation.metrics_folder import share_folder

_folder = TemporaryDirectory(prefix="authsms-metrics-")
share_folder(Path(_folder.name))  # the metrics look for a folder when they are loaded; servers have their own later

for _name in (
    "pytest",
    "authsms.cli.supervisor",
    "authsms.cli.servers",
    "authsms.cli.serving",
    "authsms.cli.radius",
    "authsms.cli.audit",
    "tests.chaos.victim",
    "tests.chaos.carried",
):
    import_module(_name)
