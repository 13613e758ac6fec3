"""The CBV event hash: a name that anybody can compute from what an event says, in XML or JSON, in whatever order.

It serves as an eventID and to find what came twice. It is **not** a commitment: it leaves fields out on purpose
(recordTime, eventID, errorDeclaration, certificationInfo), reduces every Digital Link to its key, and puts values side
by side without separators, so that two different events can have one hash. What is signed is `statement`'s business.

>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T09:30:00+01:00", "action": "OBSERVE",
...     "eventTimeZoneOffset": "+01:00", "epcList": ["urn:epc:id:sscc:4012345.0000000111"], "bizStep": "departing"})
>>> print(pre_hash(event).split("epcList")[1])
epc=https://id.gs1.org/00/040123450000001112action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-departing
>>> event_hash(event)[:30], event_hash(event)[-11:]
('ni:///sha-256;a452a14a5613dc5d', '?ver=CBV2.0')

The rules are those of CBV 2.0 as the reference implementation reads them since 2026. It changed them without changing
the version in the URI, so a hash is only comparable with one made by the same rules; `RULES` names ours. Of prefixes in
values only GS1's are expanded, as the reference's own expected results have it, although its text says all.

Source: CBV 2.0 section 8.9 (EPCIS Event Hash ID); RFC 6920.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from supplychain.epcis import cbv
from supplychain.epcis.checks import parse_time
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import FIELDS, Event
from supplychain.epcis.namespaces import GS1_PREFIXES
from supplychain.epcis.write import write_event
from supplychain.gs1.link_key import constrained_link

RULES = "CBV2.0/2026-07"
_VERSION = "CBV2.0"
_WEB_VOC = "https://ref.gs1.org/voc/"
_COMMENTS = frozenset({GS1_PREFIXES["rdfs"] + "comment"})  # said about an event, not by it
_DECIMAL = re.compile(r"[+-]?\d+\.\d+", re.ASCII)
_FIRST_OF_NUMBERS = frozenset("+-0123456789")
_FRACTION = re.compile(r"\.(\d+)")

# The standard's fields of the two parts, in the order in which they are written.
_METADATA_FIELDS = """
time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules
"""
_REPORT_FIELDS = """
type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism chemicalSubstance value component
stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank percValue uom
coordinateReferenceSystem
"""
_METADATA = _METADATA_FIELDS.split()
_REPORT = _REPORT_FIELDS.split()
_WORDS: Mapping[str, cbv.Vocabulary] = {
    "bizStep": cbv.BIZ_STEP,
    "disposition": cbv.DISPOSITION,
    "set": cbv.DISPOSITION,
    "unset": cbv.DISPOSITION,
    "bizTransaction": cbv.BIZ_TRANSACTION,
    "source": cbv.SOURCE_DESTINATION,
    "destination": cbv.SOURCE_DESTINATION,
    "sensorType": cbv.MEASUREMENT,
    "exception": cbv.SENSOR_ALERT,
    "component": cbv.COMPONENT,
}


def event_hash(event: Event, *, ignored: Collection[str] = ()) -> str:
    """The hash as an `ni:` URI, ready to be an eventID.

    `ignored` are the full names of fields of others that a repository has added and that are not the event's own.
    """
    digest = sha256(pre_hash(event, ignored=ignored).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver={_VERSION}"


def pre_hash(event: Event, *, ignored: Collection[str] = ()) -> str:
    """The text that is hashed."""
    return _Text(event, frozenset(ignored)).all()


class _Text:
    """Builds the text of one event."""

    def __init__(self, event: Event, ignored: frozenset[str]) -> None:
        self.raw = write_event(event)
        self.extensions: Mapping[str, Any] = self.raw
        self.is_foreign = event.type not in FIELDS
        if self.is_foreign:
            # A vendor's own type: whatever it calls its fields, they are fields of others.
            self.raw = {key: value for key, value in self.raw.items() if key not in event.extensions}
            self.extensions = event.extensions
        self.namespaces = event.namespaces
        self.ignored = ignored | _COMMENTS

    def all(self) -> str:
        """Every part in the order of the standard: fields, ilmd, what others put into fields, what they put beside."""
        parts = [f"eventType={self.raw['type']}"]
        for key, write in _ORDER:
            if key in self.raw:
                parts.append(write(self, key, self.raw[key]))
        parts.append(self.inside())
        parts += self.others(self.extensions, is_foreign=self.is_foreign)
        return "".join(parts)

    def inside(self) -> str:
        """The fields of others inside of standard fields, each behind the name of the field that it stands in."""
        parts = [self.named(key, self.raw.get(key, {})) for key in ("readPoint", "bizLocation")]
        elements = []
        for element in self.raw.get("sensorElementList", ()):
            found = self.named("sensorMetadata", element.get("sensorMetadata", {}))
            found += "".join(sorted(self.named("sensorReport", report) for report in element["sensorReport"]))
            found += "".join(self.others(element))
            if found:
                elements.append("sensorElement" + found)
        return "".join(parts + sorted(elements))

    def named(self, key: str, fields: Mapping[str, Any]) -> str:
        """The fields of others in an object, behind its name, or nothing."""
        found = "".join(self.others(fields))
        return key + found if found else ""

    def others(self, fields: Mapping[str, Any], *, is_foreign: bool = False) -> list[str]:
        """Every field of others in an object, sorted; if the object `is_foreign`, all of its fields."""
        found = [
            text
            for key, value in fields.items()
            if (is_foreign or ":" in key) and self.namespaces.expand(key) not in self.ignored
            for text in self.other(key, value)
        ]
        return sorted(found)

    def other(self, key: str, value: Any) -> Iterator[str]:
        """One field of others, once for each member of a list."""
        if isinstance(value, list):
            for member in value:
                yield from self.other(key, member)
        elif isinstance(value, dict):
            inner = [text for name, member in value.items() for text in self.other(name, member)]
            yield self.full_name(key) + "".join(sorted(inner))
        elif value is None:
            yield self.full_name(key)
        else:
            yield f"{self.full_name(key)}={self.value(value)}"

    def full_name(self, key: str) -> str:
        """Namespace in curly brackets and local name."""
        prefix, colon, local = key.partition(":")
        stem = self.namespaces.prefixes.get(prefix) if colon else None
        if stem is None:
            return key
        return "{" + (stem.rstrip(":") if stem == GS1_PREFIXES["cbvmda"] else stem) + "}" + local

    def value(self, value: Any) -> str:
        """One value in its one spelling: times in UTC, numbers without zeros at their end, links by their key."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return plain_number(repr(value))
        text: str = value.strip()
        if text[:1] in _FIRST_OF_NUMBERS:
            if _DECIMAL.fullmatch(text):
                return plain_number(text)
            if (moment := plain_time(text)) is not None:
                return moment
        link = constrained_link(text)
        # The reference escapes what a canonical link escapes, except the apostrophe.
        return self.expanded(text) if link is None else link.replace("%27", "'")

    def expanded(self, text: str) -> str:
        """A CURIE of GS1's prefixes as a full URI."""
        for prefix, stem in (("gs1:", _WEB_VOC), ("cbv:", cbv.CBV_STEM), (GS1_PREFIXES["gs1"], _WEB_VOC)):
            if text.startswith(prefix):
                return stem + text[len(prefix) :]
        return text

    def word(self, vocabulary: str, text: str) -> str:
        """A word of the standard as its web URI."""
        bare = _WORDS[vocabulary].bare(text)
        if bare is None:
            return self.value(text)
        stem = _WORDS[vocabulary].stem
        return (_WEB_VOC if stem == cbv.GS1_VOC else stem) + bare

    # --- Fields of the standard ---------------------------------------------------------------------------------------

    def plain(self, key: str, value: Any) -> str:
        return f"{key}={self.word(key, value) if key in _WORDS else self.value(value)}"

    def verbatim(self, key: str, value: Any) -> str:
        return f"{key}={value}"

    def epcs(self, key: str, value: Any) -> str:
        return _list(key, [f"epc={self.value(epc)}" for epc in value])

    def quantities(self, key: str, value: Any) -> str:
        return _list(key, ["quantityElement" + self.fields(one, ("epcClass", "quantity", "uom"), {}) for one in value])

    def persistent(self, key: str, value: Any) -> str:
        return key + "".join(
            word for part in ("set", "unset") for word in sorted(self.plain(part, one) for one in value.get(part, ()))
        )

    def place(self, key: str, value: Any) -> str:
        return f"{key}id={self.value(value['id'])}"

    def typed(self, key: str, value: Any) -> str:
        member = key.removesuffix("List")
        return _list(key, [self.fields(one, ("type", member), {"type": member}) for one in value])

    def sensors(self, key: str, value: Any) -> str:
        elements = []
        for one in value:
            metadata = self.fields(one.get("sensorMetadata", {}), _METADATA, {})
            reports = sorted(self.report(report) for report in one["sensorReport"])
            elements.append("sensorElement" + ("sensorMetadata" + metadata if metadata else "") + "".join(reports))
        return "".join(sorted(elements))

    def report(self, report: Mapping[str, Any]) -> str:
        words = {"type": "sensorType", "exception": "exception", "component": "component"}
        return "sensorReport" + self.fields(report, _REPORT, words)

    def fields(self, raw: Mapping[str, Any], order: Iterable[str], words: Mapping[str, str]) -> str:
        """The standard's fields of an object in their order; `words` names the vocabulary of those that have one."""
        return "".join(
            f"{key}={self.word(words[key], raw[key]) if key in words else self.value(raw[key])}"
            for key in order
            if key in raw
        )

    def ilmd(self, key: str, value: Any) -> str:
        return self.named(key, value)


