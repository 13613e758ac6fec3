"""EPCs and the keys under which they are stored: whole lists at once, and never a spelling more than one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import ORDER_82
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin, SerialNumber, Sgtin
from supplychain.models import Item
from supplychain.stock import are_plain, epcs_of, find_items, key_of, keys_of
from tests.factories import GTIN, OTHER_GTIN, commissioned, make_cast, pack_epc

SERIALS = st.text(ORDER_82, min_size=1, max_size=20)


def one_by_one(gtin: str, serial_numbers: list[str]) -> list[str]:
    return [canonical_epc(Sgtin(Gtin(gtin), SerialNumber(one))) for one in serial_numbers]


@given(st.lists(SERIALS, max_size=12))
def test_epcs_of_many_serials_are_those_of_each(serial_numbers: list[str]) -> None:
    epcs = epcs_of(GTIN, serial_numbers)
    assert epcs == one_by_one(GTIN, serial_numbers)
    assert keys_of(epcs) == [(GTIN, one) for one in serial_numbers]


BAD_SERIALS = ["", "B" * 21, "B 7", "B~7", "B\n7", "\nB7", "B7\n", "B\x007", "B\u00e9", "٣٣"]


@pytest.mark.parametrize("bad", BAD_SERIALS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_serial_among_plain_ones_is_refused(bad: str, place: int) -> None:
    serial_numbers = ["B1", "B2"]
    serial_numbers.insert(place, bad)
    assert not are_plain(serial_numbers)
    with pytest.raises(GS1Error):
        epcs_of(GTIN, serial_numbers)


@pytest.mark.parametrize(
    "bad", [pack_epc("B1") + "\n", pack_epc("B1") + "/x", pack_epc("B1")[:-2], "B1", "", pack_epc("B1").upper()]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_epc_among_those_of_one_product_is_refused(bad: str, place: int) -> None:
    epcs = [pack_epc("B3"), pack_epc("B4")]
    epcs.insert(place, bad)
    with pytest.raises(GS1Error):
        keys_of(epcs)


def test_keys_of_a_mixed_list_stay_in_order() -> None:
    epcs = ["https://id.gs1.org/00/095200010000000010", pack_epc("B1"), pack_epc("B1", OTHER_GTIN), pack_epc("B/2")]
    assert keys_of(epcs) == [key_of(epc) for epc in epcs]


@pytest.mark.django_db
def test_among_finds_what_in_finds() -> None:
    commissioned(make_cast().maker, 5)
    some = list(Item.objects.order_by("pk")[1:4])
    assert list(Item.objects.filter(pk__among=[one.pk for one in some]).order_by("pk")) == some
    assert Item.objects.filter(serial_number__among=["B0000002", "'; --", "B0000009"]).count() == 1
    assert not Item.objects.filter(serial_number__among=[]).exists()
    assert not Item.objects.filter(pk__among=[]).exists()


@pytest.mark.django_db
def test_items_are_found_by_the_ten_thousand() -> None:
    epcs = commissioned(make_cast().maker, 10_050)
    assert list(find_items([*epcs, pack_epc("never")])) == epcs
