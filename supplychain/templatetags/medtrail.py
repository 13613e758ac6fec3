"""How templates write codes, people's words and places."""

import re
import secrets
from typing import Any

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from supplychain.gs1.digital_link import parse_epc
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Sgtin
from supplychain.lifecycle import Kind
from supplychain.models import Item, Party
from supplychain.pages import words
from supplychain.recalls import words as recall_words

register = template.Library()
BADGES = {
    "released": "ok", "recalled": "bad", "withdrawn": "bad", "partly": "warn",
    "open": "info", "partial": "warn", "received": "ok",
    "pending": "info", "sealed": "info", "published": "ok",
    "SHORTAGE": "bad", "OVERAGE": "warn", "OVERAGE_NOT_TAKEN": "bad",
    "contested": "warn", "settled": "ok",
    "1": "info", "2": "ok", "3": "info",
}  # fmt: skip
EPC = re.compile(r"(https://id\.gs1\.org/(?:00|01)/[A-Za-z0-9._~%/-]*[A-Za-z0-9])")


def item_url(item: Item) -> str:
    if item.kind == Kind.PACK:
        return reverse("item", args=["pack", f"{item.gtin}-{item.serial_number}"])
    return reverse("item", args=["unit", item.serial_number])


register.filter("item_url", item_url)


@register.filter
def code_text(epc: str) -> SafeString:
    """An EPC as it is printed below a barcode. Codes read from left to right in every language."""
    try:
        thing = parse_epc(epc)
    except GS1Error:
        return format_html('<bdi dir="ltr" class="mono">{}</bdi>', epc)
    if isinstance(thing, Sgtin):
        return format_html('<bdi dir="ltr" class="mono">(01) {} (21) {}</bdi>', thing.gtin, thing.serial_number)
    return format_html('<bdi dir="ltr" class="mono">(00) {}</bdi>', thing)


@register.filter
def with_codes(text: str) -> SafeString:
    """A sentence in which EPCs are written as they are printed."""
    parts = EPC.split(text)
    return format_html_join("", "{}", ((code_text(part) if EPC.fullmatch(part) else part,) for part in parts))


@register.filter
def code(text: Any) -> SafeString:
    """A number or code as it stands."""
    return format_html('<bdi dir="ltr" class="mono">{}</bdi>', text)


@register.filter
def word(value: Any, kind: str) -> str | Promise:
    """The word for a code: `{{ event.biz_step|word:"STEPS" }}`. A code without a word is shown as it is."""
    known: dict[Any, str | Promise] = getattr(words, kind)
    return known.get(value, str(value))


@register.filter
def recall_word(value: Any, kind: str) -> str | Promise:
    """The same for what a recall says: `{{ recall.reason|recall_word:"REASONS" }}`."""
    known: dict[Any, str | Promise] = getattr(recall_words, kind)
    return known.get(value, str(value))


@register.simple_tag
def new_number() -> str:
    """A request id for a form of one button: opened once, sent twice, it acts once."""
    return secrets.token_hex(16)


@register.simple_tag
def state_badge(value: Any, kind: str) -> SafeString:
    """The word for a state in the colour and with the sign that it has everywhere."""
    return format_html('<span class="badge badge-{}">{}</span>', BADGES.get(str(value), "bad"), word(value, kind))


@register.filter
def roles_text(party: Party) -> str:
    return ", ".join(str(words.ROLES.get(one, one)) for one in party.roles)


@register.simple_tag(takes_context=True)
def next_page(context: template.Context, after: int) -> str:
    """The query string of a list's next page, with the search kept."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query["after"] = str(after)
    return "?" + query.urlencode()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A sign of our own drawing. It never stands alone: the word beside it says what it means."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("img/icons.svg"), name)
