"""EPCIS events and documents in XML 2.0: the other direction of `xml`.

The elements stand in the order of GS1's XML schema, words of the standard as URNs (or as web URIs, if a client asks for
those), and a field of others that is no text carries its XML Schema type, so that reading gives the same value.
A list with one member is that member in XML, as it is in JSON-LD.

>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:0614141.1234567890"], "bizStep": "shipping"})
>>> print(write_xml_event(event).split("<action>")[1])
OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep></ObjectEvent>

Source: EPCIS 2.0 section 9.5 (XML schema); section 12.7 (header GS1-CBV-XML-Format).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from supplychain.epcis import cbv
from supplychain.epcis.errors import EPCISError, join, name
from supplychain.epcis.event_values import FIELDS, Event
from supplychain.epcis.namespaces import GS1_PREFIXES
from supplychain.epcis.write import write_event
from supplychain.epcis.xml_fields import UNDEFINED, XSD, XSI

_NAME = re.compile(r"(?:([A-Za-z_][\w.\-]*):)?([A-Za-z_][\w.\-]*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ORDER = (
    ["eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo"],
    ["bizStep", "disposition", "readPoint", "bizLocation"],
    ["sourceList", "destinationList", "sensorElementList", "persistentDisposition", "ilmd"],
)
_FIRST = {
    "ObjectEvent": ["epcList", "action"],
    "AggregationEvent": ["parentID", "childEPCs", "action"],
    "TransactionEvent": ["bizTransactionList", "parentID", "epcList", "action"],
    "AssociationEvent": ["parentID", "childEPCs", "childQuantityList", "action"],
    "TransformationEvent": [
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
        "transformationID",
    ],
}
_LATER = {
    "ObjectEvent": ["bizTransactionList", "quantityList"],
    "AggregationEvent": ["bizTransactionList", "childQuantityList"],
    "TransactionEvent": ["quantityList"],
    "AssociationEvent": ["bizTransactionList"],
    "TransformationEvent": ["bizTransactionList"],
}

Speller = Callable[[cbv.Vocabulary, str], str]


def spell_as_urn(vocabulary: cbv.Vocabulary, word: str) -> str:
    """A word of the standard as the URN that EPCIS 1.2 knows."""
    return vocabulary.urn(word)


def spell_as_web_uri(vocabulary: cbv.Vocabulary, word: str) -> str:
    """A word of the standard as a web URI."""
    return vocabulary.web_uri(word)


def spell_as_it_is(vocabulary: cbv.Vocabulary, word: str) -> str:
    """A word as it was captured; the bare words of JSON have no place in XML and become URNs."""
    return vocabulary.urn(word) if word in vocabulary.words else word


def write_xml_event(event: Event, spell: Speller = spell_as_urn) -> str:
    """One event as an element, with the prefixes that it uses.

    Raises:
        EPCISError: a field of others has a name or a text that XML cannot carry (CHARACTER).
    """
    return _Writer(spell).event(event)


def write_xml_document(events: Sequence[Event], *, creation_date: str, spell: Speller = spell_as_urn) -> str:
    """An EPCISDocument of events. `creation_date` is a date and time with offset."""
    body = "".join(write_xml_event(event, spell) for event in events)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" '
        f'schemaVersion="2.0" creationDate={quoteattr(creation_date)}>'
        f"<EPCISBody><EventList>{body}</EventList></EPCISBody></epcis:EPCISDocument>"
    )


def write_xml_query_document(
    events: Sequence[Event],
    *,
    creation_date: str,
    query_name: str,
    subscription_id: str | None = None,
    spell: Speller = spell_as_urn,
) -> str:
    """An EPCISQueryDocument with events as the results of a query."""
    body = "".join(write_xml_event(event, spell) for event in events)
    subscription = (
        "" if subscription_id is None else _element("subscriptionID", _text(subscription_id, "subscriptionID"))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<epcisq:EPCISQueryDocument xmlns:epcisq="urn:epcglobal:epcis-query:xsd:2" '
        f'schemaVersion="2.0" creationDate={quoteattr(creation_date)}><EPCISBody><epcisq:QueryResults>'
        f"{_element('queryName', _text(query_name, 'queryName'))}{subscription}"
        f"<resultsBody><EventList>{body}</EventList></resultsBody>"
        "</epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>"
    )


class _Writer:
    """Writes one event; gathers the prefixes that its fields use."""

    def __init__(self, spell: Speller) -> None:
        self.spell = spell
        self.prefixes: dict[str, None] = {}
        self.own: Mapping[str, str] = {}

    def event(self, event: Event) -> str:
        self.own = event.namespaces.own_prefixes()
        raw = write_event(event)
        kind = raw.pop("type")
        raw.pop("@context", None)
        first, then, last = _ORDER
        order = [*first, *_FIRST.get(kind, ["action"]), *then, *_LATER.get(kind, []), *last]
        order += [key for key in raw if key not in order]
        # A vendor's own type may call its fields as the standard does and mean anything by them.
        foreign = event.extensions if kind not in FIELDS else {}
        content = "".join(
            self.extension(key, raw[key], key) if key in foreign else self.field(key, raw[key])
            for key in order
            if key in raw
        )
        tag = self.tag(kind, "type")
        return f"<{tag}{self.declarations(event)}>{content}</{tag}>"

    def declarations(self, event: Event) -> str:
        """The prefixes that were used, with what they stand for."""
        declared = []
        for prefix in self.prefixes:
            uri = event.namespaces.prefixes.get(prefix)
            uri = UNDEFINED + prefix if uri is None else uri
            declared.append(f" xmlns:{prefix}={quoteattr(_WITHOUT_SIGN.get(uri, uri))}")
        return "".join(sorted(declared)) + _XSI_DECLARATIONS

    def field(self, key: str, value: Any) -> str:
        """One field of an event."""
        writer = _FIELDS.get(key)
        return self.extension(key, value, key) if writer is None else writer(self, key, value)

    def fields(self, raw: Mapping[str, Any], path: str, words: Mapping[str, cbv.Vocabulary]) -> str:
        """The fields of an object: texts and numbers of the standard, then those of others."""
        parts = []
        for key, value in raw.items():
            if ":" in key:
                parts.append(self.extension(key, value, join(path, name(key))))
            elif isinstance(value, list):
                parts += [_element(key, "".join(_element("correctiveEventID", escape(one)) for one in value))]
            else:
                spelled = self.spelled(words[key], value) if key in words else str(value)
                parts.append(_element(key, escape(spelled)))
        return "".join(parts)

    def tag(self, key: str, path: str) -> str:
        """The name of an element or attribute of others."""
        found = _NAME.fullmatch(key)
        if found is None or found[1] in ("xml", "xmlns"):
            raise EPCISError("CHARACTER", path, key, "a name that XML can carry")
        if found[1]:
            self.prefixes[found[1]] = None
        return key

    def extension(self, key: str, value: Any, path: str) -> str:
        """A field of others, once for each member if it is a list."""
        tag = self.tag(key, path)
        if isinstance(value, list):
            return "".join(self.extension(key, member, f"{path}[{at}]") for at, member in enumerate(value))
        if isinstance(value, dict):
            content = "".join(self.extension(inner, one, join(path, name(inner))) for inner, one in value.items())
            return f"<{tag}>{content}</{tag}>" if content else f'<{tag} xsi:type="object"/>'
        if value is None:
            return f'<{tag} xsi:nil="true"/>'
        if isinstance(value, bool):
            return f'<{tag} xsi:type="xsd:boolean">{str(value).lower()}</{tag}>'
        if isinstance(value, (int, float)):
            kind = "integer" if isinstance(value, int) else "double"
            return f'<{tag} xsi:type="xsd:{kind}">{value!r}</{tag}>'
        return f"<{tag}>{_text(value, path)}</{tag}>"

    # --- Fields of the standard ---------------------------------------------------------------------------------------

    def plain(self, key: str, value: Any) -> str:
        return _element(key, escape(value))

    def word(self, key: str, value: Any) -> str:
        return _element(key, escape(self.spelled(_WORDS[key], value)))

    def spelled(self, vocabulary: cbv.Vocabulary, word: str) -> str:
        """A word as the client wants it; a CURIE of others needs its prefix declared."""
        prefix = word.partition(":")[0]
        if prefix in self.own:
            self.prefixes[prefix] = None
        return self.spell(vocabulary, word)

    def epcs(self, key: str, value: Any) -> str:
        return _element(key, "".join(_element("epc", escape(epc)) for epc in value))

    def certificates(self, key: str, value: Any) -> str:
        values = value if isinstance(value, list) else [value]
        return "".join(_element(key, escape(one)) for one in values)

    def quantities(self, key: str, value: Any) -> str:
        return _element(key, "".join(_element("quantityElement", self.fields(one, key, {})) for one in value))

    def object(self, key: str, value: Any) -> str:
        return _element(key, self.fields(value, key, {"reason": cbv.ERROR_REASON}))

    def persistent(self, key: str, value: Any) -> str:
        words = [(part, word) for part in ("unset", "set") for word in value.get(part, ())]
        return _element(
            key, "".join(_element(part, escape(self.spelled(cbv.DISPOSITION, word))) for part, word in words)
        )

    def typed(self, key: str, value: Any) -> str:
        member = key.removesuffix("List")
        parts = []
        for one in value:
            kind = f" type={quoteattr(self.spelled(_TYPES[key], one['type']))}" if "type" in one else ""
            parts.append(f"<{member}{kind}>{escape(one[member])}</{member}>")
        return _element(key, "".join(parts))

    def sensors(self, key: str, value: Any) -> str:
        parts = []
        for at, one in enumerate(value):
            path = f"{key}[{at}]"
            content = self.sensed("sensorMetadata", one["sensorMetadata"], path) if "sensorMetadata" in one else ""
            content += "".join(self.sensed("sensorReport", report, path) for report in one["sensorReport"])
            rest = {inner: more for inner, more in one.items() if ":" in inner}
            parts.append(_element("sensorElement", content + self.fields(rest, path, {})))
        return _element(key, "".join(parts))

    def sensed(self, tag: str, raw: Mapping[str, Any], path: str) -> str:
        """sensorMetadata or sensorReport: the standard's fields as attributes, those of others as elements."""
        attributes, content = "", ""
        for key, value in raw.items():
            if ":" in key:
                content += self.extension(key, value, join(path, name(key)))
                continue
            written = str(value).lower() if isinstance(value, bool) else str(value)
            if key in _REPORT_WORDS:
                written = _REPORT_WORDS[key](self.spelled, value)
            attributes += f" {key}={quoteattr(_allowed(written, join(path, key)))}"
        return f"<{tag}{attributes}>{content}</{tag}>"


