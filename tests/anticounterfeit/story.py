"""A pack's whole way, from the line to the hand, for the tests that look back at it."""

from dataclasses import dataclass

from ledger.usecases.advance import advance
from supplychain.acts import Request
from supplychain.gs1.digital_link import parse_epc
from supplychain.gs1.identifiers import Sgtin
from supplychain.models import Item
from supplychain.stock import find_items
from supplychain.usecases.dispense import dispense
from supplychain.usecases.unpack import unpack
from tests.factories import Cast, handed_over, palletised

WAY = [
    "commissioning",
    "packing",
    "packing",
    "shipping",
    "receiving",
    "unpacking",
    "shipping",
    "receiving",
    "unpacking",
    "dispensing",
]


@dataclass(frozen=True, slots=True)
class Story:
    """`dispensed` went all the way; `left` stands in the same case at the pharmacy; all are EPCs."""

    pallet: str
    cases: list[str]
    dispensed: str
    left: str
    at_wholesaler: str


def tell(cast: Cast, *, cases: int = 2, packs_per_case: int = 3) -> Story:
    """Made, packed in cases on a pallet, handed to the wholesaler; one case handed on; one pack of it dispensed."""
    pallet, units, packs = palletised(cast.maker, cases=cases, packs_per_case=packs_per_case)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=units[:1])
    handed_over(cast.wholesaler, cast.pharmacy, units[:1])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    return Story(pallet, units, packs[0], packs[1], packs[-1])


def publish() -> None:
    """What the worker does a second later."""
    assert advance() is not None


def item_of(epc: str) -> Item:
    return find_items([epc])[epc]


def path_of(epc: str) -> str:
    """The path of the pack's page with everything that is printed: lot, serial number, expiry."""
    thing = parse_epc(epc)
    assert isinstance(thing, Sgtin)
    item = item_of(epc)
    assert item.batch is not None
    return f"/01/{thing.gtin}/10/{item.batch.lot_number}/21/{thing.serial_number}?17={item.batch.expiry:%y%m%d}"
