"""Quarantine: what is set apart, by whom and why; set apart more, and let go."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from supplychain.acts import Actor, Done
from supplychain.holds.models import Hold
from supplychain.holds.queries import holds_page, visible_holds
from supplychain.holds.rules import Authority
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, listed, show, tell
from supplychain.recalls.forms import HoldForm, ReleaseForm
from supplychain.stock import epc_of
from supplychain.usecases import hold as holding
from supplychain.usecases import release as releasing

GET_POST = require_http_methods(["GET", "POST"])


@GET_POST
@for_members()
def holds(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = HoldForm(request.POST or None, initial={"codes": request.GET.get("code", "")[:100]})
    if form.is_valid():
        epcs, reason = form.cleaned_data["codes"], form.cleaned_data["reason"]
        done = form.attempt(lambda: holding.hold(actor=actor, request=form.request, epcs=epcs, reason=reason))
        if done is not None:
            text = ngettext("Set %(count)d item apart.", "Set %(count)d items apart.", len(epcs))
            tell(request, done, text % {"count": len(epcs)})
            return redirect("holds")
    context = {"page": holds_page(actor.party, after=cursor(request)), "regulator": Authority.REGULATOR}
    return show(request, "supplychain/holds.html", form, lines=listed(form, actor), **context)


@require_POST
@for_members()
def release(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Lift one hold, from what it lies on."""
    found = get_object_or_404(visible_holds(actor.party), pk=pk, lifted_by=None)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        done = form.attempt(lambda: _lift(actor, form, found))
        if done is not None:
            tell(request, done, _("Released."))
            return redirect("holds")
    fresh = HoldForm()
    fresh.refusal = form.refusal
    context = {"page": holds_page(actor.party), "regulator": Authority.REGULATOR}
    response = show(request, "supplychain/holds.html", fresh, lines=[], **context)
    response.status_code = 422
    return response


def _lift(actor: Actor, form: ReleaseForm, found: Hold) -> Done:
    named = {"epcs": [epc_of(found.item)]} if found.item is not None else {"batches": [found.batch]}
    return releasing.release(actor=actor, request=form.request, placed_by=found.event.event_id, **named)