def _gs1_curie(vocabulary: cbv.Vocabulary) -> Callable[[Speller, str], str]:
    """Words of GS1's Web Vocabulary have no URN; in XML they stand as CURIEs."""

    def write(spell: Speller, word: str) -> str:
        bare = vocabulary.bare(word)
        return spell(vocabulary, word) if bare is None else f"gs1:{bare}"

    return write


_REPORT_WORDS: Mapping[str, Callable[[Speller, str], str]] = {
    "type": _gs1_curie(cbv.MEASUREMENT),
    "exception": _gs1_curie(cbv.SENSOR_ALERT),
    "component": lambda spell, word: spell(cbv.COMPONENT, word),
}
_WORDS = {"bizStep": cbv.BIZ_STEP, "disposition": cbv.DISPOSITION}
_TYPES = {
    "bizTransactionList": cbv.BIZ_TRANSACTION,
    "sourceList": cbv.SOURCE_DESTINATION,
    "destinationList": cbv.SOURCE_DESTINATION,
}
_FIELDS: Mapping[str, Callable[[_Writer, str, Any], str]] = {
    **dict.fromkeys(("eventTime", "recordTime", "eventTimeZoneOffset", "eventID"), _Writer.plain),
    **dict.fromkeys(("action", "parentID", "transformationID"), _Writer.plain),
    **dict.fromkeys(_WORDS, _Writer.word),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _Writer.epcs),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _Writer.quantities
    ),
    **dict.fromkeys(("readPoint", "bizLocation", "errorDeclaration", "ilmd"), _Writer.object),
    **dict.fromkeys(_TYPES, _Writer.typed),
    "certificationInfo": _Writer.certificates,
    "persistentDisposition": _Writer.persistent,
    "sensorElementList": _Writer.sensors,
}
# GS1's XML names its namespaces without the sign that JSON-LD puts at their end.
_WITHOUT_SIGN = {GS1_PREFIXES["cbvmda"]: GS1_PREFIXES["cbvmda"].rstrip(":")}
_XSI_DECLARATIONS = f' xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"'


def _element(tag: str, content: str) -> str:
    """An element whose content is written already."""
    return f"<{tag}>{content}</{tag}>"


def _allowed(value: str, path: str) -> str:
    """A text, unless XML 1.0 has no way to write one of its characters."""
    if _CONTROL.search(value):
        raise EPCISError("CHARACTER", path, value, "a text that XML can carry")
    return value


def _text(value: str, path: str) -> str:
    """The text of an element."""
    return escape(_allowed(value, path))
