"""The Application Identifiers: which exist, what may stand behind each, and where each may stand.

An Application Identifier (AI) is the two to four digits in front of a value that say what the value is: (01) a GTIN,
(17) an expiry date, (21) a serial number. This module knows all that GS1 has defined; `check_value` is the one door
through which a value of an AI comes in, whatever carried it.

A format is written in the standard's manner: ``N6`` six digits, ``X..20`` one to twenty characters of set 82, ``Y`` of
set 39, ``Z`` of set 64, in brackets what may be left out. Behind a comma stands what else must hold:

* ``check``: the last digit is the check digit; ``pair``: the last two characters are the check pair
* ``prefix``: begins with four digits, the least that a GS1 company prefix has
* ``date0``: a day YYMMDD, where day 00 is allowed; ``date``: a day YYMMDD
* the rest are rules of `value_rules`, by GS1's names for them

Country and currency codes, IBANs and coupons are checked for length and characters alone: no medicine carries them, and
a code list that ages inside a parser refuses good packs.

>>> AIS["17"].is_attribute, AIS["21"].is_attribute
(True, False)
>>> check_value(AIS["17"], "271300")
Traceback (most recent call last):
    ...
supplychain.gs1.errors.GS1Error: (17) Date '271300': month 13 does not exist, expected 01 to 12

Source: GS1 General Specifications, section 3; GS1 Barcode Syntax Dictionary; GS1 Digital Link: URI syntax, section 4.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from supplychain.gs1.characters import CHARSET_39, CHARSET_64, CHARSET_82, DIGITS, find_foreign, is_digits
from supplychain.gs1.check_digit import check_pair, verify_check_digit
from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import parse_yymmdd
from supplychain.gs1.value_rules import VALUE_RULES

# Format, and the AIs that have it. `310n-311n` are 3100 to 3105 and 3110 to 3115: the n places the decimal point.
_FORMATS = (
    ("N18,check", "00 8017 8018"),
    ("N14,check", "01-03"),
    ("N6,date0", "11-13 15-17"),
    ("X..20", "10 21 22 243 254 420 4318 7020-7022 710-717 7240 8002 8012"),
    ("X..28", "235"),
    ("X..30", "240 241 250 251 400 403 4308 4319 7002 90"),
    ("X..90", "91-99"),
    ("X..90,pcenc", "7256"),
    ("N2", "20"),
    ("N2,mediatype", "7241"),
    ("N..6", "242"),
    ("N..8", "30 37"),
    ("N6", "310n-316n 320n-337n 340n-357n 360n-369n 395n 8005"),
    ("N..15", "3900-3909 3920-3929"),
    ("N3 N..15", "3910-3919 3930-3939"),
    ("N4", "3940-3943 8111"),
    ("N13,check [X..17]", "253"),
    ("N13,check [N..12]", "255"),
    ("X..30,prefix", "401 7023 8004"),
    ("N17,check", "402"),
    ("N13,check", "410-417"),
    ("N3 X..9", "421"),
    ("N3", "422 424 426"),
    ("N3 [N3] [N3] [N3] [N3]", "423 425"),
    ("X..3", "427 7008"),
    ("X..35,pcenc", "4300 4301 4310 4311 4320"),
    ("X..70,pcenc", "4302-4306 4312-4316 7257"),
    ("X..70", "8110 8112 8200"),
    ("X2", "4307 4317"),
    ("N10,latitude N10,longitude", "4309"),
    ("N1,yesno", "4321-4323"),
    ("N1,iso5218", "7252"),
    ("N6,date0 N4,hhmi", "4324 4325"),
    ("N6,date", "4326 7006"),
    ("N6 [X1,hyphen]", "4330-4333"),
    ("N13", "7001"),
    ("N6,date N4,hhmi", "7003"),
    ("N..4", "7004"),
    ("X..12", "7005"),
    ("N6,date [N6,date]", "7007"),
    ("X..10", "7009 7255"),
    ("X..2", "7010"),
    ("N6,date [N4,hhmi]", "7011"),
    ("N3 X..27", "7030-7039"),
    ("N1 X1 X1 X1,importeridx", "7040"),
    ("X..4", "7041"),
    ("X2 X..28", "7230-7239"),
    ("X..25", "7242 8020"),
    ("N8,yyyymmdd", "7250"),
    ("N8,yyyymmdd N4,hhmi", "7251"),
    ("X..40,pcenc", "7253 7254 7259"),
    ("X3,posinseqslash", "7258"),
    ("N4,nonzero N5,nonzero N3,nonzero N1,winding N1", "8001"),
    ("N1,zero N13,check [X..16]", "8003"),
    ("N14,check N4,pieceoftotal", "8006 8026"),
    ("X..34", "8007"),
    ("N6,date N2,hh [N2,mi] [N2,ss]", "8008"),
    ("X..50", "8009"),
    ("Y..30,prefix", "8010"),
    ("N..12,nozeroprefix", "8011"),
    ("X..25,pair,prefix", "8013"),
    ("X..25,pair,prefix,hasnondigit", "8014"),
    ("N..10", "8019"),
    ("Z..90,base64", "8030"),
    ("N15", "8040 8041"),
    ("N32", "8042"),
    ("N18 [N..2]", "8043"),
)

# In a Digital Link these may not be data attributes: qualifiers, secrets and what would be a second identity.
_NO_ATTRIBUTES = "03 21 22 235 254 7040 7041 8011 8014 8019 8020 8040-8043 8200"

# AIs that begin so have one length for ever, and need no separator behind their value. The list is closed: a reader
# that has never heard of a newer AI can still find its end.
_PREDEFINED = frozenset({f"{digits:02d}" for digits in (*range(5), *range(11, 21), *range(31, 37), 41)})

_CHARACTER_SETS = {"N": DIGITS, "X": CHARSET_82, "Y": CHARSET_39, "Z": CHARSET_64}
_SET_NAMES = {"N": "a digit", "X": "in GS1 character set 82", "Y": "in GS1 character set 39", "Z": "base64url"}

# Seen from 2049 every two-digit year lies in this century, whose leap years are those of the two digits alone.
_ANY_CENTURY = date(2049, 1, 1)


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a value: `shortest` to `longest` characters of one set, and the rules by name."""

    kind: str  # N, X, Y or Z
    shortest: int
    longest: int
    is_optional: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """One AI. `digits` are its two to four digits, without brackets."""

    digits: str
    parts: tuple[Part, ...]
    is_attribute: bool  # may stand in the query of a Digital Link

    @property
    def has_predefined_length(self) -> bool:
        """Whether an element string needs no separator behind this AI's value."""
        return self.digits[:2] in _PREDEFINED

    @property
    def longest(self) -> int:
        """The most characters that a value can have."""
        return sum(part.longest for part in self.parts)


