"""What two parties see differently: a delivery from both sides, the list of what is open, an answer, an arrival."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from supplychain import queries
from supplychain.acts import Actor
from supplychain.disputes.forms import AnswerForm, ArrivalForm, CallOffForm
from supplychain.disputes.queries import disputes_of, disputes_page, grouped
from supplychain.lifecycle import MAY_TRADE
from supplychain.models import Handoff
from supplychain.pages.access import for_members
from supplychain.pages.answers import cursor, listed, show, tell
from supplychain.usecases import answer_dispute as answering
from supplychain.usecases import receive_unannounced as arriving
from supplychain.usecases import void as voiding
from supplychain.visibility import visible_handoffs

SHOWN_ITEMS = 200


@require_GET
@for_members()
def disputes(request: HttpRequest, actor: Actor) -> HttpResponse:
    wants_all = request.GET.get("all") == "1"
    page = disputes_page(actor.party, only_open=not wants_all, after=cursor(request))
    context = {"disputes": grouped(page.rows), "page": page, "wants_all": wants_all, "today": timezone.localdate()}
    return show(request, "supplychain/disputes.html", AnswerForm(), **context)


def _handoffs(actor: Actor) -> QuerySet[Handoff]:
    return visible_handoffs(actor.party).select_related("sender", "receiver", "ship_event").defer("ship_event__body")


@require_GET
@for_members()
def handoff(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    found = get_object_or_404(_handoffs(actor), pk=pk)
    return _show_handoff(request, actor, found, CallOffForm())


def _show_handoff(request: HttpRequest, actor: Actor, found: Handoff, form: CallOffForm) -> HttpResponse:
    moving = queries.under_way(found, most=SHOWN_ITEMS, reader=actor.party)
    context = {
        "handoff": found,
        "moving": moving,
        "disputes": disputes_of(found, actor.party),
        "is_sender": found.sender_id == actor.party.pk,
        "is_receiver": found.receiver_id == actor.party.pk,
        "today": timezone.localdate(),
    }
    return show(request, "supplychain/handoff.html", form, **context)


@require_POST
@for_members(MAY_TRADE)
def call_off(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """A shipment does not leave after all, or a part of it."""
    found = get_object_or_404(_handoffs(actor), pk=pk)
    form = CallOffForm(request.POST)
    if form.is_valid():
        epcs = form.cleaned_data["codes"] or None
        done = form.attempt(lambda: voiding.void(actor=actor, request=form.request, handoff=found, epcs=epcs))
        if done is not None:
            tell(request, done, _("Called off. The goods are in your stock again."))
            return redirect("handoff", pk)
    return _show_handoff(request, actor, found, form)


@require_POST
@for_members()
def answer(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Back to where the form stood, with what was said or why it could not be."""
    form = AnswerForm(request.POST)
    pk = request.POST.get("handoff", "")
    back = reverse("handoff", args=[int(pk)]) if pk.isascii() and pk.isdigit() and len(pk) < 19 else reverse("disputes")
    if form.is_valid():
        done = form.attempt(lambda: answering.answer_dispute(actor=actor, request=form.request, **form.wish()))
        if done is not None:
            tell(request, done, _("Your answer is signed, and the other side sees it."))
            return redirect(back)
    reasons = form.refusal.breaches[:3] if form.refusal else []
    for text in [f"{one.text} ({one.code})" for one in reasons] or [_("Choose which differences you answer, and how.")]:
        messages.error(request, text)
    return redirect(back)


@for_members(MAY_TRADE)
def arrive(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Goods that came before their notice."""
    form = ArrivalForm(request.POST or None, actor=actor)
    if form.is_valid():
        epcs, sender = form.cleaned_data["codes"], form.cleaned_data["sender"]
        done = form.attempt(
            lambda: arriving.receive_unannounced(actor=actor, request=form.request, sender=sender, epcs=epcs)
        )
        if done is not None:
            text = ngettext(
                "%(count)d item is noted. It counts as yours when %(name)s has stated that it shipped it.",
                "%(count)d items are noted. They count as yours when %(name)s has stated that it shipped them.",
                len(epcs),
            )
            tell(request, done, text % {"count": len(epcs), "name": sender.name})
            return redirect("disputes")
    return show(request, "supplychain/arrive.html", form, lines=listed(form, actor))
