"""Reads people from LDIF and CSV; every line that is wrong is named."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from authsms.foundation.errors import InvalidInputError
from authsms.identity.drafts import (
    PersonDraft,
    read_groups,
    read_login,
    read_mail,
    read_password,
    read_phones,
    read_shown,
)
from authsms.identity.ldif import LdifReader, Problem, Record, Value
from authsms.identity.names import comparable

COLUMNS = ("login", "display_name", "phone", "password", "groups", "mail")
_SEVERAL = {"phone", "groups"}
_PERSON_CLASSES = ("person", "inetOrgPerson", "organizationalPerson", "posixAccount", "account", "user")
_GROUP_CLASSES = ("groupOfNames", "groupOfUniqueNames", "posixGroup", "group")
# The first attribute that an entry has is taken.
_ATTRIBUTES = {
    "login": ("uid", "samaccountname"),
    "display_name": ("displayname", "cn"),
    "phone": ("mobile",),
    "password": ("userpassword",),
    "mail": ("mail",),
    "groups": ("memberof",),
}
_FIRST_PART = re.compile(r"\s*[A-Za-z][\w.-]*\s*=((?:\\.|[^,+\\])*)")
Result = TypeVar("Result")


class ImportFormat(StrEnum):
    """How a file of people is written."""

    LDIF = "ldif"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """A person in a file, and the line where the entry starts."""

    line: int
    draft: PersonDraft


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds; with problems nothing of it may be used."""

    people: tuple[ImportedPerson, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _RawPerson:
    """A person as written; the keys are `COLUMNS`, a missing one leaves what is there."""

    line: int
    values: dict[str, list[Value]] = field(default_factory=dict)


def read_people(content: bytes, form: ImportFormat, *, default_region: str) -> Reading:
    """Return the people in *content* and everything that is wrong with it, by line.

    Args:
        content: The file, in UTF-8.
        form: How it is written. CSV has a header line with names of `COLUMNS`; several numbers or groups in one field
            are parted by ``|``.
        default_region: Country of numbers without a country code.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Reading((), (Problem(line, "the file is not in UTF-8"),))
    problems: list[Problem] = []
    raw = _from_ldif(text, problems) if form is ImportFormat.LDIF else _from_csv(text, problems)
    people = [person for one in raw if (person := _check(one, default_region, problems))]
    seen: dict[str, int] = {}
    for person in people:
        first = seen.setdefault(comparable(person.draft.login), person.line)
        if first != person.line:
            problems.append(Problem(person.line, f"login: this user name stands in line {first} already"))
    if not people and not problems:
        problems.append(Problem(1, "the file holds no people"))
    return Reading(tuple(people), tuple(sorted(problems, key=lambda problem: problem.line)))


def _check(raw: _RawPerson, default_region: str, problems: list[Problem]) -> ImportedPerson | None:
    """Return *raw* with checked values; every value that is unusable is noted."""

    def checked(name: str, read: Callable[[list[str]], Result]) -> Result | None:
        values = raw.values.get(name)
        if values is None:
            return None
        try:
            return read([value.text for value in values])
        except InvalidInputError as error:
            problems.append(Problem(values[0].line if values else raw.line, f"{name}: {error}"))
            return None

    login = checked("login", lambda texts: read_login(texts[0]))
    draft = PersonDraft(
        login=login or "",
        display_name=checked("display_name", lambda texts: read_shown(texts[0])),
        phones=checked("phone", lambda texts: read_phones(texts, default_region=default_region)),
        mail=checked("mail", lambda texts: read_mail(texts[0] if texts else "")),
        groups=checked("groups", read_groups),
        password=checked("password", lambda texts: read_password(texts[0])),
    )
    return ImportedPerson(raw.line, draft) if login else None


def _from_ldif(text: str, problems: list[Problem]) -> list[_RawPerson]:
    reader = LdifReader(text)
    records = list(reader.records())
    problems.extend(reader.problems)
    groups = [record for record in records if record.has_class(*_GROUP_CLASSES)]
    people = []
    for record in records:
        if not record.has_class(*_PERSON_CLASSES):
            continue
        values = {
            name: next((record.values[one] for one in attributes if one in record.values), None)
            for name, attributes in _ATTRIBUTES.items()
        }
        person = _RawPerson(record.line, {name: found for name, found in values.items() if found is not None})
        if "login" not in person.values:
            problems.append(Problem(record.line, "login: the entry has no uid"))
            continue
        _add_groups(person, record, groups)
        people.append(person)
    return people


def _add_groups(person: _RawPerson, record: Record, groups: Sequence[Record]) -> None:
    """Write the names of the person's groups; a file that speaks of groups at all speaks of all of them."""
    if not groups and "groups" not in person.values:
        return
    names = [Value(value.line, _first_part(value.text)) for value in person.values.get("groups", [])]
    dn, login = _plain_dn(record.dn), person.values["login"][0].text
    for group in groups:
        members = map(_plain_dn, (*group.texts("member"), *group.texts("uniqueMember")))
        if dn in members or login in group.texts("memberUid"):
            names.append(Value(group.line, next(iter(group.texts("cn")), _first_part(group.dn))))
    person.values["groups"] = names


def _plain_dn(dn: str) -> str:
    return ",".join("=".join(part.strip() for part in piece.split("=", 1)) for piece in dn.split(",")).casefold()


def _first_part(dn: str) -> str:
    found = _FIRST_PART.match(dn)
    return re.sub(r"\\(.)", r"\1", found.group(1)).strip() if found else dn


def _from_csv(text: str, problems: list[Problem]) -> list[_RawPerson]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    people: list[_RawPerson] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        wrong = _header_problem(header)
        if wrong:
            problems.append(Problem(1, wrong))
            return people
        for line, row in _rows(reader):
            if len(row) == len(header):
                people.append(_from_row(line, dict(zip(header, row, strict=True))))
            elif any(cell.strip() for cell in row):
                problems.append(Problem(line, f"{len(row)} fields instead of {len(header)}"))
    except csv.Error as error:
        problems.append(Problem(reader.line_num or 1, f"this is no line of CSV ({error})"))
    return people


def _header_problem(header: Sequence[str]) -> str:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        return f"unknown columns {', '.join(map(repr, unknown))}; known are {', '.join(COLUMNS)}"
    if len(set(header)) != len(header):
        return "a column stands twice in the header"
    return "" if "login" in header else "the header has no column login"


def _rows(reader: "Iterator[list[str]]") -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line they start in; a quoted field may go over several."""
    line = reader.line_num + 1  # type: ignore[attr-defined]
    for row in reader:
        yield line, row
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _from_row(line: int, cells: dict[str, str]) -> _RawPerson:
    """Return a row; an empty number, group or mail clears what is there, an empty name or password keeps it."""
    values: dict[str, list[Value]] = {}
    for name, cell in cells.items():
        if name in _SEVERAL:
            values[name] = [Value(line, part.strip()) for part in cell.split("|") if part.strip()]
        elif cell.strip() or name in {"login", "mail"}:
            values[name] = [Value(line, cell if name == "password" else cell.strip())]
    return _RawPerson(line, values)
