"""Goods between parties: ship, what was sent, what is coming, receive."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from supplychain import queries
from supplychain.acts import Actor, Done
from supplychain.forms import ReceiveForm, ShipForm, findings_of
from supplychain.lifecycle import MAY_TRADE, Count, count_delivery
from supplychain.models import Handoff
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, listed, show, tell
from supplychain.usecases import receive as receiving
from supplychain.usecases import ship as shipping


@for_members(MAY_TRADE, act="ship")
def ship(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ShipForm(request.POST or None, actor=actor)
    if form.is_valid():
        epcs, receiver = form.cleaned_data["codes"], form.cleaned_data["receiver"]
        purpose = form.cleaned_data["purpose"]
        done = form.attempt(
            lambda: shipping.ship(actor=actor, request=form.request, epcs=epcs, receiver=receiver, purpose=purpose)
        )
        if done is not None:
            count = ngettext("Shipped %(count)d item to %(name)s.", "Shipped %(count)d items to %(name)s.", len(epcs))
            tell(request, done, count % {"count": len(epcs), "name": receiver.name})
            return redirect("sent")
    return show(request, "supplychain/ship.html", form, lines=listed(form, actor))


@require_GET
@for_members(MAY_TRADE)
def sent(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, "supplychain/sent.html", page=queries.sent_page(actor.party, after=cursor(request)))


@require_GET
@for_members(MAY_TRADE)
def incoming(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, "supplychain/incoming.html", page=queries.incoming_page(actor.party, after=cursor(request)))


@for_members(MAY_TRADE)
def receive(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    rows = Handoff.objects.select_related("sender", "receiver", "ship_event").filter(receiver=actor.party)
    handoff = get_object_or_404(rows, pk=pk)
    form = ReceiveForm(request.POST or None)
    announced = queries.under_way(handoff)
    count = None
    if form.is_valid():
        count = _count(form, announced)
        if count is None or not (count.missing or count.surplus) or form.cleaned_data["step"] == "confirm":
            epcs = None if count is None else form.cleaned_data["codes"]
            found = findings_of(form)
            more = {"findings": found} if found else {}
            done = form.attempt(
                lambda: receiving.receive(actor=actor, request=form.request, handoff=handoff, epcs=epcs, **more)
            )
            if done is not None:
                tell(request, done, _told(done, handoff))
                return redirect("incoming")
    context = {
        "handoff": handoff,
        "announced": announced,
        "lines": listed(form, actor),
        "differences": _differences(actor, count),
        "odd": count.surplus if count else (),
    }
    return show(request, "supplychain/receive.html", form, **context)


def _count(form: ReceiveForm, announced: list[queries.Line]) -> Count | None:
    """What was scanned against what was announced; None for a delivery that is taken in uncounted."""
    if form.cleaned_data["step"] == "all":
        return None
    return count_delivery([line.epc for line in announced], form.cleaned_data["codes"])


def _differences(actor: Actor, count: Count | None) -> dict[str, object] | None:
    """For the person to look at before anything is signed."""
    if count is None or not (count.missing or count.surplus):
        return None
    return {
        "received": len(count.received),
        "missing": queries.lines_of(sorted(count.missing), actor.party),
        "surplus": queries.lines_of(sorted(count.surplus), actor.party),
    }


def _told(done: Done, handoff: Handoff) -> str:
    if not done.exceptions:
        return _("Received the delivery from %(name)s, all as announced.") % {"name": handoff.sender.name}
    count = len(done.exceptions)
    text = ngettext(
        "Received from %(name)s, with %(count)d difference on record.",
        "Received from %(name)s, with %(count)d differences on record.",
        count,
    )
    return text % {"name": handoff.sender.name, "count": count}
