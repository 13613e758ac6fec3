"""Whatever a file holds, the verifier parses it strictly or refuses it in a sentence."""

import json
from typing import Any

import pytest

from ledger.errors import MalformedError
from ledger.tlog.block import entry_leaf
from ledger.tlog.proof import parse_proof_file
from ledger.verifier import bundle
from ledger.verifier.bundle import Pedigree, SingleProof, parse_bundle
from tests.ledger.small_log import MAKER, SmallLog, as_file
from tests.ledger.small_story import PACK
from tests.ledger.verifier.forge import WELL_FORMED, changed, check, document, failing, failure, honest

DEEP = 100_000
NUMBERS = [True, False, None, "5", -1, 1.0, 5e0, [], {}, 2**53, 2**64]
TEXTS = [None, True, 5, [], {}, ["a"]]


def put(path: str, value):
    """The honest pedigree with `value` at a dotted path."""
    forged = document()
    at: Any = forged
    *way, last = [int(one) if one.isdigit() else one for one in path.split(".")]
    for one in way:
        at = at[one]
    at[last] = value
    return forged


# --- Types ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize("path", ["items.3.index", "keys.1.index", "items.0.disclosed.lists.epcList.index"])
def test_an_index_is_a_whole_number_and_nothing_that_counts_as_one(path, value):
    assert failing(put(path, value)).name == WELL_FORMED


@pytest.mark.parametrize("value", [True, "1", 0, 2, None, 1.0, [1]])
def test_only_version_1_is_read(value):
    assert failing(put("v", value)).name == WELL_FORMED


