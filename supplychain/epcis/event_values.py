"""An EPCIS event as one typed value, whatever its type, and the rules that its fields keep together.

The five types of the standard differ in which fields they have; `FIELDS` is that table. An event of another type (a URI
of a vendor's) has the common fields, and everything else of it is an extension.

>>> Event("ObjectEvent", Timestamp("2026-11-23T08:30:00Z"), "+00:00", action="ADD", epc_list=("urn:x:1",)).action
'ADD'
>>> Event("AggregationEvent", Timestamp("2026-11-23T08:30:00Z"), "+00:00", action="ADD", child_epcs=("urn:x:1",))
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: parentID null: expected a parent, which only an OBSERVE may leave out

Source: EPCIS 2.0 section 7.4; GS1 EPCIS 2.0 conformance requirements, TCR-54.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from supplychain.epcis.cbv import EVENT_TYPES
from supplychain.epcis.checks import check_action, check_offset, check_uri
from supplychain.epcis.epc import check_epc
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces
from supplychain.epcis.values import (
    BizTransaction,
    Destination,
    ErrorDeclaration,
    Extensions,
    PersistentDisposition,
    Place,
    Quantity,
    SensorElement,
    Source,
    Timestamp,
    check_biz_step,
    check_disposition,
    look,
    look_each,
    look_once,
    settle,
)

COMMON_FIELDS = frozenset(
    ("@context", "type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "certificationInfo")
) | {"errorDeclaration"}
_SCENE = COMMON_FIELDS | {
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
}

FIELDS: Mapping[str, frozenset[str]] = {
    "ObjectEvent": _SCENE | {"action", "epcList", "quantityList", "ilmd"},
    "AggregationEvent": _SCENE | {"action", "parentID", "childEPCs", "childQuantityList"},
    "AssociationEvent": _SCENE | {"action", "parentID", "childEPCs", "childQuantityList"},
    "TransactionEvent": _SCENE | {"action", "parentID", "epcList", "quantityList"},
    "TransformationEvent": _SCENE
    | {"ilmd", "transformationID", "inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"},
}
# Each field of an event, and the attribute that holds it, in the order in which an event is written.
ATTRIBUTES: Mapping[str, str] = {
    "@context": "context",
    "type": "type",
    "eventID": "event_id",
    "eventTime": "event_time",
    "recordTime": "record_time",
    "eventTimeZoneOffset": "event_time_zone_offset",
    "parentID": "parent_id",
    "epcList": "epc_list",
    "childEPCs": "child_epcs",
    "inputEPCList": "input_epc_list",
    "inputQuantityList": "input_quantity_list",
    "outputEPCList": "output_epc_list",
    "outputQuantityList": "output_quantity_list",
    "quantityList": "quantity_list",
    "childQuantityList": "child_quantity_list",
    "action": "action",
    "transformationID": "transformation_id",
    "bizStep": "biz_step",
    "disposition": "disposition",
    "persistentDisposition": "persistent_disposition",
    "readPoint": "read_point",
    "bizLocation": "biz_location",
    "bizTransactionList": "biz_transaction_list",
    "sourceList": "source_list",
    "destinationList": "destination_list",
    "sensorElementList": "sensor_element_list",
    "ilmd": "ilmd",
    "errorDeclaration": "error_declaration",
    "certificationInfo": "certification_info",
}
_FOREIGN = {
    kind: tuple((key, attribute) for key, attribute in ATTRIBUTES.items() if key not in fields)
    for kind, fields in FIELDS.items()
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Which fields it may have, its type says; `namespaces` tells what its prefixes stand for.

    `certification_info` is a text or a tuple, as it came. `ilmd` and `context` (the event's own @context) are opaque.
    """

    type: str
    event_time: Timestamp
    event_time_zone_offset: str
    event_id: str | None = None
    record_time: Timestamp | None = None
    action: str | None = None
    parent_id: str | None = None
    epc_list: tuple[str, ...] | None = None
    child_epcs: tuple[str, ...] | None = None
    input_epc_list: tuple[str, ...] | None = None
    output_epc_list: tuple[str, ...] | None = None
    quantity_list: tuple[Quantity, ...] | None = None
    child_quantity_list: tuple[Quantity, ...] | None = None
    input_quantity_list: tuple[Quantity, ...] | None = None
    output_quantity_list: tuple[Quantity, ...] | None = None
    transformation_id: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    persistent_disposition: PersistentDisposition | None = None
    read_point: Place | None = None
    biz_location: Place | None = None
    biz_transaction_list: tuple[BizTransaction, ...] | None = None
    source_list: tuple[Source, ...] | None = None
    destination_list: tuple[Destination, ...] | None = None
    sensor_element_list: tuple[SensorElement, ...] | None = None
    ilmd: Extensions | None = None
    error_declaration: ErrorDeclaration | None = None
    certification_info: str | tuple[str, ...] | None = None
    extensions: Extensions = field(default_factory=dict)
    context: object = None
    namespaces: Namespaces = GS1_NAMESPACES

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        _look_at_fields(self, errors)
        if (rules := _RULES.get(self.type)) is not None:
            for key, attribute in _FOREIGN[self.type]:
                if (value := getattr(self, attribute)) is not None:
                    errors.append(EPCISError("UNKNOWN_FIELD", key, value, no_such_field(self.type)))
            rules(self, errors)
        else:
            look(errors, "type", _check_foreign_type, self.type)
        settle(errors)

    @property
    def epcs(self) -> tuple[str, ...]:
        """Every EPC of the event's lists, in the order of the standard's fields; the parent is not among them."""
        lists = (self.epc_list, self.child_epcs, self.input_epc_list, self.output_epc_list)
        return tuple(epc for some in lists for epc in some or ())

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every quantity element of the event's lists."""
        lists = (self.quantity_list, self.child_quantity_list, self.input_quantity_list, self.output_quantity_list)
        return tuple(quantity for some in lists for quantity in some or ())


