"""The code on a pack: what we print, and what a scanned code claims.

A code is evidence of nothing by itself; it *claims* to be on a certain pack. `Claim` is that claim, with everything in
it well-formed: check digits are right, days exist. Whether there is such a pack is for `anticounterfeit.verdict`.

>>> from datetime import date
>>> claim = read_code("https://example.com/01/09506000134352/10/L1/21/B7?17=280131", today=date(2026, 11, 23))
>>> claim.serial_number, claim.expiry
(SerialNumber(text='B7'), datetime.date(2028, 1, 31))
>>> PackCode(claim.gtin, LotNumber("L/1"), SerialNumber("B7"), claim.expiry).url("https://example.com")
'https://example.com/01/09506000134352/10/L%2F1/21/B7?17=280131'

The path of a Digital Link cannot be taken as a web framework hands it over, decoded: serial numbers may contain a
slash, and once `%2F` has become `/` the border between two values is gone. `escape_path` finds it again.

Source: design section 5; GS1 Digital Link Standard: URI Syntax, release 1.4.
"""

import re
from dataclasses import dataclass
from datetime import date

from supplychain.gs1.digital_link import pack_url
from supplychain.gs1.element_string import parse_scan
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin, Sscc
from supplychain.gs1.uri import escape

# Lot and serial may hold a slash, the GTIN and the variant cannot be mistaken: read from the left, a value ends where
# the next qualifier begins, and the serial number takes all that is left.
_PACK_PATH = re.compile(r"/01/([^/]*)(?:/22/(.+?))?(?:/10/(.+?))?(?:/21/(.+))?", re.DOTALL)
_QUALIFIERS = ("22", "10", "21")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a code says about the pack that it is on.

    Without a serial number it speaks of a whole product, or with a lot number of a whole batch. `expiry` is the last
    day on which the pack may be used.
    """

    gtin: Gtin
    lot_number: LotNumber | None = None
    serial_number: SerialNumber | None = None
    expiry: date | None = None

    @property
    def sgtin(self) -> Sgtin | None:
        """The one pack, if the code names one."""
        return Sgtin(self.gtin, self.serial_number) if self.serial_number is not None else None


@dataclass(frozen=True, slots=True)
class PackCode:
    """What is printed on one pack: product, batch, serial number and the last day on which it may be used."""

    gtin: Gtin
    lot_number: LotNumber
    serial_number: SerialNumber
    expiry: date

    def url(self, base_url: str) -> str:
        """The text of the QR code. `base_url` is scheme and host of the public pages; a path may follow.

        Raises:
            GS1Error: `base_url` is no http(s) URI to which a path can be added (URI).
        """
        return pack_url(base_url, self.gtin, self.lot_number, self.serial_number, self.expiry)

    def printed_lines(self) -> list[tuple[str, str]]:
        """What people read beside the code, as (title, value).

        The expiry is printed year first, because 02/03/28 is two different days in two countries.

        Source: GS1 General Specifications, section 4.14 (human readable interpretation).
        """
        return [
            ("GTIN", self.gtin.digits),
            ("SN", self.serial_number.text),
            ("LOT", self.lot_number.text),
            ("EXP", self.expiry.isoformat()),
        ]


def read_code(text: str, *, today: date) -> Claim | Sscc:
    """What a scanned or typed text claims: a pack (or its product or batch), or a logistic unit.

    `today` places the two-digit year of the expiry.

    Raises:
        GS1Error: not a code of ours in any spelling; the message names the element that is wrong.
    """
    scan = parse_scan(text, today=today)
    if scan.sscc is not None:
        return scan.sscc
    assert scan.gtin is not None, "parse_scan gives one or the other"
    serial_number = scan.sgtin.serial_number if scan.sgtin is not None else None
    return Claim(scan.gtin, scan.lot_number, serial_number, scan.expiry)


def pack_path(gtin: str, serial_number: str) -> str:
    """The path of a pack's public page, without lot and expiry: for links from page to page, not for printing."""
    return f"/01/{gtin}/21/{escape(serial_number)}"


def pedigree_path(gtin: str, serial_number: str) -> str:
    """The path of a pack's pedigree file."""
    return f"/pedigree/{gtin}/{escape(serial_number)}.json"


def image_path(gtin: str, serial_number: str, kind: str) -> str:
    """The path of a pack's QR code as an image; `kind` is png or svg."""
    return f"/codes/{gtin}/{escape(serial_number)}.{kind}"


def escape_path(decoded: str) -> str:
    """The path of a Digital Link as it must have been before a web server decoded its percent signs.

    `decoded` begins with `/01/` or `/00/`. What does not look like a Digital Link is only escaped: whoever parses it
    finds out. One case is lost for good: a lot number that contains `/21/`.
    """
    found = _PACK_PATH.fullmatch(decoded)
    if found is None:
        return "/".join(escape(part) for part in decoded.split("/"))
    gtin, *values = found.groups()
    pairs = [(ai, value) for ai, value in zip(_QUALIFIERS, values, strict=True) if value is not None]
    return f"/01/{escape(gtin)}" + "".join(f"/{ai}/{escape(value)}" for ai, value in pairs)
