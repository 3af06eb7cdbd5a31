"""LDIF is read as RFC 2849 has it, as far as people are concerned."""

from authsms.identity.ldif import LdifReader, Problem


def read(text):
    reader = LdifReader(text)
    return list(reader.records()), reader.problems


def test_continued_lines_comments_and_base64_are_read():
    records, problems = read(
        "version: 1\n"
        "# people\n"
        "#  of the\n"
        " company\n"
        "dn: uid=alice,dc=exam\n"
        " ple\n"
        "cn:: w4RscGxlcg==\n"
        "mail:alice@example.test\n"
        "description:  two spaces\n"
        "cn;lang-en: Alpine\n"
        "\n"
        "\n"
        "dn: uid=bob\n"
        "changetype: add\n"
        "cn: Bob"
    )

    assert not problems
    assert [record.dn for record in records] == ["uid=alice,dc=example", "uid=bob"]
    assert records[0].texts("CN") == ["Älpler", "Alpine"]
    assert records[0].texts("mail") == ["alice@example.test"]
    assert records[0].texts("description") == [" two spaces"]
    assert records[1].line == 13


def test_every_problem_is_named_by_its_line():
    records, problems = read(
        "dn: uid=a\n"
        "cn Alice\n"
        "jpegPhoto:< file:///etc/passwd\n"
        "\n"
        "cn: nobody\n"
        "\n"
        "dn: uid=b\n"
        "changetype: delete\n"
        "\n"
        "dn: uid=c\n"
        "mobile:: !!!\n"
    )

    assert records == []
    assert [problem.line for problem in problems] == [2, 3, 5, 8, 11]
    assert problems[1] == Problem(3, "values from other files are not read")


def test_octets_that_are_no_text_do_no_harm_where_nobody_reads_them():
    records, problems = read("dn: uid=a\njpegPhoto:: /9j/4AAQ\nuserCertificate;binary:: MIID\ncn: A\n")

    assert not problems
    assert records[0].texts("cn") == ["A"]
