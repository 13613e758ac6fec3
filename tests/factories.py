"""The cast and its goods, made by the same use cases that users call: no row here came in by a back door."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from ledger.models import Entry
from supplychain.acts import Actor, Refused, Request
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.identifiers import Gtin, SerialNumber, Sgtin, Sscc
from supplychain.models import Batch, Event, Handoff, Item, Membership, Product, Refusal
from supplychain.people.duties import Duty
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.commission import commission
from supplychain.usecases.found_log import found_log
from supplychain.usecases.pack import pack
from supplychain.usecases.receive import receive
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_product import register_product
from supplychain.usecases.ship import ship

# Numbers of the GS1 prefix 952, which is set aside for examples.
REGULATOR_GLN = "9520009000005"
MAKER_GLN = "9520001000003"
WHOLESALER_GLN = "9520002000002"
PHARMACY_GLN = "9520003000001"
FORGER_GLN = "9520007000007"
GTIN = "09520001000010"
OTHER_GTIN = "09520001000027"
LOT = "L2611A"
PASSWORD = "correct horse battery 26"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who plays: four honest parties, and one that is licensed for everything and honest in nothing."""

    regulator: Actor
    maker: Actor
    wholesaler: Actor
    pharmacy: Actor
    forger: Actor


def make_cast() -> Cast:
    """Open the log and admit the parties. Each has one user, named as its role, with `PASSWORD`."""
    regulator = Actor(found_log(gln=REGULATOR_GLN, name="Medicines Agency", country="CH"))

    def admit(gln: str, name: str, *roles: str) -> Actor:
        prefixes = [gln[:7]]
        party = register_party(
            actor=regulator, gln=gln, name=name, roles=roles, country="CH", company_prefixes=prefixes, city="Basel"
        )
        return Actor(party)

    cast = Cast(
        regulator=regulator,
        maker=admit(MAKER_GLN, "Helvetia Pharma", "manufacturer"),
        wholesaler=admit(WHOLESALER_GLN, "Alpine Wholesale", "wholesaler"),
        pharmacy=admit(PHARMACY_GLN, "Corner Pharmacy", "pharmacy"),
        forger=admit(FORGER_GLN, "Shady Trading", "manufacturer", "wholesaler", "pharmacy"),
    )
    for name in ("regulator", "maker", "wholesaler", "pharmacy", "forger"):
        make_user(name, getattr(cast, name))
    return cast


def make_user(name: str, actor: Actor, *duties: str) -> Membership:
    """A person who acts for the actor's party; without `duties` one who may do everything."""
    user = get_user_model().objects.create_user(name, password=PASSWORD)
    duties = duties or (Duty.OPERATOR, Duty.RESPONSIBLE, Duty.KEY_HOLDER)
    return Membership.objects.create(user=user, party=actor.party, duties=list(duties))


def make_product(maker: Actor, gtin: str = GTIN, name: str = "Amoxil 500 mg") -> Product:
    return register_product(
        actor=maker, gtin=gtin, name=name, generic_name="Amoxicillin", strength="500 mg", form="capsule", markets=["CH"]
    )


def make_batch(maker: Actor, lot_number: str = LOT, expiry: date | None = None) -> Batch:
    expiry = expiry or timezone.localdate() + timedelta(days=700)
    return register_batch(actor=maker, product=make_product(maker), lot_number=lot_number, expiry=expiry)


def serials(count: int, start: int = 0) -> list[str]:
    return [f"B{number:07d}" for number in range(start, start + count)]


def pack_epc(serial_number: str, gtin: str = GTIN) -> str:
    return canonical_epc(Sgtin(Gtin(gtin), SerialNumber(serial_number)))


def commissioned(maker: Actor, count: int, *, start: int = 0, batch: Batch | None = None) -> list[str]:
    """The EPCs of `count` new active packs in the maker's hands."""
    batch = batch or make_batch(maker)
    numbers = serials(count, start)
    commission(actor=maker, request=Request(), batch=batch, serial_numbers=numbers)
    return [pack_epc(number) for number in numbers]


def packed(actor: Actor, children: Sequence[str]) -> str:
    """The EPC of a new unit with `children` inside."""
    parent = canonical_epc(Sscc(allocate_sscc(actor=actor)[0]))
    pack(actor=actor, request=Request(), parent=parent, children=list(children))
    return parent


def palletised(maker: Actor, *, cases: int, packs_per_case: int) -> tuple[str, list[str], list[str]]:
    """A pallet of cases of packs: (pallet, cases, packs)."""
    packs = commissioned(maker, cases * packs_per_case)
    units = [packed(maker, packs[at : at + packs_per_case]) for at in range(0, len(packs), packs_per_case)]
    return packed(maker, units), units, packs


def shipped(sender: Actor, receiver: Actor, epcs: Sequence[str]) -> Handoff:
    done = ship(actor=sender, request=Request(), epcs=list(epcs), receiver=receiver.party)
    assert done.handoff is not None
    return done.handoff


def handed_over(sender: Actor, receiver: Actor, epcs: Sequence[str]) -> Handoff:
    """Shipped and received as announced."""
    handoff = shipped(sender, receiver, epcs)
    receive(actor=receiver, request=Request(), handoff=handoff, epcs=list(epcs))
    handoff.refresh_from_db()
    return handoff


def refusal_code(usecase: Callable[..., object], **parameters: Any) -> str:
    """The code with which an act is refused. Nothing may have been stored but the evidence."""

    def stored() -> tuple[int, ...]:
        return tuple(model._default_manager.count() for model in (Entry, Event, Item, Handoff, Batch))

    before, evidence = stored(), Refusal.objects.count()
    try:
        usecase(**parameters)
    except Refused as refusal:
        assert stored() == before
        assert Refusal.objects.count() == evidence + 1
        return refusal.code
    raise AssertionError(f"{usecase!r} was not refused")
