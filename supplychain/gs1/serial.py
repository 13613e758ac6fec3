"""The numbers that we give out: serial numbers of packs and SSCCs of logistic units.

A serial number is a secret until its pack is on the market: who can guess one can print it on a fake. So serials are
drawn at random, and a GTIN stops taking new ones before a guess gets better than the law allows: the chance to hit an
issued serial must stay below 1 in 10,000 (EU 2016/161 Article 4(c)), which is a margin of 13.3 bits between the serials
that could be and those that are.

The alphabet is made for keyboard-wedge scanners on the wrong keyboard layout: none of its letters moves between the
Latin layouts, and there are no vowels, so that no word can come out. 12 characters of 25 are 55.7 bits.

>>> round(guess_margin_bits(12, issued=100_000), 1)
39.1
>>> build_sscc("0", "9506000", "1")
Sscc(digits='095060000000000015')
"""

from collections.abc import Callable
from math import log2

from supplychain.gs1.characters import is_digits
from supplychain.gs1.check_digit import check_digit
from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import LONGEST_NUMBER, Sscc

ALPHABET = "0123456789BCDFGHJKNPRSTVX"
DEFAULT_LENGTH = 12
REQUIRED_MARGIN_BITS = 13.3  # a little more than 1 in 10,000

# A byte picks letter `byte % 25`. 250 is the last multiple of 25 that a byte reaches: 250 to 255 are thrown away,
# or the first six letters would come up more often than the others.
_FAIR = 256 - 256 % len(ALPHABET)
_LETTERS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_UNFAIR = bytes(range(_FAIR, 256))
_MOST_ROUNDS = 100


def guess_margin_bits(length: int, issued: int) -> float:
    """How many bits lie between all serials of `length` characters and the `issued` ones: log2(space / issued).

    `length` 1 to 20; `issued` 0 or more serials of one GTIN. 13.3 bits are a chance of 1 in 10,000 for one guess.
    """
    _check_length(length)
    if issued < 0:
        raise GS1Error(f"{issued} issued serials: expected 0 or more", code="COUNT")
    return length * log2(len(ALPHABET)) - log2(max(issued, 1))


def check_margin(length: int, issued: int) -> None:
    """Refuse to let a GTIN have `issued` serials of `length` characters if one could then be guessed.

    `issued` counts all serials of the GTIN, those about to be issued included.

    Raises:
        GS1Error: the margin would be less than 13.3 bits (GUESS_MARGIN).

    Source: Commission Delegated Regulation (EU) 2016/161, Article 4(b) and (c).
    """
    if (margin := guess_margin_bits(length, issued)) < REQUIRED_MARGIN_BITS:
        raise GS1Error(
            f"{issued} serials of {length} characters: a guess margin of {margin:.1f} bits, "
            f"expected at least {REQUIRED_MARGIN_BITS}; use longer serials",
            code="GUESS_MARGIN",
        )


def mint_serials(count: int, random_bytes: Callable[[int], bytes], length: int = DEFAULT_LENGTH) -> list[str]:
    """`count` distinct serials of `length` characters, each as likely as any other.

    `random_bytes(n)` gives n bytes and must be the system's generator (`secrets.token_bytes`) outside of tests. The
    serials differ from each other; that they differ from those issued before is for the caller's database to see.

    Raises:
        GS1Error: `count` below 1 (COUNT), a length outside 1 to 20 (LENGTH), too many for the length (GUESS_MARGIN),
            a source of random bytes that repeats itself or stops (RANDOM_SOURCE).
    """
    if count < 1:
        raise GS1Error(f"{count} serials: expected 1 or more", code="COUNT")
    check_margin(length, count)
    found: dict[str, None] = {}  # a set that keeps the order of drawing
    for _ in range(_MOST_ROUNDS):
        wanted = (count - len(found)) * length
        letters = random_bytes(wanted * 256 // _FAIR + 64).translate(_LETTERS, _UNFAIR).decode("ascii")
        found.update(dict.fromkeys(letters[at : at + length] for at in range(0, len(letters) - length + 1, length)))
        if len(found) >= count:
            return list(found)[:count]
    raise GS1Error(
        f"Source of random bytes: {len(found)} different serials after {_MOST_ROUNDS} rounds, expected {count}",
        code="RANDOM_SOURCE",
    )


def build_sscc(extension_digit: str, company_prefix: str, serial_reference: str) -> Sscc:
    """The SSCC of a logistic unit: extension digit, company prefix, serial reference filled up to 17, check digit.

    `extension_digit` is one digit, `company_prefix` 4 to 12 digits, `serial_reference` the digits that are left.

    Raises:
        GS1Error: a part that is no such digits, or too long a reference (CHARACTER, PREFIX, LENGTH).

    Source: GS1 General Specifications, section 3 (AI (00)).
    """
    if not (len(extension_digit) == 1 and is_digits(extension_digit)):
        raise GS1Error(f"Extension digit {show(extension_digit)}: expected one digit", code="CHARACTER")
    if not (is_digits(company_prefix) and 4 <= len(company_prefix) <= 12):
        raise GS1Error(f"Company prefix {show(company_prefix)}: expected 4 to 12 digits", code="PREFIX")
    if not is_digits(serial_reference):
        raise GS1Error(f"Serial reference {show(serial_reference)}: expected digits", code="CHARACTER")
    room = 16 - len(company_prefix)
    if len(serial_reference) > room:
        raise GS1Error(
            f"Serial reference {show(serial_reference)}: expected at most {room} digits behind prefix {company_prefix}",
            code="LENGTH",
        )
    body = extension_digit + company_prefix + serial_reference.zfill(room)
    return Sscc(body + check_digit(body))


def _check_length(length: int) -> None:
    """Refuse serials that AI (21) cannot carry."""
    if not 0 < length <= LONGEST_NUMBER:
        raise GS1Error(f"Serials of {length} characters: expected 1 to {LONGEST_NUMBER}", code="LENGTH")
