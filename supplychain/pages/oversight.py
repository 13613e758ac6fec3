"""The regulator's pages, and the refusals that each party can look up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from supplychain import queries
from supplychain.acts import Actor
from supplychain.forms import PartyForm
from supplychain.lifecycle import MAY_ADMIT
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, search_text, show
from supplychain.usecases import register_party as registration


@require_GET
@for_members(MAY_ADMIT)
def parties(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = search_text(request)
    return show(
        request,
        "supplychain/parties.html",
        page=queries.parties_page(search=search, after=cursor(request)),
        search=search,
    )


@for_members(MAY_ADMIT, act="register_party")
def register_party(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = PartyForm(request.POST or None)
    if form.is_valid():
        party = form.attempt(lambda: registration.register_party(actor=actor, **form.cleaned_data))
        if party is not None:
            messages.success(
                request, _("%(name)s is admitted; its key is on its way into the log.") % {"name": party.name}
            )
            return redirect("parties")
    return show(request, "supplychain/register_party.html", form)


@require_GET
@for_members()
def refusals(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, "supplychain/refusals.html", page=queries.refusals_page(actor, after=cursor(request)))
