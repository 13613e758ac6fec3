"""A phone and a desk, people before them, and the site that they open. Nothing may go wrong behind a page unnoticed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.people import SCREENS, People


@pytest.fixture(params=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> str:
    """Every test that asks for people runs once on each screen."""
    return str(request.param)


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    settings.PUBLIC_URL = live_server.url
    settings.PUBLIC_HOST = live_server.url.partition("://")[2]
    return str(live_server.url)


@pytest.fixture
def people(
    transactional_db: None, site: str, new_context: Callable[..., BrowserContext], screen: str, tmp_path: Path
) -> Iterator[People]:
    people = People(new_context, site, screen, tmp_path)
    yield people
    assert people.faults == [], "behind a page something went wrong"
