"""One code and one person, spelt in many ways: all spellings share one counter and one use."""

import json

import pytest

from tests.functional.attacks.words import announcement
from tests.functional.provided import Provider
from tests.functional.running import Installation, another, is_signed_in

_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001 - that is the point
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def _spellings(code: str) -> list[str]:
    return [
        f"{code[:3]} {code[3:]}",
        f" {code}",
        f"{code[:3]}-{code[3:]}\t",
        code.translate(_FULL_WIDTH),
        code.translate(_ARABIC),
    ]


@pytest.mark.xdist_group("house")
@pytest.mark.parametrize("number", range(5), ids=["space", "indented", "hyphen", "full-width", "arabic"])
def test_a_code_may_be_spelt_as_people_spell_it_but_only_once(
    house: Installation, provider: Provider, number: int
) -> None:
    """Vault CVE-2025-6014: a space made another code of it. The oracle: the first use passes, the second does not."""
    person, browser, late = house.person(), house.browser(), house.browser()
    page = house.sign_in(person, browser)
    code = house.code(person)
    spelt = _spellings(code)
    browser.submit(page, "code", code=spelt[number])
    is_in = is_signed_in(browser)
    late_page = house.sign_in(person, late)
    late.submit(late_page, "code", code=spelt[number - 1])

    assert is_in
    assert not is_signed_in(late)


@pytest.mark.xdist_group("house")
def test_spellings_of_wrong_codes_share_one_counter(house: Installation, provider: Provider) -> None:
    """The oracle: ten guesses in five spellings are five comparisons, and the right code is refused after them."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, before = house.code(person), house.comparisons()
    for guess in (*_spellings(another(code)), *_spellings(another(code)), code):
        page = browser.submit(page, "code", code=guess)

    assert 5 == house.comparisons() - before
    assert not is_signed_in(browser)


@pytest.mark.xdist_group("house")
def test_what_is_no_code_is_neither_compared_nor_charged(house: Installation, provider: Provider) -> None:
    """The oracle: no comparison, no error page, and afterwards the plain code still works."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, before = house.code(person), house.comparisons()
    odd = [
        f"{code}\0",
        f"+{code}",
        "1.23456e5",
        f"{code}.0",
        f"0{code}",
        code[:-1],
        f"[{code}]",
        "x" * 10_000,
        "\ud7ff" * 6,
    ]
    odd += [f"{code}\u200b", f"{code[:3]}\u0000{code[3:]}", "½" * 6, "Ⅷ" * 6]
    statuses = set()
    for guess in odd:
        page = browser.submit(page, "code", code=guess)
        statuses.add(page.status)
    compared = house.comparisons() - before
    browser.submit(page, "code", code=code)

    assert 0 == compared
    assert {200} == statuses
    assert is_signed_in(browser)


@pytest.mark.xdist_group("house")
def test_only_a_form_with_one_code_in_its_body_is_taken(house: Installation, provider: Provider) -> None:
    """JSON, several codes and codes in the address give no further guesses.

    The oracle: no session from any of them, no comparison of a code in JSON or in the address, no error of ours.
    """
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, before = house.code(person), house.comparisons()
    form = page.page.form_with("code")
    path = form.action.removeprefix(browser.origin)
    token = form.fields["csrf_token"]
    bodies = [
        json.dumps({"code": value, "csrf_token": token}).encode() for value in (code, int(code), [code], {"a": code})
    ]
    headers = [("Content-Type", "application/json"), ("X-CSRFToken", token)]
    answers = [browser.call(browser.write("POST", path, body=body, headers=headers)) for body in bodies]
    answers.append(browser.post(f"{path}?code={code}&csrf_token={token}", [("csrf_token", token)]))
    answers.append(browser.post(f"{path}?code={code}&csrf_token={token}", []))
    compared = house.comparisons() - before
    answers.append(browser.post(path, [("csrf_token", token), ("code", another(code)), ("code", code)]))

    assert 0 == compared
    assert not is_signed_in(browser)
    assert all(answer.status < 500 for answer in answers)


@pytest.mark.xdist_group("pair")
def test_spellings_of_a_name_share_one_counter(pair: Installation, provider: Provider) -> None:
    """Vault CVE-2025-6004 counted by what was typed. Here the fifth wrong code in a row begins a wait.

    The oracle: of twelve guesses under six spellings five are compared, and the audit trail knows one person.
    """
    name = "Zo\u00eb.Example"
    person, before = pair.person(login=name), pair.comparisons()
    spellings = [name, name.upper(), f" {name}", f"{name} ", "Zoe\u0308.Example", name.lower()]
    entered, code = 0, ""
    for spelling in spellings:
        browser = pair.browser()
        page = browser.get("/login/web")
        page = browser.submit(page, "password", user_name=spelling, password=person.password)
        entered += "code" in page.page.forms[0].fields
        code = code or pair.code(person)
        for step in (1, 2):
            page = browser.submit(page, "code", code=another(code, step))
        assert announcement(page)

    assert len(spellings) == entered
    assert 5 == pair.comparisons() - before
