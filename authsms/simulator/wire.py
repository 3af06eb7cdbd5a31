"""How an answer goes down the line: in one piece, or in one of the ways in which lines fail."""

import contextlib
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from authsms.simulator.faults import Fault, FaultKind

ORDER_KEY = "authsms.simulator.fault"
"""Where a WSGI application leaves the `Fault` that the server is to act out on the line."""

_LOOK_SECONDS = 0.05
_PIECE = b" " * 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in bytes: status line and header lines without the closing empty line, and the body."""

    head: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """All of it."""
        return self.head + b"\r\n" + self.body


def send(line: socket.socket, answer: Answer, fault: Fault | None, stopping: threading.Event) -> bool:
    """Send *answer*, spoilt by *fault*, and return whether the connection may be used again."""
    kind = fault.kind if fault else None
    if fault is None or kind is FaultKind.SLOW:
        if fault is not None:
            stopping.wait(fault.seconds)
        line.sendall(answer.whole)
        return True
    if kind is FaultKind.HANG:
        _wait_for_leaving(line, fault.seconds, stopping)
    elif kind is FaultKind.RESET:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    else:
        _send_badly(line, answer, fault, stopping)
    return False


def _send_badly(line: socket.socket, answer: Answer, fault: Fault, stopping: threading.Event) -> None:
    if fault.kind is FaultKind.CUT:
        line.sendall(answer.whole[: -max(1, len(answer.body) // 2)])
    elif fault.kind is FaultKind.DRIP:
        line.sendall(answer.head + b"\r\n")
        _drip(line, answer.body, fault.seconds, stopping)
    elif fault.kind is FaultKind.DRIP_HEAD:
        _drip(line, answer.whole, fault.seconds, stopping)
    elif fault.kind is FaultKind.HUGE:
        _flood(line, answer, fault.size, stopping)


def _drip(line: socket.socket, data: bytes, seconds: float, stopping: threading.Event) -> None:
    for place in range(len(data)):
        line.sendall(data[place : place + 1])
        if stopping.wait(seconds):
            return


def _flood(line: socket.socket, answer: Answer, size: int, stopping: threading.Event) -> None:
    """Send blanks, then the body, so that the whole is valid JSON of *size* bytes without an announced length."""
    measured = (b"content-length", b"connection")
    lines = [each for each in answer.head.split(b"\r\n") if each and not each.lower().startswith(measured)]
    line.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
    left = size - len(answer.body)
    while left > 0 and not stopping.is_set():
        line.sendall(_PIECE[:left])
        left -= len(_PIECE)
    line.sendall(answer.body)


def _wait_for_leaving(line: socket.socket, seconds: float, stopping: threading.Event) -> None:
    """Wait until the client closes its side, *seconds* are over, or the server stops."""
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < end and not stopping.is_set():
            readable, _, _ = select.select([line], [], [], _LOOK_SECONDS)
            if readable and not line.recv(1, socket.MSG_PEEK):
                return
            if readable:
                stopping.wait(_LOOK_SECONDS)
