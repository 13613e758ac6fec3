"""Which EPCs a query means: one, all of a class, all of a company.

A pattern is compared with `epc.epc_key`, so it finds a thing whether it was captured as a URN or as a Digital Link. It
can be the name of one thing; a pattern URN, whose stars stand for any value (`urn:epc:idpat:sgtin:0614141.*.*`); or the
Digital Link of a class (`https://id.gs1.org/01/10614141123459`), which among things means every one of that class.

>>> pattern = parse_pattern("urn:epc:idpat:sgtin:0614141.112345.*")
>>> pattern.matches("https://id.gs1.org/01/10614141123459/21/400"), pattern.text
(True, 'https://id.gs1.org/01/10614141123459/21/*')
>>> parse_pattern("urn:epc:idpat:sgtin:0614141.*.*", is_class=True).text
'https://id.gs1.org/01/?0614141??????'

Source: EPCIS 2.0 section 8.2.7.1.1; GS1 EPC Tag Data Standard 2.0, section 8 (pure identity patterns).
"""

import re
from dataclasses import dataclass, field

from supplychain.epcis.checks import check_uri
from supplychain.epcis.epc import check_epc, epc_key
from supplychain.epcis.errors import EPCISError
from supplychain.gs1.characters import is_digits
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.epc_urn import PREFIX_LENGTHS, SCHEMES, Scheme, unescape_part
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.uri import CANONICAL_STEM, escape

_PATTERN = re.compile(r"urn:epc:idpat:([a-z]+):")
# Classes by their link, and what a thing of the class has behind it.
_CLASS = re.compile(
    r"https://id\.gs1\.org/(?:(?P<serial>(?:01/\d{14}|8006/\d{18}))|(?P<cpi>8010/[^/]+)|(?P<tail>8003/\d{14}|25[35]/\d{13}))",
    re.ASCII,
)
_BEHIND = {"serial": "/21/*", "cpi": "/8011/*", "tail": "*"}


@dataclass(frozen=True, slots=True)
class EpcPattern:
    """The names that a query means. Unless `is_exact`, `?` in `text` is any one character, a `*` at its end any rest.

    Neither sign can stand in a canonical name itself.
    """

    text: str
    is_exact: bool
    _expression: re.Pattern[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        plain = re.escape(self.text)
        wild = plain if self.is_exact else plain.replace(r"\?", ".").replace(r"\*", ".*")
        object.__setattr__(self, "_expression", re.compile(wild, re.DOTALL))

    def matches(self, key: str) -> bool:
        """Whether the name (an `epc_key`) is one of those."""
        return key == self.text if self.is_exact else self._expression.fullmatch(key) is not None

    @property
    def like(self) -> str:
        """The same as a LIKE pattern of SQL, with a backslash as its escape."""
        plain = re.sub(r"([\\%_])", r"\\\1", self.text)
        return plain if self.is_exact else plain.replace("?", "_").replace("*", "%")

    @property
    def prefix(self) -> str:
        """What every name that is meant begins with: an index finds it."""
        return self.text if self.is_exact else re.split(r"[?*]", self.text, maxsplit=1)[0]


def parse_pattern(uri: str, *, is_class: bool = False) -> EpcPattern:
    """The pattern that a query gives; `is_class` if it looks for classes (MATCH_epcClass), not for things.

    Raises:
        EPCISError: no URI (URI), or a pattern or key that breaks its rules (EPC).
    """
    if (start := _PATTERN.match(uri)) is not None and start[1] in SCHEMES:
        check_uri(uri)
        try:
            return _parse_urn(uri, start[1], uri[start.end() :], is_class)
        except GS1Error as error:
            raise EPCISError("EPC", "", uri, f"a pattern of EPCs; {error}") from None
    check_epc(uri)
    key = epc_key(uri)
    if not is_class and (found := _CLASS.fullmatch(key)) is not None:
        return EpcPattern(key + _BEHIND[found.lastgroup or "tail"], is_exact=False)
    return EpcPattern(key, is_exact=True)


def _parse_urn(uri: str, name: str, rest: str, is_class: bool) -> EpcPattern:
    """A pattern URN: from its first star on there are stars only."""
    scheme = SCHEMES[name]
    parts = rest.split(".")
    stars = sum(part == "*" for part in parts)
    if len(parts) != scheme.parts or not stars or parts[-stars:] != ["*"] * stars:
        raise GS1Error(f"Expected {scheme.parts} parts, with stars at their end", code="SYNTAX")
    prefix, reference, *others = parts
    if prefix != "*" and not (is_digits(prefix) and len(prefix) in PREFIX_LENGTHS):
        raise GS1Error(f"Company prefix {prefix!r}: expected 6 to 12 digits", code="PREFIX")
    key = _fixed_key(scheme, prefix, reference) if scheme.digits else _open_key(prefix, reference)
    key += "".join("??" if piece == "*" else piece for piece in others[: scheme.pieces])
    text = f"{CANONICAL_STEM}/{scheme.ai}/{key}"
    if scheme.serial_ai and not is_class:
        text += "*" if scheme.serial_ai == "254" else f"/{scheme.serial_ai}/*"
    elif scheme.serial_ai == "" and not is_class:
        text += "*"
    return EpcPattern(text, is_exact="?" not in text and "*" not in text)


def _fixed_key(scheme: Scheme, prefix: str, reference: str) -> str:
    """The digits of a key of fixed length, with ? for each that is not known."""
    if prefix == "*":
        return scheme.fill + "?" * (scheme.digits + 1)
    open_digits = scheme.digits - len(prefix)
    if reference == "*":
        first = "?" if scheme.moves_first else ""
        return f"{scheme.fill}{first}{prefix}{'?' * (open_digits - len(first))}?"
    if len(reference) != open_digits or not (is_digits(reference) or not reference):
        raise GS1Error(f"Reference {reference!r}: expected {open_digits} digits behind {prefix}", code="LENGTH")
    first = reference[:1] if scheme.moves_first else ""
    body = first + prefix + reference[len(first) :]
    return scheme.fill + body + check_digit(scheme.fill + body)


def _open_key(prefix: str, reference: str) -> str:
    """A key of open length. Behind a company prefix alone anything may come."""
    if prefix == "*":
        return "*"
    return prefix + ("*" if reference == "*" else escape(unescape_part(reference)))
