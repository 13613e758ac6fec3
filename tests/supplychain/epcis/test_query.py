"""What is not a query, and what a query is made of."""

from typing import Any

import pytest

from supplychain.epcis.epc_pattern import parse_pattern
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.master_data import read_master_data
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.predicates import Among, Query
from supplychain.epcis.query import parse_query_body, parse_query_url
from tests.supplychain.epcis.samples import CONTEXT, PACK

BAD: list[tuple[list[tuple[str, str]], str, str]] = [
    ([("EQ_bizstep", "shipping")], "EQ_bizstep", "PARAMETER"),
    ([("eq_bizStep", "shipping")], "eq_bizStep", "PARAMETER"),
    ([("GE_eventDate", "2026-01-01T00:00:00Z")], "GE_eventDate", "PARAMETER"),
    ([("EQ_eventTime", "2026-01-01T00:00:00Z")], "EQ_eventTime", "PARAMETER"),
    ([("", "")], '[""]', "PARAMETER"),
    ([("EQ_myField", "x")], "EQ_myField", "PARAMETER"),
    ([("GT_value_CEL; DROP TABLE", "1")], '["GT_value_CEL; DROP TABLE"]', "PARAMETER"),
    ([("EQ_action", "ADD"), ("EQ_action", "DELETE")], "EQ_action", "PARAMETER"),
    ([("EQ_action", "ADD,DELETE")], "EQ_action[0]", "WORD"),
    ([("EQ_action", "")], "EQ_action", "SIZE"),
    ([("EQ_action", "ADD|")], "EQ_action[1]", "WORD"),
    ([("EQ_bizStep", "transforming")], "EQ_bizStep[0]", "WORD"),
    ([("eventType", "ObjectEventX")], "eventType[0]", "URI"),
    ([("GE_eventTime", "2026-01-01")], "GE_eventTime", "TIME"),
    ([("EQ_eventID", "x y")], "EQ_eventID[0]", "URI"),
    ([("EQ_eventID", "|".join(["urn:x:1"] * 1001))], "EQ_eventID", "SIZE"),
    ([("MATCH_epc", "pack")], "MATCH_epc[0]", "URI"),
    ([("MATCH_epc", "javascript:x")], "MATCH_epc[0]", "URI"),
    ([("MATCH_epc", "https://id.gs1.org/01/70614141123452/21/1")], "MATCH_epc[0]", "EPC"),
    ([("MATCH_epc", "urn:epc:idpat:sgtin:*.712345.*")], "MATCH_epc[0]", "EPC"),
    ([("MATCH_epc", "urn:epc:idpat:sgtin:0614141.712345.7")], "MATCH_epc[0]", "EPC"),
    ([("MATCH_epc", "urn:epc:idpat:sgtin:0614141.*")], "MATCH_epc[0]", "EPC"),
    ([("MATCH_epc", "urn:epc:idpat:sgtin:06141.*.*")], "MATCH_epc[0]", "EPC"),
    ([("MATCH_epc", "urn:epc:idpat:sgtin:0614141.71.*")], "MATCH_epc[0]", "EPC"),
    ([("GE_quantity", "many")], "GE_quantity", "TYPE"),
    ([("GE_quantity", "nan")], "GE_quantity", "TYPE"),
    ([("GE_quantity", "1_0")], "GE_quantity", "TYPE"),
    ([("GE_quantity", "1e400")], "GE_quantity", "TYPE"),
    ([("EQ_value_CEL", "1|x")], "EQ_value_CEL", "TYPE"),
    ([("GE_value", "1")], "GE_value", "PARAMETER"),
    ([("EQ_hexBinaryValue", "xyz")], "EQ_hexBinaryValue[0]", "SYNTAX"),
    ([("EQ_booleanValue", "yes")], "EQ_booleanValue", "TYPE"),
    ([("EXISTS_errorDeclaration", "maybe")], "EXISTS_errorDeclaration", "TYPE"),
    ([("GT_ext:amount", "blue")], "GT_ext:amount", "TIME"),
    ([("EQ_stringValue", "a\x00b")], "EQ_stringValue[0]", "CHARACTER"),
    ([("EQ_ext:text", "\x1f")], "EQ_ext:text", "CHARACTER"),
    ([("orderBy", "bizStep")], "orderBy", "PARAMETER"),
    ([("orderBy", "eventTime"), ("orderDirection", "down")], "orderDirection", "PARAMETER"),
    ([("eventCountLimit", "5")], "eventCountLimit", "PARAMETER"),
    ([("eventCountLimit", "5"), ("orderBy", "eventTime"), ("maxEventCount", "6")], "maxEventCount", "PARAMETER"),
    ([("maxEventCount", "0")], "maxEventCount", "PARAMETER"),
    ([("maxEventCount", "-1")], "maxEventCount", "PARAMETER"),
    ([("maxEventCount", "٣")], "maxEventCount", "PARAMETER"),
    ([("maxEventCount", "9" * 30)], "maxEventCount", "PARAMETER"),
    ([(f"EQ_ext:f{at}", "1") for at in range(201)], "EQ_ext:f200", "PARAMETER"),
]


