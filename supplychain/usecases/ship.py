"""Goods leave for another party. The sender signs that it shipped; the receiver will sign that it received."""

import re
from collections.abc import Sequence
from functools import partial

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.late import judge
from supplychain.lifecycle import MAY_TRADE, Breach, Purpose, guard_licence, guard_role, guard_ship
from supplychain.models import Party
from supplychain.recording import enact, scene_of
from supplychain.stock import last_events, lock_items

RMA = re.compile(r"[A-Za-z0-9._-]{1,40}")


@act("ship")
def ship(
    *,
    actor: Actor,
    request: Request,
    epcs: Sequence[str],
    receiver: Party,
    purpose: str = Purpose.SALE.value,
    rma: str = "",
) -> Done:
    """Ship top-level items (EPCs) to `receiver`. What is packed in them goes along; the cost does not grow with it.

    `rma` is the number under which a supplier has agreed to a return.
    """
    check(guard_role(actor.roles, MAY_TRADE, "ship goods"))
    why = parse_purpose(purpose)
    if why is Purpose.SALE:  # whose licence has run out may still give goods back
        check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    check(guard_receiver(actor, receiver))
    items = lock_items(epcs)
    guard = partial(guard_ship, party=actor.party.gln, today=timezone.localdate(), purpose=why)
    against = judge(guard, items, request)
    scene = scene_of(actor, request)
    body = epcis.shipping(
        scene, epcs=sorted(epcs), sender=actor.party.gln, receiver=receiver.gln, purpose=why, rma=guard_rma(rma, why)
    )
    return enact(
        epcis.contradicting(body, against) if against else body,
        actor=actor,
        request=request,
        after=last_events(items.values()),
        counterparty=receiver,
        items=items,
    )


def parse_purpose(text: str) -> Purpose:
    if text not in set(Purpose):
        raise Refused.because("BAD_PURPOSE", f"Purpose {text!r}: expected one of {', '.join(Purpose)}")
    return Purpose(text)


def guard_rma(text: str, purpose: Purpose) -> str:
    """The number of a return, as a URI; "" where there is none. Raises Refused."""
    if not text:
        return ""
    if purpose is not Purpose.RETURN:
        raise Refused.because("BAD_RMA", "Only a return has a return authorisation")
    if not RMA.fullmatch(text):
        raise Refused.because(
            "BAD_RMA", f"Return authorisation {text!r}: expected, for a return, 1 to 40 plain characters"
        )
    return f"urn:medtrail:rma:{text}"


def guard_receiver(actor: Actor, receiver: Party) -> list[Breach]:
    """S3: an active, licensed party of the log, and not oneself."""
    if receiver.pk == actor.party.pk:
        return [Breach("SHIP_TO_SELF", "", "Sender and receiver are the same party")]
    if not receiver.keyid:
        return [Breach("PARTNER_NOT_AUTHORISED", "", f"{receiver.name} has not been admitted to this log")]
    return guard_licence(receiver.licence_expiry, today=timezone.localdate(), who=receiver.name)
