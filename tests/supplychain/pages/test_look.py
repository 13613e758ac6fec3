"""What every page must hold to: the Content-Security-Policy, contrast, labels, and the classes that others rely on."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from supplychain.acts import Request
from supplychain.models import Allocation, Batch
from supplychain.usecases.allocate import allocate
from tests.factories import commissioned, make_product, palletised, shipped
from tests.supplychain.pages.conftest import People

ROOT = Path(settings.BASE_DIR)
CSS = ROOT / "static" / "css"
SHARED_CLASSES = [
    *("page", "stack", "row", "grid", "card", "card-head", "table", "kv", "field", "scan-field", "notice", "notice-ok"),
    *("badge", "badge-ok", "badge-warn", "badge-bad", "badge-info", "notice-bad", "mono", "muted", "nowrap"),
    *("verdict", "verdict-ok", "verdict-warn", "verdict-bad", "verdict-info", "visually-hidden", "sheet", "label"),
    *("timeline", "timeline-mark", "timeline-body", "button", "button-primary", "button-quiet", "button-danger"),
]
VOID = {"input", "img", "link", "meta", "br", "hr", "path", "circle", "use", "rect"}


class Outline(HTMLParser):
    """What a screen reader would trip over."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.feed(html)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if (tag == "script" and "src" not in values) or tag == "style":
            self.faults.append(f"inline <{tag}>")
        self.faults += [f"{name} on <{tag}>" for name in values if name == "style" or name.startswith("on")]
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "label" and values.get("for"):
            self.labels.add(str(values["for"]))
        if tag in {"input", "select", "textarea"} and values.get("type") != "hidden" and "label" not in self.open:
            self.fields.append(values)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img" and "alt" not in values:
            self.faults.append("img without alt")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes {self.open[-1]}"
        self.open.pop()


def issued_serials(people: People) -> int:
    product = make_product(people.cast.maker)
    done = allocate(actor=people.cast.maker, request=Request(), product=product, serial_numbers=["A1", "A2"])
    return Allocation.objects.get(event=done.event).pk


@pytest.mark.django_db
def test_every_page_keeps_to_the_policy_and_can_be_read_aloud(people: People) -> None:
    pallet, _cases, _packs = palletised(people.cast.maker, cases=2, packs_per_case=2)
    handoff = shipped(people.cast.maker, people.cast.wholesaler, [pallet])
    commissioned(people.cast.maker, 2, start=100)
    batch = Batch.objects.get()
    unit = pallet.rpartition("/")[2]
    pages = [
        *((people.stranger, path) for path in ("/", "/sign-in", "/check?code=rubbish", "/nowhere")),
        *((people.maker, f"/{name}") for name in ("", "hold", "ship", "sent", "pack", "products", "products/new")),
        *((people.maker, f"/{name}") for name in ("batches", "batches/new", f"batches/{batch.pk}", "dispense")),
        *(
            (people.maker, path)
            for path in ("/serials", "/serials/new", "/places", f"/serials/{issued_serials(people)}")
        ),
        *((people.maker, path) for path in (f"/unpack?unit={unit}", f"/items/unit/{unit}")),
        *((people.wholesaler, path) for path in ("/", "/incoming", reverse("receive", args=[handoff.pk]))),
        *((people.maker, path) for path in (reverse("handoff", args=[handoff.pk]), "/differences", "/end", "/undo")),
        *((people.wholesaler, path) for path in ("/returns", "/incoming/unannounced", "/differences?all=1")),
        *((people.pharmacy, path) for path in ("/", "/dispense", "/refusals")),
        *((people.regulator, path) for path in ("/", "/parties", "/parties/new")),
    ]
    for visitor, path in pages:
        page = visitor.get(path)
        outline = Outline(page.html)
        assert outline.faults == [], path
        assert len(outline.ids) == len(set(outline.ids)), path
        unlabelled = [one.get("name") for one in outline.fields if one.get("id") not in outline.labels]
        assert unlabelled == [], path
        assert outline.headings.count(1) == 1, path
        assert '<html lang="en" dir="ltr">' in page.html
        assert len(page.html) < 50_000, path
        assert "style-src 'self'" in page.response["Content-Security-Policy"]


def test_no_template_writes_what_the_policy_forbids() -> None:
    forbidden = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:|https?://(?!id\.gs1)")
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for folder in ("", "supplychain")
        for path in sorted((ROOT / "templates" / folder).glob("*.html"))
        for hit in forbidden.finditer(path.read_text())
    ]
    assert found == []


def test_the_classes_that_other_pages_use_exist() -> None:
    css = "".join(path.read_text() for path in CSS.glob("*.css"))
    assert [name for name in SHARED_CLASSES if not re.search(rf"\.{name}\b(?!-)", css)] == []


def test_what_a_page_loads_is_small_and_our_own() -> None:
    files = [*CSS.glob("*.css"), *(ROOT / "static" / "js").glob("*.js")]
    assert sum((CSS / name).stat().st_size for name in ("tokens.css", "medtrail.css", "pages.css")) < 40_000
    assert [path.name for path in files if re.search(r"@import|https?://", path.read_text())] == []


# --- Contrast: WCAG 2.2, success criteria 1.4.3 and 1.4.11 ----------------------------------------------------------


def schemes() -> dict[str, dict[str, str]]:
    text = (CSS / "tokens.css").read_text()
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    pattern = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
    values = dict(pattern.findall(light))
    return {"light": values, "dark": values | dict(pattern.findall(dark))}


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    colours = schemes()[scheme]
    grounds = ("paper", "surface", "sunken")
    pairs = [(text, ground, 4.5) for text in ("ink", "ink-soft", "brand", "bad") for ground in grounds]
    pairs += [(tone, f"{tone}-soft", 4.5) for tone in ("ok", "warn", "bad", "info")]
    pairs += [(text, f"{tone}-soft", 4.5) for tone in ("ok", "warn", "bad", "info") for text in ("ink", "ink-soft")]
    pairs += [("on-brand", "brand", 4.5), ("on-brand", "brand-strong", 4.5), ("brand-strong", "brand-soft", 4.5)]
    pairs += [(sign, ground, 3.0) for sign in ("line-strong", "focus") for ground in grounds]
    pairs += [("surface", tone, 4.5) for tone in ("ok", "warn", "bad", "info")]
    weak = {(one, other): round(contrast(colours[one], colours[other]), 2) for one, other, _ in pairs}
    assert {pair: weak[pair[:2]] for pair in pairs if weak[pair[:2]] < pair[2]} == {}
