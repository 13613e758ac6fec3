"""People before their screens: each has a browser context of their own, on a phone or at a desk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from tests.factories import PASSWORD

SCREENS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
# Said of every form that comes back with 422, which is how it should come back.
REFUSED_REQUEST = "Failed to load resource: the server responded with a status of 4"
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


class Person:
    """One page, and the ways in which a person works on it."""

    def __init__(self, page: Page, site: str, folder: Path) -> None:
        self.page = page
        self.site = site
        self.folder = folder

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.open("/sign-in")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def sign_out(self) -> None:
        self._open_menu()
        self.press("Sign out")

    def go(self, name: str) -> None:
        """Choose a line of the menu. On a phone the menu must be opened for that."""
        self._open_menu()
        # On the next page the menu is closed again, and hidden.
        menu = self.page.get_by_role("navigation", name="Main", include_hidden=True)
        line = menu.get_by_role("link", name=name, exact=True, include_hidden=True)
        line.click()
        expect(line).to_have_attribute("aria-current", "page")

    def _open_menu(self) -> None:
        opener = self.page.get_by_role("button", name="Menu", exact=True)
        if opener.is_visible():
            opener.click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def fill(self, **values: str) -> None:
        """`lot_number="A1"` fills the field labelled "Lot number"."""
        for name, value in values.items():
            self.field(name.replace("_", " ")).fill(value)

    def field(self, label: str) -> Locator:
        """By its label; capital letters do not matter, and what stands behind it in brackets does not belong to it."""
        return self.page.get_by_label(label, exact=False).first

    def choose(self, label: str, text: str) -> None:
        """Take the one choice of a list in which `text` occurs."""
        box = self.page.get_by_label(label, exact=True)
        box.select_option(value=box.locator("option", has_text=text).get_attribute("value"))

    # --- Scanning -----------------------------------------------------------------------------------------------------

    def scan(self, code: str, *, separator_as_key: bool = True) -> None:
        """As a keyboard wedge does it: key after key into whatever has the focus, Enter at the end.

        Scanners send the separator of element strings (0x1D) as Ctrl+], or through the operating system as it is.
        Nobody pulls the trigger before the page stands: what is typed into half a page is lost in any browser.
        """
        self.page.wait_for_load_state()
        for number, part in enumerate(code.split("\x1d")):
            if number and separator_as_key:
                self.page.keyboard.press("Control+]")
            elif number:
                self.page.keyboard.insert_text("\x1d")
            self.page.keyboard.type(part)
        self.page.keyboard.press("Enter")

    @property
    def scan_field(self) -> Locator:
        return self.page.locator(".scan-field input:visible").first

    @property
    def scanned(self) -> Locator:
        """The lines of the list."""
        return self.page.get_by_role("list", name="Scanned", exact=True).get_by_role("listitem")

    # --- What the page says -------------------------------------------------------------------------------------------

    def is_told(self, text: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=text)).to_be_visible()

    def is_warned(self, text: str) -> None:
        """In sight, without scrolling: who has to look for a warning does not see it."""
        expect(self.page.get_by_role("alert").filter(has_text=text).first).to_be_in_viewport()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(text).first).to_be_visible()

    def shoot(self, name: str) -> None:
        """A picture for people to look at, into the test's own folder."""
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)


class People:
    """Gives out persons, and keeps what went wrong behind their pages."""

    def __init__(self, new_context: Callable[..., BrowserContext], site: str, screen: str, folder: Path) -> None:
        self.new_context = new_context
        self.site = site
        self.screen = screen
        self.folder = folder
        self.faults: list[str] = []

    def stranger(self, **options: Any) -> Person:
        """Somebody who is not signed in. `options` are those of a Playwright context."""
        context = self.new_context(**{**SCREENS[self.screen], **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.faults.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("response", self._look)
        return Person(context.new_page(), self.site, self.folder)

    def member(self, name: str, **options: Any) -> Person:
        """Somebody who is signed in already, by the cookie that the form would have given."""
        person = self.stranger(**options)
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        cookie = settings.SESSION_COOKIE_NAME
        person.page.context.add_cookies([{"name": cookie, "value": client.cookies[cookie].value, "url": self.site}])
        return person

    def _listen(self, message: ConsoleMessage) -> None:
        # Refused scripts and styles (Content-Security-Policy) are errors of the console, too.
        if message.type in ("error", "warning") and not message.text.startswith(REFUSED_REQUEST):
            self.faults.append(f"{message.page and message.page.url}: {message.type}: {message.text}")

    def _look(self, response: Response) -> None:
        is_file = "/static/" in response.url
        if response.status >= 500 or (is_file and response.status >= 400):
            self.faults.append(f"{response.url}: status {response.status}")
