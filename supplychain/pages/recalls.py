"""Recalls: everybody reads them, holders answer them, makers and authorities propose, sign and oversee them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from supplychain.acts import Actor, Refused
from supplychain.declaring import Declared
from supplychain.lifecycle import MAY_ADMIT, MAY_COMMISSION
from supplychain.models import Proposal, Recall
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, show
from supplychain.recalls import queries
from supplychain.recalls.forms import AnswerForm, LiftForm, NarrowForm, ProposeForm, SignForm
from supplychain.recalls.recall import Depth
from supplychain.standing import scope_of
from supplychain.usecases import approve_recall as approving
from supplychain.usecases import drop_proposal as dropping
from supplychain.usecases import lift_recall as lifting
from supplychain.usecases import narrow_recall as narrowing
from supplychain.usecases import propose_recall as proposing
from supplychain.usecases import report_recall as reporting

MAY_PROPOSE = MAY_COMMISSION | MAY_ADMIT
GET_POST = require_http_methods(["GET", "POST"])


@require_GET
@for_members()
def recalls(request: HttpRequest, actor: Actor) -> HttpResponse:
    waiting = queries.proposals_page(actor.party)
    context: dict[str, Any] = {
        "page": queries.recalls_page(after=cursor(request)),
        "tasks": queries.tasks_of(actor.party),
        "waiting": waiting.rows,
        "may_propose": bool(MAY_PROPOSE.intersection(actor.roles)),
        "today": timezone.localdate(),
    }
    return show(request, "supplychain/recalls.html", **context)


@GET_POST
@for_members(MAY_PROPOSE, act="propose_recall")
def propose(request: HttpRequest, actor: Actor) -> HttpResponse:
    fresh = ProposeForm.fresh(request.GET.get("gtin", "")[:14], request.GET.get("lot", "")[:20])
    form = ProposeForm(request.POST or None, actor=actor, initial=fresh)
    if form.is_valid():
        done = form.attempt(lambda: proposing.propose_recall(actor=actor, request=form.request, **form.wish))
        if done is not None:
            return _after_signing(request, done)
    return show(request, "supplychain/propose_recall.html", form)


@GET_POST
@for_members()
def recall(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """What it says; for whoever is addressed the form to answer; for those who oversee it how well it works."""
    found = _find(pk)
    task = queries.find_task(actor.party, found)
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        given = {"quantities": form.numbers, "scanned": form.cleaned_data["codes"] or []}
        done = form.attempt(lambda: reporting.report_recall(actor=actor, request=form.request, recall=found, **given))
        if done is not None:
            messages.success(request, _("Your answer is signed and on its way into the log."))
            return redirect("recall", pk)
    return show(request, "supplychain/recall.html", form, task=task, **_told(actor, found))


@GET_POST
@for_members(MAY_PROPOSE, act="narrow_recall")
def narrow(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = _find(pk)
    form = NarrowForm(request.POST or None, initial=NarrowForm.of(found))
    if form.is_valid():
        wish = {"recall": found, "text": form.cleaned_data["text"], **form.scope}
        done = form.attempt(lambda: narrowing.narrow_recall(actor=actor, request=form.request, **wish))
        if done is not None:
            return _after_signing(request, done)
    return show(request, "supplychain/change_recall.html", form, recall=found, is_lift=False)


@GET_POST
@for_members(MAY_PROPOSE, act="lift_recall")
def lift(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = _find(pk)
    form = LiftForm(request.POST or None)
    if form.is_valid():
        text = form.cleaned_data["text"]
        done = form.attempt(lambda: lifting.lift_recall(actor=actor, request=form.request, recall=found, text=text))
        if done is not None:
            return _after_signing(request, done)
    return show(request, "supplychain/change_recall.html", form, recall=found, is_lift=True)


@GET_POST
@for_members(MAY_PROPOSE)
def proposal(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """What waits for signatures, word for word; whoever may sign it signs here with a managed key."""
    found = _find_proposal(actor, pk)
    form = SignForm(request.POST or None)
    if form.is_valid():
        done = form.attempt(lambda: approving.approve_recall(actor=actor, request=form.request, proposal=found))
        if done is not None:
            return _after_signing(request, done)
    pending = queries.pending(found)
    return show(
        request,
        "supplychain/recall_proposal.html",
        form,
        pending=pending,
        scope=pending.body.scope,
        may_sign=actor.party.gln in pending.may_sign,
        is_mine=found.party_id == actor.party.pk,
    )


@require_POST
@for_members(MAY_PROPOSE, act="drop_proposal")
def drop(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    try:
        dropping.drop_proposal(actor=actor, proposal=_find_proposal(actor, pk))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("recall-proposal", pk)
    messages.success(request, _("The proposal is taken back."))
    return redirect("recalls")


def _find(pk: int) -> Recall:
    rows = Recall.objects.select_related("product__brand_owner", "party", "entry", "last_entry")
    return get_object_or_404(rows, pk=pk)


def _find_proposal(actor: Actor, pk: int) -> Proposal:
    found = queries.visible_proposals(actor.party).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such proposal among those that you may see."))
    return found


def _told(actor: Actor, found: Recall) -> dict[str, Any]:
    oversees = queries.oversees(actor.party, found.product)
    scope = scope_of(found)
    return {
        "recall": found,
        "scope": scope,
        "batches": queries.batches_in_scope(scope),
        "progress": queries.progress_of(found, timezone.localdate()) if oversees else None,
        "attempts": queries.attempts_on(found)[:20] if oversees else [],
        "whereabouts": queries.whereabouts_of(found)[:200] if oversees else [],
        "reaches_patients": found.depth == Depth.CONSUMER,
        "today": timezone.localdate(),
    }


def _after_signing(request: HttpRequest, done: Declared) -> HttpResponse:
    """To the recall that is in force now, or to the proposal that waits for others."""
    if done.recall is not None:
        messages.success(request, _("Enough parties have signed: it is in force now."))
        return redirect("recall", done.recall.pk)
    assert done.proposal is not None
    messages.info(request, _("Signed. It is not in force yet: others have to sign, too."))
    return redirect("recall-proposal", done.proposal.pk)