@pytest.mark.parametrize("value", TEXTS)
@pytest.mark.parametrize(
    "path",
    [
        "checkpoint",
        "items.0.envelope",
        "items.0.proof.0",
        "keys.0.envelope",
        "items.0.disclosed.lists.epcList.epc",
        "items.0.disclosed.lists.epcList.salt",
        "items.0.disclosed.lists.epcList.proof.0",
        "items.1.disclosed.sealed.parentID.salt",
        "items.1.disclosed.sealed.parentID.value",
    ],
)
def test_text_is_text(path, value):
    assert failure(put(path, value)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("value", [None, True, 5, "x", {}])
@pytest.mark.parametrize("path", ["items", "keys", "items.0.proof", "items.0.disclosed.lists.epcList.proof"])
def test_a_list_is_a_list(path, value):
    assert failure(put(path, value)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("value", [None, True, 5, "x", []])
@pytest.mark.parametrize(
    "path",
    [
        "items.0",
        "keys.0",
        "items.0.disclosed",
        "items.0.disclosed.lists",
        "items.1.disclosed.sealed",
        "items.1.disclosed.sealed.parentID",
    ],
)
def test_an_object_is_an_object(path, value):
    assert failure(put(path, value)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("value", [None, 5, "x"])
def test_an_opening_is_an_object_or_a_list_of_them(value):
    assert failure(put("items.0.disclosed.lists.epcList", value)) == (WELL_FORMED, "BUNDLE")
    assert failure(put("items.0.disclosed.lists.epcList", [value])) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("path", ["", "items.0.", "items.0.disclosed.", "items.0.disclosed.lists.epcList."])
def test_a_member_that_nobody_understands_is_refused(path):
    step = failing(put(f"{path}extra", "x"))
    assert (step.name, step.code) == (WELL_FORMED, "BUNDLE")
    assert "member 'extra', expected only" in step.detail


def test_a_key_entry_discloses_nothing():
    assert failure(put("keys.0.disclosed", {})) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("name", ["v", "checkpoint", "items", "keys"])
def test_a_missing_member_is_named(name):
    step = failing(changed(lambda one: one.pop(name)))
    assert step.detail == f"pedigree: without {name}"


def test_a_pedigree_without_items_shows_nothing():
    assert failure(put("items", [])) == (WELL_FORMED, "BUNDLE")


def test_a_list_that_the_statement_lacks_cannot_be_opened():
    opening = document()["items"][0]["disclosed"]["lists"]["epcList"]
    assert failure(put("items.0.disclosed.lists.inputEPCList", opening)) == (WELL_FORMED, "BUNDLE")


# --- Spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("envelope", ["====", "e30", "e30=\n", " e30=", "e31=", "e30=e30=", "é", "\u0665"])
def test_base64_has_one_spelling(envelope):
    assert failure(put("items.0.envelope", envelope)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("salt", ["0", "AB" * 16, "zz" * 16, " " + "0" * 31, "\uff10" * 32, "00" * 33])
def test_hex_has_one_spelling(salt):
    assert failure(put("items.0.disclosed.lists.epcList.salt", salt)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize(
    "path", ["checkpoint", "items.0.disclosed.lists.epcList.epc", "items.1.disclosed.sealed.parentID.value"]
)
def test_half_of_a_surrogate_pair_is_no_text(path):
    data = json.dumps(put(path, "\ud800")).encode()
    assert failure(data) == (WELL_FORMED, "SURROGATE")


def test_the_same_member_twice_is_refused():
    data = as_file(document())
    assert failure(data[:-1] + b',"v":1}') == (WELL_FORMED, "DUPLICATE_KEY")


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"null", b'"text"', b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b"NaN"])
def test_what_is_no_json_object_is_refused(data):
    assert failing(data).name == WELL_FORMED


# --- Large and deep ---------------------------------------------------------------------------------------------------


def test_a_huge_file_is_refused_before_it_is_read():
    assert failure(b" " * (bundle.MAX_BUNDLE + 1)) == (WELL_FORMED, "OVERSIZE")


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_deep_file_is_refused(opening):
    assert failure(opening * DEEP) == (WELL_FORMED, "TOO_DEEP")


@pytest.mark.parametrize("depth", [30, 300, 900, 950, 990, 1000])
@pytest.mark.parametrize("path", ["v", "checkpoint", "items.0.index", "items.1.disclosed.sealed.parentID.value"])
def test_a_deep_value_in_the_wrong_place_is_refused(path, depth):
    data = as_file(put(path, "@")).replace(b'"@"', b"[" * depth + b"]" * depth)
    assert failing(data).name == WELL_FORMED


def test_a_deep_or_huge_sealed_value_is_refused_with_its_item():
    for value in ("[" * DEEP, "[" * 500 + "]" * 500, "1" * 10_000, "\\ud800", "NaN", '"a"} , {"b":"c"'):
        assert failing(put("items.1.disclosed.sealed.parentID.value", value)).name == (
            "item 1: what is shown is what was signed"
        )


def test_a_number_with_a_million_digits_is_refused():
    data = as_file(put("items.0.index", "@")).replace(b'"@"', b"9" * 1_000_000)
    assert failure(data) == (WELL_FORMED, "INTEGER_RANGE")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("items", bundle.MAX_ENTRIES),
        ("keys", bundle.MAX_ENTRIES),
        ("items.0.proof", 63),
        ("items.0.disclosed.lists.epcList", bundle.MAX_OPENINGS),
        ("items.0.disclosed.lists.epcList.proof", 63),
    ],
)
def test_a_list_has_an_end(path, most):
    step = failing(put(path, [""] * (most + 1)))
    assert step.detail.endswith(f"{most + 1}, expected at most {most}")


def test_a_long_key_that_stands_twice_is_found_in_linear_time():
    members = b",".join(b'"%d":0' % number for number in range(50_000))
    assert failure(b"{" + members + b',"7":0}') == (WELL_FORMED, "DUPLICATE_KEY")


# --- Statements -------------------------------------------------------------------------------------------------------


def stated(**changes) -> dict:
    """The pedigree of one statement that MAKER signed, with members changed."""
    log = SmallLog()
    index = log.add(log.statement(MAKER.party, "event", event={}, lists={}, sealed={}) | changes, MAKER)
    log.seal()
    opening = {"epc": PACK, "salt": "00" * 16, "index": 0, "proof": []}
    return log.pedigree((index, {"lists": {"epcList": opening}}))


@pytest.mark.parametrize("lists", [None, 5, "epcList", ["epcList"], {"epcList": 5}, {"epcList": {}}])
def test_a_statement_whose_lists_are_none_opens_none(lists):
    assert failure(stated(lists=lists)) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize("size", [True, None, "1", [1]])
def test_a_size_of_another_type_is_no_size(size):
    assert failure(stated(lists={"epcList": {"size": size, "root": "00" * 32}})) == (WELL_FORMED, "BUNDLE")


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("type", "medtrail.statement.v2", "STATEMENT_TYPE"),
        ("party", ["9520001000003"], "STATEMENT_FIELDS"),
        ("log", None, "STATEMENT_FIELDS"),
        ("kind", {}, "STATEMENT_FIELDS"),
        ("nonce", "x", "STATEMENT_NONCE"),
        ("after", 5, "STATEMENT_AFTER"),
        ("after", [{}], "STATEMENT_AFTER"),
    ],
)
def test_a_statement_with_other_fields_is_refused(member, value, code):
    step = failing(stated(**{member: value}))
    assert (step.name, step.code) == (WELL_FORMED, code)
    assert step.detail.startswith("item 0: ")


