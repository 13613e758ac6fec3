"""JSON is taken apart without believing in its types, and what is refused is shown shortened."""

import pytest

from ledger.errors import MalformedError
from ledger.verifier import reading


class Twelve(int):
    """An integer that is not quite one."""


@pytest.mark.parametrize("value", [True, False, None, 1.0, "1", -1, [], Twelve(12)])
def test_a_number_is_a_plain_int_from_0(value):
    with pytest.raises(MalformedError, match=r"^index: .*, expected a whole number from 0$"):
        reading.number(value, "index")


def test_text_without_bytes_is_refused():
    with pytest.raises(MalformedError, match="half of a surrogate pair"):
        reading.text("\ud800", "name")


@pytest.mark.parametrize("value", ["x" * 10_000, 10**3000])
def test_a_long_value_is_shown_in_part(value):
    assert len(reading.show(value)) <= reading.MOST_SHOWN + 1


def test_a_deep_value_is_shown_by_its_type():
    value: list = []
    for _ in range(100_000):
        value = [value]
    assert reading.show(value) == "a list"


def test_members_are_exactly_those_named():
    assert reading.members({"a": 1, "b": 2}, "thing", {"a"}, {"b", "c"}) == {"a": 1, "b": 2}
    with pytest.raises(MalformedError, match=r"^thing: without a, z$"):
        reading.members({"b": 2}, "thing", {"a", "z"}, {"b"})
    with pytest.raises(MalformedError, match=r"^thing: member 'x', expected only a$"):
        reading.members({"a": 1, "x": 2}, "thing", {"a"})


def test_values_of_the_right_type_pass():
    assert reading.number(0, "n") == 0
    assert reading.text("é", "t") == "é"
    assert reading.a_list([1], "l", 1) == [1]
    assert reading.hexadecimal("00ff", "h") == b"\x00\xff"
    assert reading.base64("AP8=", "b") == b"\x00\xff"
    assert reading.object_or_nothing({"a": 1}) == {"a": 1}
    assert reading.object_or_nothing([1]) == {}
    assert reading.text_or_nothing("a") == "a"
    assert reading.text_or_nothing(b"a") == ""
