"""What may name a thing, a class of things or a place in an event: any URI, but a GS1 key only if it is right.

A document may be about anything, so an EPC can be a URI of anybody's. As soon as it says that it is a GS1 key, as a URN
(`urn:epc:id:…`) or as a Digital Link, it has to keep the rules of that key: digits, check digit, characters.

One thing has many such names. `epc_key` gives the one by which two of them are compared: the canonical Digital Link of
the key with its serial number, whatever host, spelling or further qualifiers (a lot beside a serial number) it had.

>>> check_epc("https://id.gs1.org/01/70614141123451/21/2017")
>>> check_epc("https://id.gs1.org/01/70614141123452/21/2017")
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: 'https://id.gs1.org/01/70614141123452/21/2017': expected a valid GS1 key; ...
>>> epc_key("urn:epc:id:sgtin:0614141.712345.2017"), epc_key("https://a.example/x/01/70614141123451/10/L/21/2017")
('https://id.gs1.org/01/70614141123451/21/2017', 'https://id.gs1.org/01/70614141123451/21/2017')

Source: EPCIS 2.0 section 6.4; GS1 EPC Tag Data Standard, section 6; GS1 Digital Link: URI syntax.
"""

import re

from supplychain.epcis.checks import check_uri
from supplychain.epcis.errors import EPCISError
from supplychain.gs1.check_digit import is_check_digit_right
from supplychain.gs1.epc_urn import SCHEMES, urn_to_uri
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.uri import CANONICAL_STEM, format_uri, parse_uri

_URN = re.compile(r"urn:epc:(?:id|class|idpat):([a-z]+):")
_LINK = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://")
_GS1_HOST = re.compile(r"https?://id\.gs1\.org/", re.IGNORECASE)
# Keys whose digits nobody writes by chance behind an AI of theirs: on any host they are meant as what they look like.
_UNMISTAKABLE = re.compile(r"/(?:00/\d{18}|01/\d{14}|41[47]/\d{13})(?:[/?#]|$)", re.ASCII)
# The spellings that nearly every medicine and place has, and that need no parser: nothing in them is escaped.
_PLAIN = re.compile(
    r"https://id\.gs1\.org/(?:01/(\d{14})/21/[A-Za-z0-9\-._]{1,20}|00/(\d{18})|41[47]/(\d{13}))", re.ASCII
)
_PLAIN_URN = re.compile(
    r"urn:epc:id:(?:sgtin:(?=[\d.]{14}\.)\d{6,12}\.\d{1,7}\.[A-Za-z0-9\-._]{1,20}"
    r"|sscc:(?=[\d.]{18}$)\d{6,12}\.\d{5,11}"
    r"|sgln:(?=[\d.]{13}\.)\d{6,12}\.\d{0,6}\.[A-Za-z0-9\-._]{1,20})",
    re.ASCII,
)
# Which qualifiers make a key name one thing more exactly; the first that is there, and no other, belongs to the name.
_SERIALS = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}
_SERIALS |= {"8017": ("8019",), "8018": ("8019",)}


def check_epc(uri: str) -> None:
    """Refuse what is no URI, and what says that it is a GS1 key and is none.

    Raises:
        EPCISError: no URI (URI), or a URN or Digital Link that breaks the rules of its key (EPC).
    """
    if _PLAIN_URN.fullmatch(uri) is not None:
        return
    if (plain := _PLAIN.fullmatch(uri)) is not None and is_check_digit_right(plain[plain.lastindex or 0]):
        return
    check_uri(uri)
    try:
        if (urn := _URN.match(uri)) is not None:
            if urn[1] in SCHEMES:
                urn_to_uri(uri)
        elif _LINK.match(uri):
            parse_uri(uri)
    except GS1Error as error:
        if _LINK.match(uri) and _is_ordinary(uri, error):
            return
        raise EPCISError("EPC", "", uri, f"a valid GS1 key; {error}") from None


def epc_key(uri: str) -> str:
    """The name by which the thing is known, whichever way its EPC is written; of a stranger's URI the URI itself."""
    if _PLAIN.fullmatch(uri) is not None:
        return uri
    try:
        if _URN.match(uri) is not None:
            return urn_to_uri(uri)
        if _LINK.match(uri):
            return _link_key(parse_uri(uri))
    except GS1Error:
        pass
    return uri


def _link_key(elements: dict[str, str]) -> str:
    """The canonical link of a key with the one qualifier that tells it from others of its class."""
    key = next(iter(elements))
    name = {key: elements[key]}
    for qualifier in _SERIALS.get(key, ()):
        if qualifier in elements:
            name[qualifier] = elements[qualifier]
            break
    return format_uri(name, CANONICAL_STEM)


def _is_ordinary(uri: str, error: GS1Error) -> bool:
    """Whether a URI that is no Digital Link need not be one.

    On GS1's own host everything with a key in it is one; elsewhere a path like /01/7 may be a page of a web shop. A
    check digit is looked at where a GTIN, SSCC or GLN of full length stands: the standard's own examples have other
    keys with made-up check digits.
    """
    if error.code == "CHECK_DIGIT":
        return _UNMISTAKABLE.search(uri) is None
    return error.code == "NO_KEY" or _GS1_HOST.match(uri) is None
