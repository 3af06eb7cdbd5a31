"""HTTP/1.1 as it is written and read: a request in one piece, and of its answer no more than is good for us.

The standard library reads the answer. The request is written here, since it must leave in one packet, and because
nothing may be added to it: no proxy, no credentials of the environment, no cookie.
"""

import base64
import re
from http.client import HTTPException, HTTPResponse, IncompleteRead

from urllib3.util import parse_url

from authsms.senders.connections import Place
from authsms.senders.exchange import ProviderAnswer, ProviderRequest

_BODY_LIMIT = 64 * 1024
_HEADER_LIMIT = 32 * 1024
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?\]")
_HEADERS = (("User-Agent", "authsms"), ("Accept", "*/*"), ("Accept-Encoding", "identity"))


def locate(url: str) -> tuple[Place, str]:
    """Return where a request for *url* goes, and what it asks for there.

    Raises:
        ValueError: It is no address of the web, or one with a user name in it.
    """
    parts = parse_url(url)
    host = parts.host or ""
    if parts.scheme not in _PORTS or parts.auth is not None or not _HOST.fullmatch(host):
        raise ValueError("not an address that can be called")
    place = Place(parts.scheme, host.strip("[]").rstrip("."), parts.port or _PORTS[parts.scheme])
    return place, parts.request_uri


def written(request: ProviderRequest, place: Place, target: str) -> bytes:
    """Return *request* as it goes to *place*; of headers that are said twice, the last one counts.

    Raises:
        ValueError: It holds a character that HTTP has no place for.
    """
    body = request.body or b""
    headers = [("Host", _host(place)), *_HEADERS, *request.headers]
    if request.basic is not None:
        headers.append(("Authorization", "Basic " + base64.b64encode(":".join(request.basic).encode()).decode()))
    if body or request.method != "GET":
        headers.append(("Content-Length", str(len(body))))
    named = {name.lower(): f"{name}: {value}" for name, value in headers}
    return "\r\n".join([f"{request.method} {target} HTTP/1.1", *named.values(), "", ""]).encode("latin-1") + body


def read(response: HTTPResponse) -> ProviderAnswer:
    """Return an answer, with at most 64 kB of its body.

    Raises:
        IncompleteRead: It ends too soon.
        HTTPException: It has too many headers, or is no valid HTTP.
        OSError: The connection broke.
    """
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if sum(len(name) + len(value) for name, value in headers.items()) > _HEADER_LIMIT:
        raise HTTPException("too many headers")
    body = response.read(_BODY_LIMIT + 1)
    if response.length and len(body) <= _BODY_LIMIT:
        raise IncompleteRead(body, response.length)
    return ProviderAnswer(response.status, headers, body[:_BODY_LIMIT], len(body) <= _BODY_LIMIT)


def _host(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == _PORTS[place.scheme] else f"{host}:{place.port}"
