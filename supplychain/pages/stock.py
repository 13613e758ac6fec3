"""What a party has in custody, and the page of one pack or unit."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from supplychain import queries
from supplychain.acts import Actor
from supplychain.history import Step, history_of, sources_of
from supplychain.lifecycle import MAY_TRADE, Kind
from supplychain.models import Event, Item, Party
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, search_text, show
from supplychain.pages.marks import marks_of
from supplychain.standing import is_held
from supplychain.stock import root_of
from supplychain.templatetags.medtrail import item_url
from supplychain.visibility import can_see_contents, can_see_event


@require_GET
@for_members(MAY_TRADE)
def hold(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = search_text(request)
    item = queries.find_by_code(request.GET.get("q", ""), timezone.localdate()) if search else None
    if item is not None:
        return redirect(item_url(item))
    page = queries.stock_page(actor.party, search=search, after=cursor(request))
    return show(request, "supplychain/hold.html", page=page, search=search, today=timezone.localdate())


@require_GET
@for_members()
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lead from a code to the page of its item, whoever holds it."""
    code = request.GET.get("code", "")
    item = queries.find_by_code(code, timezone.localdate())
    if item is None:
        messages.error(request, _("Nobody has registered %(code)s here.") % {"code": code[:80] or "–"})
        return redirect("home")
    return redirect(item_url(item))


SHOWN_SOURCES = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A step of an item's story as a party may see it: whole, or by role, country and day only."""

    step: Step
    proof: str
    is_whole: bool
    counterparty: Party | None
    mark: str = ""  # what is to be known of the statement itself
    tone: str = "warn"


@require_GET
@for_members()
def item(request: HttpRequest, actor: Actor, kind: str, code: str) -> HttpResponse:
    gtin, _dash, serial_number = code.partition("-") if kind == "pack" else ("", "", code)
    found = (
        Item.objects.select_related("batch__product__brand_owner", "parent")
        .filter(gtin=gtin, serial_number=serial_number)
        .exclude(kind=Kind.PACK, batch=None)  # issued, and no pack yet
        .first()
    )
    if found is None:
        raise Http404(_("Nobody has registered %(code)s here.") % {"code": code})
    root = root_of(found)
    line = queries.lines_of_items([found], actor.party)[0]
    story = _story_for(actor.party, history_of(found))
    context: dict[str, Any] = {
        "line": line,
        "root": root,
        "may_know_holder": can_see_contents(actor.party, root),
        "sources": sources_of(found)[:SHOWN_SOURCES] if found.made_by.type == "TransformationEvent" else (),
        "inside": found.children.count() if found.height else 0,
        "story": story,
        "is_held": is_held(found),
        "has_closed": any(not told.is_whole for told in story),
        "today": timezone.localdate(),
    }
    return show(request, "supplychain/item.html", item=found, **context)


def _story_for(party: Party, steps: list[Step]) -> list[Told]:
    """Newest first: what holds now is what people look for."""
    proofs = queries.with_proofs(step.event for step in steps)
    partners = Party.objects.in_bulk({step.event.counterparty_id for step in steps} - {None})
    marks = marks_of([step.event for step in steps])
    return [
        Told(
            step,
            deed.proof,
            can_see_event(party, step.event),
            partners.get(step.event.counterparty_id or 0),
            *marks.get(step.event.pk, ()),
        )
        for step, deed in reversed(list(zip(steps, proofs, strict=True)))
    ]


@require_GET
@for_members()
def event(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """The EPCIS event as its author stated it, for those who may see it whole; for others there is no such page."""
    found = get_object_or_404(Event.objects.select_related("entry", "party", "counterparty"), pk=pk)
    if not can_see_event(actor.party, found):
        raise Http404(_("There is no such event among those that you may see."))
    response = HttpResponse(found.body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="event-{found.pk}.json"'
    return response
