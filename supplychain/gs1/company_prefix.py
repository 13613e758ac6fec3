"""How long the company prefix at the beginning of a key is: only GS1's list knows.

The list is the one that the library biip brings along. It ages: a prefix given out since then is not in it, and then
a Digital Link has no URN here. Nobody has to guess.

>>> prefix_length("061414112345"), prefix_length("0999999999999")
(7, None)

Source: GS1 General Specifications, section 1.4; GS1's table of company prefix lengths, as of biip's release.
"""

from functools import lru_cache

from biip import ParseError
from biip.gs1_prefixes import GS1CompanyPrefix

from supplychain.gs1.characters import is_digits
from supplychain.gs1.errors import GS1Error, show


@lru_cache(maxsize=4096)
def prefix_length(digits: str) -> int | None:
    """The number of digits of the company prefix with which `digits` begins, or None if the list does not have it."""
    try:
        found = GS1CompanyPrefix.extract(digits)
    except ParseError:
        return None
    return None if found is None else len(found.value)


def known_prefix_length(body: str) -> int:
    """The same for `epc_urn.uri_to_urn`, where a URN cannot be written without it.

    Raises:
        GS1Error: the list does not have it (PREFIX).
    """
    length = prefix_length(body[:12]) if is_digits(body[:12]) else prefix_length(_leading_digits(body))
    if length is None:
        raise GS1Error(f"Key {show(body)}: its company prefix is not in GS1's list", code="PREFIX")
    return length


def _leading_digits(text: str) -> str:
    """The digits in front of the first other character."""
    end = next((at for at, character in enumerate(text) if not is_digits(character)), len(text))
    return text[:end]
