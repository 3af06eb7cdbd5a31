"""Reads contacts from CSV; every line that is wrong is named."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from authsms.contacts.agreement import LONGEST_SOURCE, LONGEST_WORDING, ContactKind
from authsms.contacts.entries import Stated
from authsms.foundation.errors import InvalidInputError
from authsms.foundation.phone import PhoneNumber, country_of, parse_phone
from authsms.identity.ldif import Problem
from authsms.identity.names import plain_text

COLUMNS: Final = ("login", "phone", "kind", "consent_date", "consent_wording", "consent_source")
_STATED: Final = COLUMNS[3:]
_NEEDED: Final = frozenset({"login", "phone"})


@dataclass(frozen=True, slots=True)
class ImportedContact:
    """A contact in a file, and the line it stands in."""

    line: int
    login: str
    number: PhoneNumber
    kind: ContactKind
    stated: Stated | None


@dataclass(frozen=True, slots=True)
class Customs:
    """How a file is read.

    Attributes:
        default_region: Country of numbers without a country code.
        countries: Those that are texted; empty for all.
        now: No consent was given later.
    """

    default_region: str
    countries: frozenset[str]
    now: datetime


def read_contacts(content: bytes, customs: Customs) -> tuple[Sequence[ImportedContact], Sequence[Problem]]:
    """Return the contacts in *content*, UTF-8 with a header line of `COLUMNS`, and everything that is wrong with it."""
    problems: list[Problem] = []
    found = []
    for line, cells in _rows(content, problems):
        try:
            found.append(_contact(line, cells, customs))
        except InvalidInputError as error:
            problems.append(Problem(line, str(error)))
    if not found and not problems:
        problems.append(Problem(1, "the file holds no contacts"))
    return found, problems


def _rows(content: bytes, problems: list[Problem]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(content[: error.start].count(b"\n") + 1, "the file is not in UTF-8"))
        return
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if not _NEEDED.issubset(header) or not set(header).issubset(COLUMNS) or len(set(header)) != len(header):
            problems.append(Problem(1, f"the header needs login and phone, and may name {', '.join(COLUMNS)}"))
            return
        for row in reader:
            if len(row) == len(header):
                yield reader.line_num, dict(zip(header, row, strict=True))
            elif any(cell.strip() for cell in row):
                problems.append(Problem(reader.line_num, f"{len(row)} fields instead of {len(header)}"))
    except csv.Error as error:
        problems.append(Problem(reader.line_num or 1, f"this is no line of CSV ({error})"))


def _contact(line: int, cells: Mapping[str, str], customs: Customs) -> ImportedContact:
    number = parse_phone(cells["phone"].strip(), default_region=customs.default_region)
    if customs.countries and country_of(number) not in customs.countries:
        raise InvalidInputError("phone: numbers of this country are not texted (sms.countries)")
    written = cells.get("kind", "").strip().lower() or ContactKind.MOBILE.value
    kind = next((one for one in ContactKind if one.value == written), None)
    if kind is None:
        raise InvalidInputError(f"kind: one of {', '.join(ContactKind)}")
    login = cells["login"].strip()
    if not login:
        raise InvalidInputError("login: it is missing")
    return ImportedContact(line, login, number, kind, _stated(cells, customs.now))


def _stated(cells: Mapping[str, str], now: datetime) -> Stated | None:
    date, wording, source = (cells.get(name, "").strip() for name in _STATED)
    if not (date or wording or source):
        return None
    if not (date and wording and source):
        raise InvalidInputError("a consent needs its date, wording and source, or none of them")
    if len(wording) > LONGEST_WORDING or len(source) > LONGEST_SOURCE:
        raise InvalidInputError(f"a wording has up to {LONGEST_WORDING} characters, a source up to {LONGEST_SOURCE}")
    try:
        moment = datetime.fromisoformat(date)
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError("consent_date: write it like 2026-05-31 or 2026-05-31T14:00:00+02:00") from None
    if at > now:
        raise InvalidInputError("consent_date: it is in the future")
    return Stated(at, plain_text(wording, LONGEST_WORDING), plain_text(source, LONGEST_SOURCE))
