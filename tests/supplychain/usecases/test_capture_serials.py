"""A line that speaks EPCIS: it tells which serials it has, and later which packs it made."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.acts import Refused
from supplychain.epcis import event as epcis
from supplychain.lifecycle import Life
from supplychain.models import Allocation, Item
from supplychain.usecases.rebuild_state import rebuild_state
from tests.factories import LOT, Cast, make_product, pack_epc, serials
from tests.supplychain.usecases.test_capture_holds import captured, scene

pytestmark = pytest.mark.django_db
EPCS = [pack_epc(one) for one in serials(4)]


def test_a_captured_list_is_issued_and_a_captured_commissioning_uses_it(cast: Cast) -> None:
    make_product(cast.maker)
    told = captured(cast.maker, epcis.issuing(scene(cast.maker, 1), epcs=EPCS, is_minted=False))
    allocation = Allocation.objects.get(event=told)
    assert (allocation.quantity, allocation.is_minted) == (4, False)
    expiry = timezone.localdate() + timedelta(days=700)
    captured(cast.maker, epcis.commissioning(scene(cast.maker, 2), epcs=EPCS[:3], lot_number=LOT, expiry=expiry))
    lives = [Life(one) for one in Item.objects.order_by("serial_number").values_list("life", flat=True)]
    assert lives == [Life.ACTIVE] * 3 + [Life.ALLOCATED]
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def test_nobody_issues_serials_of_anothers_product_by_event(cast: Cast) -> None:
    make_product(cast.maker)
    with pytest.raises(Refused) as refused:
        captured(cast.forger, epcis.issuing(scene(cast.forger, 1), epcs=EPCS, is_minted=False))
    assert refused.value.code == "NOT_BRAND_OWNER"
    assert not Item.objects.exists()


def test_an_event_that_only_claims_to_have_reserved_moves_nothing(cast: Cast) -> None:
    make_product(cast.maker)
    captured(cast.maker, epcis.issuing(scene(cast.maker, 1), epcs=EPCS, is_minted=True))
    assert not Item.objects.exists()
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")
