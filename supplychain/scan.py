"""Codes as people and machines give them, turned into the one spelling that acts use.

A scanner types an element string, a phone sends a Digital Link, a colleague's system sends a canonical EPC or a bare
SSCC: all of them name the same pack or pallet. Every door passes codes through here before it calls a use case.
"""

from collections.abc import Sequence
from datetime import date

from supplychain.acts import SHOWN_REASONS, Refused
from supplychain.gs1.element_string import parse_scan
from supplychain.gs1.errors import GS1Error
from supplychain.lifecycle import Breach

SHOWN_CODE = 200  # characters of a bad code that an answer repeats


def epc_of_code(text: str, today: date) -> str:
    """The canonical EPC of the one pack or logistic unit that a scanned or typed code names.

    Raises Refused: NEEDS_SERIAL for the code of a product or batch, else the code of the GS1Error.
    """
    return epcs_of_codes([text], today)[0]


def epcs_of_codes(texts: Sequence[str], today: date) -> list[str]:
    """The canonical EPCs of many codes, in their order. All bad ones are named in one refusal."""
    epcs: list[str] = []
    breaches: list[Breach] = []
    for text in texts:
        try:
            epc = parse_scan(text, today=today).epc
        except GS1Error as error:
            breaches.append(Breach(error.code, shown(text), str(error)))
        else:
            if epc is None:
                breaches.append(_needs_serial(text))
            else:
                epcs.append(epc)
        if len(breaches) >= SHOWN_REASONS:
            break
    if breaches:
        raise Refused(breaches)
    return epcs


def label_of_code(text: object, today: date) -> dict[str, str]:
    """Lot and expiry as a scanned code carries them: `lot_number` and `expiry` (YYYY-MM-DD), each only if it does."""
    try:
        scan = parse_scan(text, today=today) if isinstance(text, str) else None
    except GS1Error:
        return {}
    lot_number = scan.lot_number.text if scan and scan.lot_number else ""
    expiry = scan.expiry.isoformat() if scan and scan.expiry else ""
    return {name: value for name, value in (("lot_number", lot_number), ("expiry", expiry)) if value}


def shown(text: str) -> str:
    """A code as an answer may repeat it: short, and with nothing that cannot be sent (lone surrogates, NUL)."""
    return text[:SHOWN_CODE].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _needs_serial(text: str) -> Breach:
    return Breach(
        "NEEDS_SERIAL",
        shown(text),
        "This code names a product or a batch, not one pack: scan the code with the serial number",
    )
