"""Badge codes, a made-up method: the porter's terminal prints six digits, good once and for a minute or two."""

import hashlib
import hmac
import os
import sqlite3
import time
from typing import ClassVar

from typing_extensions import override

from authsms.plugin_api import CodeMethod, Person, UnavailableError, hookimpl, is_same


class BadgeMethod(CodeMethod):
    """Codes made from a secret, the person's id and the minute; a file that all processes share holds used ones."""

    name = "BADGE:1"
    titles: ClassVar = {"en": "Badge code", "de": "Ausweiscode"}
    questions: ClassVar = {
        "en": "Hold your badge to the porter's terminal and type the 6 digits it prints.",
        "de": "Halten Sie Ihren Ausweis an das Gerät an der Pforte und tippen Sie die 6 Ziffern, die es druckt.",
    }

    def __init__(self) -> None:
        self._secret = os.environ["BADGE_SECRET"].encode()
        self._file = os.environ["BADGE_FILE"]
        with sqlite3.connect(self._file) as used:
            used.execute("CREATE TABLE IF NOT EXISTS used (person TEXT, minute INTEGER, PRIMARY KEY (person, minute))")

    @override
    def has(self, person: Person) -> bool:
        return "Badges" in person.groups

    @override
    def use(self, person: Person, code: str) -> bool:
        now = int(time.time()) // 60
        minute = next((one for one in (now, now - 1) if is_same(self.code(person.id, one), code)), None)
        if minute is None:
            return False
        try:
            with sqlite3.connect(self._file, timeout=5) as used:
                new = used.execute("INSERT INTO used VALUES (?, ?) ON CONFLICT DO NOTHING", (person.key, minute))
                return new.rowcount == 1
        except sqlite3.Error as error:
            raise UnavailableError("The file of used badge codes cannot be written.") from error

    def code(self, person_id: str, minute: int) -> str:
        """Return what the terminal prints."""
        drawn = hmac.new(self._secret, f"{person_id} {minute}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(drawn[:8], 'big') % 10**6:06d}"


@hookimpl
def authsms_methods() -> list[type[CodeMethod]]:
    """Bring badge codes."""
    return [BadgeMethod]
