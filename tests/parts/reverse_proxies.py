"""nginx and Caddy with a configuration of the test's choice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.parts.processes import Process, find_program, listens, private_folder

_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""
_CADDY = "{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{servers}"


@contextmanager
def run_nginx(servers: str, port: int) -> Iterator[None]:
    """Run nginx with these ``server`` blocks, one of which listens on *port*."""
    with _run(["nginx", "-c"], _NGINX, servers, port):
        yield


@contextmanager
def run_caddy(servers: str, port: int) -> Iterator[None]:
    """Run Caddy with these sites, one of which listens on *port*."""
    with _run(["caddy", "run", "--adapter", "caddyfile", "--config"], _CADDY, servers, port):
        yield


@contextmanager
def _run(command: Sequence[str], frame: str, servers: str, port: int) -> Iterator[None]:
    with private_folder(command[0]) as folder:
        file = folder / "configuration"
        file.write_text(frame.format(folder=folder, servers=servers), "utf-8")
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        program = find_program(command[0])
        process = Process([program, *command[1:], str(file)], log=folder / "proxy.log", environment=home)
        try:
            process.wait_until_ready(lambda: listens(port))
            yield
        finally:
            process.stop()
