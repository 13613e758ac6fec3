"""The character sets of GS1 values, and what counts as a digit.

GS1 has four: digits, set 82 for lots and serials, set 39 for component identifiers, set 64 (base64url) for signatures.
Case is never folded: `abc` and `ABC` are two serial numbers.

Python's own `isdigit` and `\\d` accept the digits of forty scripts; ``"٣".isdigit()`` is true, and `int` reads them. A
GTIN written in them would be a second spelling of the same product, so everything here means ASCII.

>>> is_digits("0123"), is_digits("٠١٢٣"), find_foreign("LOT 7", CHARSET_82)
(True, False, ' ')

Source: GS1 General Specifications, section 7.11.
"""

DIGITS = frozenset("0123456789")

# In the order of the standard, which gives each character its value in a check character pair.
ORDER_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CHARSET_82 = frozenset(ORDER_82)
CHARSET_39 = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
CHARSET_64 = frozenset("-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


def is_digits(text: str) -> bool:
    """Whether `text` is one or more of the ten ASCII digits, and nothing else."""
    return text.isascii() and text.isdigit()


def find_foreign(text: str, allowed: frozenset[str]) -> str | None:
    """The first character of `text` that is not in `allowed`, or None.

    The whole text is compared as a set first: that is one fast operation, and almost every text passes.
    """
    if allowed.issuperset(text):
        return None
    return next(character for character in text if character not in allowed)
