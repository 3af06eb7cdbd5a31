"""Apache httpd with mod_auth_openidc, which knows nothing of this server but its address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.processes import HOST, PartError, Process, find_program, listens, private_folder

_MODULES = Path("/usr/lib/apache2/modules")
_NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "dir", "auth_openidc")
_CONFIGURATION = """\
{modules}
ServerName {host}
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
ErrorLog {folder}/error.log
Mutex file:{folder}
User www-data
Group www-data
StartServers 1
Listen {host}:{port}
DocumentRoot {folder}/site
DirectoryIndex index.html
{directives}
"""


@contextmanager
def run_apache(directives: str, port: int) -> Iterator[None]:
    """Run Apache with these directives; its site says no more than that one is in.

    Raises:
        PartError: It, or its module, is not installed, or did not start.
    """
    program = find_program("apache2")
    if not (_MODULES / "mod_auth_openidc.so").exists():
        raise PartError("mod_auth_openidc is not installed; `make test` brings it (or run .ci/setup-debian.sh)")
    with private_folder("apache") as folder:
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text("You are in.\n", "utf-8")
        modules = "\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _NEEDED)
        file = folder / "httpd.conf"
        values = {"modules": modules, "host": HOST, "folder": folder, "port": port, "directives": directives}
        file.write_text(_CONFIGURATION.format(**values), "utf-8")
        process = Process([program, "-D", "FOREGROUND", "-f", str(file)], log=folder / "httpd.log")
        try:
            process.wait_until_ready(lambda: listens(port))
            yield
        finally:
            process.stop()
