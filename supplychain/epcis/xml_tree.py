"""XML as a small tree with namespaces, read by expat without a document type: nothing expands, nothing is fetched.

A document type definition is where the known attacks on XML readers begin (entities that grow, files and addresses
that are read), and EPCIS has none; so the first sign of one ends the reading. Depth and number of elements are bounded.

>>> root = parse_xml(b'<a xmlns:x="https://a.example/"><x:b n="1"> text </x:b></a>')
>>> root.children[0].name, root.children[0].text.strip(), root.children[0].attributes[0].value
('x:b', 'text', '1')
>>> parse_xml(b'<!DOCTYPE a [<!ENTITY e "ha">]><a>&e;</a>')
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: line 1 'a': expected XML without a document type

Source: Extensible Markup Language (XML) 1.0; Namespaces in XML 1.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.limits import DEFAULT_LIMITS, Limits

# Levels of the standard's own elements around what an extension nests.
_OWN_LEVELS = 16
_SEPARATOR = "\n"
# EPCIS leaves its own elements without a namespace; who puts them into one of its namespaces means the same.
_STANDARD = "urn:epcglobal:epcis"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: local name, namespace ("" for none), prefix as written, value."""

    local: str
    namespace: str
    prefix: str
    value: str


@dataclass(slots=True)
class Element:
    """One element: local name, namespace ("" for none), prefix as written, and what is in it."""

    local: str
    namespace: str
    prefix: str
    attributes: tuple[Attribute, ...]
    declared: Mapping[str, str]  # prefixes that it defines
    line: int
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] | None = None  # its text, as it came between its children

    @property
    def name(self) -> str:
        """The name as written."""
        return f"{self.prefix}:{self.local}" if self.prefix else self.local

    @property
    def text(self) -> str:
        """The text of the element itself, without that of its children."""
        return "".join(self.pieces) if self.pieces else ""

    def attribute(self, local: str) -> str | None:
        """The value of an attribute without a namespace, or None."""
        return next((one.value for one in self.attributes if one.local == local and not one.namespace), None)

    def child(self, local: str) -> "Element | None":
        """The first child of this local name, or None."""
        return next((one for one in self.children if one.local == local), None)


_NO_ATTRIBUTES: tuple[Attribute, ...] = ()
_NOTHING_DECLARED: Mapping[str, str] = MappingProxyType({})


def parse_xml(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Element:
    """The root element of an XML document.

    Raises:
        EPCISError: too long or too many elements (SIZE), nested too deep (DEPTH), no well-formed XML or one with a
            document type (SYNTAX).
    """
    if len(data) > limits.size:
        raise EPCISError("SIZE", "", f"{len(data)} bytes", f"at most {limits.size} bytes")
    builder = _Builder(limits.depth + _OWN_LEVELS, limits.elements)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code]
        raise EPCISError("SYNTAX", f"line {error.lineno}", f"column {error.offset}", f"XML; {what}") from None
    except EPCISError:
        raise  # a ValueError as well, and one that says what it means
    except (LookupError, ValueError):
        raise EPCISError("SYNTAX", "line 1", "encoding", "an encoding that everybody knows") from None
    return builder.roots[0]


class _Builder:
    """Builds the tree while expat reads."""

    def __init__(self, most_levels: int, most_elements: int) -> None:
        self.roots: list[Element] = []
        self._open: list[Element] = []
        self._declared: dict[str, str] = {}
        self._count = 0
        self._most_levels = most_levels
        self._most_elements = most_elements
        self.parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    @property
    def _line(self) -> int:
        return self.parser.CurrentLineNumber

    def _doctype(self, name: str, *_: object) -> None:
        raise EPCISError("SYNTAX", f"line {self._line}", name, "XML without a document type")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._count_in(1)
        self._declared[prefix or ""] = uri or ""

    def _count_in(self, more: int) -> None:
        """Elements, attributes and namespaces are counted alike: each takes its memory."""
        self._count += more
        if self._count > self._most_elements:
            raise EPCISError("SIZE", f"line {self._line}", f"{self._count} elements", f"at most {self._most_elements}")

    def _start(self, name: str, attributes: list[str]) -> None:
        self._count_in(1 + len(attributes) // 2)
        if len(self._open) >= self._most_levels:
            raise EPCISError("DEPTH", f"line {self._line}", name, f"at most {self._most_levels} levels")
        local, namespace, prefix = _split(name)
        # Most elements have neither attributes nor namespaces of their own; they share one empty of each.
        found, declared = _NO_ATTRIBUTES, _NOTHING_DECLARED
        if attributes:
            pairs = zip(attributes[::2], attributes[1::2], strict=True)
            found = tuple(Attribute(*_split(key), value) for key, value in pairs)
        if self._declared:
            declared, self._declared = self._declared, {}
        element = Element(local, namespace, prefix, found, declared, self.parser.CurrentLineNumber)
        (self._open[-1].children if self._open else self.roots).append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        element = self._open[-1]
        if element.pieces is None:
            element.pieces = [text]
        else:
            element.pieces.append(text)


def _split(name: str) -> tuple[str, str, str]:
    """Local name, namespace and prefix of a name as expat gives it; the standard's own namespaces are none."""
    if _SEPARATOR not in name:
        return name, "", ""
    namespace, local, *prefix = name.split(_SEPARATOR)
    if namespace.startswith(_STANDARD):
        return local, "", ""
    return local, namespace, prefix[0] if prefix else ""
