"""The key in a Digital Link, also in the spellings of its early years, reduced to what names the thing.

The early Digital Link allowed names instead of AIs (`/gtin/…/ser/…`) and GTINs of 8, 12 and 13 digits. Codes and data
made then are still about. `uri.parse_uri` refuses them, because a code on a pack must have one reading; here they are
read, because the same thing under two names must be found to be the same.

>>> constrained_link("https://ean-13.example/gtin/4012345123456/lot/7/ser/ABC524?17=280131")
'https://id.gs1.org/01/04012345123456/21/ABC524'
>>> constrained_link("urn:epc:id:sgtin:0614141.712345.2017"), constrained_link("https://example.com/page")
('https://id.gs1.org/01/70614141123451/21/2017', None)

Source: CBV 2.0 section 8.9 (constrained canonical GS1 Digital Link URI); GS1 Digital Link: URI Syntax 1.1 (names).
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from supplychain.gs1.ai import AIS, check_value
from supplychain.gs1.characters import is_digits
from supplychain.gs1.epc_urn import urn_to_uri
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import GTIN_LENGTHS
from supplychain.gs1.uri import CANONICAL_STEM, QUALIFIERS, escape

# The names of keys and qualifiers in release 1.0 and 1.1.
_NAMES: Mapping[str, str] = {
    "sscc": "00",
    "gtin": "01",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "tpx": "235",
    "gdti": "253",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "glnx": "254",
    "payTo": "415",
    "party": "417",
    "partyGln": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "cpsn": "8011",
    "gmn": "8013",
    "gsrnp": "8017",
    "gsrn": "8018",
    "srin": "8019",
    "refno": "8020",
}
# The spelling that nearly everything has by now: nothing in it is escaped, and nothing is left out.
_PLAIN = re.compile(
    r"https://id\.gs1\.org/(?:01/\d{14}(?:/21/[A-Za-z0-9\-._]{1,20})?|00/\d{18}|41[47]/\d{13})", re.ASCII
)
# The qualifiers that stay, the most exact first; a key that is not here has none.
_KEPT: Mapping[str, tuple[str, ...]] = {
    "00": (),
    "01": ("21", "10", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254",),
    "417": (),
    "8003": (),
    "8004": (),
    "8006": ("21", "10"),
    "8010": ("8011",),
    "8017": (),
    "8018": (),
}

_ALLOWED: Mapping[str, frozenset[str]] = {
    key: frozenset(ai for some in QUALIFIERS[key] for ai in some) for key in _KEPT
}


def constrained_link(uri: str) -> str | None:
    """The canonical link of the key in an EPC URN or a Digital Link, or None if there is no key in it.

    Length and characters have to be right; a wrong check digit is left to those who refuse it.
    """
    if _PLAIN.fullmatch(uri):
        return uri
    try:
        if uri.startswith("urn:epc:"):
            return urn_to_uri(uri)
        elements = _find_key(uri)
        for ai, value in elements.items():
            _check_shape(ai, value)
    except GS1Error:
        return None
    if not elements:
        return None
    return CANONICAL_STEM + "".join(f"/{ai}/{escape(value)}" for ai, value in elements.items())


def _check_shape(ai: str, value: str) -> None:
    """Refuse a value that its AI could not have with any check digit."""
    try:
        check_value(AIS[ai], value)
    except GS1Error as error:
        if error.code != "CHECK_DIGIT":
            raise


def _find_key(uri: str) -> dict[str, str]:
    """The key at the end of a path and the qualifier that stays; empty if there is none."""
    scheme, _, rest = uri.partition("://")
    if scheme.lower() not in ("http", "https"):
        return {}
    segments = rest.partition("?")[0].partition("#")[0].split("/")[1:]
    pairs: list[tuple[str, str]] = []
    for at in range(len(segments) - 2, -1, -2):
        ai = _NAMES.get(segments[at], segments[at])
        pairs.insert(0, (ai, unquote(segments[at + 1], encoding="latin-1")))
        if ai in QUALIFIERS:
            break
    key, found = pairs[0] if pairs else ("", "")
    if key not in _KEPT or any(ai not in _ALLOWED[key] for ai, _ in pairs[1:]):
        return {}
    if key == "01" and is_digits(found) and len(found) in GTIN_LENGTHS:
        found = found.zfill(14)
    qualifiers = dict(pairs[1:])
    kept = next(((ai, qualifiers[ai]) for ai in _KEPT[key] if ai in qualifiers), None)
    return {key: found} | ({} if kept is None else {kept[0]: kept[1]})
