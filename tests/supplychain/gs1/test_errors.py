import pickle

from supplychain.gs1.errors import GS1Error, show


def test_an_error_keeps_code_and_sentence_through_a_task_queue() -> None:
    error = pickle.loads(pickle.dumps(GS1Error("GTIN '1': expected 14 digits", code="LENGTH")))  # noqa: S301 our own bytes

    assert isinstance(error, GS1Error)
    assert (str(error), error.code) == ("GTIN '1': expected 14 digits", "LENGTH")


def test_an_error_is_a_value_error() -> None:
    assert issubclass(GS1Error, ValueError)


def test_a_value_from_a_stranger_stays_one_short_line() -> None:
    assert show("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"
    assert show("x" * 80) == repr("x" * 80)
    assert show("x" * 81) == repr("x" * 80) + "…"
