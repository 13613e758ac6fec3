"""Rules for parts of GS1 values that length and character set cannot say: hours, zeros, percent sequences, positions.

Each rule takes the name that a message uses and the text of one part, and raises `GS1Error`.

>>> verify_hour_minute("(7003)", "2359")
>>> verify_hour_minute("(7003)", "2460")
Traceback (most recent call last):
    ...
supplychain.gs1.errors.GS1Error: (7003) '2460': expected an hour 00 to 23 and a minute 00 to 59

Source: GS1 Barcode Syntax Dictionary (linters); GS1 General Specifications, section 3.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

from supplychain.gs1.errors import Code, GS1Error, show

Rule = Callable[[str, str], None]

_PERCENT = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*", re.DOTALL)
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
# Ten thousand-millionths of a degree, counted from the south pole and from the antimeridian of Greenwich's east.
_LATITUDE_RANGE = 1_800_000_000
_LONGITUDE_RANGE = 3_600_000_000


def _pattern(expression: str, expected: str, code: Code = "CHARACTER") -> Rule:
    """A rule that a regular expression says; `expected` is how a person would say it."""
    compiled = re.compile(expression, re.ASCII | re.DOTALL)

    def verify(name: str, text: str) -> None:
        if compiled.fullmatch(text) is None:
            raise GS1Error(f"{name} {show(text)}: expected {expected}", code=code)

    return verify


verify_zero = _pattern("0+", "nothing but zeros")
verify_nonzero = _pattern(r"(?=\d*[1-9])\d+", "digits that are not all zero")
verify_no_zero_prefix = _pattern(r"(?:0|[1-9]\d*)?", "digits without a zero in front")
verify_yes_no = _pattern("[01]", "0 or 1")
verify_hyphen = _pattern("-", "a minus")
verify_non_digit = _pattern(r".*\D.*", "at least one character that is no digit")
verify_hour = _pattern(r"[01]\d|2[0-3]", "an hour 00 to 23", "DATE")
verify_minute = _pattern(r"[0-5]\d", "a minute 00 to 59", "DATE")
verify_second = _pattern(r"[0-5]\d", "a second 00 to 59", "DATE")
verify_hour_minute = _pattern(r"(?:[01]\d|2[0-3])[0-5]\d", "an hour 00 to 23 and a minute 00 to 59", "DATE")
verify_sex = _pattern("[0129]", "0, 1, 2 or 9")
verify_winding = _pattern("[019]", "0, 1 or 9")
verify_importer = _pattern(r"[-0-9A-Z_a-z]", "a letter, a digit, - or _")
verify_media_type = _pattern("0[1-9]|10|[89][0-9]", "a media type 01 to 10 or 80 to 99")
# GS1's engine wants what is filled up with = to be of a length that three divides, and so do we.
verify_base64 = _pattern(r"[-\w]*|(?=(?:.{3})+\Z)[-\w]+={1,2}", "base64url, filled up with one or two =, or not at all")


def verify_percent(name: str, text: str) -> None:
    """Every percent sign stands in front of two hexadecimal digits."""
    if _PERCENT.fullmatch(text) is None:
        raise GS1Error(f"{name} {show(text)}: expected two hexadecimal digits behind %", code="CHARACTER")


def verify_piece_of_total(name: str, text: str) -> None:
    """Piece and total, of as many digits each; the piece is one of the total."""
    half = len(text) // 2
    piece, total = text[:half], text[half:]
    is_good = len(piece) == len(total) and text.isascii() and text.isdigit() and 0 < int(piece) <= int(total)
    if not is_good:
        raise GS1Error(f"{name} {show(text)}: expected a piece and a total, the piece 1 to the total", code="COUNT")


def verify_position(name: str, text: str) -> None:
    """`n/m`, the n-th of m, with one digit each and no zero."""
    position, slash, total = text[:1], text[1:2], text[2:]
    digits = "123456789"
    if slash != "/" or len(total) != 1 or position not in digits or total not in digits or not position <= total:
        raise GS1Error(f"{name} {show(text)}: expected a position and a total, as 1/2", code="COUNT")


def verify_long_date(name: str, text: str) -> None:
    """A day YYYYMMDD."""
    _verify_long(name, text, is_month_enough=False)


def verify_long_date0(name: str, text: str) -> None:
    """A day YYYYMMDD, or a month with day 00."""
    _verify_long(name, text, is_month_enough=True)


def verify_latitude(name: str, text: str) -> None:
    """Ten digits, at most twice 90 degrees."""
    _verify_range(name, text, _LATITUDE_RANGE)


def verify_longitude(name: str, text: str) -> None:
    """Ten digits, at most 360 degrees."""
    _verify_range(name, text, _LONGITUDE_RANGE)


def _verify_long(name: str, text: str, *, is_month_enough: bool) -> None:
    """A day that there is."""
    found = _DAY.fullmatch(text)
    if found is not None:
        year, month, day = map(int, found.groups())
        try:
            # The calendar of Python begins with year 1; the four hundred years from 2000 repeat for ever.
            date(2000 + year % 400, month, day or (1 if is_month_enough else 0))
        except ValueError:
            pass
        else:
            return
    raise GS1Error(f"{name} {show(text)}: expected a day YYYYMMDD", code="DATE")


def _verify_range(name: str, text: str, largest: int) -> None:
    """Ten digits up to a number."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()) or int(text) > largest:
        raise GS1Error(f"{name} {show(text)}: expected ten digits up to {largest}", code="CHARACTER")


VALUE_RULES: Mapping[str, Rule] = {
    "zero": verify_zero,
    "nonzero": verify_nonzero,
    "nozeroprefix": verify_no_zero_prefix,
    "yesno": verify_yes_no,
    "hyphen": verify_hyphen,
    "hasnondigit": verify_non_digit,
    "hh": verify_hour,
    "mi": verify_minute,
    "ss": verify_second,
    "hhmi": verify_hour_minute,
    "iso5218": verify_sex,
    "winding": verify_winding,
    "importeridx": verify_importer,
    "mediatype": verify_media_type,
    "pcenc": verify_percent,
    "pieceoftotal": verify_piece_of_total,
    "posinseqslash": verify_position,
    "yyyymmdd": verify_long_date,
    "yyyymmd0": verify_long_date0,
    "latitude": verify_latitude,
    "longitude": verify_longitude,
    "base64": verify_base64,
}
