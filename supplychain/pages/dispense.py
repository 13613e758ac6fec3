"""The pharmacist's page: one field, one big answer, and the field is free again."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from supplychain import queries
from supplychain.acts import Actor, Done, Refused
from supplychain.forms import DispenseForm
from supplychain.lifecycle import MAY_DISPENSE, Life
from supplychain.models import Event, EventItem
from supplychain.pages.access import for_members
from supplychain.scan import label_of_code
from supplychain.stock import find_items
from supplychain.usecases.dispense import dispense as give_out

# So long after its dispensing a code that is read again is the same box in the same hand. Later it is a second box.
SAME_READING = timedelta(minutes=2)


@for_members(MAY_DISPENSE, act="dispense")
def dispense(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = DispenseForm(request.POST or None)
    answer: dict[str, object] = {}
    if form.is_valid():
        epc = form.cleaned_data["code"]
        label = label_of_code(request.POST.get("code"), timezone.localdate())
        done = form.attempt(lambda: give_out(actor=actor, request=form.request, epc=epc, **label))
        if done is not None and not request.headers.get("HX-Request"):
            return redirect(f"{reverse('dispense')}?done={done.event.pk}")
        answer = _answer(actor, epc, done, form.refusal)
        form = DispenseForm() if done is not None else form  # its number is used up
    elif request.GET.get("done", "").isdecimal():
        answer = _answer_again(actor, int(request.GET["done"][:18]))
    template = "supplychain/_dispensed.html" if request.headers.get("HX-Request") else "supplychain/dispense.html"
    last = queries.recent_dispensings(actor.party)
    # A refusal is an answer too: a part of a page that came with an error status would not be shown.
    return render(request, template, {"form": form, "code": request.POST.get("code", ""), "last": last, **answer})


def _answer(actor: Actor, epc: str, done: Done | None, refusal: Refused | None) -> dict[str, object]:
    line = queries.lines_of([epc], actor.party)[0]
    if refusal is not None and refusal.code == "ALREADY_DISPENSED":
        # A scanner that fires twice must not look like a fake: the party's own dispensing is told as what it is.
        earlier = _own_dispensing(actor, epc)
        is_same = earlier is not None and timezone.now() - earlier.event_time < SAME_READING
        return {"line": line, "earlier": earlier, "is_same_reading": is_same, "refusal": refusal}
    return {
        "line": line,
        "done": done.event if done else None,
        "replayed": bool(done and done.replayed),
        "refusal": refusal,
    }


def _answer_again(actor: Actor, pk: int) -> dict[str, object]:
    """The answer after the redirect, from the event itself: it can be loaded again and again."""
    rows = EventItem.objects.filter(event=pk, event__party=actor.party, event__biz_step="dispensing")
    named = rows.select_related("event", "item__batch__product").first()
    return {"line": queries.lines_of_items([named.item], actor.party)[0], "done": named.event} if named else {}


def _own_dispensing(actor: Actor, epc: str) -> Event | None:
    item = find_items([epc]).get(epc)
    if item is None or item.life != Life.DISPENSED:
        return None
    return Event.objects.filter(pk=item.last_event_id, party=actor.party, biz_step="dispensing").first()
