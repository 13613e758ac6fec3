"""Every verdict, by the facts that lead to it: hostile cases first, then the honest ones."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from anticounterfeit import verdict as module
from anticounterfeit.code import Claim
from anticounterfeit.verdict import (
    BatchFacts,
    KnownPack,
    PackFacts,
    Severity,
    Verdict,
    assess_pack,
    assess_unit,
    unreadable,
)
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber
from supplychain.lifecycle import BatchState, Life, Role

TODAY = date(2026, 11, 23)
EXPIRY = date(2028, 1, 31)
CLAIM = Claim(Gtin("09520001000010"), LotNumber("L1"), SerialNumber("B7"), EXPIRY)
BATCH = BatchFacts("L1", EXPIRY)
PACK = KnownPack(Life.ACTIVE, BATCH, seen_with=Role.PHARMACY)
FOLLOWED = PackFacts(product_known=True, maker_reports=True)
HONEST = replace(FOLLOWED, pack=PACK)


def with_pack(**changes):
    return replace(HONEST, pack=replace(PACK, **changes))


def with_batch(**changes):
    return with_pack(batch=replace(BATCH, **changes))


CASES = {
    # What a forger's code looks like.
    "made-up serial": (CLAIM, replace(FOLLOWED, claimed_batch=BATCH), "UNKNOWN_SERIAL", "bad", "A3"),
    "made-up serial without a lot": (replace(CLAIM, lot_number=None), FOLLOWED, "UNKNOWN_SERIAL", "bad", "A3"),
    "true serial, other lot": (replace(CLAIM, lot_number=LotNumber("L2")), HONEST, "BATCH_MISMATCH", "bad", "A68"),
    "lot in another case": (replace(CLAIM, lot_number=LotNumber("l1")), HONEST, "BATCH_MISMATCH", "bad", "A68"),
    "true serial, later expiry": (replace(CLAIM, expiry=date(2029, 1, 31)), HONEST, "EXPIRY_MISMATCH", "bad", "A52"),
    "true serial, other lot and expiry": (
        replace(CLAIM, lot_number=LotNumber("L2"), expiry=date(2029, 1, 31)),
        HONEST,
        "BATCH_MISMATCH",
        "bad",
        "A68",
    ),
    "relabelled recalled pack": (
        replace(CLAIM, lot_number=LotNumber("L2")),
        with_batch(state=BatchState.RECALLED),
        "BATCH_MISMATCH",
        "bad",
        "A68",
    ),
    "expiry changed on a product code": (
        Claim(CLAIM.gtin, CLAIM.lot_number, None, date(2029, 1, 31)),
        replace(FOLLOWED, claimed_batch=BATCH),
        "EXPIRY_MISMATCH",
        "bad",
        "A52",
    ),
    "lost": (CLAIM, with_pack(life=Life.LOST), "LOST", "bad", None),
    "stolen": (CLAIM, with_pack(life=Life.STOLEN), "STOLEN", "bad", None),
    "stolen and recalled": (
        CLAIM,
        with_pack(life=Life.STOLEN, batch=replace(BATCH, state=BatchState.RECALLED)),
        "STOLEN",
        "bad",
        None,
    ),
    "destroyed": (CLAIM, with_pack(life=Life.DESTROYED), "DESTROYED", "bad", None),
    "sampled by an authority": (CLAIM, with_pack(life=Life.SAMPLED), "SAMPLED", "bad", None),
    "box of a repackaged medicine": (CLAIM, with_pack(life=Life.REPACKAGED), "REPACKAGED", "bad", None),
    # Unfit, and no forgery: no alert.
    "recalled": (CLAIM, with_batch(state=BatchState.RECALLED), "RECALLED", "bad", None),
    "recalled after it was dispensed": (
        CLAIM,
        with_pack(life=Life.DISPENSED, batch=replace(BATCH, state=BatchState.RECALLED)),
        "RECALLED",
        "bad",
        None,
    ),
    "withdrawn": (CLAIM, with_batch(state=BatchState.WITHDRAWN), "WITHDRAWN", "bad", None),
    "recalled and expired": (
        replace(CLAIM, expiry=None),
        with_batch(state=BatchState.RECALLED, expiry=TODAY - timedelta(days=1)),
        "RECALLED",
        "bad",
        None,
    ),
    "expired yesterday": (
        replace(CLAIM, expiry=TODAY - timedelta(days=1)),
        with_batch(expiry=TODAY - timedelta(days=1)),
        "EXPIRED",
        "bad",
        None,
    ),
    "product code with a past expiry": (
        Claim(CLAIM.gtin, None, None, TODAY - timedelta(days=1)),
        FOLLOWED,
        "EXPIRED",
        "bad",
        None,
    ),
    "batch code of a recalled batch": (
        Claim(CLAIM.gtin, CLAIM.lot_number),
        replace(FOLLOWED, claimed_batch=replace(BATCH, state=BatchState.RECALLED)),
        "RECALLED",
        "bad",
        None,
    ),
    "recalled from pharmacies, and dispensed before": (
        CLAIM,
        with_pack(life=Life.DISPENSED, batch=replace(BATCH, state=BatchState.RECALLED, reaches_patients=False)),
        "RECALLED_IN_TRADE",
        "warn",
        None,
    ),
    "recalled from pharmacies, and still there": (
        CLAIM,
        with_batch(state=BatchState.RECALLED, reaches_patients=False),
        "RECALLED",
        "bad",
        None,
    ),
    "partly recalled, and no serial": (
        replace(CLAIM, serial_number=None),
        replace(FOLLOWED, claimed_batch=replace(BATCH, state=BatchState.PARTLY)),
        "PARTLY_RECALLED",
        "warn",
        None,
    ),
    "held": (CLAIM, with_pack(is_held=True), "HELD", "bad", None),
    "held, and dispensed before": (CLAIM, with_pack(life=Life.DISPENSED, is_held=True), "DISPENSED", "info", None),
    "locked": (CLAIM, with_pack(life=Life.LOCKED), "LOCKED", "bad", None),
    "exported": (CLAIM, with_pack(life=Life.EXPORTED), "EXPORTED", "warn", None),
    "free sample": (CLAIM, with_pack(life=Life.FREE_SAMPLE), "FREE_SAMPLE", "warn", None),
    # Late uploads, which are no forgery either.
    "lot that nobody knows": (CLAIM, FOLLOWED, "NOT_REPORTED_YET", "info", "A2"),
    "lot without packs": (
        CLAIM,
        replace(FOLLOWED, claimed_batch=replace(BATCH, has_packs=False)),
        "NOT_REPORTED_YET",
        "info",
        "A3",
    ),
    "serial drawn, pack not made": (
        CLAIM,
        replace(with_pack(life=Life.ALLOCATED), claimed_batch=replace(BATCH, has_packs=False)),
        "NOT_REPORTED_YET",
        "info",
        "A3",
    ),
    "batch code of an unknown lot": (Claim(CLAIM.gtin, CLAIM.lot_number), FOLLOWED, "NOT_REPORTED_YET", "info", "A2"),
    # Nothing to say.
    "unknown product": (CLAIM, PackFacts(), "UNKNOWN_PRODUCT", "info", None),
    "maker who does not report": (CLAIM, PackFacts(product_known=True), "NOT_FOLLOWED", "info", None),
    "product code": (Claim(CLAIM.gtin), FOLLOWED, "NO_SERIAL", "info", None),
    "product code with expiry": (Claim(CLAIM.gtin, expiry=TODAY), FOLLOWED, "NO_SERIAL", "info", None),
    "batch code": (
        Claim(CLAIM.gtin, CLAIM.lot_number, None, EXPIRY),
        replace(FOLLOWED, claimed_batch=BATCH),
        "NO_SERIAL",
        "info",
        None,
    ),
    # Honest packs.
    "dispensed": (CLAIM, with_pack(life=Life.DISPENSED), "DISPENSED", "info", None),
    "active": (CLAIM, HONEST, "MATCHES", "ok", None),
    "active, code without lot and expiry": (
        Claim(CLAIM.gtin, None, CLAIM.serial_number),
        HONEST,
        "MATCHES",
        "ok",
        None,
    ),
    "on its last good day": (replace(CLAIM, expiry=TODAY), with_batch(expiry=TODAY), "MATCHES", "ok", None),
}


@pytest.mark.parametrize(("claim", "facts", "code", "severity", "alert"), CASES.values(), ids=CASES)
def test_the_verdict_follows_from_the_facts(claim, facts, code, severity, alert):
    verdict = assess_pack(claim, facts, TODAY)
    assert (verdict.code, verdict.severity, verdict.alert) == (code, severity, alert)


def test_a_pack_is_asked_where_it_was_dispensed():
    verdict = assess_pack(
        CLAIM, with_pack(life=Life.DISPENSED, dispensed_on=date(2026, 11, 20), dispensed_in="CH"), TODAY
    )
    assert verdict.code == "DISPENSED"
    assert verdict.sentence % verdict.values == "This pack was dispensed on 2026-11-20 (CH). Was that to you?"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seen_with": Role.PHARMACY}, "last seen at a pharmacy"),
        ({"seen_with": Role.WHOLESALER}, "last seen at a wholesaler"),
        ({"seen_with": Role.REPACKAGER}, "last seen at a repackager"),
        ({"seen_with": Role.MANUFACTURER}, "last seen at its manufacturer"),
        ({"in_transit": True}, "on its way"),
        ({"seen_with": Role.REGULATOR}, "nothing speaks against it."),
        ({"seen_with": None}, "nothing speaks against it."),
    ],
)
def test_a_matching_pack_says_where_it_was_last_seen(changes, words):
    assert words in assess_pack(CLAIM, with_pack(**changes), TODAY).sentence


def test_units_are_known_or_not():
    assert (assess_unit(is_known=True).code, assess_unit(is_known=True).severity) == ("UNIT_KNOWN", Severity.OK)
    assert (assess_unit(is_known=False).code, assess_unit(is_known=False).severity) == ("UNKNOWN_UNIT", Severity.BAD)


@pytest.mark.parametrize("code", ["CHECK_DIGIT", "OTHER_SYSTEM", "something new"])
def test_what_cannot_be_read_raises_no_alarm_and_says_which_part(code):
    verdict = unreadable(code)
    assert (verdict.code, verdict.severity, verdict.alert) == ("UNREADABLE", Severity.INFO, None)
    assert verdict.sentence


def all_verdicts() -> list[Verdict]:
    reached = [assess_pack(claim, facts, TODAY) for claim, facts, *_ in CASES.values()]
    return [*reached, assess_unit(is_known=True), assess_unit(is_known=False), unreadable("DATE")]


def test_the_table_in_the_module_lists_every_code_and_each_is_reached():
    table = module.__doc__.split("=\ncode")[1].split("\n\n")[0]
    listed = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", re.sub(r"\b[A-Z]+\d+\b", "", table))) - {"GTIN"}
    assert listed | {"UNIT_KNOWN", "UNKNOWN_UNIT"} == {verdict.code for verdict in all_verdicts()}


def test_no_verdict_calls_a_pack_genuine():
    for verdict in all_verdicts():
        text = f"{verdict.title} {verdict.sentence} {verdict.action}".lower()
        assert not re.search(r"genuine|authentic|\breal\b|original|safe", text), verdict


def test_every_verdict_has_one_sentence_and_says_what_to_do():
    for verdict in all_verdicts():
        assert verdict.title
        assert verdict.action.endswith(".")
        assert len(re.findall(r"[.?!](?:\s|$)", verdict.sentence)) <= 2, verdict.sentence


def test_every_suspicion_is_red_and_tells_people_to_stop():
    for verdict in all_verdicts():
        if verdict.alert in ("A52", "A68"):
            assert verdict.severity is Severity.BAD
            assert verdict.action.startswith("Stop.")
