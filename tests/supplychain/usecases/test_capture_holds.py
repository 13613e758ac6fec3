"""A hold that comes in as an EPCIS event is a hold, unless it claims an authority that its sender has not."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supplychain.acts import Actor, Refused, Request
from supplychain.epcis import event as epcis
from supplychain.epcis.vocabulary import lot_class
from supplychain.holds.models import Hold
from supplychain.holds.rules import Authority
from supplychain.models import Event
from supplychain.usecases.capture_event import capture_event
from supplychain.usecases.dispense import dispense
from supplychain.usecases.rebuild_state import rebuild_state
from tests.factories import GTIN, LOT, Cast, commissioned, handed_over, refusal_code

pytestmark = pytest.mark.django_db
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"medtrail": "https://medtrail.example/ns/"},
]


def captured(actor: Actor, body: dict[str, Any]) -> Event:
    return capture_event(actor=actor, data=json.dumps({"@context": CONTEXT, **body}).encode()).event


def scene(actor: Actor, number: int) -> epcis.Scene:
    moment = timezone.now() - timedelta(seconds=30 - number)
    return epcis.Scene(f"urn:uuid:7b0b3c1e-2f0d-5c57-9d0e-0b6d6d1a4c{number:02d}", moment, actor.place.gln)


def holding(actor: Actor, number: int, **named: Any) -> dict[str, Any]:
    shape = {"epcs": [], "lots": [], "reason": "damage", "disposition": "non_sellable_other", "authority": "holder"}
    return epcis.holding(scene(actor, number), **{**shape, **named})


def test_a_captured_hold_stops_a_pack_until_a_captured_release(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, [epc])
    placed = captured(cast.pharmacy, holding(cast.pharmacy, 1, epcs=[epc]))
    assert Hold.objects.get().authority == Authority.HOLDER
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=epc) == "QUARANTINED"
    lifting = epcis.releasing(
        scene(cast.pharmacy, 2), epcs=[epc], lots=[], disposition="conformant", undoes=[placed.event_id]
    )
    captured(cast.pharmacy, lifting)
    dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


@pytest.mark.parametrize("claimed", ["maker", "regulator"])
def test_nobody_claims_an_authority_that_it_has_not(cast: Cast, claimed: str) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, [epc])
    with pytest.raises(Refused) as refused:
        captured(cast.pharmacy, holding(cast.pharmacy, 1, epcs=[epc], authority=claimed))
    assert refused.value.code == "EFFECT_DIFFERS"
    assert Hold.objects.count() == 0


def test_a_captured_hold_of_the_forger_reaches_nothing_of_others(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, [epc])
    with pytest.raises(Refused, match="not in your custody"):
        captured(cast.forger, holding(cast.forger, 1, epcs=[epc]))
    captured(cast.forger, holding(cast.forger, 2, lots=[lot_class(GTIN, LOT)]))
    dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")
