"""One scanned code on its way into a list: the line to show, or what is wrong with it, said at once."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supplychain import queries
from supplychain.acts import Actor, Refused, check
from supplychain.forms import ScanForm
from supplychain.lifecycle import MAY_TRADE, Breach, Purpose, Unit, guard_pack, guard_ship, guard_unpack
from supplychain.models import Handoff, Item
from supplychain.pages.access import for_members
from supplychain.scan import epc_of_code
from supplychain.stock import epc_of, find_items, root_of, units_of


@dataclass(frozen=True, slots=True)
class Seen:
    """A line that may go into the list; `remark` tells what is odd about it."""

    line: queries.Line
    remark: str = ""


@require_POST
@for_members(MAY_TRADE)
def scan_line(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = ScanForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused.because("BAD_REQUEST", _("This page is out of date: load it again."))
        seen = look_at(actor, form)
    except Refused as refusal:
        response = render(
            request, "supplychain/_scan_error.html", {"refusal": refusal, "code": form.data.get("code", "")}
        )
        response["HX-Retarget"] = "#scan-error"
        response["HX-Reswap"] = "innerHTML"
        response["X-Scan"] = "refused"
        return response
    response = render(request, "supplychain/_scan_line.html", {"line": seen.line, "remark": seen.remark})
    response["X-Scan"] = seen.line.epc
    return response


def look_at(actor: Actor, form: ScanForm) -> Seen:
    """The guards of the act to come, asked early about one code. Nothing is locked: the act asks again and decides."""
    epc = epc_of_code(form.cleaned_data["code"] or "", timezone.localdate())
    line = queries.lines_of([epc], actor.party)[0]
    purpose = form.cleaned_data["purpose"]
    if purpose == "arrive":
        return Seen(line, remark="" if line.item else _("Not known here yet"))
    if line.item is None:
        raise Refused.because("UNKNOWN_ITEM", _("Nobody has registered this code here."), epc)
    unit, party = units_of([line.item])[0], actor.party.gln
    match purpose:
        case "pack":
            check(guard_pack([unit], parent=None, parent_epc=form.cleaned_data["unit"], party=party))
        case "ship":
            why = Purpose(form.cleaned_data["shipping_for"] or Purpose.SALE)
            check(guard_ship([unit], party=party, today=timezone.localdate(), purpose=why))
        case "unpack":
            check(guard_unpack([unit], parent=_opened_unit(form.cleaned_data["unit"]), party=party))
        case "receive":
            return _arrived(actor, line, line.item, form.cleaned_data["handoff"])
    return Seen(line)


def _opened_unit(epc: str) -> Unit:
    item = find_items([epc]).get(epc) if epc else None
    if item is None:
        raise Refused.because("UNKNOWN_ITEM", _("Open the case or pallet first."), epc)
    return units_of([item])[0]


def _arrived(actor: Actor, line: queries.Line, item: Item, handoff: int | None) -> Seen:
    """An announced item, or one that came along: what really came is for the clerk to say and is never refused here."""
    # Of deliveries to others nothing is said, whatever number the page sends along.
    is_ours = Handoff.objects.filter(pk=handoff or 0, receiver=actor.party).exists()
    if is_ours and item.handoff_id == handoff:
        return Seen(line)
    root = root_of(item)
    if is_ours and root.pk != item.pk and root.handoff_id == handoff:
        raise Refused(
            [Breach("PART_OF_UNIT", line.epc, _("It is packed in %(unit)s: scan that code.") % {"unit": epc_of(root)})]
        )
    return Seen(line, remark=_("Not announced"))
