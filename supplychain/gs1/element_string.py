"""What a scanner types into a focused field: element strings, bracketed text, Digital Links, bare numbers.

A keyboard-wedge scanner sends a barcode as key strokes. An element string is `AI value AI value …`; a value of open
length ends at a separator (GS, 0x1D), which no keyboard has, so that scanners spell it in many ways. All spellings
below stand for the separator; none but `<GS>` consists of characters that a lot or serial number can have.

* a symbology identifier may come first: `]d2` DataMatrix, `]C1` GS1-128, `]Q3` GS1 QR, `]e0` DataBar, `]J1` DotCode
* text in brackets, as printed below a barcode: `(01)09506000134352(21)B7`
* a Digital Link on any host; a bare SSCC of 18 digits; a bare GTIN of 8, 12, 13 or 14

>>> from datetime import date
>>> scan = parse_scan("]d2010950600013435217280131" "10L1^]21B7", today=date(2026, 11, 23))
>>> scan.epc, str(scan.lot_number), scan.expiry, scan.kind.value
('https://id.gs1.org/01/09506000134352/21/B7', 'L1', datetime.date(2028, 1, 31), 'element_string')

A reading that a wrong keyboard layout or Caps Lock has garbled is not repaired here: repairs need to know which packs
exist, and this room knows none.

Source: GS1 General Specifications, section 7.8 (element strings) and section 5 (symbology identifiers).
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from supplychain.gs1.ai import AIS, check_value, find_ai_at_start
from supplychain.gs1.characters import is_digits
from supplychain.gs1.digital_link import canonical_epc, parse_digital_link
from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin, Sscc, parse_yymmdd
from supplychain.gs1.uri import QUALIFIERS

SEPARATOR = "\x1d"
LONGEST_SCAN = 8191

# Caret notation, names in brackets, escapes, the pictures of U+241D and of code page 437, stand-ins of scanners.
_SEPARATORS = re.compile(r"\^\]|\{GS\}|<GS>|\[GS\]|\\x1[dD]|\\u001[dD]|[\x1d\u241d\u2194|~^]")
_BRACKETED = re.compile(r"\(([^)]*)\)((?:\\\(|[^(])*)")
GS1_SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0", "]J1")
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# What a scanner adds at the end, and people at both. Not str.strip(), which would eat a separator as well.
_AROUND = " \t\r\n"

_OTHER_SYSTEMS = (
    (re.compile(r"8[0-9]{19}"), "a Chinese drug traceability code (药品追溯码, 20 digits)"),
    (re.compile(r"PZN[ :-]*\d{7,8}|-\d{7,8}", re.ASCII | re.IGNORECASE), "a German PZN"),
    (re.compile(r"\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2}", re.ASCII), "an NDC of the United States"),
    (re.compile(r"\[\)>.*", re.DOTALL), "a code in ISO 15434 form (PPN or another)"),
    (re.compile(r"\+[A-Z][0-9A-Z].*"), "a HIBC of a medical device"),
    (re.compile(r"urn:.*", re.IGNORECASE), "a URN"),
    (re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL), "an ordinary web address"),
)


class ScanKind(StrEnum):
    """In which form a scan came."""

    DIGITAL_LINK = "digital_link"
    ELEMENT_STRING = "element_string"
    BRACKETED = "bracketed"
    SSCC = "sscc"
    GTIN = "gtin"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan names: a pack (`sgtin` and `gtin`), a product or batch (`gtin` alone), a logistic unit (`sscc`).

    `lot_number` and `expiry` are what the code says of the pack; the registry may know better.
    """

    kind: ScanKind
    gtin: Gtin | None = None
    sgtin: Sgtin | None = None
    sscc: Sscc | None = None
    lot_number: LotNumber | None = None
    expiry: date | None = None

    @property
    def epc(self) -> str | None:
        """The canonical EPC of the pack or the logistic unit, or None if the code names no single thing."""
        thing = self.sgtin or self.sscc
        return canonical_epc(thing) if thing else None


def parse_scan(text: str, *, today: date) -> Scan:
    """What a scanned or typed text names. `today` places the two-digit year of an expiry date.

    Raises:
        GS1Error: a code of another system (OTHER_SYSTEM), a GS1 code that names no product and no logistic unit
            (NO_KEY, OTHER_KEY), or one with a bad element, which the message names.
    """
    text = text.strip(_AROUND)
    if not text:
        raise GS1Error("Nothing was scanned: expected a code", code="LENGTH")
    if len(text) > LONGEST_SCAN:
        raise GS1Error(f"Scan of {len(text)} characters: expected at most {LONGEST_SCAN}", code="LENGTH")
    symbology = _SYMBOLOGY.match(text)
    if symbology is not None and symbology.group() in GS1_SYMBOLOGIES:
        return _scan_of(ScanKind.ELEMENT_STRING, parse_element_string(text), today)
    text = text[symbology.end() :] if symbology is not None else text
    if text.startswith("("):
        return _scan_of(ScanKind.BRACKETED, parse_bracketed(text), today)
    if text[:4].lower() == "http":
        return _scan_of_link(text, today)
    if is_digits(text) and len(text) == 18:
        return Scan(kind=ScanKind.SSCC, sscc=Sscc(text))
    if is_digits(text) and len(text) in (8, 12, 13, 14):
        return _scan_of_gtin(text)
    return _scan_of_text(text, today)


