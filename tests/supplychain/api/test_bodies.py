"""Bodies that no honest client sends, and the clear problem that each of them gets: never a 500."""

import json
import re
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from supplychain.api.refusals import STATUS, status_of
from supplychain.disputes.rules import KINDS
from supplychain.models import Event, Product, Refusal
from tests.factories import GTIN, commissioned, make_batch

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "gtin"),
        (b"{", "not JSON"),
        (b"not json", "not JSON"),
        (b'{"gtin": "1"', "not JSON"),
        (b'{"gtin": NaN}', "NaN is not JSON"),
        (b'{"gtin": Infinity}', "Infinity is not JSON"),
        (b'{"gtin": "1", "gtin": "2"}', "the key 'gtin' stands in one object twice"),
        (b'{"gtin": "\xff"}', "not JSON in UTF-8"),
        ('{"gtin": "1"}'.encode("utf-16"), "not JSON in UTF-8"),
        (b'{"count": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b"[]", "Expected a dictionary"),
        (b'"text"', "Expected a dictionary"),
        (b"null", "No data"),
        (b"7", "Expected a dictionary"),
    ],
)
def test_a_body_that_is_no_json_object_is_named_as_such(api, body, words):
    answer = api.maker.post("products", body)
    assert answer.status in (400, 422)
    assert answer.code in ("MALFORMED_BODY", "INVALID_FIELDS")
    assert words.lower() in answer.body["detail"].lower()


def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api.maker.post("products", b'{"name": "' + b"x" * 1000 + b'"}')
    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")
    assert "1,000 bytes" in answer.body["detail"]


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/xml", "nonsense"]
)
def test_another_content_type_is_refused(api, content_type):
    answer = api.maker.post("products", b"gtin=1", content_type=content_type)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_an_address_that_does_not_exist_answers_in_json(api):
    for path in ("nothing", "batches/x", "handoffs/" + "9" * 5000, "products/"):
        answer = api.maker.get(path)
        assert (answer.status, answer.code) == (404, "NOT_FOUND")
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_number_beyond_the_database_is_simply_unknown(api):
    assert api.maker.get(f"handoffs/{2**63}").code == "UNKNOWN_HANDOFF"
    assert api.maker.get(f"batches/{10**30}").code == "UNKNOWN_BATCH"
    answer = api.maker.post("receipts", {"handoff": 2**63})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "handoff")


def test_a_method_that_is_not_there_is_named(api):
    answer = api.maker.get("shipments")
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")


def test_every_missing_field_is_named(api):
    answer = api.maker.post("shipments", {})
    assert (answer.status, answer.code) == (422, "INVALID_FIELDS")
    assert [(one["field"], one["code"]) for one in answer.body["errors"]] == [
        ("epcs", "required"),
        ("receiver", "required"),
    ]


def test_an_error_deep_inside_has_a_path(api):
    body = {"gtin": GTIN, "name": "Amoxil", "markets": ["CH", "much too long"], "national_codes": {"NDC": [1]}}
    fields = [one["field"] for one in api.maker.post("products", body).body["errors"]]
    assert fields == ["markets.1", "national_codes.NDC"]


@pytest.mark.parametrize("evil", ["\0", "A\0B", "\ud800", "x" * 301])
def test_text_that_no_database_takes_is_refused_as_a_field(api, evil):
    answer = api.maker.post("products", {"gtin": GTIN, "name": evil})
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "name")
    assert not Product.objects.exists()


def test_a_scheme_of_a_national_code_is_checked_like_its_value(api):
    for scheme in ("\0", "x" * 21, ""):
        answer = api.maker.post("products", {"gtin": GTIN, "name": "Amoxil", "national_codes": {scheme: "1"}})
        assert (answer.status, answer.code) == (422, "INVALID_FIELDS")


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ("not a list", "INVALID_FIELDS"),
        ([], "INVALID_FIELDS"),
        ([1], "INVALID_FIELDS"),
        ([["nested"]], "INVALID_FIELDS"),
        ([None], "INVALID_FIELDS"),
        ([""], "LENGTH"),
        (["\ud800"], None),
        (["\0"], None),
        (["x" * 9000], "LENGTH"),
        (["(01)09520001000011(21)A"], "CHECK_DIGIT"),
        (["https://id.gs1.org/00/095200010000000019"], "CHECK_DIGIT"),
        (["09520001000010"], "NEEDS_SERIAL"),
        (["(01)09520001000010(10)L1"], "NEEDS_SERIAL"),
        (["81000000000000000000"], "OTHER_SYSTEM"),
        (["https://example.com/shop"], "OTHER_SYSTEM"),
    ],
)
def test_a_code_that_names_no_item_is_refused_with_its_reason(api, codes, code):
    answer = api.maker.post("shipments", {"epcs": codes, "receiver": "9520002000002"})
    assert answer.status == 422
    assert code is None or answer.code == code
    assert not Event.objects.exists()


