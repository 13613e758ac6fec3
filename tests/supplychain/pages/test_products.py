"""A maker's products and batches through the pages."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from supplychain.models import Batch, Event, Item, Product, Refusal
from tests.factories import GTIN, LOT, commissioned, handed_over, make_batch, make_product, palletised
from tests.supplychain.pages.conftest import Page, People

pytestmark = pytest.mark.django_db
NEW_PRODUCT, NEW_BATCH = "/products/new", "/batches/new"
EXPIRY = (timezone.localdate() + timedelta(days=500)).isoformat()


def csv(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("serials.csv", "\n".join(lines).encode(), content_type="text/csv")


def register(people: People, **values: object) -> Page:
    product = make_product(people.cast.maker)
    given = {"product": product.pk, "lot_number": "L9", "expiry": EXPIRY, "source": "own"} | values
    return people.maker.act(NEW_BATCH, **given)


# --- What must not come in --------------------------------------------------------------------------------------------


def test_bad_lines_of_a_csv_are_named_and_nothing_is_stored(people: People) -> None:
    page = register(people, serials_file=csv("serial_number", "A1", "A 2", "A1"))
    assert page.status == 422
    assert "Line Value Reason 3 A 2" in page.text
    assert "4 A1 The same serial stands on line 2" in page.text
    assert page.value_of("lot_number") == "L9"
    assert (Batch.objects.count(), Item.objects.count(), Event.objects.count()) == (0, 0, 0)


def test_a_serial_that_was_used_before_leaves_no_half_batch_behind(people: People) -> None:
    commissioned(people.cast.maker, 1)
    page = register(people, serials_text="NEW1\nB0000000")
    assert page.status == 422
    assert "SERIAL_REUSED" in page.text
    assert "2 B0000000 This serial was issued or used before" in page.text  # line and value
    assert not Batch.objects.filter(lot_number="L9").exists()
    assert not Item.objects.filter(serial_number="NEW1").exists()
    assert Refusal.objects.get().code == "SERIAL_REUSED"


def test_a_batch_that_has_expired_is_refused(people: People) -> None:
    page = register(people, serials_text="A1", expiry=timezone.localdate().isoformat())
    assert "BATCH_EXPIRED" in page.text
    assert Refusal.objects.get().act == "produce_batch"
    assert not Batch.objects.exists()


def test_a_known_lot_with_another_expiry_is_refused(people: People) -> None:
    make_batch(people.cast.maker, "L9")
    page = register(people, serials_text="A1")
    assert "LOT_EXPIRY_CONFLICT" in page.text
    assert not Item.objects.exists()


def test_a_product_under_a_foreign_prefix_is_refused(people: People) -> None:
    page = people.maker.post(NEW_PRODUCT, gtin="4006381333931", name="Somebody else's")
    assert page.status == 422
    assert "NOT_BRAND_OWNER" in page.text
    assert page.value_of("name") == "Somebody else&#x27;s" or page.value_of("name") == "Somebody else's"
    assert not Product.objects.exists()


def test_a_batch_is_not_shown_to_another_maker(people: People) -> None:
    batch = make_batch(people.cast.maker)
    assert people.forger.get(reverse("batch", args=[batch.pk])).status == 403
    assert people.wholesaler.get(reverse("batch", args=[batch.pk])).status == 403
    assert people.maker.get(reverse("batch", args=[10**9])).status == 404
    assert LOT not in people.forger.get(NEW_BATCH, more=batch.pk).html


# --- The maker's own way ----------------------------------------------------------------------------------------------


def test_one_form_registers_the_batch_and_makes_its_packs(people: People) -> None:
    page = people.maker.follow(register(people, serials_file=csv("A1", "A2", "A3")))
    assert "Made 3 packs of lot L9." in page.text
    assert "3 packs" in page.text
    assert Item.objects.filter(batch__lot_number="L9").count() == 3
    assert Event.objects.get().biz_step == "commissioning"


def test_minted_serials_are_as_many_as_asked_for(people: People) -> None:
    page = people.maker.follow(register(people, source="mint", count="240"))
    assert "Made 240 packs of lot L9." in page.text
    assert Item.objects.filter(batch__lot_number="L9").count() == 240


def test_the_form_sent_twice_makes_the_packs_once(people: People) -> None:
    product = make_product(people.cast.maker)
    form = people.maker.get(NEW_BATCH)
    values = {"product": product.pk, "lot_number": "L9", "expiry": EXPIRY, "source": "mint", "count": "5"}
    people.maker.post(NEW_BATCH, request_id=form.number, **values)
    page = people.maker.follow(people.maker.post(NEW_BATCH, request_id=form.number, **values))
    assert "This was done already" in page.text
    assert Item.objects.count() == 5


def test_the_number_of_the_form_stands_in_its_address(people: People) -> None:
    opened = people.maker.get(NEW_BATCH, form="f" * 32)
    assert opened.number == "f" * 32


@pytest.mark.parametrize("number", ["", "x", "F" * 32, "f" * 31, "f" * 33, "\0" * 32])
def test_a_damaged_number_in_the_address_is_replaced(people: People, number: str) -> None:
    page = Page(people.maker.client.get(NEW_BATCH, {"form": number, "more": "7"}))
    assert page.status == 302
    assert re.fullmatch(rf"{NEW_BATCH}\?form=[0-9a-f]{{32}}&more=7", page.location)


def test_more_packs_of_a_batch_start_from_its_page(people: People) -> None:
    batch = make_batch(people.cast.maker)
    link = f"{NEW_BATCH}?more={batch.pk}"
    assert link in people.maker.get(reverse("batch", args=[batch.pk])).html
    form = people.maker.get(link)
    assert form.value_of("lot_number") == LOT
    assert form.value_of("expiry") == batch.expiry.isoformat()
    assert people.maker.get(NEW_BATCH, more="x").status == 200


def test_the_batch_page_counts_by_holder_without_naming_the_customers_customers(people: People) -> None:
    cast = people.cast
    pallet, _cases, _packs = palletised(cast.maker, cases=1, packs_per_case=4)
    loose = commissioned(cast.maker, 3, start=100)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    handed_over(cast.maker, cast.pharmacy, loose[:1])
    path = reverse("batch", args=[Batch.objects.get().pk])
    own = people.maker.get(path).text
    assert "7 packs" in own
    assert "You Active 2" in own
    assert "Pharmacy, CH Active 5" in own
    assert "Corner Pharmacy" not in own
    assert "Corner Pharmacy Active 5" in people.regulator.get(path).text
    assert reverse("label-sheet", args=[Batch.objects.get().pk]) in people.maker.get(path).html


def test_products_and_batches_are_found_by_name_and_number(people: People) -> None:
    make_batch(people.cast.maker)
    for path, search in (("/products", "amoxi"), ("/products", GTIN), ("/batches", LOT), ("/batches", GTIN)):
        assert "Amoxil 500 mg" in people.maker.get(path, q=search).text
        assert "Nothing found for zzz." in people.maker.get(path, q="zzz").text
    assert "Helvetia Pharma" in people.regulator.get("/batches").text


def test_a_product_is_registered_with_its_national_codes(people: People) -> None:
    done = people.maker.post(NEW_PRODUCT, gtin=GTIN[1:], name="Amoxil", national_codes="PZN 01234567", markets="ch")
    assert f"Registered Amoxil under GTIN {GTIN}." in people.maker.follow(done).text
    product = Product.objects.get()
    assert (product.markets, product.national_codes.get().value) == (["CH"], "01234567")
