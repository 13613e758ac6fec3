"""Element strings and text in brackets, written: what goes into a barcode, and what is printed below it.

>>> elements = {"01": "09506000134352", "10": "L1", "17": "280131", "21": "B7"}
>>> format_element_string(elements, symbology="]d2")
']d2010950600013435210L1\\x1d1728013121B7'
>>> format_bracketed(elements)
'(01)09506000134352(10)L1(17)280131(21)B7'

Source: GS1 General Specifications, section 7.8 (element strings), section 4.14 (text below a barcode).
"""

from collections.abc import Mapping

from supplychain.gs1.ai import AIS, check_value
from supplychain.gs1.element_string import GS1_SYMBOLOGIES, SEPARATOR
from supplychain.gs1.errors import GS1Error, show


def format_element_string(elements: Mapping[str, str], *, symbology: str = "") -> str:
    """The element string of values by AI, in their order, as a scanner gives it.

    A separator stands behind each value of open length that is not the last. `symbology` is what a scanner puts in
    front, as `]d2` for a DataMatrix; empty for the bare string.

    Raises:
        GS1Error: nothing to write (SYNTAX), an unknown AI (UNKNOWN_AI), a value that its AI does not allow, or a
            symbology that carries no element strings (OTHER_SYSTEM).
    """
    if symbology and symbology not in GS1_SYMBOLOGIES:
        raise GS1Error(
            f"Symbology {show(symbology)}: expected one of {', '.join(GS1_SYMBOLOGIES)}", code="OTHER_SYSTEM"
        )
    _check(elements)
    last = next(reversed(list(elements)))
    parts = []
    for digits, value in elements.items():
        is_open = not AIS[digits].has_predefined_length and digits != last
        parts.append(digits + value + (SEPARATOR if is_open else ""))
    return symbology + "".join(parts)


def format_bracketed(elements: Mapping[str, str]) -> str:
    """The same values as text with the AIs in brackets; a bracket in a value that opens is written `\\(`.

    Raises:
        GS1Error: as `format_element_string`.
    """
    _check(elements)
    return "".join(f"({digits}){value.replace('(', chr(92) + '(')}" for digits, value in elements.items())


def _check(elements: Mapping[str, str]) -> None:
    """Something to write, and nothing that could not be read again."""
    if not elements:
        raise GS1Error("Elements: expected at least one", code="SYNTAX")
    for digits, value in elements.items():
        if digits not in AIS:
            raise GS1Error(f"({digits}) is not a GS1 Application Identifier", code="UNKNOWN_AI")
        check_value(AIS[digits], value)
