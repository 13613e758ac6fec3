"""XML that attacks its reader is refused at once; what is read and written again is the same."""

import pytest

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import Event
from supplychain.epcis.limits import Limits
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_fields import Prefixes, number, same_namespace
from supplychain.epcis.xml_tree import Attribute, parse_xml

START = b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-11-23T08:30:00Z"'
EVENT_FIELDS = (
    b"<eventTime>2026-11-23T08:30:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"
    b"<epcList><epc>urn:x:1</epc></epcList><action>ADD</action>"
)


def xml_document(events: bytes, attributes: bytes = b"", header: bytes = b"") -> bytes:
    body = b"<EPCISBody><EventList>" + events + b"</EventList></EPCISBody>"
    return START + attributes + b">" + header + body + b"</e:EPCISDocument>"


def xml_event(fields: bytes = b"", attributes: bytes = b"") -> bytes:
    return b"<ObjectEvent" + attributes + b">" + EVENT_FIELDS + fields + b"</ObjectEvent>"


def read(data: bytes) -> tuple[Event, ...]:
    reading = read_events(parse_document(read_xml(data)))
    assert reading.errors == ()
    return reading.events


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY " + bytes([97 + at]) + b" '" + b"&" + bytes([96 + at]) + b";" * 10 + b"'>" for at in range(1, 20)
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (LAUGHS + b"]><x>&t;</x>", "SYNTAX"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "SYNTAX"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1/">]><x>&e;</x>', "SYNTAX"),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]><x/>', "SYNTAX"),
        (b"<!DOCTYPE x><x/>", "SYNTAX"),
        (b"<x>&undefined;</x>", "SYNTAX"),
        (b"<x><y></x>", "SYNTAX"),
        (b"", "SYNTAX"),
        (b"{}", "SYNTAX"),
        (b"<x/><x/>", "SYNTAX"),
        (b'<x a="1" a="2"/>', "SYNTAX"),
        (b"<p:x/>", "SYNTAX"),
        (b"<x>\x00</x>", "SYNTAX"),
        (b"<x>&#0;</x>", "SYNTAX"),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', "SYNTAX"),
        (b'<x xmlns:a="u&#10;v"><a:b/></x>', "SYNTAX"),
        (b"<x>" * 100_000, "DEPTH"),
        (b"<x>" + b"<y/>" * (Limits().elements + 1) + b"</x>", "SIZE"),
    ],
)
def test_attacks_on_the_reader_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_xml(data)
    assert refusal.value.code == code


def test_a_document_beyond_the_limit_is_not_read_at_all() -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_xml(b"<x>" + b" " * 100 + b"</x>", Limits(size=100))
    assert refusal.value.code == "SIZE"


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        (START + b"/>", "line 1", "MISSING"),
        (START.replace(b'"2.0"', b'"3.0"') + b"/>", "schemaVersion", "VERSION"),
        (START.replace(b'schemaVersion="2.0"', b"") + b"/>", "schemaVersion", "VERSION"),
        (
            xml_document(xml_event(b"<action>DELETE</action>")),
            "epcisBody.eventList[0].action",
            "DUPLICATE_KEY",
        ),
        (
            xml_document(
                xml_event()
                + xml_event(
                    b"<quantityList><quantityElement><epcClass>urn:x:1</epcClass>"
                    b"<quantity>many</quantity></quantityElement></quantityList>"
                )
            ),
            "epcisBody.eventList[1].quantityList[0].quantity",
            "TYPE",
        ),
        (
            xml_document(
                xml_event(b"<quantityList><quantityElement><quantity>9e999</quantity></quantityElement></quantityList>")
            ),
            "epcisBody.eventList[0].quantityList[0].quantity",
            "NUMBER",
        ),
    ],
)
def test_what_is_no_document_is_refused_at_its_place(data: bytes, path: str, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        read_xml(data)
    assert (refusal.value.path, refusal.value.code) == (path, code)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (b"<colour>red</colour>", "colour"),
        (b"<colour><shade>red</shade></colour>", "colour"),
        (b"<bizStep>urn:epcglobal:cbv:bizstep:transforming</bizStep>", "bizStep"),
        (b"<readPoint><id>here</id></readPoint>", "readPoint.id"),
        (b"<sensorElementList><sensorElement/></sensorElementList>", "sensorElementList[0].sensorReport"),
        (
            b'<sensorElementList><sensorElement><sensorReport type="gs1:Temperature" booleanValue="maybe"/>'
            b"</sensorElement></sensorElementList>",
            "sensorElementList[0].sensorReport[0].booleanValue",
        ),
        (b"<persistentDisposition><set>lost</set></persistentDisposition>", "persistentDisposition.set[0]"),
    ],
)
def test_the_rules_for_events_are_those_of_json(fields: bytes, path: str) -> None:
    reading = read_events(parse_document(read_xml(xml_document(xml_event(fields)))))
    assert [error.path for error in reading.errors] == [f"epcisBody.eventList[0].{path}"]


