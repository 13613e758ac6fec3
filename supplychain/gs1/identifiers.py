"""The identifiers of GS1 that Medtrail keeps, as values that check themselves: holding one is the proof.

* `Gtin`: a trade item, AI (01). GTIN-8, -12 and -13 are the same number with fewer leading zeros; we keep 14 digits.
* `Gln`: a party or a place, AI (414), (417), 13 digits.
* `Sscc`: a logistic unit (case, pallet), AI (00), 18 digits.
* `SerialNumber` and `LotNumber`: AI (21) and (10), 1 to 20 characters of set 82. Case matters.
* `Sgtin`: one pack, which is a GTIN with a serial number. Neither half alone names a pack.

Expiry dates travel as YYMMDD and have no century; `parse_yymmdd` and `format_yymmdd` are their two directions.

>>> Sgtin(Gtin.parse("9506000134352"), SerialNumber("B7"))
Sgtin(gtin=Gtin(digits='09506000134352'), serial_number=SerialNumber(text='B7'))
>>> Gtin("09506000134353")
Traceback (most recent call last):
    ...
supplychain.gs1.errors.GS1Error: GTIN '09506000134353': check digit 3 is wrong, expected 2

Source: GS1 General Specifications, section 3 (Application Identifiers) and section 7.12 (dates).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from supplychain.gs1.characters import CHARSET_82, find_foreign, is_digits
from supplychain.gs1.check_digit import verify_check_digit
from supplychain.gs1.errors import GS1Error, show

GTIN_LENGTHS = (8, 12, 13, 14)
LONGEST_NUMBER = 20  # characters of a lot or serial number


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """A trade item, AI (01), always as GTIN-14. Holding one means that its check digit is right."""

    digits: str  # 14 ASCII digits

    def __post_init__(self) -> None:
        _check_number("GTIN", self.digits, 14)

    @classmethod
    def parse(cls, text: str) -> "Gtin":
        """A GTIN of 8, 12, 13 or 14 digits, filled up with leading zeros.

        Spaces and hyphens are refused: what prints with them is as a rule another number (an NDC, an ISBN, a PZN).

        Raises:
            GS1Error: another length, other characters, a wrong check digit (LENGTH, CHARACTER, CHECK_DIGIT).
        """
        if len(text) not in GTIN_LENGTHS:
            raise GS1Error(
                f"GTIN {show(text)}: expected 8, 12, 13 or 14 digits, got {len(text)} characters", code="LENGTH"
            )
        # Checked as it was written, so that the message shows what the person typed.
        _check_number("GTIN", text, len(text))
        return cls(text.zfill(14))

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, order=True)
class Gln:
    """A party or a place, AI (414) or (417)."""

    digits: str  # 13 ASCII digits

    def __post_init__(self) -> None:
        _check_number("GLN", self.digits, 13)

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, order=True)
class Sscc:
    """A logistic unit, AI (00): a case or a pallet on its way."""

    digits: str  # 18 ASCII digits

    def __post_init__(self) -> None:
        _check_number("SSCC", self.digits, 18)

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, order=True)
class SerialNumber:
    """The serial number of a pack, AI (21). Case is kept: `b7` and `B7` are two packs."""

    text: str  # 1 to 20 characters of set 82

    def __post_init__(self) -> None:
        _check_text("Serial number", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class LotNumber:
    """The lot (batch) number, AI (10). Case is kept."""

    text: str  # 1 to 20 characters of set 82

    def __post_init__(self) -> None:
        _check_text("Lot number", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class Sgtin:
    """One pack: a GTIN together with a serial number. Its EPC is `digital_link.canonical_epc`."""

    gtin: Gtin
    serial_number: SerialNumber


def parse_yymmdd(text: str, *, today: date) -> date:
    """The day that a six-digit GS1 date means, seen from `today`.

    Day 00 is the last day of the month, as printed on most medicines. The century is the one that puts the year
    between 49 years before and 50 years after the current one.

    Raises:
        GS1Error: not six digits, or no such day (LENGTH, CHARACTER, DATE).

    Source: GS1 General Specifications, section 7.12 (century) and section 3 (AI (17), day 00).
    """
    if len(text) != 6:
        raise GS1Error(f"Date {show(text)}: expected six digits YYMMDD", code="LENGTH")
    if not is_digits(text):
        raise GS1Error(f"Date {show(text)}: expected six digits YYMMDD", code="CHARACTER")
    year = _century_year(int(text[:2]), today.year)
    month, day = int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12:
        raise GS1Error(f"Date {show(text)}: month {text[2:4]} does not exist, expected 01 to 12", code="DATE")
    last = monthrange(year, month)[1]
    if day > last:
        raise GS1Error(
            f"Date {show(text)}: day {text[4:]} does not exist, month {text[2:4]} has {last} days", code="DATE"
        )
    return date(year, month, day or last)


def format_yymmdd(day: date) -> str:
    """The six digits of a day. The century is lost: a reader finds it again as `parse_yymmdd` does."""
    return day.strftime("%y%m%d")


def _century_year(two_digits: int, current_year: int) -> int:
    """The full year of a two-digit one: 51 or more ahead is the last century, 50 or more behind the next."""
    year = current_year - current_year % 100 + two_digits
    if year - current_year >= 51:
        return year - 100
    if year - current_year <= -50:
        return year + 100
    return year


def _check_number(name: str, digits: str, length: int) -> None:
    """Refuse what is not `length` ASCII digits with a right check digit at the end."""
    if len(digits) != length:
        raise GS1Error(f"{name} {show(digits)}: expected {length} digits, got {len(digits)} characters", code="LENGTH")
    if not is_digits(digits):
        raise GS1Error(f"{name} {show(digits)}: expected nothing but the digits 0 to 9", code="CHARACTER")
    verify_check_digit(name, digits)


def _check_text(name: str, text: str) -> None:
    """Refuse what is not 1 to 20 characters of set 82."""
    if not 0 < len(text) <= LONGEST_NUMBER:
        raise GS1Error(
            f"{name} {show(text)}: expected 1 to {LONGEST_NUMBER} characters, got {len(text)}", code="LENGTH"
        )
    if (foreign := find_foreign(text, CHARSET_82)) is not None:
        raise GS1Error(
            f"{name} {show(text)}: {foreign!r} is not in GS1 character set 82 (letters, digits, some signs, no space)",
            code="CHARACTER",
        )