@pytest.mark.parametrize(("parameters", "path", "code"), BAD)
def test_what_is_no_query_is_refused_by_the_parameter(parameters: list[tuple[str, str]], path: str, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_query_url(parameters)
    assert (refusal.value.path, refusal.value.code) == (path, code)


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ([], "", "TYPE"),
        ({"@context": 7}, "@context", "TYPE"),
        ({"EQ_action": [7]}, "EQ_action[0]", "TYPE"),
        ({"EQ_action": {"a": 1}}, "EQ_action[0]", "TYPE"),
        ({"EQ_quantity": [True]}, "EQ_quantity", "TYPE"),
        ({"GE_quantity": "4"}, "GE_quantity", "TYPE"),
        ({"GE_eventTime": 4}, "GE_eventTime", "TYPE"),
        ({"EQ_ext:a": [True]}, "EQ_ext:a", "TYPE"),
        ({"GE_ext:a": {}}, "GE_ext:a", "TYPE"),
        ({"maxEventCount": True}, "maxEventCount", "PARAMETER"),
        ({"maxEventCount": 1.5}, "maxEventCount", "PARAMETER"),
        ({"EQ_booleanValue": "true"}, "EQ_booleanValue", "TYPE"),
        ({f"EQ_ext:f{at}": 1 for at in range(201)}, "", "PARAMETER"),
    ],
)
def test_what_is_no_query_body_is_refused(body: Any, path: str, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_query_body(body)
    assert (refusal.value.path, refusal.value.code) == (path, code)


def test_order_and_limits_are_read() -> None:
    pairs = [("orderBy", "recordTime"), ("orderDirection", "ASC"), ("eventCountLimit", "5"), ("perPage", "30")]
    assert parse_query_url(pairs) == Query((), "recordTime", is_descending=False, event_count_limit=5)
    assert (
        parse_query_url([("orderBy", "ext:amount")], parse_context(CONTEXT)).order_by
        == "https://ns.example.com/epcis/amount"
    )
    assert parse_query_url([("maxEventCount", "7"), ("nextPageToken", "x")]).max_event_count == 7


def test_an_exists_that_is_not_asked_asks_nothing() -> None:
    assert parse_query_url([("EXISTS_errorDeclaration", "false"), ("EXISTS_ext:a", "0")]).predicates == ()


def test_words_and_names_become_one_spelling() -> None:
    query = parse_query_url([("EQ_bizStep", "cbv:BizStep-shipping|https://a.example/b")])
    assert query.predicates == (Among("bizStep", frozenset({"shipping", "https://a.example/b"})),)


@pytest.mark.parametrize(
    ("uri", "is_class", "like", "prefix"),
    [
        (PACK, False, "https://id.gs1.org/01/70614141123451/21/2017", "https://id.gs1.org/01/70614141123451/21/2017"),
        ("urn:x:50%25_x", False, r"urn:x:50\%25\_x", "urn:x:50%25_x"),
        (
            "urn:epc:idpat:sgtin:0614141.*.*",
            False,
            "https://id.gs1.org/01/_0614141______/21/%",
            "https://id.gs1.org/01/",
        ),
        ("urn:epc:idpat:sgtin:0614141.712345.*", True, "https://id.gs1.org/01/70614141123451", None),
        ("urn:epc:idpat:itip:0614141.712345.*.*.*", False, "https://id.gs1.org/8006/70614141123451____/21/%", None),
        ("urn:epc:idpat:itip:0614141.712345.01.*.*", True, "https://id.gs1.org/8006/7061414112345101__", None),
        ("urn:epc:idpat:grai:0614141.12345.*", False, "https://id.gs1.org/8003/00614141123452%", None),
        ("urn:epc:idpat:grai:*.*.*", True, "https://id.gs1.org/8003/0_____________", None),
        ("urn:epc:idpat:giai:0614141.*", False, "https://id.gs1.org/8004/0614141%", None),
        ("urn:epc:idpat:giai:*.*", False, "https://id.gs1.org/8004/%", None),
        ("urn:epc:idpat:cpi:0614141.AB%2F.*", False, "https://id.gs1.org/8010/0614141AB\\%2F/8011/%", None),
        ("urn:epc:idpat:sgln:0614141.12345.*", False, "https://id.gs1.org/414/0614141123452%", None),
        ("urn:epc:idpat:pgln:061414112345.*", False, "https://id.gs1.org/417/061414112345_", None),
        ("urn:epc:idpat:sgln:061414112345..*", False, "https://id.gs1.org/414/0614141123452%", None),
        ("https://id.gs1.org/8003/00614141123452", False, "https://id.gs1.org/8003/00614141123452%", None),
        ("https://id.gs1.org/8010/0614141AB", False, "https://id.gs1.org/8010/0614141AB/8011/%", None),
        ("https://id.gs1.org/8010/0614141AB", True, "https://id.gs1.org/8010/0614141AB", None),
        ("https://id.gs1.org/8006/706141411234510102", False, "https://id.gs1.org/8006/706141411234510102/21/%", None),
    ],
)
def test_a_pattern_can_be_asked_of_a_database(uri: str, is_class: bool, like: str, prefix: str | None) -> None:
    pattern = parse_pattern(uri, is_class=is_class)
    assert pattern.like == like
    assert prefix is None or pattern.prefix == prefix


@pytest.mark.parametrize(
    "header",
    [
        {"epcisMasterData": []},
        {"epcisMasterData": {"vocabularyList": {}}},
        {"epcisMasterData": {"vocabularyList": [7]}},
        {"epcisMasterData": {"vocabularyList": [{}]}},
        {"epcisMasterData": {"vocabularyList": [{"type": 7}]}},
        {"epcisMasterData": {"vocabularyList": [{"type": "x y"}]}},
        {"epcisMasterData": {"vocabularyList": [{"type": "urn:x:1", "vocabularyElementList": [{}]}]}},
        {
            "epcisMasterData": {
                "vocabularyList": [
                    {"type": "urn:x:1", "vocabularyElementList": [{"id": "urn:x:2", "children": ["no uri"]}]}
                ]
            }
        },
    ],
)
def test_bad_master_data_is_refused_at_its_place(header: dict[str, Any]) -> None:
    with pytest.raises(EPCISError) as refusal:
        read_master_data(header)
    assert refusal.value.path.startswith("epcisMasterData")


def test_no_header_is_no_master_data() -> None:
    assert read_master_data(None) == read_master_data({"ex:a": 1})
