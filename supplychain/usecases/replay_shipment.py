"""One real delivery happens here: made, packed, sent by its maker, handed on by its vendor, received where it went."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from supplychain.acts import Actor, Refused, Request
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.serial import build_sscc
from supplychain.imports.shipment_csv import Shipment
from supplychain.imports.trade_cast import TradeCast
from supplychain.models import Event, Item
from supplychain.stock import epcs_of
from supplychain.usecases.commission import commission
from supplychain.usecases.pack import pack
from supplychain.usecases.receive import receive
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.ship import ship

# The file says when goods moved, not when they expire; an expired batch could not be made today.
EXPIRY = date(2099, 12, 31)
LAST_STEP = "received"
Moment = tuple[date, int]  # a day, and the hour of its work


def replay_shipment(*, cast: TradeCast, shipment: Shipment, most_packs: int) -> int:
    """Replay one row wholly or not at all; the same row again changes nothing. Returns the number of packs.

    Raises:
        Refused: an act of it was not allowed; nothing of the row is stored.
    """
    packs = min(shipment.quantity, most_packs)
    # The cast stays, whatever becomes of the row: who plays in it is remembered from row to row.
    maker, vendor, client = cast.maker(shipment), cast.vendor(shipment), cast.client(shipment)
    product = cast.product(shipment)
    with transaction.atomic():
        batch = register_batch(actor=maker, product=product, lot_number=f"SCMS-{shipment.number}", expiry=EXPIRY)
        made = commission(actor=maker, request=_wish(shipment, "made", shipment.made), batch=batch, count=packs)
        numbers = Item.objects.filter(made_by=made.event).values_list("serial_number", flat=True)
        pallet = canonical_epc(build_sscc("0", cast.prefix(shipment.maker), shipment.number))
        pack(
            actor=maker,
            request=_wish(shipment, "packed", shipment.made, hours=1),
            parent=pallet,
            children=epcs_of(product.gtin, sorted(numbers)),
        )
        if vendor.party != maker.party:
            _hand_over(shipment, pallet, (maker, vendor), "sold", (shipment.made, 2), (shipment.sent, 3))
        _hand_over(shipment, pallet, (vendor, client), LAST_STEP, (shipment.sent, 8), (shipment.delivered, 12))
    return packs


def _hand_over(
    shipment: Shipment, pallet: str, sides: tuple[Actor, Actor], step: str, left: Moment, arrived: Moment
) -> None:
    sender, receiver = sides
    sent = ship(actor=sender, request=_wish(shipment, f"{step}: sent", *left), epcs=[pallet], receiver=receiver.party)
    if sent.handoff is None:
        raise Refused.because("NO_HANDOFF", f"Shipping {pallet} made no handoff")
    receive(actor=receiver, request=_wish(shipment, step, *arrived), handoff=sent.handoff, epcs=[pallet])


def _wish(shipment: Shipment, step: str, day: date, hours: int = 0) -> Request:
    """The row's request for one step. Several may be on one day: the hour keeps them in order."""
    moment = datetime.combine(day, time(6), tzinfo=UTC) + timedelta(hours=hours)
    return Request.for_key(_key(shipment, step), moment)


def _key(shipment: Shipment, step: str) -> str:
    return f"simulate_trade/{shipment.number}/{step}"


def find_replayed(shipments: Collection[Shipment]) -> set[str]:
    """The numbers of those rows that were replayed before, in one query."""
    nonces: Mapping[str, str] = {Request.for_key(_key(one, LAST_STEP)).nonce: one.number for one in shipments}
    rows = Event.objects.filter(nonce__among=list(nonces), biz_step="receiving")
    return {nonces[nonce] for nonce in rows.values_list("nonce", flat=True)}
