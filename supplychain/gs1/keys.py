"""Every GS1 key that an event can name a thing by, as one value that checks itself.

Packs and logistic units have types of their own (`identifiers`), because acts are about them. All the rest, returnable
boxes, machines, documents, coupons, shipments, parties, is one kind of value here: the key with its qualifier, by
Application Identifier.

>>> box = Key.parse("urn:epc:id:grai:0614141.12345.400")
>>> box.name, box.uri, box.urn(7)
('grai', 'https://id.gs1.org/8003/00614141123452400', 'urn:epc:id:grai:0614141.12345.400')
>>> Key((("8018", "061414112345678909"),))
Traceback (most recent call last):
    ...
supplychain.gs1.errors.GS1Error: (8018) '061414112345678909': check digit 9 is wrong, expected 2

Source: GS1 General Specifications, section 1.4 (keys); GS1 EPC Tag Data Standard 2.0, section 6.
"""

from dataclasses import dataclass

from supplychain.gs1.ai import AIS, check_value
from supplychain.gs1.epc_urn import PrefixLength, uri_to_urn, urn_elements
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.uri import PATHS, format_uri, parse_uri

NAMES = {
    "00": "sscc",
    "01": "gtin",
    "253": "gdti",
    "255": "gcn",
    "401": "ginc",
    "402": "gsin",
    "414": "gln",
    "415": "gln",
    "417": "pgln",
    "8003": "grai",
    "8004": "giai",
    "8006": "itip",
    "8010": "cpi",
    "8013": "gmn",
    "8017": "gsrnp",
    "8018": "gsrn",
}


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A key and its qualifiers, `(AI, value)` each, in the order of a Digital Link's path."""

    elements: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        path = tuple(ai for ai, _ in self.elements)
        if path not in PATHS:
            raise GS1Error(
                f"({')('.join(path)}): expected a key and its qualifiers in their order", code="MISPLACED_AI"
            )
        for ai, value in self.elements:
            check_value(AIS[ai], value)

    @classmethod
    def parse(cls, uri: str) -> "Key":
        """The key in an EPC URN or a Digital Link on any host; attributes of the link are left out.

        Raises:
            GS1Error: neither of the two, or one that breaks the rules of its key.
        """
        elements = urn_elements(uri) if uri.startswith("urn:") else parse_uri(uri)
        path = next(length for length in range(len(elements), 0, -1) if tuple(elements)[:length] in PATHS)
        return cls(tuple(elements.items())[:path])

    @property
    def name(self) -> str:
        """The kind of key, as GS1 calls it."""
        return NAMES[self.elements[0][0]]

    @property
    def uri(self) -> str:
        """The canonical Digital Link."""
        return format_uri(dict(self.elements))

    def urn(self, prefix_length: PrefixLength) -> str:
        """The EPC URN; see `epc_urn.uri_to_urn`."""
        return uri_to_urn(self.uri, prefix_length=prefix_length)

    def __str__(self) -> str:
        return self.uri
