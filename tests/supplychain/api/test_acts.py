"""The acts over HTTP: the forger, the careless and the impatient first, then the honest path."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.lifecycle import Life
from supplychain.models import Item, Party, Refusal
from supplychain.stock import find_items
from tests.factories import (
    FORGER_GLN,
    GTIN,
    LOT,
    MAKER_GLN,
    OTHER_GTIN,
    PHARMACY_GLN,
    WHOLESALER_GLN,
    commissioned,
    handed_over,
    make_batch,
    make_product,
    pack_epc,
    packed,
    shipped,
)
from tests.supplychain.api.conftest import stored

pytestmark = pytest.mark.django_db

NEVER = pack_epc("NEVER")


# --- The forger -------------------------------------------------------------------------------------------------------


def test_the_forger_admits_no_friends(api, refused):
    friend = {"gln": "9520008000006", "name": "Friend", "roles": ["pharmacy"], "country": "CH"}
    refused(api.forger, "parties", friend, 403, "ROLE_NOT_ALLOWED")


def test_the_forger_registers_no_product_of_another_brand(api, refused):
    refused(api.forger, "products", {"gtin": GTIN, "name": "Amoxil"}, 403, "NOT_BRAND_OWNER")


def test_the_forger_registers_no_batch_of_another_brand(api, cast, refused):
    make_product(cast.maker)
    body = {"gtin": GTIN, "lot_number": "FAKE", "expiry": "2099-01-31"}
    refused(api.forger, "batches", body, 403, "NOT_BRAND_OWNER")


def test_the_forger_makes_no_packs_of_another_brand(api, cast, refused):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    refused(api.forger, path, {"count": 10}, 403, "NOT_BRAND_OWNER")
    refused(api.forger, path, {"serial_numbers": ["FAKE1"]}, 403, "NOT_BRAND_OWNER")


def test_the_forger_packs_unpacks_ships_and_dispenses_nothing_of_others(api, cast, refused):
    loose, *inside = commissioned(cast.maker, 3)
    case = packed(cast.maker, inside)
    own_case = api.forger.post("ssccs", {"count": 1}).body["epcs"][0]
    refused(api.forger, "packings", {"parent": own_case, "children": [loose]}, 409, "NOT_HOLDER")
    refused(api.forger, "unpackings", {"parent": case}, 409, "NOT_HOLDER")
    refused(api.forger, "shipments", {"epcs": [case], "receiver": PHARMACY_GLN}, 409, "NOT_HOLDER")
    refused(api.forger, "dispensings", {"epc": loose}, 409, "NOT_HOLDER")


def test_the_forger_receives_nothing_that_was_sent_to_others(api, cast, refused):
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    refused(api.forger, "receipts", {"handoff": handoff.pk}, 403, "NOT_SHIPPED_TO_YOU")


def test_the_forgers_refusal_does_not_say_who_holds_the_goods(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, epcs)
    answer = refused(api.forger, "shipments", {"epcs": epcs, "receiver": PHARMACY_GLN}, 409, "NOT_HOLDER")
    assert cast.wholesaler.party.name not in str(answer.body)
    assert WHOLESALER_GLN not in str(answer.body)


def test_a_wholesaler_dispenses_nothing(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, epcs)
    refused(api.wholesaler, "dispensings", {"epc": epcs[0]}, 403, "ROLE_NOT_ALLOWED")


# --- The careless -----------------------------------------------------------------------------------------------------


def test_a_wrong_check_digit_is_named(api, refused):
    answer = refused(api.maker, "products", {"gtin": "09520001000011", "name": "Amoxil"}, 422, "CHECK_DIGIT")
    assert "expected 0" in answer.body["detail"]
    body = {"gln": "9520008000007", "name": "P", "roles": ["pharmacy"], "country": "CH"}
    refused(api.regulator, "parties", body, 422, "CHECK_DIGIT")


def test_an_unknown_product_batch_party_handoff_and_item_are_404(api, cast, refused):
    case = api.maker.post("ssccs", {"count": 1}).body["epcs"][0]
    for path, body, code in [
        ("batches", {"gtin": OTHER_GTIN, "lot_number": "L1", "expiry": "2099-01-31"}, "UNKNOWN_PRODUCT"),
        ("batches/777/commission", {"count": 1}, "UNKNOWN_BATCH"),
        ("shipments", {"epcs": [NEVER], "receiver": "9520008000006"}, "UNKNOWN_PARTY"),
        ("receipts", {"handoff": 777}, "UNKNOWN_HANDOFF"),
    ]:
        answer = api.maker.post(path, body)
        assert (answer.status, answer.code) == (404, code)
    refused(api.maker, "shipments", {"epcs": [NEVER], "receiver": WHOLESALER_GLN}, 404, "UNKNOWN_ITEM")
    refused(api.maker, "packings", {"parent": case, "children": [NEVER]}, 404, "UNKNOWN_ITEM")
    refused(api.maker, "unpackings", {"parent": case}, 404, "UNKNOWN_ITEM")
    answer = refused(api.pharmacy, "dispensings", {"epc": NEVER}, 404, "UNKNOWN_ITEM")
    assert answer.body["reasons"][0]["epc"] == NEVER


def test_duplicate_serials_are_named_and_nothing_is_made(api, cast, refused):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    answer = refused(api.maker, path, {"serial_numbers": ["A", "B", "A", "A"]}, 422, "SERIAL_REPEATED")
    assert "'A'" in answer.body["detail"]
    assert api.maker.post(path, {"serial_numbers": ["A", "B"]}).status == 201
    refused(api.maker, path, {"serial_numbers": ["C", "B"]}, 409, "SERIAL_REUSED")


def test_an_expired_batch_and_a_second_expiry_are_refused(api, cast, refused):
    make_batch(cast.maker)
    body = {"gtin": GTIN, "lot_number": "OLD", "expiry": "2020-01-31"}
    refused(api.maker, "batches", body, 422, "BATCH_EXPIRED")
    refused(api.maker, "batches", body | {"lot_number": LOT, "expiry": "2099-01-31"}, 409, "LOT_EXPIRY_CONFLICT")
    refused(api.maker, "batches", body | {"lot_number": "has space", "expiry": "2099-01-31"}, 422, "CHARACTER")


def test_another_name_for_a_known_gtin_is_refused(api, cast, refused):
    make_product(cast.maker)
    refused(api.maker, "products", {"gtin": GTIN, "name": "Placebo"}, 409, "DUPLICATE_PRODUCT")


def test_a_national_code_of_another_product_is_a_conflict_and_no_crash(api, refused):
    codes = {"NDC": "57687-242-07"}
    assert api.maker.post("products", {"gtin": GTIN, "name": "One", "national_codes": codes}).status == 201
    refused(api.maker, "products", {"gtin": OTHER_GTIN, "name": "Two", "national_codes": codes}, 409, "CONFLICT")
    assert len(api.maker.get("products").body["results"]) == 1


def test_what_is_not_held_is_not_shipped(api, cast, refused):
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.wholesaler, epcs[:1])
    answer = refused(api.maker, "shipments", {"epcs": epcs, "receiver": PHARMACY_GLN}, 409, "NOT_HOLDER")
    assert [one["epc"] for one in answer.body["reasons"]] == epcs[:1]


def test_a_delivery_is_received_once(api, cast, refused):
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    assert api.wholesaler.post("receipts", {"handoff": handoff.pk}).status == 201
    refused(api.wholesaler, "receipts", {"handoff": handoff.pk}, 409, "DOUBLE_RECEIPT")


def test_nothing_happens_in_the_future_or_before_it_left(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"epcs": epcs, "receiver": WHOLESALER_GLN}
    refused(api.maker, "shipments", body | {"event_time": tomorrow}, 422, "TIME_TRAVEL")
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    refused(api.wholesaler, "receipts", {"handoff": handoff.pk, "event_time": yesterday}, 422, "TIME_TRAVEL")


def test_the_same_item_twice_in_two_spellings_is_named(api, cast, refused):
    epc = commissioned(cast.maker, 1)[0]
    twice = [epc, f"(01){GTIN}(21)B0000000"]
    refused(api.maker, "shipments", {"epcs": twice, "receiver": WHOLESALER_GLN}, 422, "NAMED_TWICE")


def test_a_party_that_was_not_admitted_signs_nothing(api, cast, refused):
    Party.objects.filter(gln=MAKER_GLN).update(keyid="")
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    refused(api.maker, path, {"count": 1}, 409, "NOT_ADMITTED")


# --- The impatient ----------------------------------------------------------------------------------------------------


def test_the_same_request_again_gives_the_same_answer(api, cast):
    epcs = commissioned(cast.maker, 1)
    body = {"epcs": epcs, "receiver": WHOLESALER_GLN}
    first = api.maker.post("shipments", body, key="order 4711")
    before = stored()
    # Another spelling of the same pack is the same wish.
    again = api.maker.post("shipments", body | {"epcs": [f"(01){GTIN}(21)B0000000"]}, key="order 4711")
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body | {"replayed": True}
    assert stored() == before


def test_a_receipt_sent_again_repeats_its_differences(api, cast):
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    body = {"handoff": handoff.pk, "epcs": epcs[:1]}
    first = api.wholesaler.post("receipts", body, key="truck 1")
    again = api.wholesaler.post("receipts", body, key="truck 1")
    assert (first.body["outcome"], first.body["exceptions"][0]["code"]) == ("accept_with_exception", "SHORTAGE")
    assert first.body["handoff"] == {"id": handoff.pk, "state": "partial"}
    assert again.body == first.body | {"replayed": True}


def test_minted_serials_are_minted_once(api, cast):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    first = api.maker.post(path, {"count": 300}, key="print job 9")
    again = api.maker.post(path, {"count": 300}, key="print job 9")
    assert len(set(first.body["serial_numbers"])) == 300
    assert again.body == first.body | {"replayed": True}
    assert Item.objects.count() == 300


def test_one_key_does_not_stand_for_two_wishes(api, cast, refused):
    epcs = commissioned(cast.maker, 2)
    body = {"epcs": epcs[:1], "receiver": WHOLESALER_GLN}
    assert api.maker.post("shipments", body, key="order 1").status == 201
    before = stored()
    for path, other in [
        ("shipments", {"epcs": epcs[1:], "receiver": WHOLESALER_GLN}),
        ("shipments", body | {"receiver": PHARMACY_GLN}),
        ("shipments", body | {"purpose": "return"}),
        ("dispensings", {"epc": epcs[1]}),
    ]:
        answer = api.maker.post(path, other, key="order 1")
        assert (answer.status, answer.code) == (409, "REQUEST_REUSED")
    assert stored() == before


def test_two_parties_may_use_the_same_key(api, cast):
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.wholesaler, epcs[1:])
    assert api.maker.post("shipments", {"epcs": epcs[:1], "receiver": PHARMACY_GLN}, key="1").status == 201
    assert api.wholesaler.post("shipments", {"epcs": epcs[1:], "receiver": PHARMACY_GLN}, key="1").status == 201


def test_without_a_key_each_request_is_a_new_wish(api, cast):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    assert [api.maker.post(path, {"count": 2}).status for _ in range(2)] == [201, 201]
    assert Item.objects.count() == 4


def test_master_data_sent_again_is_no_mistake(api):
    product = {"gtin": GTIN, "name": "Amoxil 500 mg"}
    assert [api.maker.post("products", product).status for _ in range(2)] == [201, 200]
    batch = {"gtin": GTIN, "lot_number": "L1", "expiry": "2099-01-31"}
    answers = [api.maker.post("batches", batch) for _ in range(2)]
    assert [one.status for one in answers] == [201, 200]
    assert answers[0].body == answers[1].body


# --- The honest path --------------------------------------------------------------------------------------------------


def test_a_pack_goes_from_the_line_to_the_patient_over_http(api):
    party = {
        "gln": "9520008000006",
        "name": "New Pharmacy",
        "roles": ["pharmacy"],
        "country": "CH",
        "licence_expiry": "2099-12-31",
        "city": "Bern",
    }
    admitted = api.regulator.post("parties", party)
    assert (admitted.status, admitted.body["is_admitted"]) == (201, True)

    product = {"gtin": GTIN, "name": "Amoxil", "markets": ["CH"], "national_codes": {"NDC": "57687-242-07"}}
    made = api.maker.post("products", product)
    assert made.body["national_codes"] == [{"scheme": "NDC", "value": "57687-242-07", "source_value": ""}]
    batch = api.maker.post("batches", {"gtin": GTIN, "lot_number": LOT, "expiry": "2029-01-31"}).body
    before = {"event_time": "2026-01-02T08:00:00+01:00"}
    path = f"batches/{batch['id']}/commission"
    done = api.maker.post(path, {"serial_numbers": ["P1", "P2", "P3", "P4"], **before})
    assert (done.status, done.body["serial_numbers"]) == (201, [])
    assert done.body["event"]["proof_state"] == "pending"
    assert len(done.body["event"]["entry_id"]) == 64
    assert api.maker.get(done.headers["Location"]).body["event"]["bizStep"] == "commissioning"

    ssccs = api.maker.post("ssccs", {"count": 2}).body["ssccs"]
    case, pallet = (f"https://id.gs1.org/00/{one}" for one in ssccs)
    packs = [pack_epc(serial) for serial in ("P1", "P2", "P3", "P4")]
    assert api.maker.post("packings", {"parent": ssccs[0], "children": packs[:3], **before}).status == 201
    assert api.maker.post("packings", {"parent": f"(00){ssccs[1]}", "children": [case], **before}).status == 201

    body = {"epcs": [pallet, packs[3]], "receiver": WHOLESALER_GLN, "event_time": "2026-01-02T08:30:00.250+01:00"}
    sent = api.maker.post("shipments", body).body
    assert sent["event"]["event_time"] == "2026-01-02T07:30:00.250000Z"
    assert sent["handoff"]["state"] == "open"
    received = api.wholesaler.post("receipts", {"handoff": sent["handoff"]["id"], "epcs": [pallet, packs[3]]}).body
    assert (received["outcome"], received["handoff"]["state"]) == ("accept", "received")

    assert api.wholesaler.post("unpackings", {"parent": pallet}).status == 201
    sent = api.wholesaler.post("shipments", {"epcs": [case], "receiver": "9520008000006"}).body
    new_pharmacy = api.regulator  # it has no key of its own in this test: the regulator may look
    assert new_pharmacy.get(f"handoffs/{sent['handoff']['id']}").body["receiver"]["name"] == "New Pharmacy"

    sent = api.wholesaler.post("shipments", {"epcs": [packs[3]], "receiver": PHARMACY_GLN}).body
    assert api.pharmacy.post("receipts", {"handoff": sent["handoff"]["id"]}).status == 201
    link = f"https://pack.example/01/{GTIN}/10/{LOT}/21/P4?17=290131"
    dispensed = api.pharmacy.post("dispensings", {"epc": link})
    assert (dispensed.status, dispensed.body["event"]["biz_step"]) == (201, "dispensing")
    assert find_items([packs[3]])[packs[3]].life == Life.DISPENSED


def test_ssccs_are_the_partys_own_and_never_the_same(api):
    first, second = (api.maker.post("ssccs", {"count": 3}).body["ssccs"] for _ in range(2))
    assert len({*first, *second}) == 6
    assert {one[:8] for one in first} == {"0" + MAKER_GLN[:7]}
    assert api.maker.post("ssccs", {"count": 10_001}).status == 422
    assert api.regulator.post("ssccs", {"count": 1}).code == "ROLE_NOT_ALLOWED"


def test_a_refusal_over_http_is_kept_with_who_tried(api, cast):
    epcs = commissioned(cast.maker, 1)
    api.forger.post("shipments", {"epcs": epcs, "receiver": WHOLESALER_GLN})
    kept = Refusal.objects.get()
    assert kept.party is not None
    assert (kept.party.gln, kept.act, kept.code, kept.user) == (FORGER_GLN, "ship", "NOT_HOLDER", None)
