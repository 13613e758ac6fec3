"""What goes out as XML comes back the same, and no text becomes markup."""

from typing import Any

import pytest

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_hash import pre_hash
from supplychain.epcis.event_values import Event
from supplychain.epcis.read import read_event
from supplychain.epcis.write import write_event
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_write import (
    spell_as_it_is,
    spell_as_web_uri,
    write_xml_document,
    write_xml_event,
    write_xml_query_document,
)
from tests.supplychain.epcis.samples import CONTEXT, PACK, PLACE, document, object_event
from tests.supplychain.epcis.test_matching import EVENT, SPACES
from tests.supplychain.epcis.test_xml import read


def again(event: Event) -> Event:
    (back,) = read(write_xml_document([event], creation_date="2026-11-23T08:30:00Z").encode())
    return back


RICH: dict[str, Any] = EVENT | {
    "bizStep": "commissioning",
    "destinationList": [{"type": "location", "destination": PLACE}],
    "ext:list": ["a", 7, {"ext:x": 1}, None, True],
    "ext:empty": {},
    "ext:outer": {"ext:deep": {"ext:leaf": "9", "ext:rows": [{"ext:cell": 3}, {"ext:cell": 4}]}},
    "ext:escaped": "<&>\"' \t\n]]>é😀",
    "certificationInfo": ["urn:x:1", "urn:x:2"],
}


def test_an_event_with_everything_comes_back_from_xml() -> None:
    event = read_event(RICH | {"sensorElementList": plain_sensors()}, SPACES)
    back = write_event(again(event))
    back.pop("@context")
    assert back == write_event(event)


def plain_sensors() -> Any:
    (element,) = EVENT["sensorElementList"]
    first, second = element["sensorReport"]
    return [element | {"sensorReport": [first | {"type": "Temperature"}, second]}]


def test_the_other_types_come_back_from_xml() -> None:
    changes: list[dict[str, Any]] = [
        {"type": "AggregationEvent", "parentID": "urn:x:p", "childEPCs": ["urn:x:1"]},
        {"type": "AssociationEvent", "parentID": "urn:x:p", "childQuantityList": [{"epcClass": "urn:x:c"}]},
        {"type": "TransactionEvent", "bizTransactionList": [{"bizTransaction": "urn:x:b"}], "epcList": ["urn:x:1"]},
        {"type": "TransformationEvent", "action": None, "inputEPCList": ["urn:x:1"], "outputEPCList": ["urn:x:2"]},
    ]
    for change in changes:
        raw = object_event(**{"epcList": None} | change)
        assert write_event(again(read_event(raw))) == raw


def test_words_are_spelled_as_the_client_asks() -> None:
    event = read_event(object_event(disposition="https://ref.gs1.org/cbv/Disp-active"))
    assert "<bizStep>urn:epcglobal:cbv:bizstep:shipping<" in write_xml_event(event)
    assert "<bizStep>https://ref.gs1.org/cbv/BizStep-shipping<" in write_xml_event(event, spell_as_web_uri)
    unchanged = write_xml_event(event, spell_as_it_is)
    assert "<bizStep>urn:epcglobal:cbv:bizstep:shipping<" in unchanged
    assert "<disposition>https://ref.gs1.org/cbv/Disp-active<" in unchanged


def test_results_of_a_query_are_written() -> None:
    event = read_event(object_event(**{"@context": CONTEXT, "ext:a": "1"}))
    for subscription in (None, "s<1"):
        text = write_xml_query_document(
            [event], creation_date="2026-11-23T08:30:00Z", query_name="a&b", subscription_id=subscription
        )
        parsed = parse_document(read_xml(text.encode()))
        assert (parsed.query_name, parsed.subscription_id) == ("a&b", subscription)
        assert len(read_events(parsed).events) == 1


def test_a_prefix_that_nobody_defined_and_a_vendors_type_are_written() -> None:
    raw = object_event(type="zz:Event", epcList=None, bizStep=None, readPoint=None, **{"zz:a": "1"})
    event = read_event(raw)
    text = write_xml_event(event)
    assert 'xmlns:zz="urn:prefix:zz"' in text
    assert text.startswith("<zz:Event ")


def test_a_vendors_type_may_call_its_fields_as_the_standard_does() -> None:
    raw = object_event(type="zz:Event", epcList=["a", "b"], readPoint="here", bizStep={"x": "y"}, action="x")
    event = read_event(raw)
    (back,) = read(write_xml_document([event], creation_date="2026-11-23T08:30:00Z").encode())
    assert back.extensions == event.extensions
    assert pre_hash(back) == pre_hash(event)
    assert "readPoint=here" in pre_hash(event)


@pytest.mark.parametrize(
    "field",
    [
        {"https://ns.example.com/a#b": "x"},
        {"ext:a": {"b c": "x"}},
        {"ext:a": [{"1a": "x"}]},
        {"xml:a": "x"},
        {"ext:a": "\x0c"},
        {"ext:a": "\uffff"},
    ],
)
def test_what_xml_cannot_carry_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(EPCISError) as refusal:
        write_xml_event(read_event(object_event(**field)))
    assert refusal.value.code == "CHARACTER"


def test_markup_in_values_stays_a_value() -> None:
    raw = document(object_event(epcList=[PACK], **{"ext:a": "</ObjectEvent><x>", "ext:b": "&lt;"}))
    (event,) = read_events(parse_document(raw)).events
    assert again(event).extensions == event.extensions
