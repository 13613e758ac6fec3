"""Lot numbers out of the running text of a recall notice, as authorities and firms write it.

People paste what they were sent. Everything in the text is accounted for: a lot number, an expiry, a word that only
introduces them, or something left over for a person to look at. Nothing is guessed: a range ("from 00112 through
10412") names lots that may not exist, so its ends are left over.

>>> found = read_lots("Lot #'s: a) 90A024, 90A026, Exp 09/13; b) 90A028, Exp 09/13")
>>> found.lots, found.expiries, found.left_over
(('90A024', '90A026', '90A028'), ('09/13', '09/13'), ())

Source: the form of `code-info` in the FDA's enforcement reports.
"""

import re
from dataclasses import dataclass

from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import LotNumber

_TOKEN = re.compile(r"[^\s,;]+")
_LABEL = re.compile(r"(?i)(?:lots?|units?|batch(?:es)?|nos?|numbers?|codes?|and|serial)(?:\s*#?(?:'s|s)?)?[.:#]*")
_ITEM = re.compile(r"(?i)(?:\d{1,2}|[a-z])[).]+|\W+|'?s:?")  # "1)", "a)", "-": which of several products is meant
_DATE = re.compile(r"\(?(?:\d{1,2}[/-])?\d{1,2}[/-](?:\d{2}|\d{4})\)?[.]?")
_MONTH = re.compile(r"(?i)jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec")
_OF_DATE = re.compile(r"\d{1,2}|20\d{2}")
_EXPIRY = re.compile(r"(?i)\(?exp(?:iration|iry|ires|\.)?[.:]?|dates?:?|date\)?")
_RANGE = re.compile(r"(?i)from|through|thru|to")
_AROUND = "()[]{}.:'\""


@dataclass(frozen=True, slots=True)
class FoundLots:
    """What a text names, in its order: lot numbers each once; expiries as written; what a person has to look at."""

    lots: tuple[str, ...]
    expiries: tuple[str, ...]
    left_over: tuple[str, ...]


def read_lots(text: str) -> FoundLots:
    """The lot numbers in `text`."""
    lots: list[str] = []
    expiries: list[str] = []
    left_over: list[str] = []
    is_range = is_date = False
    for token in _TOKEN.findall(_spaced(text)):
        if _RANGE.fullmatch(token):
            is_range = True
        elif _LABEL.fullmatch(token) or _ITEM.fullmatch(token) or _EXPIRY.fullmatch(token):
            is_range = False
        elif _DATE.fullmatch(token) or _MONTH.fullmatch(token) or (is_date and _OF_DATE.fullmatch(token)):
            is_date = _MONTH.fullmatch(token) is not None
            expiries.append(token.strip("()."))
        elif (lot := _lot(token)) is None or is_range:
            left_over.append(token)
        else:
            is_date = False
            lots.append(lot)
    return FoundLots(tuple(dict.fromkeys(lots)), tuple(expiries), tuple(left_over))


def _spaced(text: str) -> str:
    """Labels and brackets that stick to what stands behind them: "#030813", "2)Unit"."""
    return re.sub(r"(?i)(#|units?:|lots?:|(?<=[\s,;)])\d{1,2}\))(?=\S)", r"\1 ", text.replace("\u00a0", " "))


def _lot(token: str) -> str | None:
    """A lot number has a digit, and is one by GS1's rules."""
    bare = token.strip(_AROUND)
    if len(bare) < 4 or not any(sign.isdigit() for sign in bare):
        return None
    try:
        return LotNumber(bare).text
    except GS1Error:
        return None
