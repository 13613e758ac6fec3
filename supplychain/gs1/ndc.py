"""The United States' National Drug Code as a GTIN.

A 10-digit NDC is labeler, product and package, split in one of three ways (4-4-2, 5-3-2, 5-4-1). GS1 US set the prefix
03 aside for it, so the GTIN-14 is indicator, 03, the ten digits, check digit. The way back is closed: the hyphens
cannot be recovered from the GTIN, so whoever needs the NDC stores it as it was written.

The 11-digit billing NDC (5-4-2, zero-filled) is another number and is refused, not repaired: which zero was filled in
cannot be known.

>>> gtin_from_ndc("57687-242-07")
Gtin(digits='00357687242071')

Source: GS1 US, "GS1 DataMatrix for pharmaceuticals", section on the NDC; 21 CFR 207.33.
"""

from supplychain.gs1.characters import is_digits
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import Gtin

_SPLITS = {(4, 4, 2), (5, 3, 2), (5, 4, 1)}
_PREFIX = "03"


def gtin_from_ndc(ndc: str, *, indicator: str = "0") -> Gtin:
    """The GTIN-14 of a hyphenated 10-digit NDC in 4-4-2, 5-3-2 or 5-4-1.

    `indicator` is 0 for the pack itself and 1 to 8 for the outer packages that hold it.

    Raises:
        GS1Error: another spelling of an NDC, or an indicator outside 0 to 8 (NDC, PREFIX).
    """
    parts = ndc.split("-")
    if not all(map(is_digits, parts)) or tuple(map(len, parts)) not in _SPLITS:
        raise GS1Error(f"NDC {show(ndc)}: expected 10 digits with hyphens as 4-4-2, 5-3-2 or 5-4-1", code="NDC")
    if not (len(indicator) == 1 and indicator in "012345678"):
        raise GS1Error(f"Indicator {show(indicator)} of a GTIN: expected one digit 0 to 8", code="PREFIX")
    body = indicator + _PREFIX + "".join(parts)
    return Gtin(body + check_digit(body))
