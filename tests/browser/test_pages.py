"""Every page as it is drawn: on a small phone and at a desk, by day and by night, by keyboard alone, without a script."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from supplychain.models import Event, Handoff
from tests.browser import story
from tests.browser.people import People, Person
from tests.factories import Cast, commissioned, handed_over, palletised, shipped

pytestmark = pytest.mark.browser

AUDIT = (Path(__file__).parent / "audit.js").read_text()
SMALLEST = {"width": 360, "height": 740}
SCAN_PAGES = ("/ship", "/unpack", "/dispense", "/check", "/")


@pytest.fixture
def told(cast: Cast, site: str) -> dict[str, list[str]]:
    return story.tell(cast, site)


def test_every_page_is_whole_by_day_and_by_night(told: dict[str, list[str]], people: People, screen: str) -> None:
    """Nothing runs out of the window, one title, a label on each field, no text that fades into its ground."""
    size = {"viewport": SMALLEST} if screen == "phone" else {}
    faults = []
    for name, paths in told.items():
        person = people.member(name, **size) if name else people.stranger(**size)
        for path in paths:
            person.open(path)
            for scheme in ("light", "dark"):
                person.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found = person.page.evaluate(f"({AUDIT})", scheme)
                faults += [f"{name or 'a stranger'} at {path} ({scheme}): {fault}" for fault in found]
    assert faults == []
