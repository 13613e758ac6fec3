"""The six fields, each refused by its own code when it is odd. Admission's tests show that nothing else is read."""

from typing import Any

import pytest

from ledger.errors import MalformedError
from ledger.frame import FIELDS, MAX_AFTER, Frame, parse_frame

GOOD: dict[str, Any] = {
    "type": "medtrail.statement.v1",
    "log": "log.example/1",
    "party": "9520001000003",
    "kind": "event",
    "nonce": "0123456789abcdef" * 2,
    "after": ["ab" * 32, "cd" * 32],
    "event": {"anything": 1},
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(MalformedError, match=f"without {name}:") as error:
        parse_frame({key: value for key, value in GOOD.items() if key != name})
    assert error.value.code == "STATEMENT_FIELDS"


@pytest.mark.parametrize("name", FIELDS[:-1])
def test_a_field_that_is_no_text_is_named(name: str) -> None:
    with pytest.raises(MalformedError, match=f"{name} is int") as error:
        parse_frame(GOOD | {name: 1})
    assert error.value.code == "STATEMENT_FIELDS"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("type", "medtrail.statement.v2", "STATEMENT_TYPE"),
        ("party", "", "STATEMENT_PARTY"),
        ("party", "p" * 65, "STATEMENT_PARTY"),
        ("party", "p\n", "STATEMENT_PARTY"),
        ("party", "p ", "STATEMENT_PARTY"),
        ("kind", "", "STATEMENT_KIND"),
        ("kind", "Event", "STATEMENT_KIND"),
        ("kind", "event\n", "STATEMENT_KIND"),
        ("kind", "k" * 41, "STATEMENT_KIND"),
        ("nonce", "0" * 31, "STATEMENT_NONCE"),
        ("nonce", "0" * 33, "STATEMENT_NONCE"),
        ("nonce", "0" * 31 + "A", "STATEMENT_NONCE"),
        ("nonce", "0" * 31 + "٠", "STATEMENT_NONCE"),
        ("after", None, "STATEMENT_AFTER"),
        ("after", {}, "STATEMENT_AFTER"),
        ("after", [1], "STATEMENT_AFTER"),
        ("after", ["ab" * 31], "STATEMENT_AFTER"),
        ("after", ["AB" * 32], "STATEMENT_AFTER"),
        ("after", ["ab" * 32, "ab" * 32], "STATEMENT_AFTER"),
        ("after", [f"{number:064x}" for number in range(MAX_AFTER + 1)], "STATEMENT_AFTER"),
    ],
)
def test_an_odd_value_is_refused_by_its_fields_code(name: str, value: Any, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        parse_frame(GOOD | {name: value})
    assert error.value.code == code


def test_a_frame_holds_what_the_statement_says() -> None:
    assert parse_frame(GOOD) == Frame(
        "log.example/1", "9520001000003", "event", "0123456789abcdef" * 2, (b"\xab" * 32, b"\xcd" * 32)
    )
