"""What texts and foreign elements of an XML document are in JSON: words, numbers, names with prefixes, nested objects.

>>> word(cbv.BIZ_STEP, "urn:epcglobal:cbv:bizstep:shipping"), number("10.0"), number("-7")
('shipping', 10.0, -7)

Source: EPCIS 2.0 section 10.3; XML Schema Part 2 (lexical forms); XML Schema Part 1 section 2.6 (xsi:type, xsi:nil).
"""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from supplychain.epcis import cbv
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.namespaces import GS1_PREFIXES
from supplychain.epcis.strict_json import LARGEST_INTEGER
from supplychain.epcis.xml_tree import Attribute, Element

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
# What GS1's XML calls its namespaces, where JSON-LD has the same with a sign at its end.
_SAME = {uri.rstrip(":/#"): uri for uri in GS1_PREFIXES.values()} | {"https://ref.gs1.org/voc": GS1_PREFIXES["gs1"]}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
# A prefix that no context defines has no namespace, and XML wants one: this says no more than the prefix does.
UNDEFINED = "urn:prefix:"
_NOT_EXTENSIONS = ("urn:epcglobal:epcis", XSI, XSD)


class Prefixes:
    """The prefixes that are known where an element stands, and those that it has `added`."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known: dict[str, str] = dict(known)
        self.added: dict[str, str] = {}
        # Looked up and never searched: a document may define one prefix anew a hundred thousand times.
        self._names: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def declare(self, prefix: str, uri: str) -> None:
        """Take in what an element says that a prefix of its own stands for."""
        if self.known.get(prefix, GS1_PREFIXES.get(prefix)) != uri:
            self.known[prefix] = self.added[prefix] = uri

    def name(self, item: Element | Attribute) -> str:
        """The name with a prefix that means its namespace; one that means another one already gets a number."""
        if not item.namespace:
            return item.local
        uri, wanted = same_namespace(item.namespace), item.prefix or "ns"
        prefix = self._names.get((wanted, uri))
        if prefix is None:
            prefix = self._names[wanted, uri] = self._name(wanted, uri)
        return f"{prefix}:{item.local}"

    def _name(self, wanted: str, uri: str) -> str:
        """A prefix that means this namespace: the one wanted, or the next of its numbers that is free."""
        if uri == UNDEFINED + wanted:
            return wanted
        prefix = wanted
        while (known := self.known.get(prefix, GS1_PREFIXES.get(prefix))) not in (None, uri):
            self._counts[wanted] = self._counts.get(wanted, 1) + 1
            prefix = f"{wanted}{self._counts[wanted]}"
        if known is None:
            self.known[prefix] = self.added[prefix] = uri
        return prefix


def same_namespace(uri: str) -> str:
    """A namespace as JSON-LD writes it: GS1's end with a sign behind which the local name follows."""
    return _SAME.get(uri.rstrip(":/#"), uri)


def own_prefixes(element: Element) -> dict[str, str]:
    """The prefixes that an element defines for extensions: not the standard's own and not XML's."""
    return {
        prefix: same_namespace(uri)
        for prefix, uri in element.declared.items()
        if prefix and not uri.startswith(_NOT_EXTENSIONS) and uri != UNDEFINED + prefix
    }


def text(element: Element) -> str:
    """The text of an element, without the white space around it."""
    return element.text.strip()


def word(vocabulary: cbv.Vocabulary, spelling: str) -> str:
    """A word of the standard as JSON has it, or the URI of another one as it is."""
    bare = vocabulary.bare(spelling.strip())
    return spelling.strip() if bare is None else bare


def number(spelling: str) -> int | float:
    """A number as JSON has it.

    Raises:
        EPCISError: no number (TYPE), or one that not every reader keeps (NUMBER).
    """
    spelling = spelling.strip()
    if len(spelling) > 64 or _NUMBER.fullmatch(spelling) is None:
        raise EPCISError("TYPE", "", spelling, "a number")
    value: int | float = int(spelling) if _WHOLE.fullmatch(spelling) else float(spelling)
    if not isfinite(value) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
        raise EPCISError("NUMBER", "", spelling, f"a number that a double keeps, whole ones up to {LARGEST_INTEGER}")
    return value


def extension(element: Element, prefixes: Prefixes) -> Any:
    """An element of others: its text, or an object of its children; several of one name are a list.

    xsi:type tells numbers and booleans from texts, xsi:nil nothing from an empty text. Attributes of others become
    members as children do, and the text beside them is `@value`.
    """
    members: dict[str, list[Any]] = {}
    kind = ""
    for attribute in element.attributes:
        if attribute.namespace == XSI:
            kind = f"nil {attribute.value}" if attribute.local == "nil" else attribute.value
        else:
            members.setdefault(prefixes.name(attribute), []).append(attribute.value)
    for child in element.children:
        members.setdefault(prefixes.name(child), []).append(extension(child, prefixes))
    own = _scalar(text(element), kind.rpartition(":")[2])
    if not members:
        return {} if kind.endswith("object") else own
    if text(element):
        members["@value"] = [own]
    return {key: values[0] if len(values) == 1 else values for key, values in members.items()}


def _scalar(value: str, kind: str) -> Any:
    """A text as the value of its XML Schema type."""
    if kind in ("nil true", "nil 1"):
        return None
    if kind in ("integer", "int", "long", "short", "decimal", "double", "float"):
        return number(value)
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(value, value)
    return value
