"""Cases and pallets: goods go in, goods come out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from supplychain import queries
from supplychain.acts import Actor
from supplychain.forms import PackForm, UnpackForm
from supplychain.lifecycle import MAY_TRADE, Breach, Kind, guard_unpack
from supplychain.models import Item
from supplychain.pages.access import for_members
from supplychain.pages.answers import listed, show, tell
from supplychain.stock import units_of
from supplychain.usecases import pack as packing
from supplychain.usecases import unpack as unpacking
from supplychain.usecases.allocate_sscc import allocate_sscc


@for_members(MAY_TRADE, act="pack")
def pack(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = PackForm(request.POST or None, initial={"parent": request.GET.get("unit", "")})
    if form.is_valid():
        parent, children = form.cleaned_data["parent"], form.cleaned_data["codes"]
        done = form.attempt(lambda: packing.pack(actor=actor, request=form.request, parent=parent, children=children))
        if done is not None:
            text = ngettext(
                "Packed %(count)d item into %(unit)s.", "Packed %(count)d items into %(unit)s.", len(children)
            )
            tell(request, done, text % {"count": len(children), "unit": parent.rpartition("/")[2]})
            return redirect("pack")
    return show(request, "supplychain/pack.html", form, lines=listed(form, actor))


@require_POST
@for_members(MAY_TRADE, act="allocate_sscc")
def new_number(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new SSCC into the field, whatever else stands in the form already."""
    form = PackForm(request.POST)
    numbers = form.attempt(lambda: allocate_sscc(actor=actor))
    fresh = PackForm(initial={"parent": numbers[0] if numbers else "", "codes": request.POST.get("codes", "")})
    fresh.refusal = form.refusal
    form.full_clean()
    template = "supplychain/_unit_field.html" if request.headers.get("HX-Request") else "supplychain/pack.html"
    return show(request, template, fresh, lines=listed(form, actor), number=numbers[0] if numbers else "")


@for_members(MAY_TRADE, act="unpack")
def unpack(request: HttpRequest, actor: Actor) -> HttpResponse:
    code = request.POST.get("parent") or request.GET.get("unit", "")
    form = UnpackForm(request.POST or None)
    unit = queries.find_by_code(code, timezone.localdate())
    if form.is_valid():
        parent = form.cleaned_data["parent"]
        children = None if form.cleaned_data["everything"] else form.cleaned_data["codes"]
        done = form.attempt(
            lambda: unpacking.unpack(actor=actor, request=form.request, parent=parent, children=children)
        )
        if done is not None:
            count = done.event.event_items.filter(field="childEPCs").count()
            text = ngettext("Took %(count)d item out of %(unit)s.", "Took %(count)d items out of %(unit)s.", count)
            tell(request, done, text % {"count": count, "unit": parent.rpartition("/")[2]})
            return redirect("unpack")
    context = {"code": code, "unit": queries.lines_of_items([unit], actor.party)[0] if unit else None}
    return show(
        request,
        "supplychain/unpack.html",
        form,
        lines=listed(form, actor),
        breaches=_why_not(actor, code, unit),
        **context,
    )


def _why_not(actor: Actor, code: str, unit: Item | None) -> list[Breach]:
    """Why the unit that was scanned cannot be opened here: told at once, not after everything in it was scanned."""
    if not code:
        return []
    if unit is None:
        return [
            Breach("UNKNOWN_ITEM", "", _("No case or pallet with the code %(code)s is registered.") % {"code": code})
        ]
    if unit.kind != Kind.LOGISTIC_UNIT:
        return [Breach("NOT_AN_SSCC", "", _("This is the code of a pack: scan the label of the case or pallet."))]
    return guard_unpack([], parent=units_of([unit])[0], party=actor.party.gln)
