"""STOP, START and HELP as Twilio handles them by itself, before the customer hears of it."""

import threading

KEYWORDS = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "STOP"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}
ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class OptOuts:
    """Who wants nothing from whom; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: set[tuple[str, str]] = set()

    def obey(self, sender: str, phone: str, text: str) -> str:
        """Do what *text* from *phone* to *sender* asks for; return STOP, START, HELP or nothing.

        A YES or START of somebody who never said STOP is an ordinary reply.
        """
        keyword = KEYWORDS.get(text.strip().upper(), "")
        with self._lock:
            if keyword == "START" and (sender, phone) not in self._pairs:
                return ""
            if keyword == "STOP":
                self._pairs.add((sender, phone))
            elif keyword == "START":
                self._pairs.discard((sender, phone))
        return keyword

    def forbids(self, sender: str, phone: str) -> bool:
        """Whether *phone* wants nothing from *sender*."""
        with self._lock:
            return (sender, phone) in self._pairs
