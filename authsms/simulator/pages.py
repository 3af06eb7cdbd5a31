"""The page of the virtual phones, for people; it works without its script, only less briskly."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from authsms.foundation.errors import AuthsmsError
from authsms.simulator.api import read_phone, read_wait
from authsms.simulator.codes import find_code
from authsms.simulator.phones import Phone
from authsms.simulator.providers.contract import Network
from authsms.simulator.replies import Replies, can_be_answered
from authsms.simulator.segments import alphabet, count_parts

_SHOWN_PHONES = 24
_LONGEST_REPLY = 1600
_LONGEST_LABEL = 60
_UNSEEN = (0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
_CONTROLS: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"},
    0x7F: "\u2421",
    **{code: f"[U+{code:04X}]" for code in _UNSEEN},
}


class Pages:
    """The routes of the page.

    Args:
        network: The phones.
        replies: Sends what people type.
        titles: The providers' names for people.
    """

    def __init__(self, network: Network, replies: Replies, titles: Mapping[str, str]) -> None:
        self._network = network
        self._phones = network.phones
        self._replies = replies
        self._titles = titles

    def routes(self) -> Blueprint:
        """Return the routes and what the templates need."""
        pages = Blueprint("pages", __name__)
        pages.add_url_rule("/", "board", self._board, methods=["GET"])
        pages.add_url_rule("/changes", "changes", self._changes, methods=["GET"])
        pages.add_url_rule("/phone", "add", self._add, methods=["POST"])
        pages.add_url_rule("/phone/<phone>/reply", "reply", self._reply, methods=["POST"])
        pages.add_url_rule("/phone/<phone>/read", "read", self._read, methods=["POST"])
        pages.add_url_rule("/phone/<phone>/clear", "clear", self._clear, methods=["POST"])
        pages.register_error_handler(AuthsmsError, self._explain)
        for helper in (find_code, can_be_answered, count_parts, alphabet):
            pages.add_app_template_global(helper)
        pages.add_app_template_filter(show_controls)
        pages.add_app_template_filter(clock_time)
        return pages

    def _board(self) -> str:
        return self._render()

    def _changes(self) -> Response:
        since = request.args.get("since", "")
        known = int(since) if since.isascii() and since.isdigit() else 0
        return jsonify(version=self._phones.wait_for_change(since=known, patience=read_wait()))

    def _add(self) -> AnyResponse:
        number = read_phone(request.form.get("number", ""))
        self._phones.label(number, request.form.get("label", "").strip()[:_LONGEST_LABEL])
        return _back(number)

    def _reply(self, phone: str) -> AnyResponse:
        number = read_phone(phone)
        words = request.form.get("text", "").strip()[:_LONGEST_REPLY]
        self._phones.read(number)
        if words:
            self._replies.send(number, words)
        return _back(number)

    def _read(self, phone: str) -> AnyResponse:
        self._phones.read(read_phone(phone))
        return _back(phone)

    def _clear(self, phone: str) -> AnyResponse:
        self._phones.clear(read_phone(phone))
        return _back(phone)

    def _explain(self, error: Exception) -> tuple[str, int]:
        return self._render(str(error)), 400

    def _render(self, trouble: str = "") -> str:
        version = self._phones.version
        wanted = request.args.get("phone", "").strip()
        shown, hidden = _choose(self._phones.phones(), wanted)
        return render_template(
            "simulator/phones.html",
            phones=shown,
            hidden=hidden,
            wanted=wanted,
            version=version,
            titles=self._titles,
            now=self._network.clock.now(),
            trouble=trouble,
        )


def show_controls(text: str) -> str:
    """Return *text* with something visible for control characters and marks of direction: nothing stays hidden."""
    return text.replace("\r\n", "\n").translate(_CONTROLS)


def clock_time(moment: datetime) -> str:
    """Return the time of day of *moment*, where the simulator runs."""
    return f"{moment.astimezone():%H:%M}"


def _choose(phones: list[Phone], wanted: str) -> tuple[list[Phone], int]:
    """Return the phones to show, in their order, and how many are left out: those without news for longest."""
    if wanted:
        phones = [phone for phone in phones if wanted in phone.number or wanted.lower() in phone.label.lower()]
    newest = sorted(phones, key=lambda phone: phone.texts[-1].number if phone.texts else 0, reverse=True)
    shown = {phone.number for phone in newest[:_SHOWN_PHONES]}
    return [phone for phone in phones if phone.number in shown], len(phones) - len(shown)


def _back(phone: str) -> AnyResponse:
    return redirect(url_for("pages.board", _anchor=f"phone-{phone.lstrip('+')}"), code=303)
