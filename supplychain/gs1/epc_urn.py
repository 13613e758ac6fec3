"""EPC URNs and Digital Links: the two names that EPCIS has for one thing, each written as the other.

A URN says where the company prefix ends (`urn:epc:id:sgtin:0614141.112345.400`), a Digital Link says the check digit
(`https://id.gs1.org/01/10614141123459/21/400`). From URN to link everything needed is there. The way back needs the
length of the company prefix, which only GS1's list knows (see `company_prefix`).

Three levels: `urn:epc:id:` names one thing, `urn:epc:class:lgtin:` a lot, `urn:epc:idpat:` with a star for a serial
number a class. The link of a class ends in front of the serial number.

>>> urn_to_uri("urn:epc:id:sgtin:0614141.112345.400")
'https://id.gs1.org/01/10614141123459/21/400'
>>> uri_to_urn("https://example.com/01/10614141123459/21/400", prefix_length=7)
'urn:epc:id:sgtin:0614141.112345.400'
>>> urn_to_uri("urn:epc:idpat:sgtin:0614141.112345.*")
'https://id.gs1.org/01/10614141123459'

Percent signs: a URN written here escapes what the grammar asks for (`" # % & / < > ?`). One that is read may have these
characters as they are, as software in the field writes them; both spellings lead to the same link.

Source: GS1 EPC Tag Data Standard 2.0, section 6 (EPC URI) and section 7 (correspondence to GS1 keys).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from supplychain.gs1.characters import is_digits
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.uri import CANONICAL_STEM, format_uri, parse_uri

PREFIX_LENGTHS = range(6, 13)
_START = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):")
# A set-82 character that may stand in a URN as it is; letters, digits and `_ - .` quote() leaves alone anyway.
_UNESCAPED = "!'()*+,:;="

PrefixLength = int | Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of EPC. `ai` is its key; behind the company prefix comes the reference.

    `digits` is how many digits prefix and reference have together, 0 for keys of open length. The first digit of the
    reference (an indicator) moves to the front of the key if `moves_first`. `fill` stands in front of the key, and the
    key has a check digit if it has a fixed number of digits. `pieces` are fields of two digits behind it. A serial
    number goes into its own AI, or to the end of the key if `serial_ai` is "".
    """

    ai: str
    digits: int
    moves_first: bool = False
    fill: str = ""
    pieces: int = 0
    serial_ai: str | None = None
    has_class: bool = False

    @property
    def parts(self) -> int:
        """How many parts the URN has between its dots."""
        return 2 + self.pieces + (self.serial_ai is not None)


SCHEMES: Mapping[str, Scheme] = {
    "sgtin": Scheme("01", 13, moves_first=True, serial_ai="21", has_class=True),
    "lgtin": Scheme("01", 13, moves_first=True, serial_ai="10"),
    "upui": Scheme("01", 13, moves_first=True, serial_ai="235", has_class=True),
    "itip": Scheme("8006", 13, moves_first=True, pieces=2, serial_ai="21", has_class=True),
    "sscc": Scheme("00", 17, moves_first=True),
    "sgln": Scheme("414", 12, serial_ai="254"),
    "pgln": Scheme("417", 12),
    "grai": Scheme("8003", 12, fill="0", serial_ai="", has_class=True),
    "gdti": Scheme("253", 12, serial_ai="", has_class=True),
    "sgcn": Scheme("255", 12, serial_ai="", has_class=True),
    "gsrn": Scheme("8018", 17),
    "gsrnp": Scheme("8017", 17),
    "gsin": Scheme("402", 16),
    "giai": Scheme("8004", 0),
    "ginc": Scheme("401", 0),
    "cpi": Scheme("8010", 0, serial_ai="8011", has_class=True),
}
_LEVELS = {"id": "instance", "class": "class", "idpat": "class"}
# Without a serial number: which scheme the class of a key has.
_CLASS_OF = {"01": "sgtin", "8006": "itip", "8003": "grai", "253": "gdti", "255": "sgcn", "8010": "cpi"}
_BY_SERIAL = {("01", "21"): "sgtin", ("01", "10"): "lgtin", ("01", "235"): "upui"}
_SINGLE = {"00": "sscc", "414": "sgln", "417": "pgln", "8018": "gsrn", "8017": "gsrnp", "402": "gsin"} | {
    "8004": "giai",
    "401": "ginc",
}
_CHECKED_LENGTH = {"01": 14, "8006": 14, "8003": 14, "253": 13, "255": 13}
_NO_EXTENSION = "0"  # how a URN says that a location has none


def urn_to_uri(urn: str) -> str:
    """The canonical Digital Link of an EPC URN, of a lot or of a class.

    Raises:
        GS1Error: another URN (OTHER_KEY), parts that do not fit together (SYNTAX, LENGTH, CHARACTER, PREFIX), or a
            value that its AI does not allow (see `ai.check_value`).
    """
    return format_uri(urn_elements(urn), CANONICAL_STEM)