def check_value(ai: ApplicationIdentifier, value: str) -> None:
    """Refuse a value that cannot stand behind this AI. `value` is decoded: no percent sign stands for something else.

    Raises:
        GS1Error: too short or too long (LENGTH), a character outside the set (CHARACTER), a check digit or pair that
            is wrong (CHECK_DIGIT), no such day (DATE), no company prefix (PREFIX).
    """
    if not value:
        raise GS1Error(f"({ai.digits}) has no value", code="LENGTH")
    at = 0
    for part in ai.parts:
        text = value[at : at + part.longest]
        if part.is_optional and not text:
            break
        if len(text) < part.shortest:
            raise GS1Error(f"({ai.digits}) {show(value)} is too short: {_expected_length(ai)}", code="LENGTH")
        if (foreign := find_foreign(text, _CHARACTER_SETS[part.kind])) is not None:
            raise GS1Error(f"({ai.digits}) {show(value)}: {foreign!r} is not {_SET_NAMES[part.kind]}", code="CHARACTER")
        for rule in part.rules:
            _RULES[rule](f"({ai.digits})", text)
        at += len(text)
    if at < len(value):
        raise GS1Error(f"({ai.digits}) {show(value)} is too long: {_expected_length(ai)}", code="LENGTH")


def find_ai_at_start(text: str) -> ApplicationIdentifier | None:
    """The AI with which `text` begins, or None. No two AIs fit: the first two digits decide how many there are."""
    return AIS.get(text[: _LENGTH_BY_PREFIX.get(text[:2], 0)])


def _expected_length(ai: ApplicationIdentifier) -> str:
    """How long a value may be, in words."""
    shortest = sum(part.shortest for part in ai.parts if not part.is_optional)
    kind = "digits" if all(part.kind == "N" for part in ai.parts) else "characters"
    return f"expected {shortest if shortest == ai.longest else f'{shortest} to {ai.longest}'} {kind}"


def _verify_pair(name: str, text: str) -> None:
    """The last two characters are the check pair of those before."""
    if len(text) < 3 or text[-2:] != check_pair(text[:-2]):
        raise GS1Error(f"{name} {show(text)}: the check characters {text[-2:]!r} are wrong", code="CHECK_DIGIT")


def _verify_prefix(name: str, text: str) -> None:
    """Four digits to begin with. Whether GS1 gave that prefix to anybody is a question for its registry, not for us."""
    if len(text) < 4 or not is_digits(text[:4]):
        raise GS1Error(f"{name} {show(text)}: expected to begin with a GS1 company prefix", code="PREFIX")


def _verify_date0(name: str, text: str) -> None:
    """A day, or a month with day 00."""
    try:
        parse_yymmdd(text, today=_ANY_CENTURY)
    except GS1Error as error:
        raise GS1Error(f"{name} {error}", code=error.code) from None


def _verify_date(name: str, text: str) -> None:
    """A day of its own."""
    _verify_date0(name, text)
    if text.endswith("00"):
        raise GS1Error(f"{name} Date {show(text)}: day 00 may not stand here", code="DATE")


_RULES: Mapping[str, Callable[[str, str], None]] = {
    "check": verify_check_digit,
    "pair": _verify_pair,
    "prefix": _verify_prefix,
    "date0": _verify_date0,
    "date": _verify_date,
    **VALUE_RULES,
}


def _expand(ranges: str) -> Iterator[str]:
    """The AIs of a list like `10 21-22 310n-316n`, each with its own number of digits."""
    for entry in ranges.split():
        first, _, last = entry.partition("-")
        points = "012345" if first.endswith("n") else [""]
        first, last = first.rstrip("n"), (last or first).rstrip("n")
        for number in range(int(first), int(last) + 1):
            for point in points:
                yield f"{number:0{len(first)}d}{point}"


def _parse_part(text: str) -> Part:
    """One component of a format: `N6,date`, `[X..17]`."""
    kind, *rules = text.strip("[]").split(",")
    longest = int(re.sub(r"\D", "", kind))
    return Part(kind[0], 1 if ".." in kind else longest, longest, text.startswith("["), tuple(rules))


def _build_table() -> dict[str, ApplicationIdentifier]:
    """All AIs by their digits."""
    no_attributes = frozenset(_expand(_NO_ATTRIBUTES))
    table = {}
    for parts_text, ranges in _FORMATS:
        parts = tuple(map(_parse_part, parts_text.split()))
        for digits in _expand(ranges):
            table[digits] = ApplicationIdentifier(digits, parts, digits not in no_attributes)
    return table


AIS: Mapping[str, ApplicationIdentifier] = MappingProxyType(_build_table())
_LENGTH_BY_PREFIX = {digits[:2]: len(digits) for digits in AIS}
