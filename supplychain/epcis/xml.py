"""EPCIS documents in XML, versions 1.2 and 2.0, as the JSON-LD objects that say the same.

Reading XML is translating it: what comes out goes through the readers of `document` like anything that came as JSON, so
every rule is written once. The wrappers of EPCIS 1.x (`extension`, `baseExtension`) fall away, vocabulary URNs become
bare words, numbers become numbers. Fields of others keep prefix and name; what the prefixes stand for goes into the
@context of the document, or of the event that defines them.

>>> from supplychain.epcis.document import parse_document, read_events
>>> raw = read_xml(b'''<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2"
...  creationDate="2026-11-23T08:30:00Z"><EPCISBody><EventList><ObjectEvent><eventTime>2026-11-23T08:30:00Z</eventTime>
...  <eventTimeZoneOffset>+00:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sscc:0614141.1234567890</epc></epcList>
...  <action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep></ObjectEvent></EventList></EPCISBody>
...  </e:EPCISDocument>''')
>>> read_events(parse_document(raw)).events[0].biz_step
'shipping'

Source: EPCIS 2.0 section 9 (XML schema) and section 10.3 (correspondence of XML and JSON); EPCIS 1.2 section 9.5.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

from supplychain.epcis import cbv
from supplychain.epcis.errors import EPCISError, join, name
from supplychain.epcis.event_values import COMMON_FIELDS, FIELDS
from supplychain.epcis.limits import DEFAULT_LIMITS, Limits
from supplychain.epcis.namespaces import DEFAULT_CONTEXT, GS1_PREFIXES
from supplychain.epcis.xml_fields import Prefixes, extension, number, own_prefixes, text, word
from supplychain.epcis.xml_header import read_header
from supplychain.epcis.xml_tree import Element, parse_xml

_VERSIONS = ("1", "2")
_ONLY_QUERY = "SimpleEventQuery"  # the one predefined query for events: results without a name are its
_WRAPPERS = frozenset(("extension", "baseExtension"))

Reader = Callable[[Element, Prefixes], Any]


def read_xml(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The JSON-LD form of an EPCISDocument, an EPCISQueryDocument with results, or a bare event.

    Paths of errors are those of the JSON-LD form; where the XML itself is at fault, the line.

    Raises:
        EPCISError: no XML that is read here (see `xml_tree.parse_xml`), not one of the three (TYPE), another version
            (VERSION), a standard field twice (DUPLICATE_KEY), or a number that is none (TYPE).
    """
    root = parse_xml(data, limits)
    if root.local == "EPCISDocument":
        return _document(root)
    if root.local == "EPCISQueryDocument":
        return _query_document(root)
    event = _event(root, Prefixes({}), "")
    event["@context"] = [DEFAULT_CONTEXT, *event.get("@context", [])]
    return event


def _document(root: Element) -> dict[str, Any]:
    """An EPCISDocument."""
    document = _frame(root, "EPCISDocument")
    if (header := root.child("EPCISHeader")) is not None:
        document |= read_header(header)
    body = _only(root, "EPCISBody")
    document["epcisBody"] = {"eventList": _event_list(_only(body, "EventList"), root, "epcisBody.eventList")}
    return document


def _query_document(root: Element) -> dict[str, Any]:
    """An EPCISQueryDocument with the results of a query."""
    document = _frame(root, "EPCISQueryDocument")
    results = _only(_only(root, "EPCISBody"), "QueryResults")
    body = _only(results, "resultsBody")
    path = "epcisBody.queryResults.resultsBody.eventList"
    events = _event_list(_only(body, "EventList"), root, path)
    answer: dict[str, Any] = {"queryName": _ONLY_QUERY, "resultsBody": {"eventList": events}}
    for key in ("queryName", "subscriptionID"):
        if (found := results.child(key)) is not None:
            answer[key] = found.text.strip()
    document["epcisBody"] = {"queryResults": answer}
    return document