def no_such_field(kind: str) -> str:
    """What is expected where a field stands that events of this type do not have."""
    return f"a field of {kind}, or one with a prefix"


def _check_foreign_type(text: str) -> None:
    """A type that is not the standard's has a URI for its name."""
    try:
        check_uri(text)
    except EPCISError:
        raise EPCISError("WORD", "", text, f"{', '.join(EVENT_TYPES)} or a URI") from None


def _look_at_fields(event: Event, errors: list[EPCISError]) -> None:
    """Each field by itself."""
    look(errors, "eventTimeZoneOffset", check_offset, event.event_time_zone_offset)
    look(errors, "eventID", check_uri, event.event_id)
    look(errors, "action", check_action, event.action)
    look(errors, "parentID", check_epc, event.parent_id)
    look(errors, "transformationID", check_uri, event.transformation_id)
    look(errors, "bizStep", check_biz_step, event.biz_step)
    look(errors, "disposition", check_disposition, event.disposition)
    for key, epcs in (
        ("epcList", event.epc_list),
        ("childEPCs", event.child_epcs),
        ("inputEPCList", event.input_epc_list),
        ("outputEPCList", event.output_epc_list),
    ):
        if epcs:
            look_each(errors, key, check_epc, epcs)
            look_once(errors, key, epcs)
    certificates = event.certification_info
    if isinstance(certificates, str):
        look(errors, "certificationInfo", check_uri, certificates)
    else:
        look_each(errors, "certificationInfo", check_uri, certificates)