def test_a_document_of_epcis_1_2_is_read_with_its_wrappers() -> None:
    inner = xml_event(
        b"<baseExtension><eventID>urn:x:e</eventID></baseExtension>"
        b"<extension><quantityList><quantityElement><epcClass>urn:x:c</epcClass><quantity>1.0E2</quantity>"
        b"</quantityElement></quantityList><extension><ilmd><ex:lot>7</ex:lot></ilmd></extension></extension>",
        b' xmlns:ex="https://ex.example/"',
    )
    data = (
        xml_document(b"<extension>" + inner + b"</extension>").replace(b'"2.0"', b'"1.2"').replace(b"xsd:2", b"xsd:1")
    )
    (event,) = read(data)
    assert event.event_id == "urn:x:e"
    assert event.quantity_list is not None
    assert event.quantity_list[0].quantity == 100
    assert event.ilmd == {"ex:lot": "7"}
    assert event.namespaces.expand("ex:lot") == "https://ex.example/lot"


def test_the_header_of_business_and_master_data_is_read() -> None:
    header = (
        b'<EPCISHeader><s:StandardBusinessDocumentHeader xmlns:s="http://sbdh.example/"><s:Sender><s:Identifier> a '
        b"</s:Identifier></s:Sender><s:Receiver><s:Identifier>b</s:Identifier></s:Receiver><s:DocumentIdentification>"
        b"<s:InstanceIdentifier>c</s:InstanceIdentifier></s:DocumentIdentification></s:StandardBusinessDocumentHeader>"
        b"<extension><EPCISMasterData><VocabularyList><Vocabulary type='urn:x:v'><VocabularyElementList>"
        b"<VocabularyElement id='urn:x:1'><attribute id='urn:x:a'>text</attribute><attribute id='urn:x:b'>"
        b"<m:street xmlns:m='https://m.example/'>S</m:street></attribute><children><id>urn:x:2</id></children>"
        b"</VocabularyElement><VocabularyElement id='urn:x:2'/></VocabularyElementList></Vocabulary></VocabularyList>"
        b"</EPCISMasterData></extension></EPCISHeader>"
    )
    raw = read_xml(xml_document(b"", header=header))
    assert (raw["sender"], raw["receiver"], raw["instanceIdentifier"]) == ("a", "b", "c")
    (vocabulary,) = raw["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    assert vocabulary["vocabularyElementList"] == [
        {
            "id": "urn:x:1",
            "attributes": [
                {"id": "urn:x:a", "attribute": "text"},
                {"id": "urn:x:b", "attribute": {"m:street": "S"}},
            ],
            "children": ["urn:x:2"],
        },
        {"id": "urn:x:2"},
    ]
    direct = header.replace(b"<extension>", b"").replace(b"</extension>", b"")
    assert read_xml(xml_document(b"", header=direct)) == raw


@pytest.mark.parametrize(
    "header",
    [
        b"<EPCISHeader/>",
        b"<EPCISHeader><extension/></EPCISHeader>",
        b"<EPCISHeader><StandardBusinessDocumentHeader><Sender/><DocumentIdentification/></StandardBusinessDocumentHeader>"
        b"</EPCISHeader>",
        b"<EPCISHeader><StandardBusinessDocumentHeader/></EPCISHeader>",
    ],
)
def test_a_header_that_says_nothing_is_no_header(header: bytes) -> None:
    assert set(read_xml(xml_document(b"", header=header))) == {
        "@context",
        "type",
        "schemaVersion",
        "creationDate",
        "epcisBody",
    }


def test_master_data_without_elements_is_an_empty_list() -> None:
    header = (
        b"<EPCISHeader><EPCISMasterData><VocabularyList><Vocabulary/></VocabularyList></EPCISMasterData></EPCISHeader>"
    )
    data = read_xml(xml_document(b"", header=header))["epcisHeader"]["epcisMasterData"]
    assert data == {"vocabularyList": [{"type": "", "vocabularyElementList": []}]}
    empty = read_xml(xml_document(b"", header=b"<EPCISHeader><EPCISMasterData/></EPCISHeader>"))
    assert empty["epcisHeader"] == {"epcisMasterData": {"vocabularyList": []}}


