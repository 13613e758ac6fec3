"""Errors say where, what and what was expected, and can be carried about."""

import pickle

import pytest

from supplychain.epcis.errors import EPCISError, collect, name, show


def test_an_error_reads_as_one_sentence() -> None:
    error = EPCISError("WORD", "bizStep", "transforming", "a business step")
    assert str(error) == "bizStep 'transforming': expected a business step"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (1.5, "1.5"),
        ("a\nb", "'a\\nb'"),
        ({"a": 1}, "an object"),
        ([1, 2, 3], "a list of 3"),
        ((), "a list of 0"),
        (10**200, "1" + "0" * 79 + "…"),
        ("x" * 81, "'" + "x" * 80 + "'…"),
    ],
)
def test_a_value_is_shown_on_one_short_line(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_key_that_would_be_read_as_a_path_stands_in_quotes() -> None:
    assert name('a"b.c') == '["a\\"b.c"]'
    assert name("a\nb") == '["a\\nb"]'
    assert len(name("x" * 10_000)) < 100


def test_an_error_moves_outwards_with_the_others_that_it_carries() -> None:
    error = collect([EPCISError("TYPE", "a", 1, "x"), EPCISError("TYPE", "[0]", 2, "y")]).under("list").under("body")
    assert [one.path for one in error.all] == ["body.list.a", "body.list[0]"]


def test_collected_errors_carry_no_others_inside() -> None:
    inner = collect([EPCISError("TYPE", "a", 1, "x"), EPCISError("TYPE", "b", 2, "y")])
    outer = collect([EPCISError("TYPE", "c", 3, "z"), inner])
    assert [(one.path, one.others) for one in outer.all[1:]] == [("a", ()), ("b", ())]


def test_no_thing_carries_more_errors_than_a_person_reads() -> None:
    assert len(collect([EPCISError("TYPE", str(at), 1, "x") for at in range(100_000)]).all) == 100


def test_an_error_survives_the_way_through_a_task_queue() -> None:
    error = collect([EPCISError("TYPE", "a", 1, "x"), EPCISError("URI", "b", "c", "y")])
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(copy) == str(error)
    assert [one.code for one in copy.all] == ["TYPE", "URI"]
