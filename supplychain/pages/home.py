"""The first page: for a stranger what this is, for a member what waits for the party."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from ledger.limits import limited
from ledger.queries import find_log, latest_checkpoint
from supplychain import queries
from supplychain.acts import Actor
from supplychain.disputes.queries import count_waiting
from supplychain.gs1.element_string import Scan, parse_scan
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import format_yymmdd
from supplychain.gs1.uri import format_uri
from supplychain.pages.access import find_actor
from supplychain.recalls.queries import tasks_of
from supplychain.visibility import is_regulator

AT_A_GLANCE = 8


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    actor = find_actor(request)
    if actor is None and request.user.is_authenticated:
        return render(request, "supplychain/no_party.html", status=403)
    if actor is None:
        return render(request, "supplychain/welcome.html", {"checkpoint": latest_checkpoint()})
    if is_regulator(actor.party):
        return render(request, "supplychain/oversight.html", _oversight(actor))
    return render(request, "supplychain/dashboard.html", _dashboard(actor))


def _dashboard(actor: Actor) -> dict[str, object]:
    holdings = queries.holdings(actor.party)
    return {
        "holdings": holdings[:AT_A_GLANCE],
        "more_holdings": len(holdings) - AT_A_GLANCE,
        "packs": queries.total_packs(holdings),
        "batches": len(holdings),
        "incoming": queries.incoming_page(actor.party, size=AT_A_GLANCE),
        "sent": queries.sent_page(actor.party, only_open=True, size=AT_A_GLANCE),
        "to_answer": count_waiting(actor.party),
        "deeds": queries.recent_deeds(actor.party),
        "recall_tasks": [one for one in tasks_of(actor.party) if not one.is_done],
        "today": timezone.localdate(),
    }


def _oversight(actor: Actor) -> dict[str, object]:
    return {
        "members": queries.count_members(),
        "refusals": queries.refusals_page(actor, size=AT_A_GLANCE),
        "batches": queries.batches_page(actor, size=AT_A_GLANCE),
        "log": find_log(),
        "checkpoint": latest_checkpoint(),
        "today": timezone.localdate(),
    }


@require_GET
@limited
def check(request: HttpRequest) -> HttpResponse:
    """Lead from a scanned or pasted code to the public page of the pack, or say what is wrong with the code."""
    code = request.GET.get("code", "")
    context: dict[str, object] = {"code": code, "checkpoint": latest_checkpoint()}
    if not code.strip(" \t\r\n"):
        return render(request, "supplychain/welcome.html", context | {"is_empty": "code" in request.GET})
    try:
        scan = parse_scan(code, today=timezone.localdate())
    except GS1Error as error:
        return render(request, "supplychain/welcome.html", context | {"error": error}, status=400)
    if scan.sgtin is None:
        return render(request, "supplychain/welcome.html", context | {"scan": scan}, status=400)
    return HttpResponseRedirect(path_of(scan))


def path_of(scan: Scan) -> str:
    """The address of a pack's public page here. It repeats what the code says: the page compares that."""
    assert scan.sgtin is not None
    elements = {"01": scan.sgtin.gtin.digits, "21": str(scan.sgtin.serial_number)}
    if scan.lot_number is not None:
        elements["10"] = str(scan.lot_number)
    if scan.expiry is not None:
        elements["17"] = format_yymmdd(scan.expiry)
    return format_uri(elements, stem=settings.PUBLIC_URL).removeprefix(settings.PUBLIC_URL)
