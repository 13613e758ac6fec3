"""Events in the format that a client asks for, the event hash, and round trips of whatever an event can say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.epcis.cbv import BIZ_STEP, DISPOSITION, MEASUREMENT
from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.epc import epc_key
from supplychain.epcis.event_hash import event_hash, plain_number, plain_time, pre_hash
from supplychain.epcis.event_values import Event
from supplychain.epcis.formats import EpcFormat, WordFormat, translate_epc, translate_epcs, translate_words
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.read import read_event
from supplychain.epcis.units import UNITS, find_wrong_unit, to_base
from supplychain.epcis.write import write_event
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_write import write_xml_document
from tests.supplychain.epcis.samples import CASE, CONTEXT, PACK, PACK_URN, PLACE, object_event, sensor_event
from tests.supplychain.epcis.test_matching import EVENT, SPACES

# --- GS1-EPC-Format ---------------------------------------------------------------------------------------------------


def test_an_event_goes_to_links_and_back_to_urns() -> None:
    event = read_event(EVENT, SPACES)
    links = translate_epcs(event)
    assert "urn:epc" not in str(write_event(links))
    urns = translate_epcs(links, EpcFormat.URN)
    assert urns.epc_list == (PACK_URN, "urn:epc:id:sscc:0614141.1234567890")
    assert urns.read_point is not None
    assert urns.read_point.id == "urn:epc:id:sgln:95060001404.4.0"
    assert urns.read_point.extensions == {"ext:floor": 2, "ext:room": {"ext:door": "B"}}
    assert translate_epcs(urns) == links


def test_an_aggregation_and_a_transformation_go_to_links() -> None:
    base = {"eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00"}
    packing = {"type": "AggregationEvent", "action": "ADD", "parentID": "urn:epc:id:sscc:0614141.1234567890"}
    quantity = [{"epcClass": "urn:epc:class:lgtin:0614141.712345.L1"}]
    event = read_event(base | packing | {"childEPCs": [PACK_URN], "childQuantityList": quantity})
    links = translate_epcs(event)
    assert (links.parent_id, links.child_epcs) == (CASE, (PACK,))
    making = {"type": "TransformationEvent", "inputEPCList": [PACK_URN], "outputQuantityList": quantity}
    assert translate_epcs(read_event(base | making)).quantities[0].epc_class.endswith("/10/L1")


@pytest.mark.parametrize("wanted", [EpcFormat.NO_PREFERENCE, EpcFormat.NEVER])
def test_nothing_is_translated_where_nobody_asks(wanted: EpcFormat) -> None:
    event = read_event(object_event(epcList=[PACK_URN, PACK]))
    assert translate_epcs(event, wanted) is event


def test_two_names_of_one_pack_become_one() -> None:
    event = read_event(object_event(epcList=[PACK_URN, PACK, "urn:x:1"]))
    assert translate_epcs(event).epc_list == (PACK, "urn:x:1")


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        ("urn:x:1", EpcFormat.DIGITAL_LINK),
        ("urn:epc:id:gid:1.2.3", EpcFormat.DIGITAL_LINK),
        ("urn:x:1", EpcFormat.URN),
        ("https://example.com/page", EpcFormat.URN),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", EpcFormat.URN),
        (PACK, EpcFormat.DIGITAL_LINK),
        (PACK_URN, EpcFormat.URN),
    ],
)
def test_what_has_no_other_name_keeps_its_own(uri: str, wanted: EpcFormat) -> None:
    assert translate_epc(uri, wanted) == uri


def test_sensors_and_devices_are_translated() -> None:
    event = read_event(
        sensor_event({"deviceID": "urn:epc:id:giai:4000001.111"}, {"rawData": "urn:epc:id:giai:4000001.2"})
    )
    (element,) = translate_epcs(event).sensor_element_list or ()
    assert element.sensor_metadata is not None
    assert element.sensor_metadata.device_id == "https://id.gs1.org/8004/4000001111"
    assert element.sensor_report[0].raw_data == "https://id.gs1.org/8004/40000012"
    (bare,) = translate_epcs(read_event(sensor_event())).sensor_element_list or ()
    assert bare.sensor_metadata is None


def test_words_become_web_uris_and_mean_the_same() -> None:
    event = read_event(EVENT | {"bizStep": "commissioning"}, SPACES)
    uris = translate_words(event, WordFormat.WEB_URI)
    assert uris.biz_step == "https://ref.gs1.org/cbv/BizStep-commissioning"
    assert uris.persistent_disposition is not None
    assert uris.persistent_disposition.set == ("https://ref.gs1.org/cbv/Disp-completeness_verified",)
    assert uris.error_declaration is not None
    assert uris.error_declaration.reason == "https://ref.gs1.org/cbv/ER-incorrect_data"
    assert pre_hash(uris) == pre_hash(event)
    bare = read_event(object_event(bizStep=None))
    assert translate_words(bare, WordFormat.WEB_URI) == bare
    assert translate_words(event, WordFormat.URN) is event


# --- The event hash ---------------------------------------------------------------------------------------------------


def test_what_the_hash_leaves_out_does_not_change_it() -> None:
    event = object_event()
    more = {
        "recordTime": "2026-11-23T09:00:00Z",
        "eventID": "urn:x:1",
        "certificationInfo": "urn:x:2",
        "errorDeclaration": {"declarationTime": "2026-11-24T00:00:00Z"},
        "rdfs:comment": "said later",
    }
    assert event_hash(read_event(event | more)) == event_hash(read_event(event))


def test_what_others_have_added_can_be_left_out_by_name() -> None:
    plain, added = read_event(object_event()), read_event(object_event(**{"ext:hash": "x"}), SPACES)
    assert event_hash(added, ignored={"https://ns.example.com/epcis/hash"}) == event_hash(plain)
    assert event_hash(added) != event_hash(plain)


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-11-23T08:30:00.001Z"},
        {"eventTimeZoneOffset": "+02:00"},
        {"epcList": [CASE]},
        {"action": "ADD"},
        {"bizStep": "receiving"},
        {"readPoint": {"id": "urn:x:1"}},
        {"readPoint": {"id": PLACE, "ext:floor": "1"}},
        {"ext:a": None},
        {"ext:a": [1, True, {"ext:b": "c"}]},
        {"zz:a": "1"},
        {"bizTransactionList": [{"bizTransaction": "urn:x:1"}]},
    ],
)
def test_what_an_event_says_changes_its_hash(changes: dict[str, Any]) -> None:
    changed = {**object_event(), **changes}
    assert event_hash(read_event(changed, SPACES)) != event_hash(read_event(object_event(), SPACES))


def test_order_and_spelling_do_not_change_the_hash() -> None:
    one = read_event(object_event(epcList=[PACK, CASE], **{"ext:a": {"ext:x": "1", "ext:y": [2, 1]}}), SPACES)
    other = read_event(
        object_event(
            epcList=[
                "urn:epc:id:sscc:0614141.1234567890",
                "https://a.example/01/70614141123451/10/L/21/2017?17=280131",
            ],
            bizStep="https://ref.gs1.org/cbv/BizStep-shipping",
            eventTime="2026-11-23T10:30:00+02:00",
            **{"e:a": {"e:y": [1, 2.0], "e:x": " 1 "}},
        ),
        parse_context([CONTEXT[0], {"e": "https://ns.example.com/epcis/"}]),
    )
    assert pre_hash(one) == pre_hash(other)


def test_a_measurement_type_that_is_no_word_is_expanded_if_its_prefix_is_gs1s() -> None:
    texts = [pre_hash(read_event(sensor_event(type=kind), SPACES)) for kind in ("gs1:MT-Heat", "ext:Heat")]
    assert "type=https://ref.gs1.org/voc/MT-Heat" in texts[0]
    assert "type=ext:Heat" in texts[1]


def test_empty_lists_are_not_hashed() -> None:
    event = sensor_event()
    assert pre_hash(read_event(event | {"epcList": []})) == pre_hash(read_event(event))


@pytest.mark.parametrize(
    ("text", "plain"),
    [("0", "0"), ("-0.0", "0"), ("100", "100"), ("1.10", "1.1"), ("1e21", "1" + "0" * 21), ("1e-07", "0.0000001")],
)
def test_numbers_have_one_spelling(text: str, plain: str) -> None:
    assert plain_number(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2023-12-31T23:59:59.9995Z", "2024-01-01T00:00:00.000Z"),
        ("2023-12-31T23:59:59.9994999Z", "2023-12-31T23:59:59.999Z"),
        ("2023-01-18T00:00:00+14:00", "2023-01-17T10:00:00.000Z"),
        ("today", None),
    ],
)
def test_times_have_one_spelling(text: str, plain: str | None) -> None:
    assert plain_time(text) == plain


# --- Units ------------------------------------------------------------------------------------------------------------


def test_every_unit_of_a_dimension_converts_to_its_base() -> None:
    for code, (dimension, factor, offset) in UNITS.items():
        assert to_base(1, code)[0] == dimension
        assert factor > 0
        assert offset == 0 or dimension == "temperature"


@pytest.mark.parametrize(
    ("value", "uom", "base"),
    [
        (-40, "CEL", 233.15),
        (-40, "FAH", 233.15),
        (0, "KEL", 0.0),
        (1, "BAR", 100_000.0),
        (1013.25, "MBR", 101_325.0),
        (1, "LBR", 0.45359237),
        (36, "KMH", 10.0),
        (50, "P1", 0.5),
        (1, "LTR", 0.001),
    ],
)
def test_known_conversions(value: float, uom: str, base: float) -> None:
    assert to_base(value, uom)[1] == pytest.approx(base, rel=1e-11)


def test_a_difference_has_no_zero_point() -> None:
    assert to_base(9, "FAH", is_difference=True) == ("temperature", 5.0)


def test_units_that_nobody_knows_are_anybodys() -> None:
    assert find_wrong_unit("Temperature", "XYZ") is None
    assert find_wrong_unit("ext:Other", "KGM") is None


# --- Round trips ------------------------------------------------------------------------------------------------------

NAMES = st.from_regex(r"\A[a-z][a-zA-Z0-9_]{0,8}\Z").map(lambda name: f"ext:{name}")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12).map(
    lambda text: text.strip()
)
SCALARS = TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.floats(-1e9, 1e9) | st.none()
URIS = st.sampled_from([PACK, PACK_URN, CASE, PLACE, "urn:x:1", "https://a.example/b?c=d#e", "ext:thing"])


def extension(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # A list of one is its member in XML, and a list in a list has no name there.
    members = st.lists(inner.filter(lambda value: not isinstance(value, list)), min_size=2, max_size=3)
    return members | st.dictionaries(NAMES, inner, max_size=3)


EXTENSIONS = st.dictionaries(NAMES, st.recursive(SCALARS, extension, max_leaves=8), max_size=4)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventTime": draw(st.sampled_from(["2026-11-23T08:30:00Z", "2026-11-23T08:30:00.123456+05:45"])),
        "eventTimeZoneOffset": draw(st.sampled_from(["+00:00", "-11:30", "+14:00"])),
        "action": draw(st.sampled_from(["ADD", "OBSERVE", "DELETE"])),
        "epcList": draw(st.lists(URIS, min_size=1, max_size=4, unique=True)),
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "bizStep": st.sampled_from(sorted(BIZ_STEP.words)),
        "disposition": st.sampled_from(sorted(DISPOSITION.words)),
        "readPoint": st.builds(lambda uri, more: {"id": uri} | more, URIS, EXTENSIONS),
        "quantityList": st.lists(
            st.builds(
                lambda uri, number, uom: {"epcClass": uri, "quantity": number, "uom": uom},
                URIS,
                st.integers(1, 10**9) | st.floats(0.001, 1e6),
                st.sampled_from(["KGM", "LTR", "XX"]),
            ),
            max_size=2,
        ),
        "sensorElementList": st.lists(
            st.builds(
                lambda kind, value, more: {"sensorReport": [{"type": kind, "stringValue": value} | more]},
                st.sampled_from(sorted(MEASUREMENT.words)),
                TEXTS,
                EXTENSIONS,
            ),
            max_size=2,
        ),
    }
    for key in draw(st.sets(st.sampled_from(sorted(optional)))):
        raw[key] = draw(optional[key])
    if raw["action"] == "ADD":
        raw["ilmd"] = draw(EXTENSIONS)
    return raw | draw(EXTENSIONS)


@given(events())
def test_any_event_comes_in_and_goes_out(raw: dict[str, Any]) -> None:
    assert write_event(read_event(raw, SPACES)) == raw


@given(events())
def test_any_event_goes_through_xml_and_hashes_alike(raw: dict[str, Any]) -> None:
    event = read_event(raw, SPACES)
    text = write_xml_document([event], creation_date="2026-11-23T08:30:00Z")
    reading = read_events(parse_document(read_xml(text.encode())))
    assert reading.errors == ()
    back: Event = reading.events[0]
    assert [write_event(back)[key] for key in raw if ":" in key] == [raw[key] for key in raw if ":" in key]
    assert write_event(back).keys() - {"@context"} == raw.keys()
    assert pre_hash(back) == pre_hash(event)


@given(URIS)
def test_a_key_is_its_own_key(uri: str) -> None:
    assert epc_key(epc_key(uri)) == epc_key(uri)
