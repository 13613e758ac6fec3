"""Serial numbers for the line: issued, fetched as a file, counted when the line is done."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from supplychain.acts import Actor
from supplychain.lifecycle import MAY_COMMISSION
from supplychain.models import Allocation, Batch
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, show, tell
from supplychain.pages.numbered import form_number, numbered
from supplychain.pages.products import OVERSEES_BATCHES
from supplychain.serials import queries
from supplychain.serials.forms import AllocationForm, ReconcileForm
from supplychain.streams import csv_response
from supplychain.usecases.allocate import allocate
from supplychain.usecases.reconcile import reconcile


@require_GET
@for_members(OVERSEES_BATCHES)
def serials(request: HttpRequest, actor: Actor) -> HttpResponse:
    return show(request, "supplychain/serials.html", page=queries.allocations_page(actor, after=cursor(request)))


@for_members(MAY_COMMISSION, act="allocate")
@numbered
def issue_serials(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = AllocationForm(
        request.POST or None, request.FILES or None, actor=actor, initial={"request_id": form_number(request)}
    )
    if form.is_valid():
        done = form.attempt(lambda: allocate(actor=actor, request=form.request, **form.wish()))
        if done is not None:
            made = Allocation.objects.get(event=done.event)
            text = ngettext("Issued %(count)d serial number.", "Issued %(count)d serial numbers.", made.quantity)
            tell(request, done, text % {"count": made.quantity})
            return redirect("allocation", made.pk)
        form.note_used(may_be_dark=False)
    return show(request, "supplychain/issue_serials.html", form)


@for_members(OVERSEES_BATCHES)
def allocation(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = _find(actor, pk)
    form = ReconcileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reported = {name: form.cleaned_data[name] for name in ("applied", "destroyed", "unused")}
        done = form.attempt(lambda: reconcile(actor=actor, request=form.request, allocation=found, **reported))
        if done is not None:
            tell(request, done, _("The list is counted and closed."))
            return redirect("allocation", pk)
    context = {
        "allocation": found,
        "fates": queries.count_allocation(found),
        "is_mine": found.product.brand_owner_id == actor.party.pk,
        "batches": queries.open_batches(found),
    }
    return show(request, "supplychain/allocation.html", form, **context)


@require_GET
@for_members(MAY_COMMISSION, act="allocate")  # looking is not enough: who has the file can print codes
def line_file(request: HttpRequest, actor: Actor, pk: int) -> HttpResponseBase:
    found = _find(actor, pk)
    if found.product.brand_owner_id != actor.party.pk:
        raise PermissionDenied(_("Only the maker gets its serial numbers: who has them can print codes."))
    number = request.GET.get("batch", "")
    batch = None
    if number:
        rows = Batch.objects.filter(product=found.product, pk=number if number.isdecimal() else 0)
        batch = rows.first()
        if batch is None:
            raise Http404(_("There is no such batch of this product."))
    rows_of_file = queries.serial_rows(found, base_url=settings.PUBLIC_URL, batch=batch)
    return csv_response(f"serials-{found.product.gtin}-{pk}.csv", queries.HEADER, rows_of_file)


def _find(actor: Actor, pk: int) -> Allocation:
    found = queries.visible_allocations(actor).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such list of serial numbers among yours."))
    return found
