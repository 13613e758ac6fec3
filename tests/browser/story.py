"""Something to see on every page: goods held, under way and gone, refusals, blocks, names as long as they may be."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.models import Leaf
from ledger.usecases.advance import advance
from supplychain.acts import Actor, Refused, Request
from supplychain.gs1.digital_link import pack_url
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber
from supplychain.lifecycle import Role
from supplychain.models import Batch
from supplychain.usecases.commission import commission
from supplychain.usecases.dispense import dispense
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_party import register_party
from supplychain.usecases.unpack import unpack
from tests.factories import (
    OTHER_GTIN,
    Cast,
    handed_over,
    make_product,
    make_user,
    pack_epc,
    palletised,
    shipped,
)

LONG_NAME = "Kantonsapothekengenossenschaftsverwaltung Appenzell Ausserrhoden und Umgebung AG in Liquidation"
LONG_PRODUCT = "Dimethylaminophenyldimethylpyrazolone, hydroxypropylmethylcellulose and levomenthol 0.25 mg/ml"
LONG_LOT = "W" * 20
# The widest serial number there is, the oddest one, and two to hand around.
SERIALS = ["W" * 20, "!\"%&'()*+,-./:;<=>?_", "S1", "S2"]

FOR_STRANGERS = ["/", "/check", "/check?code=rubbish", "/verify", "/sign-in", "/ledger/", "/ledger/block/0", "/nowhere"]
FOR_TRADE = ["/", "/hold", "/incoming", "/ship", "/sent", "/pack", "/unpack", "/refusals", "/hold?q=nothing+like+it"]
FOR_MAKERS = ["/products", "/products/new", "/batches", "/batches/new"]
FOR_REGULATORS = ["/", "/parties", "/parties/new", "/products", "/batches", "/refusals", "/ledger/", "/batches/new"]


def tell(cast: Cast, site: str) -> dict[str, list[str]]:
    """Tell the story. Returns who may look at what: user name → paths; "" is a stranger."""
    admitted = register_party(actor=cast.regulator, gln="9520004000000", name=LONG_NAME, roles=list(Role), country="CH")
    long = Actor(admitted)
    make_user("long", long)
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=cases[:1])
    handed_over(cast.wholesaler, cast.pharmacy, cases[:1])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    with pytest.raises(Refused):
        dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])

    batch, epcs = make_long_batch(cast.maker)
    handed_over(cast.maker, long, epcs[:1])
    handed_over(cast.maker, cast.wholesaler, epcs[2:])
    to_wholesaler = shipped(cast.maker, cast.wholesaler, epcs[1:2])
    to_pharmacy = shipped(cast.wholesaler, cast.pharmacy, epcs[2:3])
    to_long = shipped(cast.wholesaler, long, epcs[3:])
    advance()

    item, unit = f"/items/pack/{packs[0].rpartition('/01/')[2].replace('/21/', '-')}", f"/items/unit/{sscc_of(pallet)}"
    public = [packs[0].removeprefix("https://id.gs1.org"), f"{link_of(batch, SERIALS[1])}", f"/00/{sscc_of(pallet)}"]
    public += [f"/01/{OTHER_GTIN}/21/UNKNOWN", newest_entry()]
    batches = [f"/batches/{batch.pk}", f"/batches/{batch.pk}/labels", f"/batches/new?more={batch.pk}"]
    return {
        "": FOR_STRANGERS + public,
        "maker": FOR_TRADE + FOR_MAKERS + batches + [item, unit, "/dispense"],
        "wholesaler": [*FOR_TRADE, f"/incoming/{to_wholesaler.pk}", f"/unpack?unit={sscc_of(pallet)}", item, unit],
        "pharmacy": [*FOR_TRADE, "/dispense", f"/incoming/{to_pharmacy.pk}", item],
        "regulator": FOR_REGULATORS + batches[:2] + [item, unit],
        "long": [*FOR_TRADE, f"/incoming/{to_long.pk}", "/parties", "/dispense"],
    }


def make_long_batch(maker: Actor) -> tuple[Batch, list[str]]:
    batch = register_batch(
        actor=maker,
        product=make_product(maker, OTHER_GTIN, LONG_PRODUCT),
        lot_number=LONG_LOT,
        expiry=timezone.localdate() + timedelta(days=300),
    )
    commission(actor=maker, request=Request(), batch=batch, serial_numbers=SERIALS)
    return batch, [pack_epc(serial, OTHER_GTIN) for serial in SERIALS]


def link_of(batch: Batch, serial: str) -> str:
    """The path that the QR code of a pack leads to."""
    code = pack_url("https://host", Gtin(OTHER_GTIN), LotNumber(batch.lot_number), SerialNumber(serial), batch.expiry)
    return code.removeprefix("https://host")


def sscc_of(epc: str) -> str:
    return epc.rpartition("/")[2]


def newest_entry() -> str:
    leaf = Leaf.objects.select_related("entry").exclude(entry=None).latest("index")
    assert leaf.entry is not None
    return f"/ledger/entry/{bytes(leaf.entry.entry_id).hex()}"
