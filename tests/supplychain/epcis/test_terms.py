"""The index rows of an event: each fact once, under its name, long texts as digests."""

from supplychain.epcis.epc import epc_key
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.read import read_event
from supplychain.epcis.spelling import rewrite
from supplychain.epcis.terms import Field, headline, key, named, scalars, values

SPACES = parse_context({"ex": "https://ns.example.com/"})
BASE = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-23T08:30:00Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "OBSERVE",
}
PACK = "https://id.gs1.org/01/09520001000010/21/B1"


def rows(**fields):
    event = read_event({**BASE, "epcList": ["urn:x:1"], **fields}, SPACES)
    return {(one.name, one.text, one.number) for one in values(event)}


def test_a_long_text_is_indexed_by_its_digest_and_never_equals_a_text():
    assert key("x" * 200) == "x" * 200
    assert key("x" * 201).startswith("sha256 ")
    assert key("x" * 201) != key("x" * 202)


def test_words_and_places_are_one_whatever_their_spelling():
    place = {"id": "urn:epc:id:sgln:9520001.00000.0"}
    event = read_event(
        {**BASE, "epcList": ["urn:x:1"], "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping", "readPoint": place}
    )
    line = headline(event)
    assert (line.type, line.biz_step, line.disposition) == ("ObjectEvent", "shipping", "")
    assert line.read_point == "https://id.gs1.org/414/9520001000003"


def test_each_thing_is_named_once_by_its_key():
    event = read_event(
        {
            **BASE,
            "epcList": ["urn:epc:id:sgtin:9520001.000001.B1", PACK, "urn:x:1"],
            "quantityList": [{"epcClass": "urn:x:c"}],
        }
    )
    assert sorted(named(event)) == [(Field.EPC, PACK), (Field.EPC, "urn:x:1"), (Field.CLASS, "urn:x:c")]


def test_extensions_are_found_by_full_name_where_they_stand_and_inside():
    found = rows(**{"ex:a": {"ex:b": [1.5, "7"], "@value": "v"}})
    assert (":https://ns.example.com/a", "v", None) in found
    assert ("inside :https://ns.example.com/b", None, 1.5) in found
    assert ("inside :https://ns.example.com/b", "7", 7.0) in found
    assert ("present :https://ns.example.com/a", None, None) in found


def test_scalars_keep_their_kind():
    found = rows(**{"ex:yes": True, "ex:none": None, "ex:nan": "nan", "ex:list": [["deep"], None], "ex:long" * 40: "x"})
    assert (":https://ns.example.com/yes", "true", None) in found
    assert (":https://ns.example.com/nan", "nan", None) in found
    assert (":https://ns.example.com/list", "deep", None) in found
    assert ("present :https://ns.example.com/none", None, None) in found
    assert all(len(name) <= 200 for name, _, _ in found)


def test_every_part_of_an_event_gives_its_values():
    report = {"type": "Temperature", "value": 20, "uom": "CEL", "ex:r": 1, "percRank": 5}
    element = {"sensorMetadata": {"time": "2026-11-23T08:30:00Z", "ex:m": "m"}, "sensorReport": [report], "ex:e": "e"}
    declared = {"declarationTime": "2026-11-24T08:30:00Z", "reason": "incorrect_data", "ex:d": "d"}
    event = read_event(
        {
            **BASE,
            "action": "ADD",
            "epcList": ["urn:x:1"],
            "quantityList": [
                {"epcClass": "urn:x:c", "quantity": 2, "uom": "KGM"},
                {"epcClass": "urn:x:d", "quantity": 3},
            ],
            "readPoint": {"id": "urn:x:p", "ex:rp": "p"},
            "ilmd": {"ex:i": "i"},
            "bizTransactionList": [{"bizTransaction": "urn:x:t"}, {"type": "po", "bizTransaction": "urn:x:po"}],
            "sourceList": [{"type": "owning_party", "source": "urn:x:s"}],
            "destinationList": [{"type": "location", "destination": "urn:x:d"}],
            "sensorElementList": [element, {"sensorReport": [{"type": "Temperature"}]}],
            "errorDeclaration": declared,
        },
        SPACES,
    )
    found = {one.name for one in values(event)}
    assert {
        "value of temperature",
        "value as told",
        "quantity of mass",
        "quantity as told",
        "percRank as told",
    } <= found
    assert {"bizTransaction_po", "source_owning_party", "destination_location", "time", "errorDeclarationTime"} <= found
    assert {"present sensorElementList", "present errorDeclaration", "errorReason"} <= found
    for place, name in (
        ("SENSORREPORT", "r"),
        ("SENSORMETADATA", "m"),
        ("SENSORELEMENT", "e"),
        ("ERROR_DECLARATION", "d"),
        ("readPoint", "rp"),
        ("ILMD", "i"),
    ):
        assert f"{place}:https://ns.example.com/{name}" in found


def test_rewriting_reaches_every_identifier_and_nothing_else():
    body = {
        "epcList": ["urn:epc:id:sgtin:9520001.000001.B1", PACK],
        "parentID": "urn:epc:id:sscc:9520001.0000000001",
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:9520001.000001.L1", "quantity": 2}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9520001.00000"}],
        "bizLocation": {"id": "urn:epc:id:sgln:9520001.00000.0", "ex:a": 1},
        "bizTransactionList": [{"bizTransaction": "urn:epc:id:gdti:9520001.00001.7"}],
    }
    assert rewrite({"epcList": ["urn:x:1"]}, epc_key) == {"epcList": ["urn:x:1"]}
    assert rewrite(body, epc_key) == {
        "epcList": [PACK],
        "parentID": "https://id.gs1.org/00/095200010000000010",
        "childQuantityList": [{"epcClass": "https://id.gs1.org/01/09520001000010/10/L1", "quantity": 2}],
        "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/9520001000003"}],
        "bizLocation": {"id": "https://id.gs1.org/414/9520001000003", "ex:a": 1},
        "bizTransactionList": body["bizTransactionList"],
    }


def test_nothing_and_an_object_without_value_have_no_scalars():
    assert list(scalars([None, {"ex:a": 1}, "x", {"@value": 2}])) == ["x", 2]
