"""Digital Links as Medtrail speaks them: the code on a pack, and the name of a pack or a logistic unit.

Two forms, and they are not the same:

* the **pack URL** is what is printed: `https://<host>/01/<gtin14>/10/<lot>/21/<serial>?17=<yymmdd>`. Any host may stand
  there, and lot and expiry come along so that a scan without a network shows something;
* the **EPC** is what is signed and stored: `https://id.gs1.org/01/<gtin14>/21/<serial>` for a pack and
  `https://id.gs1.org/00/<sscc>` for a logistic unit. It has exactly one spelling. Commitments hash it, so a second
  spelling of one pack would be a second pack; `parse_epc` therefore refuses whatever `canonical_epc` would not write.

>>> from datetime import date
>>> link = parse_digital_link("https://example.com/01/09506000134352/10/L1/21/B7?17=280100", today=date(2026, 11, 23))
>>> link.expiry, str(link.lot_number)
(datetime.date(2028, 1, 31), 'L1')
>>> canonical_epc(link.sgtin)
'https://id.gs1.org/01/09506000134352/21/B7'

Source: GS1 Digital Link Standard: URI Syntax, release 1.4; GS1 EPCIS 2.0, which takes such URIs as EPCs.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import unquote

from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import (
    Gtin,
    LotNumber,
    SerialNumber,
    Sgtin,
    Sscc,
    format_yymmdd,
    parse_yymmdd,
)
from supplychain.gs1.uri import CANONICAL_STEM, check_stem, escape, parse_uri

_SGTIN_START = f"{CANONICAL_STEM}/01/"
_SSCC_START = f"{CANONICAL_STEM}/00/"


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a Digital Link says about a pack, a batch, a product (`gtin`) or a logistic unit (`sscc`): one of the two.

    `lot_number`, `serial_number` and `expiry` belong to the GTIN and are None beside an SSCC. `expiry` is the last day
    on which the pack may be used.
    """

    gtin: Gtin | None = None
    lot_number: LotNumber | None = None
    serial_number: SerialNumber | None = None
    expiry: date | None = None
    sscc: Sscc | None = None

    def __post_init__(self) -> None:
        if (self.gtin is None) == (self.sscc is None):
            raise GS1Error("Digital Link: expected either a GTIN or an SSCC", code="NO_KEY")
        if self.sscc is not None and (self.lot_number or self.serial_number or self.expiry):
            raise GS1Error(
                f"Digital Link of SSCC {self.sscc}: lot, serial and expiry belong to a GTIN", code="OTHER_KEY"
            )

    @property
    def sgtin(self) -> Sgtin | None:
        """The one pack, if the link names one."""
        if self.gtin is None or self.serial_number is None:
            return None
        return Sgtin(self.gtin, self.serial_number)


def parse_digital_link(uri: str, *, today: date) -> DigitalLink:
    """What the Digital Link `uri` says, on any host. `today` places the two-digit year of the expiry.

    Raises:
        GS1Error: a link to something that is neither a product nor a logistic unit (OTHER_KEY), or no valid Digital
            Link at all (see `uri.parse_uri`).
    """
    elements = parse_uri(uri)
    key = next(iter(elements))
    if key == "00":
        # What may stand beside it, (02), (10), (17) and (37), speaks of the contents and not of the unit.
        return DigitalLink(sscc=Sscc(elements["00"]))
    if key != "01":
        raise GS1Error(
            f"Digital Link {show(uri)} names a thing by ({key}): expected a product (01) or a logistic unit (00)",
            code="OTHER_KEY",
        )
    return DigitalLink(
        gtin=Gtin(elements["01"]),
        lot_number=LotNumber(elements["10"]) if "10" in elements else None,
        serial_number=SerialNumber(elements["21"]) if "21" in elements else None,
        expiry=parse_yymmdd(elements["17"], today=today) if "17" in elements else None,
    )


def canonical_epc(thing: Sgtin | Sscc) -> str:
    """The one spelling of a pack's or a logistic unit's EPC.

    Percent-encoding is in upper case and covers everything but letters, digits and `- . _ ~`.

    Source: GS1 Digital Link Standard: URI Syntax, "Canonical GS1 Digital Link URIs".
    """
    if isinstance(thing, Sscc):
        return _SSCC_START + thing.digits
    return f"{_SGTIN_START}{thing.gtin.digits}/21/{escape(thing.serial_number.text)}"


def parse_epc(uri: str) -> Sgtin | Sscc:
    """The pack or logistic unit that a canonical EPC names.

    The reading is written again and compared: no list of allowed variations can be forgotten that way.

    Raises:
        GS1Error: anything but the canonical spelling of a valid identifier (NOT_CANONICAL_EPC).
    """
    try:
        thing = _read_epc(uri)
    except GS1Error as error:
        raise GS1Error(f"EPC {show(uri)}: {error}", code="NOT_CANONICAL_EPC") from error
    if thing is None or canonical_epc(thing) != uri:
        raise GS1Error(
            f"EPC {show(uri)}: expected {_SGTIN_START}<GTIN-14>/21/<serial number> or {_SSCC_START}<SSCC>, "
            "in canonical spelling",
            code="NOT_CANONICAL_EPC",
        )
    return thing


def pack_url(base_url: str, gtin: Gtin, lot_number: LotNumber, serial_number: SerialNumber, expiry: date) -> str:
    """The URL that is printed on a pack, for a QR code.

    `base_url` is scheme and host of the resolver, a path may follow; a slash at its end is dropped.

    Raises:
        GS1Error: `base_url` is no http(s) URI to which a path can be added (URI).

    Source: GS1 Digital Link Standard: URI Syntax (order of qualifiers).
    """
    base_url = base_url.removesuffix("/")
    _check_base(base_url)
    return (
        f"{base_url}/01/{gtin.digits}/10/{escape(lot_number.text)}/21/{escape(serial_number.text)}"
        f"?17={format_yymmdd(expiry)}"
    )


def _read_epc(uri: str) -> Sgtin | Sscc | None:
    """The identifier in something that looks like an EPC; its spelling is not yet known to be the canonical one."""
    if uri.startswith(_SSCC_START):
        return Sscc(uri.removeprefix(_SSCC_START))
    gtin, middle, serial = uri.removeprefix(_SGTIN_START).partition("/21/")
    if not uri.startswith(_SGTIN_START) or not middle:
        return None
    return Sgtin(Gtin(gtin), SerialNumber(unquote(serial, encoding="latin-1")))


@lru_cache(maxsize=16)
def _check_base(base_url: str) -> None:
    """Checked once for each base, not once for each of the 100,000 packs of a batch."""
    check_stem(base_url)
