"""An event with its EPCs and its words in the format that a client asks for.

EPCs are captured as URNs or as Digital Links and given out in either (header GS1-EPC-Format, by default Digital Links).
A URN can always be written as a link. A link can only be written as a URN if somebody knows how long its company
prefix is; where nobody does, and where there is no EPC at all, the URI stays as it is. What a link says beyond the
name of the thing (a lot beside a serial number, an expiry date) has no place in a URN and is lost there.

>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:0614141.712345.2017"], "bizStep": "shipping"})
>>> translate_epcs(event, EpcFormat.DIGITAL_LINK).epc_list
('https://id.gs1.org/01/70614141123451/21/2017',)
>>> translate_words(event, WordFormat.WEB_URI).biz_step
'https://ref.gs1.org/cbv/BizStep-shipping'

Source: EPCIS 2.0 section 12.7 (GS1-EPC-Format, GS1-CBV-XML-Format).
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from supplychain.epcis import cbv
from supplychain.epcis.event_values import Event
from supplychain.epcis.values import (
    BizTransaction,
    Destination,
    ErrorDeclaration,
    PersistentDisposition,
    Place,
    Quantity,
    SensorElement,
    SensorMetadata,
    SensorReport,
    Source,
)
from supplychain.gs1.company_prefix import known_prefix_length
from supplychain.gs1.epc_urn import uri_to_urn, urn_to_uri
from supplychain.gs1.errors import GS1Error

_T = TypeVar("_T")
Translate = Callable[[str], str]
_SENSED = ("device_id", "device_metadata", "raw_data", "data_processing_method", "biz_rules")


class EpcFormat(StrEnum):
    """The values of the header GS1-EPC-Format."""

    NO_PREFERENCE = "No_Preference"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"
    NEVER = "Never_Translates"


class WordFormat(StrEnum):
    """The values of the header GS1-CBV-XML-Format."""

    NO_PREFERENCE = "No_Preference"
    WEB_URI = "Always_Web_URI"
    URN = "Always_URN"
    NEVER = "Never_Translates"


DEFAULT_EPC_FORMAT = EpcFormat.DIGITAL_LINK


def translate_epc(uri: str, wanted: EpcFormat) -> str:
    """One EPC, class or place in the format asked for; as it is where that is impossible or not asked for."""
    try:
        if wanted is EpcFormat.DIGITAL_LINK and uri.startswith("urn:epc:"):
            return urn_to_uri(uri)
        if wanted is EpcFormat.URN and uri[:4].lower() == "http":
            return uri_to_urn(uri, prefix_length=known_prefix_length)
    except GS1Error:
        pass
    return uri


def translate_epcs(event: Event, wanted: EpcFormat = DEFAULT_EPC_FORMAT) -> Event:
    """The event with every EPC, class, place and party in the format asked for. Two names that become one stay one.

    Fields of others are opaque and stay as they are.
    """
    if wanted in (EpcFormat.NO_PREFERENCE, EpcFormat.NEVER):
        return event

    def to(uri: str) -> str:
        return translate_epc(uri, wanted)

    return replace(
        event,
        parent_id=_maybe(to, event.parent_id),
        epc_list=_each_once(to, event.epc_list),
        child_epcs=_each_once(to, event.child_epcs),
        input_epc_list=_each_once(to, event.input_epc_list),
        output_epc_list=_each_once(to, event.output_epc_list),
        quantity_list=_each(lambda one: _quantity(to, one), event.quantity_list),
        child_quantity_list=_each(lambda one: _quantity(to, one), event.child_quantity_list),
        input_quantity_list=_each(lambda one: _quantity(to, one), event.input_quantity_list),
        output_quantity_list=_each(lambda one: _quantity(to, one), event.output_quantity_list),
        transformation_id=_maybe(to, event.transformation_id),
        read_point=_place(to, event.read_point),
        biz_location=_place(to, event.biz_location),
        biz_transaction_list=_each(
            lambda one: BizTransaction(to(one.biz_transaction), one.type), event.biz_transaction_list
        ),
        source_list=_each(lambda one: Source(one.type, to(one.source)), event.source_list),
        destination_list=_each(lambda one: Destination(one.type, to(one.destination)), event.destination_list),
        sensor_element_list=_each(lambda one: _sensors(to, one), event.sensor_element_list),
    )


def translate_words(event: Event, wanted: WordFormat) -> Event:
    """The event with the standard's words as web URIs; URNs are for XML only, see `xml_write`.

    In JSON a standard word is bare: `Always_URN`, `No_Preference` and `Never_Translates` leave the event as it is.
    """
    if wanted is not WordFormat.WEB_URI:
        return event
    persistent, declaration = event.persistent_disposition, event.error_declaration
    return replace(
        event,
        biz_step=_maybe(cbv.BIZ_STEP.web_uri, event.biz_step),
        disposition=_maybe(cbv.DISPOSITION.web_uri, event.disposition),
        persistent_disposition=persistent
        and PersistentDisposition(
            _each(cbv.DISPOSITION.web_uri, persistent.set), _each(cbv.DISPOSITION.web_uri, persistent.unset)
        ),
        biz_transaction_list=_each(
            lambda one: BizTransaction(one.biz_transaction, _maybe(cbv.BIZ_TRANSACTION.web_uri, one.type)),
            event.biz_transaction_list,
        ),
        source_list=_each(lambda one: Source(cbv.SOURCE_DESTINATION.web_uri(one.type), one.source), event.source_list),
        destination_list=_each(
            lambda one: Destination(cbv.SOURCE_DESTINATION.web_uri(one.type), one.destination), event.destination_list
        ),
        error_declaration=declaration
        and ErrorDeclaration(
            declaration.declaration_time,
            _maybe(cbv.ERROR_REASON.web_uri, declaration.reason),
            declaration.corrective_event_ids,
            declaration.extensions,
        ),
    )


def _maybe(to: Translate, value: str | None) -> str | None:
    """A text, if there is one."""
    return None if value is None else to(value)


def _each(to: Callable[[_T], _T], values: tuple[_T, ...] | None) -> tuple[_T, ...] | None:
    """Each member of a list, if there is one."""
    return None if values is None else tuple(map(to, values))


def _each_once(to: Translate, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Each member of a list of EPCs, none of them twice."""
    return None if values is None else tuple(dict.fromkeys(map(to, values)))


def _quantity(to: Translate, one: Quantity) -> Quantity:
    return Quantity(to(one.epc_class), one.quantity, one.uom)


def _place(to: Translate, one: Place | None) -> Place | None:
    return one and Place(to(one.id), one.extensions)


def _sensors(to: Translate, one: SensorElement) -> SensorElement:
    """A sensor element: devices and documents are named by keys as well."""
    metadata = one.sensor_metadata
    if metadata is not None:
        metadata = _sensed(to, metadata)
    return SensorElement(tuple(_sensed(to, report) for report in one.sensor_report), metadata, one.extensions)


_Sensed = TypeVar("_Sensed", SensorMetadata, SensorReport)


def _sensed(to: Translate, part: _Sensed) -> _Sensed:
    """Metadata or a report with the names of its devices and documents."""
    changed: dict[str, Any] = {name: to(value) for name in _SENSED if (value := getattr(part, name)) is not None}
    return replace(part, **changed)
