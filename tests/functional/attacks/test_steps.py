"""Steps left out, taken twice, taken in another order, or taken in somebody else's process."""

import pytest

from tests.functional.attacks.words import unchanging
from tests.functional.provided import Provider
from tests.functional.running import Installation, another, is_signed_in

pytestmark = pytest.mark.xdist_group("house")


def test_no_code_is_sent_before_the_password_has_passed(house: Installation, provider: Provider) -> None:
    """The oracle: no text after a wrong password, and neither a code, a resend nor another chain moves the process."""
    person, browser = house.person(), house.browser()
    page = browser.get("/login/web")
    page = browser.submit(page, "password", user_name=person.login, password="wrong password")
    form = page.page.form_with("password")
    path, token = form.action.removeprefix(browser.origin), form.fields["csrf_token"]
    tries = {"code": ("", {"code": "123456"}), "resend": ("/resend", {}), "chain": ("/another-way", {"chain": "sms"})}
    answers = [
        browser.post(path + ending, {"csrf_token": token, **fields}.items()) for ending, fields in tries.values()
    ]
    browser.submit(browser.get(path), "password", password="")

    assert "/logon/" in path
    assert all(answer.status < 500 for answer in answers)
    assert [] == provider.texts(person.phone)
    assert not is_signed_in(browser)
    assert "challenge.issued" not in house.audit_tags(person)


def test_an_answer_without_a_code_is_no_answer(house: Installation, provider: Provider) -> None:
    """Authentik CVE-2026-49443: an empty POST skipped a step. The oracle: nothing compared, nobody in, a code works."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, before = house.code(person), house.comparisons()
    form = page.page.form_with("code")
    path, token = form.action.removeprefix(browser.origin), form.fields["csrf_token"]
    empty: list[list[tuple[str, str]]] = [[], [("code", "")], [("password", person.password)], [("code", " ")]]
    statuses = [browser.post(path, [("csrf_token", token), *fields]).status for fields in empty]
    statuses += [browser.post(path, fields).status for fields in empty]
    compared = house.comparisons() - before
    is_early = is_signed_in(browser)
    browser.submit(page, "code", code=code)

    assert [303] * 4 + [403] * 4 == statuses
    assert 0 == compared
    assert not is_early
    assert is_signed_in(browser)


def test_the_end_cannot_be_had_without_the_way(house: Installation, provider: Provider) -> None:
    """The oracle: the pages behind a login give nothing to a browser that has only begun one."""
    person, browser = house.person(), house.browser()
    house.sign_in(person, browser)
    answers = [browser.get(path) for path in ("/signed-in", "/sessions", "/", "/oauth2/resume/" + "0" * 32)]

    assert all(person.login not in answer.text for answer in answers)
    assert all(answer.status in {302, 303, 404} for answer in answers)
    assert not is_signed_in(browser)


def test_a_process_belongs_to_the_browser_that_began_it(house: Installation, provider: Provider) -> None:
    """The oracle: for every step, a foreign, an unknown and a malformed process get byte for byte the same answer."""
    person, owner, thief = house.person(), house.browser(), house.browser()
    page = house.sign_in(person, owner)
    house.code(person)
    thief.get("/login/web")
    foreign = page.url.rpartition("/")[2]
    token = page.page.form_with("code").fields["csrf_token"]
    seen = set()
    for process in (foreign, "0" * 32, "1" * 32):
        answers = [thief.get(f"/logon/{process}"), thief.get(f"/logon/{process}/status")]
        answers += [
            thief.post(f"/logon/{process}{ending}", [("csrf_token", token), ("code", "123456")])
            for ending in ("", "/resend", "/cancel", "/another-way")
        ]
        seen.add(tuple((answer.status, unchanging(answer)) for answer in answers))
    is_open = owner.get(f"/logon/{foreign}").status == 200

    assert 1 == len(seen)
    assert {404, 403} >= {status for answers in seen for status, _ in answers}
    assert is_open


def test_a_code_is_of_no_use_in_another_persons_process(house: Installation, provider: Provider) -> None:
    """One browser, two tabs, two people: what was proven for one must not count for the other.

    The oracle: each code is refused in the other process; with the right one, the session is that person's.
    """
    alice, bob, browser = house.person(), house.person(), house.browser()
    first = house.sign_in(alice, browser)
    second = house.sign_in(bob, browser)
    codes = {"alice": house.code(alice), "bob": house.code(bob)}
    browser.submit(first, "code", code=codes["bob"])
    browser.submit(second, "code", code=codes["alice"])
    is_early = is_signed_in(browser)
    browser.submit(first, "code", code=codes["alice"])
    seen = browser.get("/login/web").text

    assert not is_early
    assert "logon.finished" in house.audit_tags(alice)
    assert "logon.finished" not in house.audit_tags(bob)
    assert f"Person {alice.login.removeprefix('person')}" in seen


def test_a_process_that_is_over_stays_over(house: Installation, provider: Provider) -> None:
    """The oracle: after "cancel" the right code is refused; after the end every step is answered as if unknown."""
    person, browser = house.person(), house.browser()
    page = house.sign_in(person, browser)
    code, kept = house.code(person), dict(browser.cookies)
    browser.submit_to(page, "/cancel")
    browser.cookies = kept
    after_cancel = browser.submit_only(page, "code", code=code)
    other, late = house.person(), house.browser()
    page = house.sign_in(other, late)
    ticket = dict(late.cookies)
    late.submit(page, "code", code=house.code(other))
    late.cookies = late.cookies | {name: value for name, value in ticket.items() if "logon-" in name}
    path = page.url.removeprefix(late.origin)
    after_end = [late.get(path).status, late.submit_only(page, "code", code=another(code)).status]

    assert 404 == after_cancel.status
    assert not is_signed_in(browser)
    assert [404, 404] == after_end


def test_the_secret_of_a_process_changes_with_each_method(house: Installation, provider: Provider) -> None:
    """Keycloak CVE-2026-7507: who planted the first cookie must not own what it becomes.

    The oracle: the cookie before the password and the one after it differ, the old one opens nothing, and no cookie
    of the way is the session's.
    """
    person, browser = house.person(), house.browser()
    page = browser.get("/login/web")
    page = browser.submit(page, "password", user_name=person.login, password="wrong password")
    before = dict(browser.cookies)
    page = browser.submit(page, "password", password=person.password)
    after = dict(browser.cookies)
    name = next(name for name in after if "logon-" in name)
    thief = house.browser()
    thief.cookies = before
    stolen = thief.get(page.url.removeprefix(browser.origin)).status
    browser.submit(page, "code", code=house.code(person))

    assert before[name] != after[name]
    assert 404 == stolen
    assert browser.cookies["authsms-session"] not in {*before.values(), *after.values()}
    assert not is_signed_in(thief)
