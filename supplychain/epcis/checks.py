"""What a single text, time or number of an event must be. Each check raises with an empty path: its caller knows it.

>>> check_uri("urn:epc:id:sscc:0614141.1234567890")
>>> check_uri("javascript:alert(1)")
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: 'javascript:alert(1)': expected a URI that nothing runs
>>> parse_time("2026-11-23T08:30:00.000+01:00").hour
8

Source: EPCIS 2.0 section 9; RFC 3986; RFC 3339.
"""

import re
from datetime import datetime

from supplychain.epcis.cbv import ACTIONS, Vocabulary
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.strict_json import find_foreign

LONGEST_TEXT = 8_192

# The characters of RFC 3986, a percent sign only in front of two hexadecimal digits, brackets only around an IPv6 host.
_BODY = r"(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:(?://\[[0-9A-Fa-f:.]+\]|(?=[^#])){_BODY}(?:#{_BODY})?")
# What a browser would run when somebody clicks on a link made of it.
_RUN = ("javascript:", "vbscript:", "data:")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


def check_uri(text: str) -> None:
    """Refuse what is no absolute URI, is too long, or would be run by a browser.

    Raises:
        EPCISError: see above (URI).
    """
    if len(text) > LONGEST_TEXT or _URI.fullmatch(text) is None:
        raise EPCISError("URI", "", text, f"a URI of at most {LONGEST_TEXT} characters")
    if text[:11].lower().startswith(_RUN):
        raise EPCISError("URI", "", text, "a URI that nothing runs")


def check_text(text: str) -> None:
    """Refuse a text with control characters, or a longer one than anybody needs.

    Raises:
        EPCISError: see above (CHARACTER, SIZE).
    """
    if len(text) > LONGEST_TEXT:
        raise EPCISError("SIZE", "", text, f"at most {LONGEST_TEXT} characters")
    if find_foreign(text) is not None:
        raise EPCISError("CHARACTER", "", text, "text without control characters and half surrogate pairs")


def check_word(vocabulary: Vocabulary, text: str) -> None:
    """Refuse what is neither a word of the vocabulary nor a URI of another one.

    Raises:
        EPCISError: see above (WORD, URI).
    """
    if not vocabulary.check(text):
        check_uri(text)


def check_action(text: str) -> None:
    """Refuse all but ADD, OBSERVE and DELETE.

    Raises:
        EPCISError: another word (WORD).
    """
    if text not in ACTIONS:
        raise EPCISError("WORD", "", text, "ADD, OBSERVE or DELETE")


def check_offset(text: str) -> None:
    """Refuse what is no offset from UTC between -14:00 and +14:00, always with a sign and two digits each.

    Raises:
        EPCISError: see above (TIME).
    """
    if _OFFSET.fullmatch(text) is None:
        raise EPCISError("TIME", "", text, "an offset from -14:00 to +14:00, as +01:00")


def check_uom(text: str) -> None:
    """Refuse what is no unit code of UN/ECE Recommendation 20: two or three capital letters or digits.

    Raises:
        EPCISError: see above (QUANTITY).
    """
    if _UOM.fullmatch(text) is None:
        raise EPCISError("QUANTITY", "", text, "a unit code of two or three capital letters or digits, as KGM")


def check_hex(text: str) -> None:
    """Refuse what are no bytes in hexadecimal digits.

    Raises:
        EPCISError: see above (SYNTAX).
    """
    if _HEX.fullmatch(text) is None:
        raise EPCISError("SYNTAX", "", text, "bytes as pairs of hexadecimal digits")


def parse_time(text: str) -> datetime:
    """The moment of a date with time and offset. Digits behind the microseconds are dropped from the moment.

    Raises:
        EPCISError: another form, or no such day or time (TIME). A leap second has no moment and is refused.

    Source: RFC 3339 section 5.6, with the capital letters that EPCIS uses.
    """
    if len(text) <= 40 and _TIME.fullmatch(text) is not None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            # The first and the last year have moments that no other time zone can name.
            if 1 < moment.year < 9999:
                return moment
    raise EPCISError("TIME", "", text, "a date and time with offset, as 2026-11-23T08:30:00.000+01:00")
