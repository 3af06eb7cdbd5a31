"""FreeRADIUS in front of the door: a proxy, which also ends the tunnels of EAP-TTLS; and eapol_test, a WLAN client."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.parts.certificates import Authority
from tests.parts.manual import recipe
from tests.parts.processes import HOST, PartError, Process, find_program, private_folder, start_on_free_ports

SECRET = "secret-between-device-and-proxy"
_CONFIGURATION = """\
prefix = /usr
exec_prefix = /usr
sysconfdir = /etc
localstatedir = {folder}
logdir = {folder}
raddbdir = {folder}
run_dir = {folder}
db_dir = {folder}
libdir = /usr/lib/freeradius
security {{
    allow_vulnerable_openssl = yes
    status_server = no
}}
thread pool {{
    start_servers = 2
    max_servers = 4
}}
proxy_requests = yes
proxy server {{
}}
{proxy}
client device {{
    ipaddr = {host}
    secret = {secret}
}}
modules {{
    eap {{
        default_eap_type = ttls
        tls-config tunnel {{
            private_key_file = {key}
            certificate_file = {certificate}
            tls_min_version = "1.2"
            tls_max_version = "1.2"
        }}
        ttls {{
            tls = tunnel
            virtual_server = inner
        }}
    }}
}}
server outer {{
    listen {{
        type = auth
        ipaddr = {host}
        port = {port}
    }}
    authorize {{
        if (&EAP-Message) {{
            eap
        }}
        else {{
            {send}
        }}
    }}
    authenticate {{
        eap
    }}
    post-proxy {{
        eap
    }}
}}
server inner {{
    authorize {{
        {send}
    }}
    authenticate {{
        eap
    }}
    post-proxy {{
        eap
    }}
}}
"""
_NETWORK = """\
network={{
    ssid="wlan"
    key_mgmt=WPA-EAP
    eap=TTLS
    identity="{user}"
    anonymous_identity="anonymous"
    password="{password}"
    phase2="auth=PAP"
    ca_cert="{ca}"
}}
"""


@dataclass(frozen=True, slots=True)
class FreeRadius:
    """A running proxy."""

    port: int
    folder: Path
    authority: Authority
    process: Process

    def join_network(self, user: str, password: str) -> bool:
        """Return whether somebody gets into the WLAN, by EAP-TTLS with PAP in the tunnel."""
        network = self.folder / "network.conf"
        network.write_text(_NETWORK.format(user=user, password=password, ca=self.authority.file), "utf-8")
        ran = subprocess.run(
            [
                find_program("eapol_test"),
                "-c",
                str(network),
                "-a",
                HOST,
                "-p",
                str(self.port),
                "-s",
                SECRET,
                "-t",
                "50",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = ran.stdout.rstrip().rpartition("\n")[2]
        if said not in {"SUCCESS", "FAILURE"}:
            raise PartError(f"eapol_test: {ran.stdout[-2000:]}\n{self.process.log.read_text(errors='replace')[-2000:]}")
        return said == "SUCCESS"


@contextmanager
def run_freeradius(behind: int, secret_behind: str) -> Iterator[FreeRadius]:
    """Run a proxy in front of the server at the port *behind*, until the block ends."""
    with private_folder("freeradius") as folder:
        server = start_on_free_ports(1, partial(_start, folder, behind, secret_behind))
        try:
            yield server
        finally:
            server.process.stop()


def _start(folder: Path, behind: int, secret_behind: str, port: int) -> FreeRadius:
    authority = Authority(folder)
    files = authority.issue("radius")
    text = _CONFIGURATION.format(
        folder=folder,
        host=HOST,
        port=port,
        secret=SECRET,
        proxy=recipe("/etc/freeradius/3.0/proxy.conf", {"1812": str(behind), "SECRET": secret_behind}),
        send=recipe("in authorize", {}),
        key=files.key,
        certificate=files.certificate,
    )
    (folder / "radiusd.conf").write_text(text, "utf-8")
    log = folder / "log"
    process = Process([find_program("freeradius"), "-f", "-l", "stdout", "-d", str(folder)], log=log)
    process.wait_until_ready(lambda: "Ready to process requests" in log.read_text(errors="replace"))
    return FreeRadius(port, folder, authority, process)