def _rules_of_object(event: Event, errors: list[EPCISError]) -> None:
    """Something is observed: things, quantities, or a place by its sensors."""
    _require_action(event, errors)
    place_is_sensed = event.sensor_element_list and event.read_point
    if not (event.epc_list or event.quantity_list or place_is_sensed):
        what = "an EPC, a quantity element, or sensor elements with a readPoint"
        errors.append(EPCISError("MISSING", "epcList", event.epc_list, what))
    if event.ilmd is not None and event.action in ("OBSERVE", "DELETE"):
        errors.append(EPCISError("RULE", "ilmd", event.ilmd, f"none in an event of action {event.action}, only in ADD"))


def _rules_of_aggregation(event: Event, errors: list[EPCISError]) -> None:
    """Children go into a parent or come out of it; all of them, where a DELETE names none."""
    _require_action(event, errors)
    if event.parent_id is None and event.action != "OBSERVE":
        errors.append(EPCISError("MISSING", "parentID", None, "a parent, which only an OBSERVE may leave out"))
    _rules_of_children(event, errors)


def _rules_of_association(event: Event, errors: list[EPCISError]) -> None:
    """Children are fitted to a parent or taken off."""
    _require_action(event, errors)
    if event.parent_id is None:
        errors.append(EPCISError("MISSING", "parentID", None, "a parent"))
    _rules_of_children(event, errors)


def _rules_of_transaction(event: Event, errors: list[EPCISError]) -> None:
    """Things are bound to business documents or freed from them; all, where a DELETE names none."""
    _require_action(event, errors)
    if not event.biz_transaction_list:
        what = "at least one business transaction"
        errors.append(EPCISError("MISSING", "bizTransactionList", event.biz_transaction_list, what))
    named = event.epc_list or event.quantity_list or event.parent_id
    if not named and event.action != "DELETE":
        what = "an EPC, a quantity element or a parent, which only a DELETE may leave out"
        errors.append(EPCISError("MISSING", "epcList", event.epc_list, what))
    _refuse_own_parent(event, "epcList", event.epc_list, errors)


def _rules_of_transformation(event: Event, errors: list[EPCISError]) -> None:
    """Inputs are used up and outputs come to be; one side alone only as a part of a transformation with an ID."""
    has_inputs = event.input_epc_list or event.input_quantity_list
    has_outputs = event.output_epc_list or event.output_quantity_list
    if event.transformation_id is None:
        for key, is_there in (("inputEPCList", has_inputs), ("outputEPCList", has_outputs)):
            if not is_there:
                what = "inputs and outputs, of which only an event with a transformationID may leave one out"
                errors.append(EPCISError("MISSING", key, None, what))
    elif not (has_inputs or has_outputs):
        errors.append(EPCISError("MISSING", "inputEPCList", None, "inputs or outputs"))


def _require_action(event: Event, errors: list[EPCISError]) -> None:
    """An action, which every type but the TransformationEvent has."""
    if event.action is None:
        errors.append(EPCISError("MISSING", "action", None, "ADD, OBSERVE or DELETE"))


def _rules_of_children(event: Event, errors: list[EPCISError]) -> None:
    """There are some, and the parent is none of them."""
    if not (event.child_epcs or event.child_quantity_list) and event.action != "DELETE":
        what = "a child, which only a DELETE may leave out"
        errors.append(EPCISError("MISSING", "childEPCs", event.child_epcs, what))
    _refuse_own_parent(event, "childEPCs", event.child_epcs, errors)


def _refuse_own_parent(event: Event, key: str, epcs: tuple[str, ...] | None, errors: list[EPCISError]) -> None:
    """Nothing contains itself."""
    if epcs and event.parent_id is not None and event.parent_id in epcs:
        at = epcs.index(event.parent_id)
        errors.append(EPCISError("RULE", f"{key}[{at}]", event.parent_id, "another EPC than the parentID"))


_RULES: Mapping[str, Callable[[Event, list[EPCISError]], None]] = {
    "ObjectEvent": _rules_of_object,
    "AggregationEvent": _rules_of_aggregation,
    "AssociationEvent": _rules_of_association,
    "TransactionEvent": _rules_of_transaction,
    "TransformationEvent": _rules_of_transformation,
}
