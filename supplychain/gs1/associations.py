"""Which Application Identifiers have to stand together in one code, and which must not.

A lot number says nothing without the product whose lot it is; two products in one code say nothing at all. These rules
are about a whole code, so they are asked once all its elements are read; a rule about a single value is `ai`'s.

>>> check_associations({"01": "09506000134352", "10": "L1", "17": "280131"})
>>> check_associations({"10": "L1"})
Traceback (most recent call last):
    ...
supplychain.gs1.errors.GS1Error: (10) needs one of (01), (02), (03), (8006), (8026) in the same code

A line of `_REQUIRES` reads: one of the alternatives (`+` joins what has to be there together), and the AIs that need
it. `n` stands for any digit.

Source: GS1 General Specifications, section 4.13 (data relationships); GS1 Barcode Syntax Dictionary (req, ex).
"""

import re
from collections.abc import Iterable, Mapping

from supplychain.gs1.errors import GS1Error

_REQUIRES = """
37: 02 8026
01,02,03,8006,8026: 10 11 13 15 16 20 240 241 422
8020: 12 391n 415
01,02,03,255,8006,8026: 17
01,03,8006: 21 251 7021 8012
01: 22 235 337n 710 711 712 713 714 715 716 717 8001 8014 8200
01,02,8006,8026: 242 7001
01,03: 243
01+21,03+21,8006+21: 250
414: 254
01,02: 30 310n 311n 312n 313n 314n 315n 316n 320n 321n 322n 323n 324n 325n 326n 327n 328n 329n 350n 351n 352n 356n
01,02: 357n 360n 361n 364n 365n 366n 7002 7005 7006 7007 7008 7009 703n 8005
00,01: 330n 331n 332n 333n 334n 335n 336n 340n 341n 342n 343n 344n 345n 346n 347n 348n 349n 353n 354n 355n 362n 363n
00,01: 367n 368n 369n
00+02,00+8026: 37
255,8020: 390n
01+30,01+31nn,01+32nn,01+35nn,01+36nn: 392n
30,31nn,32nn,35nn,36nn: 393n 395n
255: 394n 8111
00: 403 4300 4301 4302 4304 4305 4306 4307 4308 4309 4310 4311 4312 4314 4315 4316 4317 4318 4319 432n 433n 7041
01,02,03: 423 424 425 426 7003 7010 7011 8008
01+422,02+422,03+422: 427
4302: 4303
4312: 4313
01+10,03+10: 7004
01+416,03+416,8006+416: 7020
01+7021,03+7021,8006+7021: 7022
01,8004: 723n
01,8006: 7240
8017,8018: 7241 7242 7253 7254 7255 7256 8019
8018: 7250 7251 7252 7257 7259
8018+7259: 7258
415: 8007 8020
00,01,03: 8009
8010: 8011
00,01+21,03+21,253,255,8003,8004,8006+21,8010+8011,8017,8018: 8030
01+21: 8040
01+21+8040: 8041 8042 8043
"""
_EXCLUDES = """
255,37: 01
01,03: 02
01,02,37,235: 03
235: 21
01,02,415,8006,8020,8026: 255
390n,391n,394n,8111: 390n
391n: 391n
392n,393n: 392n
393n: 393n
394n,8111: 394n
392n,393n,395n,8005: 395n
421: 420
4307: 421
426: 422 423 424 425
4331: 4330
4330: 4331
4333: 4332
4332: 4333
03: 7240
7251: 7250
7250: 7251
7256,7259: 7253 7254 7255
7256: 7259
01,03,37: 8006
8018: 8017
8017: 8018
02,03,8006: 8026
"""
# Of one measure only one place of the decimal point.
_ONE_OF_A_KIND = re.compile(r"(?:31[0-6]|32\d|33[0-7]|3[45]\d|36\d)\d", re.ASCII)
# How many characters these keys have without their serial number.
_UNSERIALISED = {"253": 13, "255": 13, "8003": 14}


def _parse_rules(text: str) -> list[tuple[re.Pattern[str], list[list[str]]]]:
    """(AIs, alternatives) of each line; an alternative is a list of AIs."""
    rules = []
    for line in text.strip().splitlines():
        alternatives, ais = line.split(": ")
        pattern = re.compile("|".join(ais.split()).replace("n", r"\d"), re.ASCII)
        rules.append((pattern, [one.split("+") for one in alternatives.split(",")]))
    return rules


REQUIRED = _parse_rules(_REQUIRES)
EXCLUDED = _parse_rules(_EXCLUDES)


def check_associations(elements: Mapping[str, str]) -> None:
    """Refuse a code whose elements (by AI) do not belong together.

    Raises:
        GS1Error: an element without what it needs, or beside what it excludes (MISPLACED_AI).
    """
    for ai in elements:
        for pattern, alternatives in EXCLUDED:
            if pattern.fullmatch(ai):
                _refuse_beside(ai, [one for (one,) in alternatives], elements)
        if _ONE_OF_A_KIND.fullmatch(ai):
            _refuse_beside(ai, [f"{ai[:3]}n"], elements)
        for pattern, alternatives in REQUIRED:
            if pattern.fullmatch(ai) and not any(_are_all_there(some, elements) for some in alternatives):
                names = ", ".join(" with ".join(f"({one})" for one in some) for some in alternatives)
                raise GS1Error(f"({ai}) needs one of {names} in the same code", code="MISPLACED_AI")
    _check_signature(elements)


def _refuse_beside(ai: str, others: Iterable[str], elements: Mapping[str, str]) -> None:
    """None of the others stands beside this AI."""
    for other in others:
        for found in elements:
            if found != ai and _is_meant(other, found):
                raise GS1Error(f"({ai}) and ({found}) cannot stand in one code", code="MISPLACED_AI")


def _are_all_there(wanted: Iterable[str], elements: Mapping[str, str]) -> bool:
    """Each of the AIs of an alternative is there."""
    return all(any(_is_meant(one, found) for found in elements) for one in wanted)


def _is_meant(pattern: str, ai: str) -> bool:
    """Whether an AI is the one of a rule, in which n stands for any digit."""
    return len(pattern) == len(ai) and all(a in ("n", b) for a, b in zip(pattern, ai, strict=True))


def _check_signature(elements: Mapping[str, str]) -> None:
    """A digital signature (8030) signs one thing, so a key that can have a serial number has one."""
    for ai, length in _UNSERIALISED.items():
        if "8030" in elements and ai in elements and len(elements[ai]) == length:
            raise GS1Error(f"(8030) needs a serial number in ({ai})", code="MISPLACED_AI")
