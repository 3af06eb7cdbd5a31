"""The JSON interface: read phones, reply, set faults; for tests, scripts and the demonstration."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import HTTPException

from authsms.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from authsms.simulator.faults import Fault, FaultBook, parse_fault
from authsms.simulator.numbers import read_number
from authsms.simulator.phones import Phone, Text
from authsms.simulator.providers.contract import Network, SimulatedProvider
from authsms.simulator.replies import Replies
from authsms.simulator.segments import alphabet, count_parts

_LONGEST_WAIT = 60.0
_LONGEST_REPLY = 1600
_LONGEST_LABEL = 60


def create_api(network: Network, providers: Mapping[str, SimulatedProvider], replies: Replies) -> Blueprint:
    """Return the routes of the JSON interface."""
    api = Blueprint("api", __name__)
    _add_phones(api, network, replies)
    _FaultRoutes(network.faults, providers).register(api)
    _add_providers(api, network, providers)

    @api.get("/healthz")
    def health() -> Response:
        return jsonify(status="ok")

    @api.errorhandler(InvalidInputError)
    @api.errorhandler(NotFoundError)
    @api.errorhandler(ConflictError)
    @api.errorhandler(HTTPException)
    def explain(error: Exception) -> tuple[Response, int]:
        return jsonify(error=_words(error)), _status(error)

    return api


def read_phone(text: str) -> str:
    """Return the number in a URL.

    Raises:
        InvalidInputError: It is none.
    """
    number = read_number(text)
    if number is None:
        raise InvalidInputError("A phone is named by its number in E.164, such as +491711234567.", field="phone")
    return number


def read_wait(name: str = "wait") -> timedelta:
    """Return how long the caller is ready to wait, at most a minute."""
    return timedelta(seconds=min(_read_float(name), _LONGEST_WAIT))


def _add_phones(api: Blueprint, network: Network, replies: Replies) -> None:
    phones = network.phones

    @api.get("/phones")
    def list_phones() -> Response:
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            return Response(status=302, headers={"Location": url_for("pages.board")})
        return jsonify(phones=[_show_phone(phone) for phone in phones.phones()], latest=phones.latest)

    @api.delete("/phones")
    def clear_phones() -> tuple[str, int]:
        phones.clear()
        return "", HTTPStatus.NO_CONTENT

    @api.put("/phones/<phone>")
    def label_phone(phone: str) -> Response:
        number = read_phone(phone)
        phones.label(number, _read_text(_read_object(), "label", _LONGEST_LABEL))
        return jsonify(_show_phone(phones.phone(number)))

    @api.get("/phones/<phone>/messages")
    def list_messages(phone: str) -> Response:
        number = read_phone(phone)
        texts = phones.wait_for_text(number, since=int(_read_float("since")), patience=read_wait())
        return jsonify(phone=number, messages=[_show_text(text) for text in texts], latest=phones.latest)

    @api.delete("/phones/<phone>/messages")
    def clear_messages(phone: str) -> tuple[str, int]:
        phones.clear(read_phone(phone))
        return "", HTTPStatus.NO_CONTENT

    @api.post("/phones/<phone>/replies")
    def reply(phone: str) -> tuple[Response, int]:
        data = _read_object()
        words = _read_text(data, "text", _LONGEST_REPLY)
        to, provider = _read_text(data, "to", 30, needed=False), _read_text(data, "provider", 30, needed=False)
        sent = replies.send(read_phone(phone), words, to=to, provider=provider)
        return jsonify(_show_text(sent)), HTTPStatus.CREATED


class _FaultRoutes:
    """What goes wrong, by provider."""

    def __init__(self, faults: FaultBook, names: Collection[str]) -> None:
        self._faults = faults
        self._names = names

    def register(self, api: Blueprint) -> None:
        api.add_url_rule("/faults", "list_faults", self._list, methods=["GET"])
        api.add_url_rule("/faults", "clear_faults", self._clear, methods=["DELETE"])
        api.add_url_rule("/faults/<provider>", "list_fault", self._list_one, methods=["GET"])
        api.add_url_rule("/faults/<provider>", "put_fault", self._put, methods=["PUT"])
        api.add_url_rule("/faults/<provider>", "clear_fault", self._clear_one, methods=["DELETE"])

    def _list(self) -> Response:
        return self._show(self._names)

    def _clear(self) -> Response:
        self._faults.clear()
        return Response(status=HTTPStatus.NO_CONTENT)

    def _list_one(self, provider: str) -> Response:
        return self._show([self._known(provider)])

    def _put(self, provider: str) -> Response:
        data = request.get_json()
        parsed = [parse_fault(each) for each in (data if isinstance(data, list) else [data])]
        self._faults.put(self._known(provider), parsed)
        return self._show([provider])

    def _clear_one(self, provider: str) -> Response:
        phone = request.args.get("phone")
        self._faults.clear(self._known(provider), read_phone(phone) if phone else None)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _known(self, name: str) -> str:
        return _known(name, self._names)

    def _show(self, names: Collection[str]) -> Response:
        return jsonify(faults={name: [_show_fault(fault) for fault in self._faults.of(name)] for name in names})


def _add_providers(api: Blueprint, network: Network, providers: Mapping[str, SimulatedProvider]) -> None:
    def show(provider: SimulatedProvider) -> dict[str, str]:
        return {"name": provider.name, "title": provider.title, "inbound_url": provider.inbound_url}

    @api.get("/providers")
    def list_providers() -> Response:
        return jsonify(providers=[show(provider) for provider in providers.values()])

    @api.put("/providers/<name>")
    def set_provider(name: str) -> Response:
        provider = providers[_known(name, providers)]
        url = _read_text(_read_object(), "inbound_url", 2000, needed=False)
        if url and not url.startswith(("http://", "https://")):
            raise InvalidInputError("'inbound_url' is a URL, or empty.", field="inbound_url")
        provider.inbound_url = url
        return jsonify(show(provider))

    @api.get("/callbacks")
    def list_callbacks() -> Response:
        network.postman.wait_until_idle(read_wait())
        posted = network.postman.deliveries()
        return jsonify(callbacks=[{"url": each.url, "status": each.status, "trouble": each.trouble} for each in posted])


def _known(name: str, names: Collection[str]) -> str:
    if name not in names:
        raise NotFoundError(f"There is no provider {name!r}; there are: {', '.join(names)}.")
    return name


def _show_phone(phone: Phone) -> dict[str, object]:
    last = phone.texts[-1].at.isoformat() if phone.texts else None
    return {
        "number": phone.number,
        "label": phone.label,
        "messages": len(phone.texts),
        "unread": phone.unread,
        "last": last,
    }


def _show_text(text: Text) -> dict[str, object]:
    sender, recipient = (text.other, text.phone) if text.is_received else (text.phone, text.other)
    return {
        "number": text.number,
        "direction": text.direction,
        "sender": sender,
        "recipient": recipient,
        "text": text.text,
        "provider": text.provider,
        "id": text.provider_id,
        "at": text.at.isoformat(),
        "state": text.state,
        "alphabet": alphabet(text.text),
        "parts": count_parts(text.text),
    }


def _show_fault(fault: Fault) -> dict[str, object]:
    return {name: getattr(fault, name) for name in Fault.__dataclass_fields__}


def _read_object() -> Mapping[str, object]:
    data = request.get_json()
    if not isinstance(data, dict):
        raise InvalidInputError("Send a JSON object.")
    return data


def _read_text(data: Mapping[str, object], name: str, longest: int, *, needed: bool = True) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
        raise InvalidInputError(f"{name!r} is a text of at most {longest} characters.", field=name)
    return value


def _read_float(name: str) -> float:
    text = request.args.get(name, "0")
    try:
        value = float(text)
    except ValueError as error:
        raise InvalidInputError(f"{name!r} is a number.", field=name) from error
    if not 0 <= value < 1e15:  # noqa: PLR2004 - also keeps NaN and infinity out
        raise InvalidInputError(f"{name!r} is a number.", field=name)
    return value


def _words(error: Exception) -> str:
    return str(error.description) if isinstance(error, HTTPException) else str(error)


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    statuses = {InvalidInputError: HTTPStatus.BAD_REQUEST, NotFoundError: HTTPStatus.NOT_FOUND}
    return statuses.get(type(error), HTTPStatus.CONFLICT)