def test_fields_of_others_keep_type_attributes_and_order() -> None:
    fields = (
        b'<x:a xsi:type="xsd:integer">5</x:a><x:a xsi:type="xsd:double">2.50</x:a>'
        b'<x:b xsi:type="xsd:boolean">true</x:b><x:c xsi:nil="true"/><x:d x:unit="mm">7</x:d>'
        b'<x:e xsi:type="object"/><x:f/><x:g><x:h>1</x:h><x:h>2</x:h></x:g>'
        b'<x:i xsi:type="xsd:boolean">perhaps</x:i><x:j xsi:nil="false">k</x:j><x:l n="1"/>'
    )
    spaces = (
        b' xmlns:x="https://x.example/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    )
    (event,) = read(xml_document(xml_event(fields), spaces))
    assert event.extensions == {
        "x:a": [5, 2.5],
        "x:b": True,
        "x:c": None,
        "x:d": {"x:unit": "mm", "@value": "7"},
        "x:e": {},
        "x:f": "",
        "x:g": {"x:h": ["1", "2"]},
        "x:i": "perhaps",
        "x:j": "k",
        "x:l": {"n": "1"},
    }


def test_one_prefix_with_two_meanings_becomes_two_prefixes() -> None:
    events = xml_event(
        b'<x:a>1</x:a><x:a xmlns:x="https://two.example/">2</x:a><x:a xmlns:x="https://three.example/">3</x:a>'
    )
    (event,) = read(xml_document(events, b' xmlns:x="https://one.example/"'))
    assert event.extensions == {"x:a": "1", "x2:a": "2", "x3:a": "3"}
    assert [event.namespaces.expand(key) for key in event.extensions] == [
        "https://one.example/a",
        "https://two.example/a",
        "https://three.example/a",
    ]


def test_a_prefix_defined_anew_a_hundred_thousand_times_is_read_in_time() -> None:
    fields = b"".join(b'<x:a xmlns:x="urn:x:%d">1</x:a>' % at for at in range(20_000))
    (event,) = read_xml(xml_document(xml_event(fields)))["epcisBody"]["eventList"]
    assert event["x20000:a"] == "1"
    assert event["@context"][0]["x20000"] == "urn:x:19999"
    with pytest.raises(AssertionError, match="at most 1000 entries"):
        read(xml_document(xml_event(fields)))


def test_an_unnamed_namespace_gets_a_prefix() -> None:
    (event,) = read(xml_document(xml_event(b'<a xmlns="https://u.example/">1</a><b xmlns="https://v.example/">2</b>')))
    assert event.extensions == {"ns:a": "1", "ns2:b": "2"}


def test_a_bare_event_and_query_results_are_documents_too() -> None:
    bare = b'<ObjectEvent xmlns:x="https://x.example/">' + EVENT_FIELDS + b"<x:a>1</x:a></ObjectEvent>"
    assert read(bare)[0].extensions == {"x:a": "1"}
    assert read(b"<ObjectEvent>" + EVENT_FIELDS + b"</ObjectEvent>")[0].action == "ADD"
    raw = read_xml(
        b'<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"><EPCISBody>'
        b"<q:QueryResults><queryName>N</queryName><subscriptionID>S</subscriptionID><resultsBody><EventList>"
        + xml_event()
        + b"</EventList></resultsBody></q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
    )
    parsed = parse_document(raw)
    assert (parsed.query_name, parsed.subscription_id, len(parsed.events)) == ("N", "S", 1)


def test_a_field_of_others_beside_the_body_is_kept() -> None:
    data = xml_document(b"", b' xmlns:x="https://x.example/"', header=b"<x:note>n</x:note>")
    assert read_xml(data)["x:note"] == "n"


def test_fields_of_others_may_be_attributes_of_a_report() -> None:
    element = b'<sensorElement><sensorReport type="gs1:Speed" value="1" uom="MTS" x:a="b"/></sensorElement>'
    fields = b"<sensorElementList>" + element + b"</sensorElementList>"
    (event,) = read(xml_document(xml_event(fields, b' xmlns:x="https://x.example/"')))
    assert event.sensor_element_list is not None
    assert event.sensor_element_list[0].sensor_report[0].extensions == {"x:a": "b"}


def test_one_certificate_or_many_are_read() -> None:
    one = b"<certificationInfo>urn:x:1</certificationInfo>"
    nested = b"<certificationInfo><certification>urn:x:1</certification></certificationInfo>"
    (first,), (second,), (third,) = (read(xml_document(xml_event(fields))) for fields in (one, one * 2, nested))
    assert (first.certification_info, second.certification_info, third.certification_info) == (
        "urn:x:1",
        ("urn:x:1", "urn:x:1"),
        ("urn:x:1",),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" -7 ", -7),
        ("+7.50", 7.5),
        (".5", 0.5),
        ("1E3", 1000.0),
        ("1e308", 1e308),
        ("9007199254740991", 2**53 - 1),
    ],
)
def test_a_number_is_read_as_json_would_have_it(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "x", "1,5", "0x10", "٣", "1e999", "NaN", "INF", "9007199254740992", "1" * 70])
def test_what_no_double_keeps_is_no_number(text: str) -> None:
    with pytest.raises(EPCISError):
        number(text)


def test_the_namespaces_of_gs1_are_one_with_and_without_their_sign() -> None:
    assert (
        same_namespace("urn:epcglobal:cbv:mda") == same_namespace("urn:epcglobal:cbv:mda:") == "urn:epcglobal:cbv:mda:"
    )
    assert Prefixes({}).name(Attribute("a", "", "", "v")) == "a"
