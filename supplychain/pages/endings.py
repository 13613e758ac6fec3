"""Goods leave trade other than to a patient, come back to it, or come back from a customer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from supplychain import queries
from supplychain.acts import Act, Actor, Refused
from supplychain.disputes.forms import EndingForm, UndoForm, VerifyReturnForm
from supplychain.gs1.element_string import parse_scan
from supplychain.gs1.errors import GS1Error
from supplychain.lifecycle import MAY_ADMIT, MAY_TRADE
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, listed, show, tell
from supplychain.pages.words import ENDED
from supplychain.scan import epc_of_code
from supplychain.usecases.destroy import destroy
from supplychain.usecases.export import export
from supplychain.usecases.free_sample import free_sample
from supplychain.usecases.lock import lock
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.sample import sample
from supplychain.usecases.undo import undo as take_back
from supplychain.usecases.unlock import unlock
from supplychain.usecases.verify_return import verify_return as verify

USE_CASES: dict[str, Act] = {
    "export": export,
    "free_sample": free_sample,
    "sample": sample,
    "destroy": destroy,
    "report_stolen": report_stolen,
    "lock": lock,
    "unlock": unlock,
}


@for_members(MAY_TRADE | MAY_ADMIT, act="destroy")
def end(request: HttpRequest, actor: Actor) -> HttpResponse:
    start = {"codes": request.GET.get("code", "")[:200], "act": request.GET.get("act", "")[:20]}
    form = EndingForm(request.POST or None, actor=actor, initial=start)
    if form.is_valid():
        act, epcs = form.cleaned_data["act"], form.cleaned_data["codes"]
        done = form.attempt(lambda: USE_CASES[act](actor=actor, request=form.request, epcs=epcs))
        if done is not None:
            count = ngettext("%(what)s: %(count)d item.", "%(what)s: %(count)d items.", len(epcs))
            tell(request, done, count % {"what": ENDED[act], "count": len(epcs)})
            return redirect("end")
    return show(request, "supplychain/end.html", form, lines=listed(form, actor))


@for_members(MAY_TRADE, act="undo")
def undo(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = UndoForm(request.POST or None, initial={"code": request.GET.get("code", "")[:200]})
    if form.is_valid():
        epc, was_supplied = form.cleaned_data["code"], form.cleaned_data["was_supplied"] == "yes"
        done = form.attempt(lambda: take_back(actor=actor, request=form.request, epc=epc, was_supplied=was_supplied))
        if done is not None:
            tell(request, done, _("Taken back: the pack is in your stock again."))
            return redirect("undo")
    return show(request, "supplychain/undo.html", form)


@require_GET
@for_members(MAY_TRADE)
def returns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What came back and waits to be verified, and the form for it."""
    page = queries.returned_page(actor.party, after=cursor(request))
    return show(request, "supplychain/returns.html", VerifyReturnForm(), page=page)


@for_members(MAY_TRADE, act="verify_return")
def verify_return(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = VerifyReturnForm(request.POST or None)
    if form.is_valid():
        done = form.attempt(
            lambda: verify(actor=actor, request=form.request, epcs=[_label(form)[0]], labels=[_label(form)])
        )
        if done is not None:
            failed = [one for one in done.exceptions if one.code == "NOT_SALEABLE"]
            bad = _("Not to be sold: %(why)s. Keep it apart.")
            good = _("Verified: it may be sold again.")
            tell(request, done, bad % {"why": failed[0].text.replace("_", " ")} if failed else good)
            return redirect("returns")
    page = queries.returned_page(actor.party)
    return show(request, "supplychain/returns.html", form, page=page)


def _label(form: VerifyReturnForm) -> tuple[str, str, str]:
    """What was read: of the code what it carries, else what was typed. Raises Refused for what is no code of a pack."""
    text, today = form.cleaned_data["code"], timezone.localdate()
    epc = epc_of_code(text, today)
    try:
        scan = parse_scan(text, today=today)
    except GS1Error as error:
        raise Refused.because(error.code, str(error)) from error
    lot = scan.lot_number.text if scan.lot_number else form.cleaned_data["lot_number"]
    expiry = scan.expiry or form.cleaned_data["expiry"]
    return epc, lot, expiry.isoformat() if expiry else ""
