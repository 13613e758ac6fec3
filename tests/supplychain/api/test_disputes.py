"""Differences, returns, repackaging, sensor data and corrections over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.models import Discrepancy
from supplychain.usecases.register_batch import register_batch
from tests.factories import (
    MAKER_GLN,
    PHARMACY_GLN,
    WHOLESALER_GLN,
    commissioned,
    handed_over,
    make_product,
    pack_epc,
    shipped,
)

pytestmark = pytest.mark.django_db


def test_a_damaged_pack_and_a_missing_one_are_claimed_seen_by_both_and_settled(api, cast):
    epcs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    body = {"handoff": handoff.pk, "epcs": epcs[:2]}
    body["findings"] = [{"code": "DAMAGED", "epc": f"(01)09520001000010(21){epcs[0][-8:]}", "note": "Wet"}]
    received = api.wholesaler.post("receipts", body).body
    assert {one["code"] for one in received["exceptions"]} == {"SHORTAGE", "DAMAGED"}

    for side in (api.maker, api.wholesaler, api.regulator):
        assert {row["code"] for row in side.get("disputes").body["results"]} == {"SHORTAGE", "DAMAGED"}
    for stranger in (api.pharmacy, api.forger):
        assert stranger.get("disputes").body["results"] == []
    rows = {row["code"]: row for row in api.maker.get("disputes").body["results"]}
    missing = rows["SHORTAGE"]
    assert (missing["category"], missing["claimant"], missing["respondent"], missing["is_overdue"]) == (
        "missing_product",
        WHOLESALER_GLN,
        MAKER_GLN,
        False,
    )
    assert missing["due"] > timezone.localdate().isoformat()
    assert rows["DAMAGED"]["note"] == "Wet"

    answer = {"discrepancies": [missing["id"]], "answer": "confirm", "resolution": "lost"}
    assert api.maker.post("disputes/answers", answer).status == 201
    assert [row["code"] for row in api.maker.get("disputes").body["results"]] == ["DAMAGED"]
    settled = next(row for row in api.maker.get("disputes?all=true").body["results"] if row["code"] == "SHORTAGE")
    assert (settled["standing"], settled["resolution"]) == ("settled", "lost")


def test_a_strangers_answer_is_refused_with_its_code(api, cast, refused):
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    api.wholesaler.post("receipts", {"handoff": handoff.pk, "epcs": epcs[:1]})
    body = {"discrepancies": [Discrepancy.objects.get().pk], "answer": "confirm", "resolution": "lost"}
    refused(api.forger, "disputes/answers", body, 403, "NOT_A_SIDE")
    refused(api.wholesaler, "disputes/answers", body, 403, "NOT_RESPONDENT")
    refused(api.maker, "disputes/answers", body | {"resolution": "kept"}, 422, "BAD_RESOLUTION")
    refused(api.maker, "disputes/answers", body | {"discrepancies": [4711]}, 404, "UNKNOWN_DISPUTE")


def test_goods_without_a_notice_wait_for_it(api, cast):
    epcs = commissioned(cast.maker, 1)
    arrived = api.wholesaler.post("arrivals", {"sender": MAKER_GLN, "epcs": [*epcs, pack_epc("LATER")]})
    assert (arrived.status, arrived.body["outcome"]) == (201, "accept_with_exception")
    assert {one["code"] for one in arrived.body["exceptions"]} == {"UNANNOUNCED"}
    sent = api.maker.post("shipments", {"epcs": epcs, "receiver": WHOLESALER_GLN})
    assert sent.body["handoff"]["state"] == "received"


def test_a_return_is_shipped_under_a_number_received_and_verified(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, epcs)
    handed_over(cast.wholesaler, cast.pharmacy, epcs)
    back = {"epcs": epcs, "receiver": WHOLESALER_GLN, "purpose": "return", "rma": "R-1"}
    sent = api.pharmacy.post("shipments", back).body
    api.wholesaler.post("receipts", {"handoff": sent["handoff"]["id"]})
    again = {"epcs": epcs, "receiver": PHARMACY_GLN}
    refused(api.wholesaler, "shipments", again, 409, "RETURN_NOT_VERIFIED")
    wrong = {"epcs": epcs, "labels": [{"epc": epcs[0], "lot_number": "OTHER"}]}
    failed = api.wholesaler.post("return-checks", wrong).body
    assert [(one["code"], one["text"]) for one in failed["exceptions"]] == [("NOT_SALEABLE", "lot_mismatch")]
    assert api.wholesaler.post("return-checks", {"epcs": epcs}).body["outcome"] == "accept"
    assert api.wholesaler.post("shipments", again).status == 201


def test_a_maker_is_no_repackager_and_a_batch_must_exist(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    batch = register_batch(
        actor=cast.maker,
        product=make_product(cast.maker),
        lot_number="R1",
        expiry=timezone.localdate() + timedelta(days=90),
    )
    wish = {"inputs": epcs, "batch": batch.pk, "count": 2}
    refused(api.maker, "repackagings", wish, 403, "ROLE_NOT_ALLOWED")
    unknown = api.maker.post("repackagings", wish | {"batch": 4711})
    assert (unknown.status, unknown.code) == (404, "UNKNOWN_BATCH")


def test_sensor_data_and_a_correction_of_it(api, cast, refused):
    epcs = commissioned(cast.maker, 1)
    element = {"sensorReport": [{"type": "Temperature", "maxValue": 9.5, "value": 5, "uom": "CEL"}]}
    done = api.maker.post("sensor-reports", {"epcs": epcs, "sensorElementList": [element]})
    assert (done.status, done.body["event"]["biz_step"]) == (201, "sensor_reporting")
    refused(api.maker, "sensor-reports", {"epcs": epcs, "sensorElementList": [{}]}, 422, "BAD_SENSOR_DATA")
    wish = {"event_id": done.body["event"]["event_id"], "reason": "did_not_occur"}
    refused(api.wholesaler, "corrections", wish, 403, "NOT_AUTHOR")
    assert api.maker.post("corrections", wish).status == 201
    refused(api.maker, "corrections", wish, 409, "CORRECTED_ALREADY")