def test_every_bad_code_of_a_list_is_named_with_what_was_sent(api, cast):
    good = commissioned(cast.maker, 1)[0]
    bad = ["09520001000010", "(01)09520001000011(21)A"]
    answer = api.maker.post("shipments", {"epcs": [bad[0], good, bad[1]], "receiver": "9520002000002"})
    assert [(one["code"], one["epc"]) for one in answer.body["reasons"]] == [
        ("NEEDS_SERIAL", bad[0]),
        ("CHECK_DIGIT", bad[1]),
    ]
    assert "1 more reason" in answer.body["detail"]


@pytest.mark.parametrize(
    ("event_time", "words"),
    [
        ("2026-11-23T08:30:00", "offset"),
        ("2026-11-23", "offset"),
        ("yesterday", "format"),
        (7, "format"),
        (True, "format"),
        ("2026-02-30T00:00:00Z", "format"),
        ("0001-01-01T00:00:00+14:00", "range"),
    ],
)
def test_a_time_needs_a_date_that_exists_and_an_offset(api, cast, event_time, words):
    epcs = commissioned(cast.maker, 1)
    body = {"epcs": epcs, "receiver": "9520002000002", "event_time": event_time}
    answer = api.maker.post("shipments", body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "event_time")
    assert words in answer.body["errors"][0]["text"]


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "Schlüssel", "tab\there"])
def test_an_idempotency_key_must_be_sendable(api, cast, key):
    epcs = commissioned(cast.maker, 1)
    answer = api.maker.post("shipments", {"epcs": epcs, "receiver": "9520002000002"}, key=key)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize("query", [{"cursor": "0"}, {"cursor": "x"}, {"cursor": "-1"}, {"cursor": str(2**63)}])
@pytest.mark.parametrize("path", ["parties", "products", "batches", "stock", "handoffs/incoming", "handoffs/outgoing"])
def test_a_cursor_that_we_never_gave_is_refused(api, path, query):
    answer = api.maker.get(path, **query)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("limit", ["0", "1001", "ten", "1" * 30, ""])
def test_a_page_has_bounds(api, limit):
    assert api.maker.get("stock", limit=limit).body["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("search", ["\0", "x" * 101, "a\nb"])
@pytest.mark.parametrize("path", ["parties", "products", "batches", "stock"])
def test_a_search_that_no_database_takes_is_refused(api, path, search):
    answer = api.maker.get(path, search=search)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "search")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "either serial_numbers or count"),
        ({"serial_numbers": ["A"], "count": 1}, "either serial_numbers or count"),
        ({"serial_numbers": []}, "empty"),
        ({"serial_numbers": "A"}, "a string"),
        ({"serial_numbers": {"0": "A"}}, "an object"),
        ({"serial_numbers": ["A", 7]}, "Item 1"),
        ({"serial_numbers": ["A", True]}, "true or false"),
        ({"count": 0}, "1"),
        ({"count": -1}, "1"),
        ({"count": 1_000_001}, "1000000"),
        ({"count": "many"}, "integer"),
        ({"count": 1e99}, ""),
    ],
)
def test_serials_come_as_a_list_or_a_count(api, cast, body, words):
    answer = api.maker.post(f"batches/{make_batch(cast.maker).pk}/commission", body)
    assert answer.status == 422
    assert words in json.dumps(answer.body)


def test_a_busy_database_is_said_to_be_busy(api):
    def busy(execute, sql, params, many, context):
        raise OperationalError("database is locked")

    with connection.execute_wrapper(busy):
        answer = api.maker.get("stock")
    assert (answer.status, answer.code) == (503, "BUSY")
    assert int(answer.headers["Retry-After"]) > 0
    assert "locked" not in answer.body["detail"]


# --- The table of refusals --------------------------------------------------------------------------------------------


def test_every_code_of_the_rules_has_a_status_on_purpose():
    sources = [
        *ROOT.glob("supplychain/*.py"),
        *ROOT.glob("supplychain/usecases/*.py"),
        *ROOT.glob("supplychain/api/*.py"),
    ]
    raised = re.compile(r'(?:Refused\.because|Breach)\(\s*"([A-Z_0-9]+)"|_ENDED.*|: \("([A-Z_]+)", "It')
    found = {code for path in sources for match in raised.findall(path.read_text()) for code in match if code}
    assert len(found) > 40
    # Exceptions of an accepted delivery or of an accepted count, never a refusal.
    accepted = set(KINDS)
    accepted |= {"NOT_SALEABLE", "UNACCOUNTED", "COMMISSIONED_ALL_THE_SAME", "APPLIED_DIFFERS"}
    assert sorted(found - set(STATUS) - accepted) == []


def test_every_code_of_the_gs1_room_is_a_bad_value():
    from typing import get_args

    from supplychain.gs1.errors import Code

    assert {code for code in get_args(Code) if status_of(code) not in (422, 503)} == set()


def test_refusals_of_the_act_are_kept_as_evidence_and_bad_bodies_are_not(api):
    api.forger.post("shipments", {"receiver": 7})
    assert not Refusal.objects.exists()
