"""SOAP 1.1 for sender services: envelopes are made and read after a WSDL file that comes with the plugin.

zeep knows XML Schema, and nothing else is asked of it: it gets a file and bytes, and any address it might want to fetch
is refused. The call itself is an ordinary `ProviderRequest` with everything that guards those. zeep is loaded with the
first envelope, so that a process without SOAP pays neither the half second nor the memory.
"""

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

from authsms.senders.exchange import JsonValue, ProviderAnswer, ProviderRequest

_ENVELOPE: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
_CONTENT_TYPE: Final = "text/xml; charset=utf-8"
_DECLARATION = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NOT_IN_XML: Final = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # 5 ms to compile, hence not at the start


@dataclass(frozen=True, slots=True)
class SoapAnswer:
    """What a SOAP service answered.

    Attributes:
        value: The body; of a fault its detail, or None when that is nothing the WSDL knows. Times are in ISO 8601.
        fault: The words of a fault; None when it is none.
    """

    value: JsonValue
    fault: str | None = None


class SoapInterface:
    """What a WSDL file describes; safe to share between threads.

    Args:
        wsdl: A file with one binding, and without imports.
    """

    def __init__(self, wsdl: Path) -> None:
        self._wsdl = wsdl
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def request(self, url: str, operation: str, parts: Mapping[str, JsonValue]) -> ProviderRequest:
        """Return the request that calls *operation*; characters that XML cannot hold become question marks."""
        body, headers = self._known().write(operation, {name: _clean(part) for name, part in parts.items()})
        return ProviderRequest.raw(url, body, _CONTENT_TYPE, headers=tuple(headers.items()))

    def read(self, operation: str, answer: ProviderAnswer) -> SoapAnswer:
        """Return what *answer* says to a call of *operation*.

        Raises:
            ValueError: It is none of this interface's answers, or it declares a document type.
        """
        text = answer.body.decode("utf-8")
        if not answer.is_whole or _DECLARATION.search(text):
            raise ValueError("not a whole answer without a document type")
        try:
            return self._known().read(operation, text.encode())
        except Exception as error:
            # zeep and lxml have several trees of errors, and their words hold the answer.
            raise ValueError("no answer of this interface") from error

    def _known(self) -> "_Loaded":
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self._wsdl)
            return self._loaded


class _Loaded:
    """A WSDL file as zeep knows it."""

    def __init__(self, wsdl: Path) -> None:
        # Both are imported here and nowhere else: see the module.
        from lxml import etree  # noqa: PLC0415
        from zeep.helpers import serialize_object  # noqa: PLC0415
        from zeep.settings import Settings  # noqa: PLC0415
        from zeep.wsdl import Document  # noqa: PLC0415

        # It logs values that do not fit, and with them what a provider says.
        logging.getLogger("zeep").setLevel(logging.CRITICAL)
        settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        with wsdl.open("rb") as file:
            self._document = Document(file, _NoTransport(), settings=settings)
        (self._binding,) = self._document.bindings.values()
        self._etree = etree
        self._plain = serialize_object

    def write(self, operation: str, parts: Mapping[str, JsonValue]) -> tuple[bytes, Mapping[str, str]]:
        """Return a request's body and its own headers."""
        message = self._binding.get(operation).create(**parts)
        return self._etree.tostring(message.content, encoding="utf-8", xml_declaration=True), message.headers

    def read(self, operation: str, body: bytes) -> SoapAnswer:
        """Return what *body*, in UTF-8, says."""
        parser = self._etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
        )
        envelope = self._etree.fromstring(body, parser=parser)
        if envelope.tag != f"{_ENVELOPE}Envelope" or envelope.getroottree().docinfo.doctype:
            raise ValueError("no envelope")
        (content,) = envelope.findall(f"{_ENVELOPE}Body/*")
        if content.tag == f"{_ENVELOPE}Fault":
            return SoapAnswer(self._detail(content), content.findtext("faultstring") or "")
        if content.tag != self._binding.get(operation).output.body.qname.text:
            raise ValueError("an answer to something else")
        return SoapAnswer(self._value(content))

    def _detail(self, fault: Any) -> JsonValue:
        """Return what a fault says beyond words, if the WSDL knows it."""
        found = fault.find("detail/*")
        if found is None or self._etree.QName(found).namespace not in self._document.types.namespaces:
            return None
        return self._value(found)

    def _value(self, element: Any) -> JsonValue:
        return _json(self._plain(self._document.types.deserialize(element), dict))


class _NoTransport:
    """Stands where zeep would fetch from."""

    def load(self, url: str) -> NoReturn:  # noqa: ARG002 - zeep's own name
        """Refuse."""
        raise ValueError("nothing is fetched")


def _clean(value: JsonValue) -> JsonValue:
    """Return *value* with nothing in its texts that XML cannot hold."""
    if isinstance(value, str):
        return re.sub(_NOT_IN_XML, "?", value)
    if isinstance(value, Mapping):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _json(value: object) -> JsonValue:
    """Return what zeep has read as plain values."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return str(value)
        case date() | time():
            return value.isoformat()
        case Mapping():
            return dict(_pairs(value))
        case list():
            return [_json(one) for one in value]
        case _:
            raise ValueError("a value of another kind")


def _pairs(value: Mapping[Any, object]) -> Iterator[tuple[str, JsonValue]]:
    for name, one in value.items():
        yield str(name), _json(one)
