"""What people fill in: odd input first, and that a refusal comes back beside the values."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from supplychain.acts import Refused
from supplychain.forms import (
    ActForm,
    BatchForm,
    CodesField,
    DispenseForm,
    PackForm,
    PartyForm,
    ProductForm,
    ReceiveForm,
    ShipForm,
    UnpackForm,
)
from tests.factories import GTIN, Cast, make_batch, make_product, pack_epc

NUMBER = "0123456789abcdef" * 2
B7, B8 = pack_epc("B7"), pack_epc("B8")


def sent(**values: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    data["request_id"] = NUMBER
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


# --- The number of a form ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["", "xyz", NUMBER.upper(), NUMBER + "0", NUMBER[:-1], "g" * 32])
def test_a_form_with_a_damaged_number_is_refused_and_gets_a_new_one(number: str) -> None:
    form = ActForm({"request_id": number})
    assert not form.is_valid()
    assert form.request_number != number
    assert ActForm({"request_id": form.request_number}).is_valid()


def test_a_form_that_comes_back_keeps_its_number_because_nothing_was_stored_under_it() -> None:
    form = DispenseForm(sent(code="rubbish"))
    assert not form.is_valid()
    assert form.request_number == NUMBER


def test_a_number_that_stands_for_another_act_is_replaced() -> None:
    form = ActForm({"request_id": NUMBER})
    assert form.is_valid()
    assert form.attempt(lambda: refuse("REQUEST_REUSED")) is None
    assert form.request_number != NUMBER


def test_a_refusal_is_kept_for_the_page_and_not_raised() -> None:
    form = ActForm({"request_id": NUMBER})
    assert form.is_valid()
    assert form.attempt(lambda: refuse("NOT_HOLDER")) is None
    assert form.refusal is not None
    assert form.refusal.code == "NOT_HOLDER"
    assert form.request_number == NUMBER


def refuse(code: str) -> object:
    raise Refused.because(code, "No")


def test_every_open_page_has_a_number_of_its_own() -> None:
    assert DispenseForm().request_number != DispenseForm().request_number


# --- Codes ------------------------------------------------------------------------------------------------------------


def test_a_separator_inside_a_code_does_not_cut_it_in_two() -> None:
    """GS is a line break to str.splitlines and white space to str.strip; to us it is part of the code."""
    code = f"01{GTIN}10L1\x1d21B7"
    assert CodesField().clean(f"{code}\r\n(01){GTIN}(21)B8\r\n") == [B7, B8]
    assert PackForm(sent(parent="095200010000000027", codes=code)).is_valid()


def test_a_code_that_was_scanned_twice_stands_in_the_list_once() -> None:
    assert CodesField().clean(f"(01){GTIN}(21)B7\n{B8}\n{B7}") == [B7, B8]


def test_codes_may_come_in_several_fields_or_one_on_each_line() -> None:
    form = ReceiveForm(sent(codes=[f"{B7}\n", B8], step="look"))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["codes"] == [B7, B8]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("81234567890123456789", "Chinese drug traceability code"),
        (GTIN, "not one pack"),
        ("095200010000000028", "check digit"),
        ("\x00", "is no GS1 code"),
        ("https://example.com/shop", "ordinary web address"),
    ],
)
def test_a_code_of_another_system_is_named_in_the_field(code: str, told: str) -> None:
    form = DispenseForm(sent(code=code))
    assert not form.is_valid()
    assert told in str(form.errors["code"])


def test_all_bad_codes_of_a_list_are_named_at_once() -> None:
    form = ReceiveForm(sent(codes=f"rubbish\n{B7}\n81234567890123456789", step="look"))
    assert not form.is_valid()
    assert len(form.errors["codes"]) == 2


def test_a_list_of_more_codes_than_a_unit_holds_is_refused_before_it_is_read() -> None:
    form = ReceiveForm(sent(codes="x\n" * 20_001, step="look"))
    assert not form.is_valid()
    assert "20001 codes" in str(form.errors["codes"])


@pytest.mark.parametrize(("step", "is_valid"), [("look", False), ("confirm", False), ("all", True), ("", False)])
def test_only_a_delivery_taken_as_announced_needs_no_scan(step: str, is_valid: bool) -> None:
    assert ReceiveForm(sent(codes="", step=step)).is_valid() is is_valid


def test_unpacking_needs_codes_unless_everything_comes_out() -> None:
    assert not UnpackForm(sent(parent="095200010000000027", codes="")).is_valid()
    assert UnpackForm(sent(parent="095200010000000027", codes="", everything="1")).is_valid()


# --- Master data ------------------------------------------------------------------------------------------------------


def test_a_wrong_check_digit_is_told_at_the_field_where_it_was_typed() -> None:
    form = ProductForm({"gtin": "09520001000011", "name": "X"})
    assert not form.is_valid()
    assert "check digit 1 is wrong, expected 0" in str(form.errors["gtin"])
    party = PartyForm({"gln": "9520001000004", "name": "X", "roles": ["pharmacy"], "country": "CH"})
    assert not party.is_valid()
    assert "check digit" in str(party.errors["gln"])


def test_markets_and_national_codes_are_lists_that_people_type() -> None:
    form = ProductForm(
        {"gtin": GTIN, "name": "X", "markets": "ch, DE\nfr ch", "national_codes": "pzn 01234567\n\nNDC 12345-678-90\n"}
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data["markets"] == ["CH", "DE", "FR"]
    assert form.cleaned_data["national_codes"] == {"PZN": "01234567", "NDC": "12345-678-90"}


@pytest.mark.parametrize(
    ("field", "value"), [("markets", "Switzerland"), ("markets", "C1"), ("national_codes", "01234567")]
)
def test_what_is_no_country_and_no_code_is_told(field: str, value: str) -> None:
    form = ProductForm({"gtin": GTIN, "name": "X", field: value})
    assert not form.is_valid()
    assert value in str(form.errors[field])


def batch_form(cast: Cast, files: dict[str, bytes] | None = None, **values: Any) -> BatchForm:
    data = sent(product=str(make_product(cast.maker).pk), lot_number="L1", expiry="2031-01-31", **values)
    uploads = {name: [SimpleUploadedFile("serials.csv", content)] for name, content in (files or {}).items()}
    return BatchForm(data, MultiValueDict(uploads), actor=cast.maker)


def test_a_bad_line_of_the_file_keeps_the_whole_batch_back(cast: Cast) -> None:
    form = batch_form(cast, {"serials_file": b"A1\nA1\n"}, source="own")
    assert not form.is_valid()
    assert form.serials is not None
    assert [(one.line, one.value) for one in form.serials.errors] == [(2, "A1")]


def test_a_batch_without_any_serials_is_asked_for_them(cast: Cast) -> None:
    assert "count" in batch_form(cast, source="mint").errors
    assert "serials_file" in batch_form(cast, source="own").errors
    assert "count" in batch_form(cast, source="mint", count="0").errors


def test_serials_come_from_the_file_or_from_the_pasted_text(cast: Cast) -> None:
    for form in (
        batch_form(cast, {"serials_file": b"A1\nA2\n"}, source="own"),
        batch_form(cast, source="own", serials_text="A1\r\nA2\r\n"),
    ):
        assert form.is_valid(), form.errors
        wish = form.wish()
        assert (wish["serial_numbers"], wish["count"]) == (["A1", "A2"], None)


def test_a_forgotten_file_does_not_turn_minting_into_importing(cast: Cast) -> None:
    form = batch_form(cast, {"serials_file": b"A1\n"}, source="mint", count="5")
    assert form.is_valid(), form.errors
    wish = form.wish()
    assert (wish["serial_numbers"], wish["count"]) == (None, 5)


def test_a_maker_cannot_choose_another_makers_product(cast: Cast) -> None:
    form = BatchForm(sent(product=str(make_product(cast.maker).pk)), actor=cast.forger)
    assert "product" in form.errors


def test_a_shipment_can_be_sent_to_nobody_but_the_listed_receivers(cast: Cast) -> None:
    for stranger in (cast.maker.party, cast.regulator.party):
        form = ShipForm(sent(receiver=str(stranger.pk), purpose="sale", codes=B7), actor=cast.maker)
        assert "receiver" in form.errors


def test_further_packs_of_a_batch_start_from_its_facts(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    assert BatchForm.more_of(batch) == {
        "product": batch.product_id,
        "lot_number": batch.lot_number,
        "expiry": batch.expiry,
    }