@pytest.mark.parametrize("event", [None, 5, "ADD", [], {"action": 5, "bizStep": ["x"], "eventTime": {}}])
def test_an_event_of_another_type_is_read_as_one_without_fields(event):
    pedigree = parse_bundle(as_file(stated(event=event, lists={"epcList": {"size": 1, "root": "00" * 32}})))
    assert isinstance(pedigree, Pedigree)
    assert (pedigree.items[0].action, pedigree.items[0].biz_step) == ("", "")


# --- Proof files ------------------------------------------------------------------------------------------------------


def test_a_proof_file_proves_one_entry_and_says_what_it_does_not():
    report = check(honest().log.proof_file(9))
    assert report.ok
    assert [step.name for step in report.steps][-1] == "entry: it is in the log"
    assert "who signed the entry" in report.notes[0]


def test_a_proof_file_may_show_the_leaf_only():
    proof = parse_proof_file(honest().log.proof_file(9))
    leaf = entry_leaf(honest().log.envelopes[9].sha256)
    file = type(proof)(leaf, proof.index, proof.proof, proof.checkpoint_note).encode()
    report = check(file)
    assert report.ok
    assert report.steps[0].detail == "a proof file; it shows the leaf only"
    parsed = parse_bundle(file)
    assert isinstance(parsed, SingleProof)
    assert parsed.entry is None


@pytest.mark.parametrize("extra", [b"{}", b"medtrail.entry.v1\n", b"medtrail.entry.v1\n" + b"A" * 64 + b"\n", b"x"])
def test_a_proof_file_with_something_else_in_it_is_refused(extra):
    proof = parse_proof_file(honest().log.proof_file(9))
    assert failing(type(proof)(extra, 9, proof.proof, proof.checkpoint_note).encode()).name == WELL_FORMED


def test_a_proof_file_with_another_entry_or_index_is_refused():
    proof = parse_proof_file(honest().log.proof_file(9))
    other = honest().log.envelopes[10].encode()
    for forged in (
        type(proof)(other, 9, proof.proof, proof.checkpoint_note),
        type(proof)(proof.extra, 10, proof.proof, proof.checkpoint_note),
    ):
        assert failure(forged.encode()) == ("entry: it is in the log", "INCLUSION")


def test_a_proof_file_of_a_statement_for_another_log_is_refused():
    log = SmallLog()
    index = log.add(log.statement(MAKER.party, "event", event={}) | {"log": "other.example/log"}, MAKER)
    log.seal()
    assert failure(log.proof_file(index), log.policy) == ("entry: it is in the log", "ORIGIN")


def test_an_honest_pedigree_parses_into_its_parts():
    parsed = parse_bundle(as_file(document()))
    assert isinstance(parsed, Pedigree)
    assert [item.label for item in parsed.items] == [f"item {number}" for number in range(10)]
    assert [key.index for key in parsed.keys] == honest().log.key_indexes
    assert parsed.items[0].lists["epcList"][0].member == PACK


def test_errors_of_the_parser_are_malformed_errors():
    with pytest.raises(MalformedError, match=r"^items: none, expected at least one to check$"):
        parse_bundle(b'{"v":1,"checkpoint":"","items":[],"keys":[]}')
