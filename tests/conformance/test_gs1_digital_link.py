"""GS1's own engine and syntax dictionary against ours: Digital Link URIs, element strings, the table of AIs.

The vectors lie beside the project; without them these tests skip. Cases that hold only under a switch of the engine
(`flags`) are not ours: we have no switches.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from supplychain.gs1.ai import AIS, Part
from supplychain.gs1.associations import EXCLUDED, REQUIRED, check_associations
from supplychain.gs1.carriers import format_bracketed, format_element_string
from supplychain.gs1.characters import CHARSET_39, CHARSET_82, find_foreign, is_digits
from supplychain.gs1.check_digit import check_pair, is_check_digit_right
from supplychain.gs1.digital_link import DigitalLink, parse_digital_link
from supplychain.gs1.element_string import (
    GS1_SYMBOLOGIES,
    SEPARATOR,
    parse_bracketed,
    parse_element_string,
    parse_scan,
)
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import parse_yymmdd
from supplychain.gs1.uri import CANONICAL_STEM, PATHS, QUALIFIERS, escape, format_uri, parse_uri
from supplychain.gs1.value_rules import VALUE_RULES

pytestmark = pytest.mark.conformance

TODAY = date(2026, 11, 23)

# Where we do not follow the engine, and why. All other cases agree.
DISAGREEMENTS = {
    "^99ABC~": "a tilde is how many scanners spell the separator, and it is in no value: we read one at the end",
}

# AIs whose values the engine checks against lists or grammars of their own. No medicine carries them; we check their
# length and characters, and leave the rest to whoever needs the value.
NOT_LOOKED_INTO = {
    "426": "country codes: a list that ages inside a parser refuses good packs",
    "4307": "country codes",
    "8007": "IBAN",
    "8110": "coupons of North America",
    "8112": "coupons of North America",
}

T = TypeVar("T")
Cases = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def vectors(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "gs1-syntax-engine"


@pytest.fixture
def cases(vectors: Path) -> Cases:
    def load(name: str) -> list[dict[str, Any]]:
        found = json.loads((vectors / f"{name}.json").read_text("utf-8"))
        assert found, f"{name}.json has no cases"
        return [case for case in found if not case.get("flags")]

    return load


def read(parse: Callable[[str], T], text: str) -> T | None:
    """What `parse` makes of `text`, or None if it refuses."""
    try:
        return parse(text)
    except GS1Error:
        return None


# --- Digital Link URIs ------------------------------------------------------------------------------------------------


def test_every_digital_link_is_taken_or_refused_as_the_engine_does(cases: Cases) -> None:
    for case in cases("digital_link_parse"):
        elements = read(parse_uri, case["uri"])
        assert (elements is not None) == case["valid"], case["uri"]
        if elements is not None:
            expected = parse_element_string(case["element_string"])
            assert list(elements.items()) == list(expected.items()), case["uri"]


def test_the_typed_reading_has_the_values_of_the_engine(cases: Cases) -> None:
    read_as_pack_or_unit = 0
    for case in cases("digital_link_parse"):
        if not case["valid"]:
            continue
        elements = parse_element_string(case["element_string"])
        if next(iter(elements)) not in {"00", "01"}:
            with pytest.raises(GS1Error, match="expected a product") as caught:
                parse_digital_link(case["uri"], today=TODAY)
            assert caught.value.code == "OTHER_KEY"
            continue
        link = parse_digital_link(case["uri"], today=TODAY)
        read_as_pack_or_unit += 1
        assert elements.items() >= elements_of(link).items(), case["uri"]
    assert read_as_pack_or_unit >= 20


def elements_of(link: DigitalLink) -> dict[str, str]:
    """The values of a typed link by AI; the expiry is left out, because day 00 reads as a day of its own."""
    values = {"01": link.gtin, "10": link.lot_number, "21": link.serial_number, "00": link.sscc}
    return {digits: str(value) for digits, value in values.items() if value is not None}


def test_every_digital_link_is_written_as_the_engine_does(cases: Cases) -> None:
    for case in cases("digital_link_generate"):
        stem = case["stem"] or CANONICAL_STEM
        elements = parse_bracketed(case["bracketed_ai"])
        uri = read(partial(format_uri, elements), stem)
        assert uri == (case["uri"] if case["valid"] else None), case["bracketed_ai"]


def test_every_uri_that_we_write_is_read_back(cases: Cases) -> None:
    for case in cases("digital_link_parse"):
        if case["valid"]:
            elements = parse_uri(case["uri"])
            assert parse_uri(format_uri(elements)) == elements


def test_every_path_of_the_engine_is_a_path_of_ours(vectors: Path) -> None:
    sequences = json.loads((vectors / "digital_link_path_sequences.json").read_text("utf-8"))
    assert len(sequences) == 20
    assert {tuple(sequence) for sequence in sequences} <= PATHS


def test_values_are_escaped_as_the_engine_does(cases: Cases) -> None:
    for case in cases("uri_escape"):
        assert escape(case["in"]) == case["path"]


# --- Element strings and text in brackets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "field", "parse"),
    [
        ("ai_element_string", "element_string", parse_element_string),
        ("ai_bracketed_parse", "bracketed_ai", parse_bracketed),
    ],
)
def test_every_element_string_is_taken_or_refused_as_the_engine_does(
    cases: Cases, name: str, field: str, parse: Callable[[str], dict[str, str]]
) -> None:
    for case in cases(name):
        elements = read(parse, case[field])
        agrees = (elements is not None) == case["valid"]
        assert agrees == (case[field] not in DISAGREEMENTS), case[field]
        if case["valid"]:
            assert elements == parse_element_string(case["element_string"]), case[field]


def test_every_wrong_value_is_refused_except_in_ais_that_we_do_not_look_into(cases: Cases) -> None:
    passed_over = set()
    for case in cases("ai_linter_errors"):
        text = case["bracketed_ai"]
        digits = text[1 : text.index(")")]
        elements = read(parse_bracketed, text)
        if digits in NOT_LOOKED_INTO and elements is not None:
            passed_over.add(digits)
            continue
        assert (elements is not None) == (case["error"] == "OK"), text
    assert passed_over == set(NOT_LOOKED_INTO), "an AI that is checked by now must leave the table"


def test_scans_of_gs1_symbols_give_the_data_of_the_engine(cases: Cases) -> None:
    compared = 0
    for case in cases("scan_data_parse") + cases("scan_data_generate"):
        scan_data, data = case["scan_data"], case["data"]
        # Ours are the symbols whose whole content is one element string; composites and plain data are not.
        if not scan_data or not scan_data.startswith(("]d2", "]C1", "]e0", "]Q3", "]J1")) or "|" in data:
            continue
        compared += 1
        elements = read(parse_element_string, scan_data)
        if not case.get("valid", True):
            assert elements is None, scan_data
            continue
        assert elements == parse_element_string(data), scan_data
        assert parse_scan(scan_data, today=TODAY).gtin is not None
    assert compared >= 10


def test_scans_of_gs1_symbols_are_written_as_the_engine_does(cases: Cases) -> None:
    compared = 0
    for case in cases("scan_data_generate"):
        scan_data, data = case["scan_data"], case["data"]
        if scan_data and scan_data.startswith(GS1_SYMBOLOGIES) and data.startswith("^") and "|" not in data:
            # A separator at the end says nothing, and we write none.
            written = format_element_string(parse_element_string(data), symbology=scan_data[:3])
            assert written == scan_data.rstrip(SEPARATOR), case
            compared += 1
    assert compared == 4


def test_text_in_brackets_is_written_as_the_engine_reads_it(cases: Cases) -> None:
    for case in cases("ai_bracketed_parse"):
        if case["valid"]:
            assert format_bracketed(parse_element_string(case["element_string"])) == case["bracketed_ai"], case


def test_a_retail_symbol_gives_its_gtin(cases: Cases) -> None:
    compared = 0
    for case in cases("scan_data_parse"):
        scan_data = case["scan_data"]
        if not scan_data.startswith(("]E0", "]E4")) or "|" in scan_data:
            continue
        compared += 1
        scan = read(lambda text: parse_scan(text, today=TODAY), scan_data)
        assert (str(scan.gtin).lstrip("0") if scan and scan.gtin else None) == (
            case["data"].lstrip("0") if case["valid"] else None
        ), scan_data
    assert compared >= 5


# --- The table of Application Identifiers -----------------------------------------------------------------------------


def dictionary_rows(vectors: Path) -> list[tuple[str, str, list[str], list[str]]]:
    """(AI, flags, components, attributes) of every AI in the GS1 Barcode Syntax Dictionary."""
    rows = []
    for line in (vectors / "gs1-syntax-dictionary.txt").read_text("utf-8").splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        flags = words.pop(1) if set(words[1]) <= set("*?") else ""
        components = [word for word in words[1:] if re.match(r"\[?[NXYZ][.0-9]", word)]
        attributes = [word for word in words[1:] if word not in components]
        first, _, last = words[0].partition("-")
        numbers = range(int(first), int(last or first) + 1)
        rows += [(f"{number:0{len(first)}d}", flags, components, attributes) for number in numbers]
    return rows


def test_our_table_is_that_of_the_syntax_dictionary(vectors: Path) -> None:
    rules = {"csum": "check", "csumalpha": "pair", "yymmd0": "date0", "yymmdd": "date", "gcppos1": "prefix"}
    rules |= {name: name for name in VALUE_RULES}
    rows = dictionary_rows(vectors)
    assert {digits for digits, *_ in rows} == set(AIS)
    for digits, flags, components, attributes in rows:
        ai = AIS[digits]
        assert (ai.has_predefined_length, ai.is_attribute) == ("*" in flags, "?" in flags), digits
        assert [spell(part) for part in ai.parts] == [re.sub(r",\w+", "", one) for one in components], digits
        wanted = {rules[name] for one in components for name in re.findall(r",(\w+)", one) if name in rules}
        # Digits with a check digit begin with digits anyway: the rule about the prefix adds nothing to them.
        wanted -= {"prefix"} if "check" in wanted else set()
        wanted |= {"base64"} if components[0].startswith("Z") else set()  # in the engine the character set looks at it
        assert {rule for part in ai.parts for rule in part.rules} == wanted, digits
        keys = [one.partition("=")[2] for one in attributes if one.startswith("dlpkey")]
        qualifiers = tuple(tuple(filter(None, one.split(","))) for key in keys for one in key.split("|"))
        assert QUALIFIERS.get(digits, ()) == qualifiers, digits


def spell(part: Part) -> str:
    """A component in the spelling of the dictionary."""
    dots = ".." if part.shortest != part.longest else ""
    text = f"{part.kind}{dots}{part.longest}"
    return f"[{text}]" if part.is_optional else text


# Linters that we do not have, and why.
NO_LINTERS = {
    "iso3166": NOT_LOOKED_INTO["426"],
    "iso3166999": NOT_LOOKED_INTO["426"],
    "iso3166alpha2": NOT_LOOKED_INTO["426"],
    "gcppos1": "whether GS1 gave a prefix to anybody is a question for its registry; 1234567 is refused nowhere else",
    "gcppos2": "the same, behind an indicator",
}
LINTERS: dict[str, Callable[[str], bool]] = {
    "csum": lambda text: read(is_check_digit_right, text) is True,
    "csumalpha": lambda text: text[-2:] == (read(check_pair, text[:-2]) if len(text) > 2 else "22"),
    "cset82": lambda text: find_foreign(text, CHARSET_82) is None,
    "cset39": lambda text: find_foreign(text, CHARSET_39) is None,
    "cset64": lambda text: obeys("base64", text),
    "csetnumeric": lambda text: not text or is_digits(text),
    "yymmd0": lambda text: read(lambda day: parse_yymmdd(day, today=TODAY), text) is not None,
    "yymmdd": lambda text: not text.endswith("00") and LINTERS["yymmd0"](text),
}


def obeys(rule: str, text: str) -> bool:
    """Whether one of our rules for values lets a text pass."""
    try:
        VALUE_RULES[rule]("value", text)
    except GS1Error:
        return False
    return True


def test_each_rule_about_values_agrees_with_the_linter(vectors: Path) -> None:
    found = json.loads((vectors / "linter_cases.json").read_text("utf-8"))
    assert sum(map(len, found.values())) == 1644
    for linter, cases_of_it in found.items():
        if linter not in NO_LINTERS:
            for case in cases_of_it:
                is_valid = LINTERS.get(linter, partial(obeys, linter))
                assert is_valid(case["value"]) == case["valid"], (linter, case)


# --- What stands together in one code ---------------------------------------------------------------------------------


def test_elements_stand_together_as_the_engine_has_it(vectors: Path) -> None:
    found = json.loads((vectors / "ai_associations.json").read_text("utf-8"))
    compared = 0
    for case in found:
        text = case["bracketed_ai"]
        if "(89)" in text:
            continue  # nobody has defined it; the engine takes it under its switch PermitUnknownAIs
        try:
            check_associations(parse_bracketed(text))
            is_valid = True
        except GS1Error:
            is_valid = False
        assert is_valid == case["valid"], case
        compared += 1
    assert compared == 36


def test_our_associations_are_those_of_the_syntax_dictionary(vectors: Path) -> None:
    for digits, _, _, attributes in dictionary_rows(vectors):
        for attribute in attributes:
            kind, _, alternatives = attribute.partition("=")
            if kind == "req":
                assert {"+".join(some) for some in required(digits)} >= set(alternatives.split(",")), digits
            if kind == "ex":
                excluded = {one[0] for pattern, some in EXCLUDED if pattern.fullmatch(digits) for one in some}
                assert excluded | {f"{digits[:3]}n"} >= set(alternatives.split(",")), digits


def required(digits: str) -> list[list[str]]:
    """Every alternative of every rule about an AI."""
    return [some for pattern, alternatives in REQUIRED if pattern.fullmatch(digits) for some in alternatives]


def test_percent_signs_are_read_as_the_engine_does(cases: Cases) -> None:
    for case in cases("uri_unescape"):
        elements = read(parse_uri, f"https://example.com/01/12312312312333/10/{case['in']}")
        is_lot = bool(case["path"]) and find_foreign(case["path"], CHARSET_82) is None
        assert (elements or {}).get("10") == (case["path"] if is_lot else None), case