def plain_number(text: str) -> str:
    """A number without exponent, sign of plus and zeros at its end.

    >>> plain_number("150.0"), plain_number("1e3"), plain_number("0.3400"), plain_number("-0.0")
    ('150', '1000', '0.34', '0')
    """
    number = Decimal(text)
    if not number:
        return "0"
    return f"{number.normalize():f}"


def plain_time(text: str) -> str | None:
    """A time in UTC with milliseconds, rounded half up; None for a text that is no time.

    >>> plain_time("2023-01-18T12:04:03.1415+01:00"), plain_time("2023-01-18")
    ('2023-01-18T11:04:03.142Z', None)
    """
    try:
        moment = parse_time(text)
    except EPCISError:
        return None
    fraction = _FRACTION.search(text)
    digits = Decimal(f"0.{fraction[1]}") if fraction else Decimal(0)
    milliseconds = int((digits * 1000).quantize(Decimal(1), ROUND_HALF_UP))
    moment = moment.replace(microsecond=0).astimezone(UTC) + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _list(key: str, members: list[str]) -> str:
    """A list behind its name, sorted; an empty one is not there."""
    return key + "".join(sorted(members)) if members else ""


_Writer = Callable[[_Text, str, Any], str]
_ORDER: tuple[tuple[str, _Writer], ...] = (
    ("eventTime", _Text.plain),
    ("eventTimeZoneOffset", _Text.verbatim),
    ("epcList", _Text.epcs),
    ("parentID", _Text.plain),
    ("inputEPCList", _Text.epcs),
    ("childEPCs", _Text.epcs),
    ("quantityList", _Text.quantities),
    ("childQuantityList", _Text.quantities),
    ("inputQuantityList", _Text.quantities),
    ("outputEPCList", _Text.epcs),
    ("outputQuantityList", _Text.quantities),
    ("action", _Text.verbatim),
    ("transformationID", _Text.plain),
    ("bizStep", _Text.plain),
    ("disposition", _Text.plain),
    ("persistentDisposition", _Text.persistent),
    ("readPoint", _Text.place),
    ("bizLocation", _Text.place),
    ("bizTransactionList", _Text.typed),
    ("sourceList", _Text.typed),
    ("destinationList", _Text.typed),
    ("sensorElementList", _Text.sensors),
    ("ilmd", _Text.ilmd),
)