def _frame(root: Element, kind: str) -> dict[str, Any]:
    """What stands around the body."""
    version = root.attribute("schemaVersion") or ""
    if version.partition(".")[0] not in _VERSIONS:
        raise EPCISError("VERSION", "schemaVersion", version, "1.2 or 2.0")
    document = {"@context": _context(own_prefixes(root)), "type": kind, "schemaVersion": "2.0"}
    if (date := root.attribute("creationDate")) is not None:
        document["creationDate"] = date
    prefixes = Prefixes(own_prefixes(root))
    for child in root.children:
        if child.namespace and child.prefix and child.local not in ("EPCISHeader", "EPCISBody"):
            document[prefixes.name(child)] = extension(child, prefixes)
    return document


def _context(prefixes: Mapping[str, str]) -> list[Any]:
    """GS1's context, and the prefixes that it does not have."""
    own = {prefix: uri for prefix, uri in prefixes.items() if GS1_PREFIXES.get(prefix) != uri}
    return [DEFAULT_CONTEXT, own] if own else [DEFAULT_CONTEXT]


def _event_list(events: Element, root: Element, path: str) -> list[dict[str, Any]]:
    """The events of a list, those of later versions taken out of their wrappers."""
    outer = own_prefixes(root)
    found = []
    for element in _unwrapped(events):
        try:
            found.append(_event(element, Prefixes(outer), ""))
        except EPCISError as error:
            raise error.under(f"{path}[{len(found)}]") from None
    return found


def _unwrapped(element: Element) -> list[Element]:
    """The children of an element, with those of its wrappers in their place."""
    found = []
    for child in element.children:
        if child.local in _WRAPPERS and not child.namespace:
            found += _unwrapped(child)
        else:
            found.append(child)
    return found


def _event(element: Element, outer: Prefixes, path: str) -> dict[str, Any]:
    """One event. Its type is the element's name; prefixes that only it uses stand in an @context of its own."""
    prefixes = Prefixes(outer.known)
    for prefix, uri in own_prefixes(element).items():
        prefixes.declare(prefix, uri)
    kind = prefixes.name(element)
    # A vendor's own type may call its fields as the standard does and mean anything by them.
    known = None if kind in FIELDS else COMMON_FIELDS
    event = {"type": kind} | _fields(element, prefixes, _EVENT_FIELDS, path, known)
    if prefixes.added:
        event["@context"] = [prefixes.added]
    return event


def _fields(
    element: Element,
    prefixes: Prefixes,
    readers: Mapping[str, Reader],
    path: str,
    known: Container[str] | None = None,
) -> dict[str, Any]:
    """The fields of an element: those of the standard by their readers, those of others as they are.

    `known` are the names without prefix that may be the standard's; None: all of them.
    """
    found: dict[str, Any] = {}
    others: dict[str, list[Any]] = {}
    for child in _unwrapped(element):
        if child.namespace or (known is not None and child.local not in known):
            others.setdefault(prefixes.name(child), []).append(extension(child, prefixes))
            continue
        key, reader = child.local, readers.get(child.local, _plain)
        where = join(path, name(key))
        if key in found and key != "certificationInfo":
            raise EPCISError("DUPLICATE_KEY", where, child.text.strip(), "each field once")
        try:
            value = reader(child, prefixes)
        except EPCISError as error:
            raise error.under(where) from None
        found[key] = [*_listed(found[key]), *_listed(value)] if key in found else value
    return found | {key: values[0] if len(values) == 1 else values for key, values in others.items()}


