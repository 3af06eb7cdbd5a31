"""One person's way through a whole login, over HTTP and nothing else: the pages, forms and cookies a browser sees."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote, urljoin

import requests
from typing_extensions import override

from authsms.simulator.codes import find_code

_SECONDS = 30
_MOST_HOPS = 15
Tell = Callable[[str], None]


class WalkError(Exception):
    """The walk did not go as it must; the text says where."""


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What the walk reads of a page: its forms, its text, and where it moves on to by itself."""

    def __init__(self, url: str, markup: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.refresh = ""
        self._words: list[str] = []
        self.feed(markup)

    @property
    def text(self) -> str:
        """The words of the page with single spaces between them."""
        return " ".join(" ".join(self._words).split())

    def form_with(self, name: str) -> Form:
        """Return the form that has a field called *name*."""
        for form in self.forms:
            if name in form.fields:
                return form
        raise WalkError(f"{self.url} has no form with a field {name}: {self.text[:200]}")

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self.url, facts.get("action", ""))))
        elif tag == "input" and self.forms and "name" in facts:
            self.forms[-1].fields[facts["name"]] = facts.get("value", "")
        elif tag == "a":
            self.links.append(urljoin(self.url, facts.get("href", "")))
        elif tag == "meta" and facts.get("http-equiv", "").lower() == "refresh":
            self.refresh = urljoin(self.url, facts.get("content", "").partition("url=")[2])

    @override
    def handle_data(self, data: str) -> None:
        self._words.append(data)


class Browser:
    """Keeps cookies, follows redirects, and fills in forms."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("https", "http")))
        self._session.headers["Accept-Language"] = "en"

    def open(self, url: str) -> Page:
        """Fetch a page, and go on where it moves on to by itself."""
        return self._arrive(self._session.get(url, timeout=_SECONDS))

    def send(self, page: Page, form: Form, **fields: str) -> Page:
        """Fill in and send a form of *page*."""
        origin = "/".join(page.url.split("/", 3)[:3])
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        return self._arrive(
            self._session.post(form.action, data={**form.fields, **fields}, headers=headers, timeout=_SECONDS)
        )

    def _arrive(self, response: requests.Response) -> Page:
        for _ in range(_MOST_HOPS):
            page = Page(response.url, response.text)
            if not page.refresh:
                return page
            response = self._session.get(page.refresh, timeout=_SECONDS)
        raise WalkError(f"{response.url} never stops moving on")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the walk goes: the addresses of the sample application and of the simulator."""

    application: str
    simulator: str


class Phone:
    """A virtual phone, read over the simulator's own interface."""

    def __init__(self, simulator: str, number: str) -> None:
        self._url = f"{simulator}/phones/{quote(number)}/messages"
        self._seen = self._count()

    def next_code(self) -> str:
        """Wait for the next message and return the code in its last line."""
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            messages = self._messages()
            if len(messages) > self._seen:
                self._seen += 1
                return find_code(str(messages[self._seen - 1]["text"]))
            time.sleep(0.02)
        raise WalkError("no message arrived at the virtual phone")

    def _count(self) -> int:
        return len(self._messages())

    def _messages(self) -> list[dict[str, object]]:
        with requests.Session() as session:
            session.trust_env = False
            document = session.get(self._url, timeout=_SECONDS).json()
        messages = document["messages"] if isinstance(document, dict) else document
        return [message for message in messages if message.get("direction", "out") != "inbound"]


@dataclass(frozen=True, slots=True)
class Traveller:
    """Who logs in."""

    login: str
    password: str
    phone: str
    display_name: str

    @property
    def name(self) -> str:
        """What to call them."""
        return self.display_name.partition(" ")[0]


class Walk:
    """Walks one login, tells each step with its time, and fails loudly when the server lets a bad code pass.

    Args:
        places: Where to go.
        traveller: Who logs in.
        latecomer: Somebody else, whose code is left to expire meanwhile.
        lifetime: How long a code is good, in seconds.
        tell: Called with each line to show.
    """

    def __init__(self, places: Places, traveller: Traveller, latecomer: Traveller, lifetime: float, tell: Tell) -> None:
        self._places = places
        self._traveller = traveller
        self._latecomer = latecomer
        self._lifetime = lifetime
        self._tell = tell
        self._started = time.monotonic()

    def run(self) -> None:
        """Walk the whole way.

        Raises:
            WalkError: A step went wrong, or a code was accepted that must be refused.
        """
        alice, bob = self._traveller, self._latecomer
        self._tell(f"{alice.name} logs in. {bob.name} begins before, and lets the code expire on purpose.")
        late_browser, late_page, late_code = self._until_code(bob)
        late_issued = time.monotonic()
        browser, page, code = self._until_code(alice)
        page = self._answer(alice, "a wrong code is refused", browser, page, _another(code), accepted=False)
        page = self._answer(alice, "the right code is accepted", browser, page, code, accepted=True)
        self._step(alice, f"logged in at the sample application as {alice.display_name}", time.monotonic())
        browser, page = self._until_code_page(alice)
        self._answer(alice, "a used code is refused", browser, page, code, accepted=False)
        remaining = self._lifetime + 1 - (time.monotonic() - late_issued)
        if remaining > 0:
            self._tell(f"           {bob.name}: waiting {remaining:.0f} s for the code to expire")
            time.sleep(remaining)
        self._answer(bob, "an expired code is refused", late_browser, late_page, late_code, accepted=False)

    def _until_code(self, who: Traveller) -> tuple[Browser, Page, str]:
        phone = Phone(self._places.simulator, who.phone)
        browser, page = self._until_code_page(who)
        begun = time.monotonic()
        code = phone.next_code()
        self._step(who, "text message arrived at the virtual phone", begun)
        return browser, page, code

    def _until_code_page(self, who: Traveller) -> tuple[Browser, Page]:
        browser, begun = Browser(), time.monotonic()
        page = browser.open(f"{self._places.application}/login")
        self._step(who, "redirected to the login page", begun)
        begun = time.monotonic()
        page = browser.send(page, page.form_with("password"), user_name=who.login, password=who.password)
        page.form_with("code")
        self._step(who, f"password accepted, code page shows a number ending in {_shown(page, who)}", begun)
        return browser, page

    def _answer(self, who: Traveller, what: str, browser: Browser, page: Page, code: str, *, accepted: bool) -> Page:
        begun = time.monotonic()
        after = browser.send(page, page.form_with("code"), code=code)
        is_in = after.url.startswith(self._places.application) and self._traveller.display_name in after.text
        if is_in is not accepted:
            raise WalkError(f"expected: {what}; seen: {after.url}: {after.text[:300]}")
        self._step(who, what, begun)
        return after

    def _step(self, who: Traveller, what: str, begun: float) -> None:
        now = time.monotonic()
        self._tell(f"{now - self._started:7.3f} s  {who.name}: {what} ({(now - begun) * 1000:.0f} ms)")


def _another(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def _shown(page: Page, who: Traveller) -> str:
    digits = who.phone[-2:]
    if digits not in page.text or who.phone in page.text:
        raise WalkError("the code page does not show the masked number")
    return digits
