"""What a directory sends is read as RFC 4511 has it, and what is out of all proportion is not read at all."""

import time

import pytest

from authsms.identity.ldap.answers import Entry, OddAnswerError
from authsms.identity.ldap.messages import SEARCH_DONE, Message

_ENTRY, _REFERENCE = 0x64, 0x73


def element(tag, *parts):
    content = b"".join(parts)
    size = bytes([len(content)]) if len(content) < 0x80 else b"\x84" + len(content).to_bytes(4)
    return bytes([tag]) + size + content


def message(*parts, number=b"\7"):
    return element(0x30, element(0x02, number), *parts)


def attribute(name, *values):
    return element(0x30, element(0x04, name), element(0x31, *(element(0x04, one) for one in values)))


def result(code=0, told=b""):
    return element(SEARCH_DONE, element(0x0A, bytes([code])), element(0x04), element(0x04, told))


def control(oid, *parts):
    return element(0x30, element(0x04, oid), *parts)


def test_an_entry_has_its_name_and_its_values_by_names_in_lower_case():
    carried = element(
        _ENTRY,
        element(0x04, b"uid=zo\xc3\xab,o=x"),
        element(0x30, attribute(b"Mobile", b"1", b"x" * 300), attribute(b"cn")),
    )

    found = Message(message(carried))

    assert (found.id, found.is_last) == (7, False)
    assert found.entries() == [Entry("uid=zoë,o=x", {"mobile": (b"1", b"x" * 300), "cn": ()})]


def test_a_reference_to_another_server_is_stepped_over():
    found = Message(message(element(_REFERENCE, element(0x04, b"ldap://elsewhere.example"))))

    assert (found.is_last, found.entries()) == (False, [])


def test_a_result_comes_with_its_controls():
    page = element(0x30, element(0x02, b"\0"), element(0x04, b"onward"))
    controls = element(
        0xA0,
        control(b"1.2.840.113556.1.4.319", element(0x04, page)),
        control(b"1.3.6", element(0x01, b"\xff"), element(0x04, b"value")),
        control(b"1.3.7"),
    )

    found = Message(message(result(32, b"no such\xff"), controls))
    answer = found.answer([Entry("o=x", {})])

    assert (found.kind, found.is_last) == (SEARCH_DONE, True)
    assert (answer.code, answer.message, answer.cookie) == (32, "no such\N{REPLACEMENT CHARACTER}", b"onward")
    assert (answer.controls, answer.entries) == ({"1.3.6": b"value"}, (Entry("o=x", {}),))


def test_what_a_later_version_may_add_is_stepped_over():
    """RFC 4511, section 4: parts at the end of a sequence that nobody knows are ignored."""
    more = element(0x85, b"more")
    cn = element(0x30, element(0x04, b"cn"), element(0x31, element(0x04, b"Zoe")), more)
    carried = element(_ENTRY, element(0x04, b"o=x"), element(0x30, cn), more)

    assert Message(message(carried, more)).entries() == [Entry("o=x", {"cn": (b"Zoe",)})]


ODD = {
    "nothing": b"",
    "no-sequence": b"\x04" + message(result())[1:],
    "empty-number": message(result(), number=b""),
    "number-of-another-kind": element(0x30, element(0x04, b"\7"), result()),
    "empty-code": message(element(SEARCH_DONE, element(0x0A), element(0x04), element(0x04))),
    "code-of-another-kind": message(element(SEARCH_DONE, element(0x04, b"\0"), element(0x04), element(0x04))),
    "name-that-is-no-text": message(element(_ENTRY, element(0x04, b"o=\xff"), element(0x30))),
    "two": message(result()) * 2,
    "no-operation": message(),
    "short": message(result())[:-1],
    "long": message(result()) + b"\0",
    "indefinite": b"\x30\x80\0\0",
    "length-of-length": b"\x30\xff" + b"\1" * 200,
    "long-number": message(result(), number=b"\1" * 1_000_000),
    "no-code": message(element(SEARCH_DONE)),
    "long-code": message(element(SEARCH_DONE, element(0x0A, b"\1" * 9), element(0x04), element(0x04))),
    "entry-without-values": message(element(_ENTRY, element(0x04, b"o=x"))),
    "attribute-without-values": message(
        element(_ENTRY, element(0x04, b"o=x"), element(0x30, element(0x30, element(0x04, b"cn"))))
    ),
    "too-many": message(
        element(_ENTRY, element(0x04, b"o=x"), element(0x30, attribute(b"cn", *[b""] * 60_000))),
    ),
    "control-without-name": message(result(), element(0xA0, element(0x30))),
    "page-without-cookie": message(
        result(), element(0xA0, control(b"1.2.840.113556.1.4.319", element(0x04, element(0x30))))
    ),
    "nested": b"\x30\x82\x40\x00" + b"\x30\x80" * 8192,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_out_of_proportion_is_refused_at_once(kind):
    started = time.process_time()

    with pytest.raises(OddAnswerError):
        read_whole(ODD[kind])
    assert time.process_time() - started < 1


def read_whole(octets):
    found = Message(octets)
    return found.answer([]) if found.is_last else found.entries()