def urn_elements(urn: str) -> dict[str, str]:
    """The values in an EPC URN by AI: the key, then the serial or lot number.

    Raises:
        GS1Error: as `urn_to_uri`, except that values are not yet compared with what their AI allows.
    """
    start = _START.match(urn)
    scheme = SCHEMES.get(start[2]) if start else None
    if start is None or scheme is None:
        raise GS1Error(f"URN {show(urn)}: expected an EPC, as urn:epc:id:sgtin:…", code="OTHER_KEY")
    level = start[1]
    if (level == "class") != (start[2] == "lgtin") or (level == "idpat" and not scheme.has_class):
        raise GS1Error(f"URN {show(urn)}: there is no {start[2]} at the level {level}", code="OTHER_KEY")
    parts = urn[start.end() :].split(".", scheme.parts - 1)
    if len(parts) != scheme.parts:
        raise GS1Error(f"URN {show(urn)}: expected {scheme.parts} parts with dots between them", code="SYNTAX")
    prefix, reference, *rest = parts
    _check_prefix(urn, prefix)
    serial = rest.pop() if scheme.serial_ai is not None else None
    if level == "idpat":
        if serial != "*":
            raise GS1Error(f"URN {show(urn)}: expected a * in the place of the serial number", code="SYNTAX")
        serial = None
    elif scheme.serial_ai is not None and not serial:
        raise GS1Error(f"URN {show(urn)}: its last part is empty", code="LENGTH")
    key = _key(urn, scheme, prefix, reference, rest)
    return _with_serial(scheme, key, unescape_part(serial) if serial is not None else None)


def uri_to_urn(uri: str, *, prefix_length: PrefixLength) -> str:
    """The EPC URN of a Digital Link: of a thing, or of a lot or class if the link has no serial number.

    `prefix_length` is the number of digits of the company prefix, 6 to 12, or a function that finds it from the digits
    of a key (14 for a GTIN: without indicator and check digit 12 at most).

    Raises:
        GS1Error: no valid Digital Link, one to something that has no EPC (OTHER_KEY), or a prefix of another length
            (PREFIX).
    """
    elements = parse_uri(uri)
    key_ai = next(iter(elements))
    name, scheme, serial = _find_scheme(uri, key_ai, elements)
    key = elements[key_ai]
    if key_ai in _CHECKED_LENGTH:
        key, behind = key[: _CHECKED_LENGTH[key_ai]], key[_CHECKED_LENGTH[key_ai] :]
    else:
        behind = ""
    body = key.removeprefix(scheme.fill)
    first = body[0] if scheme.moves_first else ""
    body = body[len(first) : -1] if scheme.digits else body
    length = prefix_length if isinstance(prefix_length, int) else prefix_length(body)
    if length not in PREFIX_LENGTHS or length > len(body) or not is_digits(body[:length]):
        raise GS1Error(f"URI {show(uri)}: a company prefix of {length} digits, expected 6 to 12 digits", code="PREFIX")
    parts = [body[:length], first + _escape(body[length:])]
    if scheme.pieces:
        parts += [behind[:2], behind[2:]]
    elif scheme.serial_ai == "":
        serial = behind or None
    return _format(name, scheme, parts, serial)


def _find_scheme(uri: str, key_ai: str, elements: Mapping[str, str]) -> tuple[str, Scheme, str | None]:
    """The scheme of a link's key, and the serial number if that stands in an AI of its own."""
    for (ai, serial_ai), name in _BY_SERIAL.items():
        if ai == key_ai and serial_ai in elements:
            return name, SCHEMES[name], elements[serial_ai]
    name = _CLASS_OF.get(key_ai) or _SINGLE.get(key_ai, "")
    if not name:
        raise GS1Error(f"URI {show(uri)}: there is no EPC with the key ({key_ai})", code="OTHER_KEY")
    scheme = SCHEMES[name]
    return name, scheme, elements.get(scheme.serial_ai or "")


def _format(name: str, scheme: Scheme, parts: list[str], serial: str | None) -> str:
    """The URN of its parts; without a serial number, where there could be one, that of the class."""
    if scheme.serial_ai is None:
        return f"urn:epc:id:{name}:{'.'.join(parts)}"
    if name == "sgln":
        serial = serial or _NO_EXTENSION
    if serial is None:
        return f"urn:epc:idpat:{name}:{'.'.join(parts)}.*"
    level = "class" if name == "lgtin" else "id"
    return f"urn:epc:{level}:{name}:{'.'.join(parts)}.{_escape(serial)}"


def _check_prefix(urn: str, prefix: str) -> None:
    """A company prefix of 6 to 12 digits."""
    if not (is_digits(prefix) and len(prefix) in PREFIX_LENGTHS):
        raise GS1Error(f"URN {show(urn)}: company prefix {show(prefix)}, expected 6 to 12 digits", code="PREFIX")


def _key(urn: str, scheme: Scheme, prefix: str, reference: str, pieces: list[str]) -> str:
    """The value of the key's AI."""
    if not scheme.digits:
        return prefix + unescape_part(reference)
    if len(prefix + reference) != scheme.digits or not is_digits(prefix + reference):
        raise GS1Error(
            f"URN {show(urn)}: expected {scheme.digits} digits in the first two parts together", code="LENGTH"
        )
    if any(len(piece) != 2 or not is_digits(piece) for piece in pieces):
        raise GS1Error(f"URN {show(urn)}: expected two digits each for piece and total", code="LENGTH")
    body = reference[0] + prefix + reference[1:] if scheme.moves_first else prefix + reference
    return scheme.fill + body + check_digit(scheme.fill + body) + "".join(pieces)


def _with_serial(scheme: Scheme, key: str, serial: str | None) -> dict[str, str]:
    """The elements of a key and a serial number, in the AI that the scheme has for it."""
    if serial is None or (scheme.serial_ai == "254" and serial == _NO_EXTENSION):
        return {scheme.ai: key}
    if scheme.serial_ai == "":
        return {scheme.ai: key + serial}
    return {scheme.ai: key, scheme.serial_ai or "": serial}


def unescape_part(text: str) -> str:
    """A part of a URN without percent signs; what is no escape stays."""
    return unquote(text, encoding="latin-1")


def _escape(text: str) -> str:
    """A value as a part of a URN."""
    return quote(text, safe=_UNESCAPED)
