"""Master data from the header of a document: what is known about places and things, and which place lies in which.

>>> data = read_master_data({"epcisMasterData": {"vocabularyList": [{"type": "urn:epcglobal:epcis:vtype:ReadPoint",
...     "vocabularyElementList": [{"id": "urn:x:hall", "children": ["urn:x:dock"],
...         "attributes": [{"id": "urn:epcglobal:cbv:mda:city", "attribute": "Bonn"}]}]}]}})
>>> sorted(data.around("urn:x:dock")), data.attributes("urn:x:hall")
(['urn:x:dock', 'urn:x:hall'], {'urn:epcglobal:cbv:mda:city': ('Bonn',)})

Source: EPCIS 2.0 section 6.5 (hierarchy) and 9.4 (header); CBV 2.0 section 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from supplychain.epcis.checks import check_uri
from supplychain.epcis.epc import epc_key
from supplychain.epcis.errors import EPCISError, join


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a vocabulary: its name, its attributes by their names, and what lies in it."""

    vocabulary: str
    id: str
    attributes: Mapping[str, tuple[str, ...]]
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MasterData:
    """What elements say together. Names are compared by `epc.epc_key`."""

    elements: tuple[Element, ...] = ()
    _parents: dict[str, set[str]] = field(init=False, compare=False, repr=False)
    _attributes: dict[str, dict[str, tuple[str, ...]]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        parents: dict[str, set[str]] = {}
        attributes: dict[str, dict[str, tuple[str, ...]]] = {}
        for element in self.elements:
            known = attributes.setdefault(epc_key(element.id), {})
            for name, values in element.attributes.items():
                known[name] = known.get(name, ()) + values
            for child in element.children:
                parents.setdefault(epc_key(child), set()).add(epc_key(element.id))
        object.__setattr__(self, "_parents", parents)
        object.__setattr__(self, "_attributes", attributes)

    def around(self, name: str) -> set[str]:
        """The element itself and everything that it lies in, directly or not."""
        found: set[str] = set()
        waiting = {epc_key(name)}
        while waiting:
            found |= waiting
            waiting = {parent for one in waiting for parent in self._parents.get(one, ())} - found
        return found

    def attributes(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """The attributes of an element, each with its values; none for what nobody has described."""
        return self._attributes.get(epc_key(name), {})


NO_MASTER_DATA = MasterData()


def read_master_data(header: Mapping[str, Any] | None) -> MasterData:
    """The master data of an epcisHeader; none if it has none.

    Raises:
        EPCISError: something is not of its type or no URI (TYPE, URI, MISSING); the path begins inside the header.
    """
    if header is None or "epcisMasterData" not in header:
        return NO_MASTER_DATA
    path = "epcisMasterData"
    elements = []
    for at, vocabulary in enumerate(_list(_object(header[path], path), "vocabularyList", path)):
        where = f"{path}.vocabularyList[{at}]"
        kind = _uri(_object(vocabulary, where), "type", where)
        for number, raw in enumerate(_list(vocabulary, "vocabularyElementList", where)):
            elements.append(_element(kind, raw, f"{where}.vocabularyElementList[{number}]"))
    return MasterData(tuple(elements))


def _element(vocabulary: str, raw: Any, path: str) -> Element:
    """One element of a vocabulary."""
    name = _uri(_object(raw, path), "id", path)
    attributes: dict[str, tuple[str, ...]] = {}
    for at, attribute in enumerate(_list(raw, "attributes", path)):
        where = f"{path}.attributes[{at}]"
        key = _uri(_object(attribute, where), "id", where)
        attributes[key] = attributes.get(key, ()) + _values(attribute.get("attribute"))
    children = tuple(_list(raw, "children", path))
    for at, child in enumerate(children):
        _check(child, f"{path}.children[{at}]")
    return Element(vocabulary, name, attributes, children)


def _values(value: Any) -> tuple[str, ...]:
    """The texts of an attribute; numbers as they are written, objects not at all."""
    members = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in members if isinstance(one, (str, int, float)))


def _object(raw: Any, path: str) -> Any:
    """What has to be an object."""
    if not isinstance(raw, dict):
        raise EPCISError("TYPE", path, raw, "an object")
    return raw


def _list(raw: Mapping[str, Any], key: str, path: str) -> list[Any]:
    """A list that may be absent."""
    value = raw.get(key, [])
    if not isinstance(value, list):
        raise EPCISError("TYPE", join(path, key), value, "a list")
    return value


def _uri(raw: Mapping[str, Any], key: str, path: str) -> str:
    """A URI that has to be there."""
    if key not in raw:
        raise EPCISError("MISSING", join(path, key), None, f"{key}, which is required")
    return _check(raw[key], join(path, key))


def _check(value: Any, path: str) -> str:
    """A text that is a URI."""
    if not isinstance(value, str):
        raise EPCISError("TYPE", path, value, "a text")
    try:
        check_uri(value)
    except EPCISError as error:
        raise error.under(path) from None
    return value
