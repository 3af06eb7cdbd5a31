"""A whole login by a client that others wrote: Node's openid-client, which checks every answer by itself."""

import json
import subprocess
from pathlib import Path

from tests.functional.protocols.house import CALLBACK, Browser, House
from tests.parts.node import find_node

_SCRIPT = Path(__file__).with_name("openid_client.mjs")


def test_nodes_client_signs_people_in(house: House, browser: Browser) -> None:
    """From discovery over a pushed request to the person's name."""
    made, secret = house.endpoints.create("Node", event="web", redirect_uris=(CALLBACK,))
    browser.sign_in()
    command = [find_node(), str(_SCRIPT), browser.base, made.id, secret, CALLBACK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        back = browser.get(node.stdout.readline().strip()).headers["Location"]
        said, _ = node.communicate(f"{back}\n", timeout=20)

    assert {"acr": "urn:authsms:acr:two-factors", "name": "alice"} == json.loads(said)
