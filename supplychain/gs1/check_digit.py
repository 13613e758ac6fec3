"""Check digits of GS1 numbers, and the check character pair of the alphanumeric ones.

Weights 3, 1, 3, 1 … run from the right over the body, and the check digit fills the sum up to a multiple of ten. One
rule serves GTIN-8, -12, -13 and -14, GLN and SSCC, because counting starts at the right. It finds every single wrong
digit and most swapped neighbours, but not two neighbours that differ by five: a scan is evidence, never proof.

>>> check_digit("950600013435")
'2'
>>> is_check_digit_right("9506000134352"), is_check_digit_right("9506000134325")
(True, False)

Source: GS1 General Specifications, section 7.9.
"""

from math import isqrt

from supplychain.gs1.characters import CHARSET_82, ORDER_82, find_foreign, is_digits
from supplychain.gs1.errors import GS1Error, show

_VALUE_82 = {character: value for value, character in enumerate(ORDER_82)}
# The check pair's own alphabet leaves out 0, 1, I and O, which people confuse.
_PAIR_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# One prime weight for each character, the smallest at the right. 97 primes reach further than any GS1 value.
_PRIMES = [n for n in range(2, 510) if all(n % d for d in range(2, isqrt(n) + 1))]
_PAIR_MODULUS = 1021


def check_digit(body: str) -> str:
    """The one digit that belongs behind `body`, which is one or more digits without their check digit.

    Raises:
        GS1Error: `body` is empty or has anything but ASCII digits (LENGTH, CHARACTER).

    Source: GS1 General Specifications, section 7.9 (numeric keys).
    """
    _check_digits(body)
    # From the right, every first digit weighs 3 and every second one 1.
    total = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


def is_check_digit_right(digits: str) -> bool:
    """Whether the last digit of `digits` (two or more digits) is the check digit of the others.

    Raises:
        GS1Error: fewer than two characters, or anything but ASCII digits (LENGTH, CHARACTER).
    """
    _check_digits(digits)
    return check_digit(digits[:-1]) == digits[-1]


def verify_check_digit(name: str, digits: str) -> None:
    """Refuse `digits` (two or more) whose last one is not the check digit of the others.

    `name` is what the message calls the number; the message says which check digit was expected.

    Raises:
        GS1Error: the check digit is wrong (CHECK_DIGIT), or these are no digits (LENGTH, CHARACTER).
    """
    if digits[-1:] != (right := check_digit(digits[:-1])):
        raise GS1Error(
            f"{name} {show(digits)}: check digit {digits[-1]} is wrong, expected {right}", code="CHECK_DIGIT"
        )


def check_pair(body: str) -> str:
    """The two check characters that belong behind `body`, 1 to 97 characters of set 82.

    They protect the Global Model Number, AI (8013), and the highly individualised device identifier, AI (8014).

    Raises:
        GS1Error: `body` is empty or too long, or has characters outside set 82 (LENGTH, CHARACTER).

    Source: GS1 General Specifications, section 7.9 (alphanumeric keys).
    """
    if not 0 < len(body) <= len(_PRIMES):
        raise GS1Error(f"Body {show(body)} of a check pair: expected 1 to {len(_PRIMES)} characters", code="LENGTH")
    if (foreign := find_foreign(body, CHARSET_82)) is not None:
        raise GS1Error(
            f"Body {show(body)} of a check pair: {foreign!r} is not in GS1 character set 82", code="CHARACTER"
        )
    total = sum(_VALUE_82[character] * weight for character, weight in zip(reversed(body), _PRIMES, strict=False))
    high, low = divmod(total % _PAIR_MODULUS, len(_PAIR_ALPHABET))
    return _PAIR_ALPHABET[high] + _PAIR_ALPHABET[low]


def _check_digits(text: str) -> None:
    """Refuse what has no digits to weigh."""
    if not text:
        raise GS1Error("Digits '': expected at least one digit", code="LENGTH")
    if not is_digits(text):
        raise GS1Error(f"Digits {show(text)}: expected nothing but the digits 0 to 9", code="CHARACTER")