def parse_element_string(text: str) -> dict[str, str]:
    """The values of an element string by AI, in the order in which they stand.

    A symbology identifier and a separator in front are skipped, and so is one separator behind any value. An AI may
    come again with the same value, as on labels that repeat the GTIN, but not with another one.

    Raises:
        GS1Error: nothing but a separator (SYNTAX), an unknown AI (UNKNOWN_AI), one AI with two values (DUPLICATE_AI),
            or a value that its AI does not allow (see `ai.check_value`).

    Source: GS1 General Specifications, section 7.8.
    """
    if text.startswith(GS1_SYMBOLOGIES):
        text = text[3:]
    text = _SEPARATORS.sub(SEPARATOR, text).removeprefix(SEPARATOR)
    if not text:
        raise GS1Error("Element string: expected at least one element", code="SYNTAX")
    elements: dict[str, str] = {}
    at = 0
    while at < len(text):
        ai = find_ai_at_start(text[at : at + 4])
        if ai is None:
            behind = f" behind ({list(elements)[-1]})" if elements else ""
            raise GS1Error(
                f"Element string{behind}: {show(text[at : at + 4])} does not begin with a GS1 Application Identifier",
                code="UNKNOWN_AI",
            )
        start = at + len(ai.digits)
        end = text.find(SEPARATOR, start) if not ai.has_predefined_length else start + ai.longest
        end = end if end >= 0 else len(text)
        _add(elements, ai.digits, text[start:end])
        at = end + 1 if text.startswith(SEPARATOR, end) else end
    return elements


def parse_bracketed(text: str) -> dict[str, str]:
    """The values of a text with its AIs in brackets, `(01)…(21)…`; a bracket inside a value is written `\\(`.

    Raises:
        GS1Error: brackets that do not fit together (SYNTAX), or what `parse_element_string` refuses.
    """
    elements: dict[str, str] = {}
    at = 0
    while at < len(text) or not elements:
        element = _BRACKETED.match(text, at)
        if element is None:
            raise GS1Error(f"Text {show(text)}: expected (AI) at {show(text[at:])}", code="SYNTAX")
        _add(elements, element[1], element[2].replace("\\(", "("))
        at = element.end()
    return elements


def _add(elements: dict[str, str], digits: str, value: str) -> None:
    """Take one value in, checked; the same once more changes nothing."""
    if digits not in AIS:
        raise GS1Error(f"({digits}) is not a GS1 Application Identifier", code="UNKNOWN_AI")
    check_value(AIS[digits], value)
    if elements.setdefault(digits, value) != value:
        raise GS1Error(f"({digits}) has two values, {show(elements[digits])} and {show(value)}", code="DUPLICATE_AI")


def _scan_of(kind: ScanKind, elements: dict[str, str], today: date) -> Scan:
    """What the elements of a barcode name."""
    if "00" in elements:
        # Whatever else stands on a logistic label speaks of the contents.
        return Scan(kind=kind, sscc=Sscc(elements["00"]))
    if "01" not in elements:
        key = next((digits for digits in elements if digits in QUALIFIERS), None)
        raise GS1Error(
            f"Code with ({')('.join(elements)}) names neither a product (01) nor a logistic unit (00)",
            code="OTHER_KEY" if key else "NO_KEY",
        )
    gtin = Gtin(elements["01"])
    return Scan(
        kind=kind,
        gtin=gtin,
        sgtin=Sgtin(gtin, SerialNumber(elements["21"])) if "21" in elements else None,
        lot_number=LotNumber(elements["10"]) if "10" in elements else None,
        expiry=parse_yymmdd(elements["17"], today=today) if "17" in elements else None,
    )


def _scan_of_link(text: str, today: date) -> Scan:
    """What a web address names."""
    try:
        link = parse_digital_link(text, today=today)
    except GS1Error as error:
        if error.code == "NO_KEY":
            raise _other_system(text, "an ordinary web address") from error
        raise
    return Scan(
        kind=ScanKind.DIGITAL_LINK,
        gtin=link.gtin,
        sgtin=link.sgtin,
        sscc=link.sscc,
        lot_number=link.lot_number,
        expiry=link.expiry,
    )


def _scan_of_text(text: str, today: date) -> Scan:
    """What a text names that carries no sign of its kind: an element string, or a code of another system."""
    for pattern, name in _OTHER_SYSTEMS:
        if pattern.fullmatch(text):
            raise _other_system(text, name)
    try:
        return _scan_of(ScanKind.ELEMENT_STRING, parse_element_string(text), today)
    except GS1Error as error:
        # Clearly meant as an element string? Then its own fault is the news.
        if error.code == "OTHER_KEY" or text.startswith(("00", "01")) or _SEPARATORS.search(text):
            raise
        raise _other_system(text, "no GS1 code") from error


def _scan_of_gtin(text: str) -> Scan:
    """The product of a bare number of 8, 12, 13 or 14 digits."""
    try:
        return Scan(kind=ScanKind.GTIN, gtin=Gtin.parse(text))
    except GS1Error as error:
        if _is_pzn(text):
            raise _other_system(text, "a German PZN") from error
        raise


def _is_pzn(digits: str) -> bool:
    """Whether eight digits have the check digit of a Pharmazentralnummer: weights 1 to 7, modulo 11."""
    return len(digits) == 8 and sum(int(digit) * (at + 1) for at, digit in enumerate(digits[:7])) % 11 == int(digits[7])


def _other_system(text: str, name: str) -> GS1Error:
    """The error for a code that somebody else gave out. The sentence says what to scan instead."""
    return GS1Error(
        f"Code {show(text)} is {name}: expected the GS1 code of a pack or of a logistic unit "
        "(DataMatrix, QR code or the number below it)",
        code="OTHER_SYSTEM",
    )