def _listed(value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def _only(element: Element, local: str) -> Element:
    """A child that has to be there."""
    found = element.child(local)
    if found is None:
        raise EPCISError("MISSING", f"line {element.line}", element.name, f"an element {local} in it")
    return found


# --- Readers of single fields -----------------------------------------------------------------------------------------


def _plain(element: Element, prefixes: Prefixes) -> Any:
    """A text; an unknown field with children becomes an object, which the event's reader then refuses by its name."""
    return extension(element, prefixes) if element.children else text(element)


def _texts(element: Element, _: Prefixes) -> list[str]:
    """The texts of the children, each once: a list of EPCs is a set, and only JSON's schema says so."""
    return list(dict.fromkeys(text(child) for child in element.children))


def _word(vocabulary: cbv.Vocabulary) -> Reader:
    return lambda element, _: word(vocabulary, text(element))


def _certificates(element: Element, _: Prefixes) -> Any:
    """One URI as the text, several as children."""
    return [text(child) for child in element.children] if element.children else text(element)


def _quantities(element: Element, prefixes: Prefixes) -> list[dict[str, Any]]:
    readers: Mapping[str, Reader] = {"quantity": lambda child, _: number(text(child))}
    return [_fields(one, prefixes, readers, f"[{at}]") for at, one in enumerate(element.children)]


def _place(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    return _fields(element, prefixes, {}, "")


def _typed(vocabulary: cbv.Vocabulary, key: str) -> Reader:
    """A list of texts, each with its type as an attribute."""

    def read(element: Element, _: Prefixes) -> list[dict[str, Any]]:
        found = []
        for child in element.children:
            kind = child.attribute("type")
            one = {} if kind is None else {"type": word(vocabulary, kind)}
            found.append(one | {key: text(child)})
        return found

    return read


def _persistent(element: Element, _: Prefixes) -> dict[str, list[str]]:
    """What is set and what is unset, each as often as it is said."""
    found: dict[str, list[str]] = {}
    for child in element.children:
        found.setdefault(child.local, []).append(word(cbv.DISPOSITION, text(child)))
    return found


def _declaration(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    readers: Mapping[str, Reader] = {"reason": _word(cbv.ERROR_REASON), "correctiveEventIDs": _texts}
    return _fields(element, prefixes, readers, "")


def _ilmd(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    return _fields(element, prefixes, {}, "")


_REPORT_WORDS = {"type": cbv.MEASUREMENT, "exception": cbv.SENSOR_ALERT, "component": cbv.COMPONENT}
_REPORT_NUMBERS = frozenset(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"))


def _sensed(element: Element, prefixes: Prefixes) -> dict[str, Any]:
    """sensorMetadata or sensorReport, whose fields are attributes; extensions may be children as well."""
    found = _fields(element, prefixes, {}, "")
    for attribute in element.attributes:
        value: Any = attribute.value
        if attribute.namespace:
            found[prefixes.name(attribute)] = value
            continue
        if attribute.local in _REPORT_NUMBERS:
            value = number(value)
        elif attribute.local in _REPORT_WORDS:
            value = word(_REPORT_WORDS[attribute.local], value)
        elif attribute.local == "booleanValue":
            value = {"true": True, "1": True, "false": False, "0": False}.get(value, value)
        found[attribute.local] = value
    return found


def _sensor_elements(element: Element, prefixes: Prefixes) -> list[dict[str, Any]]:
    """The sensor elements, each with its reports in one list."""
    found = []
    for one in element.children:
        reports = [_sensed(child, prefixes) for child in one.children if child.local == "sensorReport"]
        rest = Element(one.local, one.namespace, one.prefix, (), {}, one.line)
        rest.children = [child for child in one.children if child.local != "sensorReport"]
        fields = _fields(rest, prefixes, {"sensorMetadata": _sensed}, "")
        found.append(fields | ({"sensorReport": reports} if reports else {}))
    return found


_EVENT_FIELDS: Mapping[str, Reader] = {
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _texts),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities),
    **dict.fromkeys(("readPoint", "bizLocation"), _place),
    "bizStep": _word(cbv.BIZ_STEP),
    "disposition": _word(cbv.DISPOSITION),
    "persistentDisposition": _persistent,
    "bizTransactionList": _typed(cbv.BIZ_TRANSACTION, "bizTransaction"),
    "sourceList": _typed(cbv.SOURCE_DESTINATION, "source"),
    "destinationList": _typed(cbv.SOURCE_DESTINATION, "destination"),
    "sensorElementList": _sensor_elements,
    "errorDeclaration": _declaration,
    "certificationInfo": _certificates,
    "ilmd": _ilmd,
}
