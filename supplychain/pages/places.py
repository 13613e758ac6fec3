"""A party's sites, and which of them a person acts from."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supplychain import queries
from supplychain.acts import Actor
from supplychain.lifecycle import MAY_TRADE
from supplychain.models import Place
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, show
from supplychain.people.place_forms import PlaceForm
from supplychain.usecases import choose_place as choice
from supplychain.usecases import register_place as registration


@for_members(MAY_TRADE)
def places(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = PlaceForm(request.POST or None)
    if form.is_valid():
        place = form.attempt(lambda: registration.register_place(actor=actor, **form.cleaned_data))
        if place is not None:
            messages.success(request, _("Registered %(name)s.") % {"name": place.name})
            return redirect("places")
    page = queries.places_page(actor.party, after=cursor(request))
    return show(request, "supplychain/places.html", form, page=page, here=actor.place)


@require_POST
@for_members(MAY_TRADE, act="choose_place")
def choose_place(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    place = get_object_or_404(Place, pk=pk, party=actor.party)
    choice.choose_place(actor=actor, place=place)
    messages.success(request, _("From now on you act from %(name)s.") % {"name": place.name})
    return redirect("places")
