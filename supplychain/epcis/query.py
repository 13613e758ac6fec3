"""Queries in their two forms: the parameters of a URL, and the JSON object of a named query.

In a URL every value is a text; several values of one parameter stand in it with bars between them
(`EQ_bizStep=shipping|receiving`), not in repeated parameters. In JSON they are lists, numbers and booleans. Both lead
to the same `Query`, and both refuse a parameter that nobody knows: a filter that is passed over in silence shows events
that were not asked for.

>>> parse_query_url([("EQ_bizStep", "shipping|receiving"), ("GE_value_CEL", "25")]) == parse_query_body(
...     {"EQ_bizStep": ["receiving", "shipping"], "GE_value_CEL": 25})
True
>>> parse_query_url([("GE_eventDate", "2026-01-01")])
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: GE_eventDate '2026-01-01': expected a parameter of the EPCIS 2.0 query language

Source: EPCIS 2.0 sections 8.2.7.1 and 12.5.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from supplychain.epcis.errors import EPCISError, name
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces, parse_context
from supplychain.epcis.parameters import is_list, read_parameter
from supplychain.epcis.predicates import Query

MOST_PARAMETERS = 200
PAGING = frozenset({"perPage", "nextPageToken"})  # of the page, not of the query: their reader is elsewhere

_CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
_NUMERIC = ("quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")


def parse_query_url(parameters: Iterable[tuple[str, str]], namespaces: Namespaces = GS1_NAMESPACES) -> Query:
    """The query of a URL's parameters, decoded, in their order. Those of paging are passed over.

    `namespaces` holds the prefixes that the client has declared (header GS1-Extensions).

    Raises:
        EPCISError: a parameter that is unknown, comes twice or does not go with another (PARAMETER), or a value that
            its parameter may not have; the path is the parameter's name.
    """
    read: dict[str, Any] = {}
    for key, text in parameters:
        if key in PAGING:
            continue
        if key in read:
            raise EPCISError("PARAMETER", name(key), text, "each parameter once, with | between its values")
        if len(read) >= MOST_PARAMETERS:
            raise EPCISError("PARAMETER", name(key), text, f"at most {MOST_PARAMETERS} parameters")
        read[key] = _from_text(key, text)
    return _query(read, namespaces)


def parse_query_body(body: Any, namespaces: Namespaces = GS1_NAMESPACES) -> Query:
    """The query of a JSON object, as it stands in a named query. Its @context may define prefixes.

    Raises:
        EPCISError: as `parse_query_url`; no object at all (TYPE).
    """
    if not isinstance(body, dict):
        raise EPCISError("TYPE", "", body, "an object with the parameters of a query")
    if len(body) > MOST_PARAMETERS:
        raise EPCISError("PARAMETER", "", body, f"at most {MOST_PARAMETERS} parameters")
    parameters = dict(body)
    if "@context" in parameters:
        try:
            namespaces = parse_context(parameters.pop("@context"), namespaces)
        except EPCISError as error:
            raise error.under("@context") from None
    return _query(parameters, namespaces)


def _query(parameters: Mapping[str, Any], namespaces: Namespaces) -> Query:
    """The query of all parameters together."""
    found = [read_parameter(key, value, namespaces) for key, value in parameters.items() if key not in _CONTROLS]
    order_by = _order_by(parameters.get("orderBy"), namespaces)
    limit = _count("eventCountLimit", parameters.get("eventCountLimit"))
    most = _count("maxEventCount", parameters.get("maxEventCount"))
    if limit is not None and most is not None:
        raise EPCISError("PARAMETER", "maxEventCount", most, "not together with eventCountLimit")
    if limit is not None and order_by is None:
        raise EPCISError("PARAMETER", "eventCountLimit", limit, "orderBy, which says which events are the first")
    direction = parameters.get("orderDirection", "DESC")
    if direction not in ("ASC", "DESC"):
        raise EPCISError("PARAMETER", "orderDirection", direction, "ASC or DESC")
    return Query(
        predicates=tuple(one for one in found if one is not None),
        order_by=order_by,
        is_descending=direction == "DESC",
        event_count_limit=limit,
        max_event_count=most,
    )


def _order_by(value: Any, namespaces: Namespaces) -> str | None:
    """The field by which the result is ordered."""
    if value is None or value in ("eventTime", "recordTime"):
        return value  # type: ignore[no-any-return]
    if not isinstance(value, str) or ":" not in value:
        raise EPCISError("PARAMETER", "orderBy", value, "eventTime, recordTime or a field with a prefix")
    return namespaces.expand(value)


def _count(key: str, value: Any) -> int | None:
    """A number of events."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**53:
        raise EPCISError("PARAMETER", key, value, "a whole number from 1")
    return value


# --- The texts of a URL -----------------------------------------------------------------------------------------------


def _from_text(key: str, text: str) -> Any:
    """The value of a parameter as JSON would have it."""
    if key in _CONTROLS:
        return _control(key, text)
    if key.startswith("EXISTS_"):
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    if key == "EQ_booleanValue":
        return {"true": True, "false": False}.get(text, text)
    is_numeric = key.partition("_")[2].partition("_")[0] in _NUMERIC and ":" not in key
    if is_list(key):
        return [_number(one) if is_numeric else one for one in text.split("|")] if text else []
    return _number(text) if is_numeric else text


def _control(key: str, text: str) -> Any:
    """The value of a parameter that asks nothing of an event."""
    if key.endswith(("Limit", "Count")) and text.isascii() and text.isdigit() and len(text) < 17:
        return int(text)
    return text


def _number(text: str) -> Any:
    """A number, or the text as it is, which is then refused for its type."""
    try:
        value = float(text) if text.isascii() and len(text) <= 64 and "_" not in text else text
    except ValueError:
        return text
    return value if isinstance(value, str) or isfinite(value) else text
