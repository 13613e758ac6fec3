"""Packs become other packs, and whoever looks at a new one is led to the old ones."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supplychain.acts import Actor, Request
from supplychain.history import history_of, sources_of
from supplychain.lifecycle import Life
from supplychain.models import Batch, Item
from supplychain.stock import find_items
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_product import register_product
from supplychain.usecases.repackage import repackage
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, handed_over, pack_epc, packed, refusal_code

pytestmark = pytest.mark.django_db
REPACKER_GLN, NEW_GTIN = "9520004000000", "09520004000017"


@pytest.fixture
def repacker(cast: Cast) -> Actor:
    party = register_party(
        actor=cast.regulator,
        gln=REPACKER_GLN,
        name="Small Boxes",
        roles=["repackager"],
        country="CH",
        company_prefixes=["9520004"],
    )
    return Actor(party)


@pytest.fixture
def batch(repacker: Actor) -> Batch:
    product = register_product(actor=repacker, gtin=NEW_GTIN, name="Amoxil 500 mg, 4 capsules", markets=["CH"])
    expiry = timezone.localdate() + timedelta(days=600)
    return register_batch(actor=repacker, product=product, lot_number="R1", expiry=expiry)


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    Batch.objects.update(state="released")
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def held(cast: Cast, repacker: Actor, count: int = 2) -> list[str]:
    epcs = commissioned(cast.maker, count)
    handed_over(cast.maker, repacker, epcs)
    return epcs


def wish(repacker: Actor, inputs: list[str], batch: Batch, *serials: str, **more: Any) -> dict[str, Any]:
    return {
        "actor": repacker,
        "request": Request(),
        "inputs": inputs,
        "batch": batch,
        "serial_numbers": list(serials) or ["R1", "R2", "R3"],
    } | more


def test_what_goes_in_ends_and_what_comes_out_leads_back_to_it(cast: Cast, repacker: Actor, batch: Batch) -> None:
    inputs = held(cast, repacker)
    done = repackage(**wish(repacker, inputs, batch))
    assert (done.event.type, done.event.action, done.event.biz_step) == ("TransformationEvent", "", "repackaging")
    assert [item(epc).life for epc in inputs] == [Life.REPACKAGED] * 2
    assert [item(epc).holder for epc in inputs] == [None] * 2
    fresh = [pack_epc(serial, NEW_GTIN) for serial in ("R1", "R2", "R3")]
    assert [(item(epc).life, item(epc).holder) for epc in fresh] == [(Life.ACTIVE, repacker.party)] * 3
    assert list(sources_of(item(fresh[0]))) == [item(epc) for epc in inputs]
    assert [(step.event, step.field) for step in history_of(item(fresh[0]))] == [(done.event, "outputEPCList")]
    assert [step.event.biz_step for step in history_of(item(inputs[0]))][-1] == "repackaging"
    assert list(sources_of(item(inputs[0]))) == []
    handed_over(repacker, cast.pharmacy, fresh)
    back = {"actor": repacker, "request": Request(), "epcs": inputs[:1], "receiver": cast.pharmacy.party}
    assert refusal_code(ship, **back) == "ALREADY_REPACKAGED"


def test_the_pedigree_of_a_new_pack_opens_in_the_transformation(cast: Cast, repacker: Actor, batch: Batch) -> None:
    from supplychain.openings import open_in_list

    inputs = held(cast, repacker)
    done = repackage(**wish(repacker, inputs, batch))
    pack = item(pack_epc("R2", NEW_GTIN))
    assert open_in_list(done.event, "outputEPCList", pack_epc("R2", NEW_GTIN), pack.position).member.endswith("R2")
    named = done.event.event_items.get(item=item(inputs[1]))
    assert open_in_list(done.event, "inputEPCList", inputs[1], named.position).member == inputs[1]


def test_serials_are_minted_for_who_brings_none(cast: Cast, repacker: Actor, batch: Batch) -> None:
    repackage(**wish(repacker, held(cast, repacker), batch, serial_numbers=None, count=5))
    assert Item.objects.filter(gtin=NEW_GTIN, life=Life.ACTIVE).count() == 5


def test_only_a_licensed_repackager_with_a_product_of_its_own(cast: Cast, repacker: Actor, batch: Batch) -> None:
    inputs = held(cast, repacker)
    for who in (cast.maker, cast.wholesaler, cast.forger):
        assert refusal_code(repackage, **wish(who, inputs, batch)) == "ROLE_NOT_ALLOWED"
    foreign = Batch.objects.get(product__brand_owner=cast.maker.party)
    assert refusal_code(repackage, **wish(repacker, inputs, foreign)) == "NOT_BRAND_OWNER"
    repacker.party.licence_expiry = timezone.localdate() - timedelta(days=1)
    assert refusal_code(repackage, **wish(repacker, inputs, batch)) == "PARTNER_NOT_AUTHORISED"


def test_what_may_not_go_in(cast: Cast, repacker: Actor, batch: Batch) -> None:
    inputs = held(cast, repacker, 3)
    others = commissioned(cast.maker, 1, start=50)
    case = packed(repacker, inputs[2:])
    assert refusal_code(repackage, **wish(repacker, [], batch)) == "NOTHING_TO_DO"
    assert refusal_code(repackage, **wish(repacker, others, batch)) == "NOT_HOLDER"
    assert refusal_code(repackage, **wish(repacker, [case], batch)) == "NOT_A_PACK"
    assert refusal_code(repackage, **wish(repacker, inputs[2:], batch)) == "DISAGGREGATE_FIRST"
    assert refusal_code(repackage, **wish(repacker, [inputs[0], inputs[0]], batch)) == "NAMED_TWICE"
    assert refusal_code(repackage, **wish(repacker, inputs[:1], batch, count=0, serial_numbers=[])) == "BAD_COUNT"
    assert refusal_code(repackage, **wish(repacker, inputs[:1], batch, "X", "X")) == "SERIAL_REPEATED"
    Batch.objects.filter(product__brand_owner=cast.maker.party).update(state="recalled")
    assert refusal_code(repackage, **wish(repacker, inputs[:1], batch)) == "BATCH_CALLED_BACK"


def test_no_pack_outlives_what_it_was_made_of(cast: Cast, repacker: Actor, batch: Batch) -> None:
    inputs = held(cast, repacker)
    late = register_batch(
        actor=repacker,
        product=batch.product,
        lot_number="R2",
        expiry=timezone.localdate() + timedelta(days=701),
    )
    assert refusal_code(repackage, **wish(repacker, inputs, late)) == "EXPIRY_EXTENDED"


def test_a_new_pack_gets_no_number_that_was_used(cast: Cast, repacker: Actor, batch: Batch) -> None:
    inputs = held(cast, repacker)
    repackage(**wish(repacker, inputs[:1], batch))
    assert refusal_code(repackage, **wish(repacker, inputs[1:], batch, "R3")) == "SERIAL_REUSED"
    assert item(inputs[1]).life == Life.ACTIVE
