"""What a statement shows, what it hides, and that the stored event and the signed statement cannot part ways."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.commitment import open_member, verify_opening, verify_sealed
from ledger.errors import MalformedError, VerificationError
from supplychain.statement import Statement, disclose_field, disclose_list, state_event, verify_event

SECRET = bytes(range(32))
EVENT: dict[str, Any] = {
    "type": "AggregationEvent",
    "eventID": "urn:uuid:7",
    "eventTime": "2026-11-23T08:30:00.000Z",
    "eventTimeZoneOffset": "+00:00",
    "recordTime": "2026-11-23T08:30:01.000Z",
    "action": "ADD",
    "bizStep": "packing",
    "disposition": "in_progress",
    "parentID": "https://id.gs1.org/00/095200010000000018",
    "childEPCs": ["https://id.gs1.org/01/09520001000010/21/B", "https://id.gs1.org/01/09520001000010/21/A"],
    "readPoint": {"id": "https://id.gs1.org/414/9520001000003"},
    "ilmd": {"cbvmda:lotNumber": "L1", "example:secretRecipe": "sugar"},
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 5.5, "uom": "CEL"}]}],
}


def state(event: dict[str, Any] = EVENT, secret: bytes = SECRET) -> Statement:
    return state_event(
        event, log="example.org/log", party="9520001000003", nonce="0" * 32, after=["b" * 64, "a" * 64], secret=secret
    )


def test_trade_is_not_readable_in_what_is_signed() -> None:
    text = state().payload.decode()
    for hidden in ("09520001000010/21", "00/0952", "414/", "sugar", "5.5", "urn:uuid"):
        assert hidden not in text
    for shown in ("packing", "2026-11-23T08:30:00.000Z", "L1"):
        assert shown in text


def test_the_statement_has_the_shape_of_the_specification() -> None:
    body = json.loads(state().payload)
    assert sorted(body) == ["after", "event", "kind", "lists", "log", "nonce", "party", "sealed", "type"]
    assert body["after"] == ["a" * 64, "b" * 64]
    assert body["event"]["ilmd"] == {"cbvmda:lotNumber": "L1"}
    assert sorted(body["sealed"]) == ["eventID", "ilmd", "parentID", "readPoint", "sensorElementList"]
    assert body["lists"]["childEPCs"]["size"] == 2
    # recordTime is written by whoever receives the event: its author cannot sign it.
    assert "recordTime" not in state().payload.decode()


def test_two_statements_of_one_event_have_nothing_in_common_but_what_is_clear() -> None:
    one, other = state().body, state(secret=bytes(32)).body
    assert one["event"] == other["event"]
    assert not set(one["sealed"].values()) & set(other["sealed"].values())
    assert one["lists"]["childEPCs"]["root"] != other["lists"]["childEPCs"]["root"]


def test_one_pack_can_be_shown_without_the_others() -> None:
    statement = state()
    children = statement.lists["childEPCs"]
    opening = open_member(SECRET, "childEPCs", children.members, children.leaf_hashes, 1)
    verify_opening(opening, size=2, root=children.root)
    shown = disclose_list(opening)
    assert shown["epc"].endswith("/B")
    assert "/A" not in json.dumps(shown)


def test_a_sealed_field_is_shown_as_the_text_that_was_hashed() -> None:
    shown = disclose_field(EVENT, "sensorElementList", secret=SECRET)
    digest = bytes.fromhex(state().body["sealed"]["sensorElementList"])
    verify_sealed(bytes.fromhex(shown["salt"]), shown["value"].encode(), digest=digest)
    with pytest.raises(VerificationError):
        verify_sealed(bytes.fromhex(shown["salt"]), shown["value"].replace("5.5", "9.9").encode(), digest=digest)


def test_the_stored_event_is_what_was_signed() -> None:
    verify_event(EVENT, state().body, secret=SECRET)


CHANGES: list[tuple[str, Any]] = [
    ("bizStep", "unpacking"),
    ("eventTime", "2026-11-23T08:30:00.001Z"),
    ("parentID", "https://id.gs1.org/00/095200010000000025"),
    ("childEPCs", EVENT["childEPCs"][:1]),
    ("childEPCs", [*EVENT["childEPCs"], "urn:smuggled"]),
    ("readPoint", {"id": "https://id.gs1.org/414/9520007000007"}),
    ("ilmd", {"cbvmda:lotNumber": "L2", "example:secretRecipe": "sugar"}),
    ("ilmd", {"cbvmda:lotNumber": "L1", "example:secretRecipe": "chalk"}),
    ("disposition", None),
    ("bizLocation", {"id": "https://id.gs1.org/414/9520001000003"}),
]


@pytest.mark.parametrize(("field", "value"), CHANGES)
def test_an_event_changed_behind_our_back_is_found_and_the_field_named(field: str, value: Any) -> None:
    changed = copy.deepcopy(EVENT)
    if value is None:
        del changed[field]
    else:
        changed[field] = value
    with pytest.raises(VerificationError, match=field) as caught:
        verify_event(changed, state().body, secret=SECRET)
    assert caught.value.code == "EVENT_DIFFERS"


def test_a_list_of_no_epcs_is_no_list() -> None:
    assert "childEPCs" not in state(EVENT | {"childEPCs": []}).body["lists"]


def test_an_epc_twice_in_a_list_is_refused() -> None:
    with pytest.raises(MalformedError) as caught:
        state(EVENT | {"childEPCs": ["urn:a", "urn:a"]})
    assert caught.value.code == "DUPLICATE_MEMBER"


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedError):
        state(secret=b"short")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), min_size=1, max_size=40, unique=True))
def test_the_order_in_which_epcs_come_does_not_matter(epcs: list[str]) -> None:
    one, other = (state(EVENT | {"childEPCs": order}).payload for order in (epcs, epcs[::-1]))
    assert one == other
