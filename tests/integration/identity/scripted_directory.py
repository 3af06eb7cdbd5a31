"""A directory that answers exactly what a test tells it to, in the wire format of RFC 4511."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ldap3.operation.bind import bind_response_operation
from ldap3.protocol.rfc4511 import (
    LDAPDN,
    URI,
    ExtendedResponse,
    LDAPMessage,
    LDAPString,
    MessageID,
    ModifyResponse,
    ProtocolOp,
    ResultCode,
    SearchResultDone,
    SearchResultReference,
)
from pyasn1.codec.ber import encoder

from tests.parts.processes import HOST

LDAP_MESSAGE, BIND, SEARCH, EXTENDED, MODIFY = 0x30, 0x60, 0x63, 0x77, 0x66


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent.

    Attributes:
        operation: ``bind``, ``search``, ``modify`` or ``extended``.
        values: ``name`` and ``password``, or ``base``, ``size_limit`` and ``filter``, or ``dn`` and ``changes``.
    """

    message_id: int
    operation: str
    values: Mapping[str, Any]


Answer = Callable[[Request], Iterable[bytes] | None]
"""Returns the octets to send back, or None to hang up."""


@dataclass(slots=True)
class ScriptedDirectory:
    """Where it listens, and what it was asked."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    failures: list[Exception] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Address without TLS."""
        return f"ldap://{HOST}:{self.port}"


