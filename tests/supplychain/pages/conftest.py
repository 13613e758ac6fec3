"""People at their browsers: one for each party of the cast, and a stranger."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.factories import Cast


class Page:
    """An answer as a person reads it."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.html: str = response.content.decode()
        self.location: str = response.headers.get("Location", "")

    @property
    def text(self) -> str:
        """The words without the markup, white space squeezed."""
        words = re.sub(r"<(script|style|head)\b.*?</\1>|<[^>]*>", " ", self.html, flags=re.DOTALL)
        return " ".join(unescape(words).split())

    @property
    def number(self) -> str:
        """The request id that the page's form carries."""
        found = re.search(r'name="request_id"[^>]*value="([^"]*)"', self.html)
        assert found is not None, "no form with a number"
        return found[1]

    def value_of(self, name: str) -> str:
        found = re.search(rf'<input[^>]*name="{name}"[^>]*>', self.html)
        assert found is not None, f"no field {name}"
        value = re.search(r'value="([^"]*)"', found[0])
        return unescape(value[1]) if value else ""


class Visitor:
    """A browser that follows redirects only when it is told to."""

    def __init__(self, name: str = "") -> None:
        self.client = Client()
        if name:
            self.client.force_login(get_user_model().objects.get(username=name))

    def get(self, path: str, **query: Any) -> Page:
        page = Page(self.client.get(path, query))
        if page.status == 302 and f"{path.partition('?')[0]}?" in page.location and "form=" in page.location:
            return Page(self.client.get(page.location))  # a page that gives itself a number
        return page

    def post(self, path: str, **values: Any) -> Page:
        """`htmx=True`: as the script of the page sends it."""
        headers = {"HX-Request": "true"} if values.pop("htmx", False) else {}
        return Page(self.client.post(path, values, headers=headers))

    def act(self, path: str, **values: Any) -> Page:
        """Open the page, fill in its form, send it."""
        return self.post(path, request_id=self.get(path).number, **values)

    def follow(self, page: Page) -> Page:
        assert page.status == 302, page.text
        return self.get(page.location)


@dataclass
class People:
    cast: Cast
    regulator: Visitor
    maker: Visitor
    wholesaler: Visitor
    pharmacy: Visitor
    forger: Visitor
    stranger: Visitor


@pytest.fixture
def people(cast: Cast) -> People:
    names = ("regulator", "maker", "wholesaler", "pharmacy", "forger")
    return People(cast, **{name: Visitor(name) for name in names}, stranger=Visitor())
