"""A maker's products and batches."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from supplychain import queries
from supplychain.acts import Actor
from supplychain.forms import BatchForm, ProductForm
from supplychain.lifecycle import MAY_ADMIT, MAY_COMMISSION
from supplychain.models import Batch, Party
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, search_text, show, tell
from supplychain.pages.numbered import form_number, numbered
from supplychain.templatetags.medtrail import roles_text
from supplychain.trace_queries import lots_page
from supplychain.usecases import produce_batch as production
from supplychain.usecases import register_product as registration
from supplychain.visibility import can_name_holder, can_see_batch

OVERSEES_BATCHES = MAY_COMMISSION | MAY_ADMIT


@require_GET
@for_members(OVERSEES_BATCHES)
def products(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = search_text(request)
    page = queries.products_page(actor, search=search, after=cursor(request))
    return show(request, "supplychain/products.html", page=page, search=search)


@for_members(MAY_COMMISSION, act="register_product")
def register_product(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ProductForm(request.POST or None)
    if form.is_valid():
        product = form.attempt(lambda: registration.register_product(actor=actor, **form.cleaned_data))
        if product is not None:
            messages.success(
                request, _("Registered %(name)s under GTIN %(gtin)s.") % {"name": product.name, "gtin": product.gtin}
            )
            return redirect("products")
    return show(request, "supplychain/register_product.html", form, prefixes=actor.party.company_prefixes)


@require_GET
@for_members(OVERSEES_BATCHES)
def batches(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = search_text(request)
    page = queries.batches_page(actor, search=search, after=cursor(request))
    return show(request, "supplychain/batches.html", page=page, search=search, today=timezone.localdate())


@for_members(MAY_COMMISSION, act="produce_batch")
@numbered
def register_batch(request: HttpRequest, actor: Actor) -> HttpResponse:
    more = (
        Batch.objects.filter(pk=request.GET.get("more", "0"), product__brand_owner=actor.party).first()
        if request.GET.get("more", "").isdecimal()
        else None
    )
    initial = {"request_id": form_number(request), **(BatchForm.more_of(more) if more else {})}
    form = BatchForm(request.POST or None, request.FILES or None, actor=actor, initial=initial)
    if form.is_valid():
        made = form.attempt(lambda: production.produce_batch(actor=actor, request=form.request, **form.wish()))
        if made is not None:
            batch, done = made
            count = batch.items.filter(made_by=done.event).count()
            text = ngettext("Made %(count)d pack of lot %(lot)s.", "Made %(count)d packs of lot %(lot)s.", count)
            tell(request, done, text % {"count": count, "lot": batch.lot_number})
            return redirect("batch", batch.pk)
        form.note_used(may_be_dark=True)
    return show(request, "supplychain/register_batch.html", form)


@require_GET
@for_members(OVERSEES_BATCHES)
def batch(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = get_object_or_404(Batch.objects.select_related("product__brand_owner"), pk=pk)
    if not can_see_batch(actor.party, found):
        raise PermissionDenied(_("This batch belongs to another maker."))
    shares = queries.shares_of(found)
    context: dict[str, Any] = {
        "rows": _told(actor.party, shares),
        "packs": queries.total_packs(shares),
        "is_mine": found.product.brand_owner_id == actor.party.pk,
        "today": timezone.localdate(),
    }
    return show(request, "supplychain/batch.html", batch=found, **context)


@require_GET
@for_members(OVERSEES_BATCHES)
def batch_units(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Where each pack of a batch is: outermost units and loose packs."""
    found = get_object_or_404(Batch.objects.select_related("product__brand_owner"), pk=pk)
    if not can_see_batch(actor.party, found):
        raise PermissionDenied(_("This batch belongs to another maker."))
    page = lots_page(found, actor.party, after=cursor(request))
    rows = [(one, _holder_text(actor.party, one.root.holder)) for one in page.rows]
    return show(request, "supplychain/batch_units.html", batch=found, page=queries.Page(rows, page.next))


def _told(party: Party, shares: list[queries.Share]) -> list[tuple[str, int, bool, int]]:
    """(with whom, life, under way, packs). Holders that the reader may not name are told by role and country."""
    counts: Counter[tuple[str, int, bool]] = Counter()
    for one in shares:
        counts[_holder_text(party, one.holder), one.life, one.is_under_way] += one.packs
    return [(*key, packs) for key, packs in counts.items()]


def _holder_text(party: Party, holder: Party | None) -> str:
    if holder is None:
        return _("Left trade")
    if holder.pk == party.pk:
        return _("You")
    return holder.name if can_name_holder(party, holder) else f"{roles_text(holder)}, {holder.country}"