@contextmanager
def run_directory(answer: Answer) -> Iterator[ScriptedDirectory]:
    """Serve *answer* on loopback, each connection in a thread of its own."""
    sockets: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as listener:
        directory = ScriptedDirectory(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    sockets.append(connection)
                    directory.connections += 1
                    threading.Thread(target=_serve, args=(connection, answer, directory), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield directory
        finally:
            for one in (listener, *sockets):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            thread.join(5)
        assert not directory.failures


def bind_done(request: Request, code: int = 0, message: str = "") -> bytes:
    """Return the answer to a bind."""
    return _message(request.message_id, "bindResponse", bind_response_operation(code, diagnostic_message=message))


def entry(request: Request, dn: str, values: Mapping[str, Sequence[bytes]]) -> bytes:
    """Return one entry of a search."""
    attributes = b"".join(
        _element(0x30, _element(0x04, name.encode()), _element(0x31, *(_element(0x04, octet) for octet in octets)))
        for name, octets in values.items()
    )
    found = _element(0x64, _element(0x04, dn.encode()), _element(0x30, attributes))
    return _element(0x30, encoder.encode(MessageID(request.message_id)), found)


def reference(request: Request, url: str) -> bytes:
    """Return a reference to another server among the entries of a search."""
    return _message(request.message_id, "searchResRef", SearchResultReference().setComponentByPosition(0, URI(url)))


def search_done(request: Request, code: int = 0, message: str = "", cookie: bytes | None = None) -> bytes:
    """Return the end of a search; with a *cookie* it is the end of a page."""
    octets = _message(request.message_id, "searchResDone", _result(SearchResultDone(), code, message))
    if cookie is None:
        return octets
    value = bytes([0x30, len(cookie) + 5, 2, 1, 0, 4, len(cookie)]) + cookie
    control = b"\x04\x16" + b"1.2.840.113556.1.4.319" + b"\x04" + bytes([len(value)]) + value
    controls = bytes([0xA0, len(control) + 2, 0x30, len(control)]) + control
    body = octets[2:] + controls
    return bytes([0x30, len(body)]) + body


def extended_done(request: Request, code: int = 0) -> bytes:
    """Return the answer to an extended operation."""
    return _message(request.message_id, "extendedResp", _result(ExtendedResponse(), code, ""))


def modify_done(request: Request, code: int = 0, message: str = "") -> bytes:
    """Return the answer to a change."""
    return _message(request.message_id, "modifyResponse", _result(ModifyResponse(), code, message))


def _result(result: Any, code: int, message: str) -> Any:
    result["resultCode"] = ResultCode(code)
    result["matchedDN"] = LDAPDN("")
    result["diagnosticMessage"] = LDAPString(message)
    return result


def _message(message_id: int, name: str, operation: Any) -> bytes:
    message = LDAPMessage()
    message["messageID"] = MessageID(message_id)
    message["protocolOp"] = ProtocolOp().setComponentByName(name, operation)
    octets: bytes = encoder.encode(message)
    return octets


def _serve(connection: socket.socket, answer: Answer, directory: ScriptedDirectory) -> None:
    buffer = b""
    with connection, suppress(OSError):
        while chunk := connection.recv(65536):
            buffer += chunk
            if buffer[0] != LDAP_MESSAGE:
                return
            while len(buffer) > 1 and (size := _size(buffer)) <= len(buffer):
                request, buffer = _read(buffer[:size]), buffer[size:]
                directory.requests.append(request)
                try:
                    replies = answer(request)
                    if replies is None:
                        return
                    for octets in replies:
                        connection.sendall(octets)
                except OSError:
                    raise
                except Exception as error:
                    directory.failures.append(error)
                    raise


def _read(octets: bytes) -> Request:
    """Return a message as plain values; pyasn1 cannot read back the filters that ldap3 writes."""
    number, operation, *_ = _parts(octets)
    values = _parts(operation)
    given: dict[str, str | int]
    if operation[0] == BIND:
        given = {"name": _text(values[1]), "password": _text(values[2])}
        return Request(_number(number), "bind", given)
    if operation[0] == SEARCH:
        given = {"base": _text(values[0]), "size_limit": _number(values[3]), "filter": _filter(values[6])}
        return Request(_number(number), "search", given)
    if operation[0] == MODIFY:
        changes = [_change(change) for change in _parts(values[1])]
        return Request(_number(number), "modify", {"dn": _text(values[0]), "changes": changes})
    return Request(_number(number), "extended" if operation[0] == EXTENDED else f"{operation[0]:#x}", {})


def _change(octets: bytes) -> tuple[int, str, str]:
    """Return how an attribute is changed, and its one value, which is a password of Active Directory."""
    how, attribute = _parts(octets)
    name, values = _parts(attribute)
    [value] = _parts(values)
    return _number(how), _text(name), _content(value).decode("utf-16-le")


def _filter(octets: bytes) -> str:
    """Return a filter in the usual notation; octets that are no text in hexadecimal."""
    match octets[0]:
        case 0xA0 | 0xA1 | 0xA2:
            return f"({'&|!'[octets[0] - 0xA0]}{''.join(map(_filter, _parts(octets)))})"
        case 0xA3:
            name, value = _parts(octets)
            return f"({_text(name)}={_text(value)})"
        case 0x87:
            return f"({_text(octets)}=*)"
        case 0xA9:
            rule, name, value, *_ = _parts(octets)
            return f"({_text(name)}:{_text(rule)}:={_text(value)})"
        case tag:
            raise ValueError(f"these tests use no filter {tag:#x}")


def _element(tag: int, *parts: bytes) -> bytes:
    """Return an element; its length takes four octets always, as Active Directory writes it."""
    content = b"".join(parts)
    return bytes([tag, 0x84]) + len(content).to_bytes(4) + content


def _size(octets: bytes) -> int:
    if octets[1] < 0x80:
        return 2 + octets[1]
    header = 2 + (octets[1] & 0x7F)
    return header + int.from_bytes(octets[2:header])


def _content(octets: bytes) -> bytes:
    return octets[2 if octets[1] < 0x80 else 2 + (octets[1] & 0x7F) :]


def _parts(octets: bytes) -> list[bytes]:
    rest, parts = _content(octets), []
    while rest:
        parts.append(rest[: _size(rest)])
        rest = rest[_size(rest) :]
    return parts


def _number(octets: bytes) -> int:
    return int.from_bytes(_content(octets))


def _text(octets: bytes) -> str:
    try:
        return _content(octets).decode()
    except UnicodeDecodeError:
        return _content(octets).hex()
