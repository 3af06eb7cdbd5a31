"""A mail server on a port of its own: as much of RFC 5321, 3207 and 4954 as a client of ours needs."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from tests.parts.certificates import ServerFiles


@dataclass
class Letter:
    """A mail as it was taken."""

    recipients: list[str]
    octets: bytes
    is_sealed: bool

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        return message_from_bytes(self.octets, policy=SMTP)


@dataclass
class MailServer:
    """What it does, and what it was told.

    Attributes:
        files: Its certificate, or None for a server without TLS.
        sealed: TLS from the first byte; otherwise STARTTLS is offered.
        user: Name and password it demands, or None for none.
        answers: What it says to a command in place of what it would say, e.g. ``{"RCPT": "550 5.1.1 no"}``.
        drips: It greets byte by byte and never comes to an end.
        heard: Every line it was sent, with the word "sealed" or "clear".
    """

    files: ServerFiles | None = None
    sealed: bool = False
    user: tuple[str, str] | None = None
    port: int = 0
    drips: bool = False
    answers: dict[str, str] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def in_clear(self) -> str:
        """Return all that was sent without TLS."""
        return "\n".join(line for how, line in self.heard if how == "clear")


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """Let it serve; on the port it had before, if it had one."""
    handler = type("Handler", (_Handler,), {"house": server})
    with _Server(("127.0.0.1", server.port), handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            listener.shutdown()
            thread.join()
    server.stop.clear()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients may go when they like."""


class _Handler(socketserver.BaseRequestHandler):
    house: MailServer

    def handle(self) -> None:
        self.line = self.request
        self.is_sealed = False
        self.recipients: list[str] = []
        if self.house.sealed:
            self._seal()
        with suppress(OSError):
            while self.house.drips and not self.house.stop.wait(0.02):
                self.line.sendall(b"2")
            self._converse()
        with suppress(OSError):
            self.line.close()

    def _seal(self) -> None:
        assert self.house.files is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.house.files.certificate, self.house.files.key)
        self.line = context.wrap_socket(self.line, server_side=True)
        self.is_sealed = True

    def _converse(self) -> None:
        self._say("220 post.example ready")
        while words := self._read(b"\r\n"):
            line = words.decode("utf-8", "replace").removesuffix("\r\n")
            self.house.heard.append(("sealed" if self.is_sealed else "clear", line))
            verb = line.partition(" ")[0].upper()
            if verb in self.house.answers:
                self._say(self.house.answers[verb])
                continue
            self._obey(verb, line)
            if verb == "QUIT":
                return

    def _obey(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                offers = ["STARTTLS"] if self.house.files and not self.is_sealed else []
                offers += ["AUTH PLAIN"] if self.house.user else []
                self._say("\r\n".join(f"250-{offer}" for offer in ["post.example", *offers]) + "\r\n250 8BITMIME")
            case "STARTTLS":
                self._say("220 go ahead")
                self._seal()
            case "AUTH":
                given = base64.b64decode(line.rpartition(" ")[2]).decode().split("\0")[1:]
                self._say("235 welcome" if tuple(given) == self.house.user else "535 5.7.8 no")
            case "RCPT":
                self.recipients.append(line.partition(":")[2].partition(" ")[0].strip("<>"))
                self._say("250 ok")
            case "DATA":
                self._say("354 go on")
                octets = self._read(b"\r\n.\r\n").removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
                self.house.letters.append(Letter(self.recipients, octets, self.is_sealed))
                self.recipients = []
                self._say("250 taken")
            case _:
                self._say("221 bye" if verb == "QUIT" else "250 ok")

    def _say(self, words: str) -> None:
        self.line.sendall(f"{words}\r\n".encode())

    def _read(self, end: bytes) -> bytes:
        octets = b""
        while not octets.endswith(end):
            one = self.line.recv(1)
            if not one:
                return b""
            octets += one
        return octets
