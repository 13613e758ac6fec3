"""Any JSON value in any place, of the file or of what was signed: an answer, never a traceback."""

import copy
import random
from typing import Any

from tests.ledger.small_log import MAKER, REGULATOR, SmallLog
from tests.ledger.small_story import CASE, PACK, PACKS
from tests.ledger.verifier.forge import check, document

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**53 - 1, "", "0", "ADD", "DELETE", "00" * 32, "00" * 16, "e30=", "\n", "é"),
    *([], {}, [[]], [{}], {"": ""}, {"a": 1}, ["x"] * 3, "\U0001f48a", PACK, CASE),
    *("medtrail.statement.v1", "key", "policy", "event", "epcList", "childEPCs", "parentID"),
    *({"size": 1, "root": "00" * 32}, {"salt": "00" * 16, "value": '"x"'}),
]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside of `value`, itself first."""
    found = [way]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        found += places(one, (*way, name))
    return found


def spoilt(value: Any, dice: random.Random) -> Any:
    """A copy with something in it replaced, removed, doubled, or added."""
    value = copy.deepcopy(value)
    *way, last = dice.choice(places(value)[1:])
    at = value
    for name in way:
        at = at[name]
    match dice.randrange(4):
        case 0:
            del at[last]
        case 1 if isinstance(at, dict):
            at[dice.choice(["", "extra", "event", "lists", "sealed", "epcList"])] = dice.choice(VALUES)
        case 2 if isinstance(at, list):
            at.append(copy.deepcopy(dice.choice(at)))
        case _:
            at[last] = copy.deepcopy(dice.choice(VALUES))
    return value


def test_any_value_anywhere_in_the_file_gets_an_answer():
    dice = random.Random("file")
    passed = 0
    for _ in range(250):
        report = check(spoilt(document(), dice))
        passed += report.ok
        assert report.ok or report.steps[-1].code
    assert passed < 25  # a disclosed list shown twice, or one that is not shown


def test_any_value_in_a_statement_that_the_log_took_gets_an_answer():
    """A log that admits anything: signatures and proofs are right, whatever the statement says."""
    dice = random.Random("statement")
    honest = SmallLog()
    honest.found(REGULATOR)
    honest.register(MAKER, REGULATOR)
    event = {"action": "ADD", "bizStep": "packing", "eventTime": "2026-11-23T08:00:00.000Z"}
    index = honest.say(MAKER, event, lists={"epcList": PACKS, "childEPCs": PACKS}, sealed={"parentID": CASE})
    shown = honest.show(index, {"epcList": PACK, "childEPCs": PACK}, ["parentID"])
    statement = honest.envelopes[index].statement
    for _ in range(200):
        log = SmallLog()
        log.found(REGULATOR)
        log.register(MAKER, REGULATOR)
        at = log.add({"kind": "event"} | spoilt(statement, dice), MAKER)
        log.seal()
        log.key_indexes = [0, 1]
        report = check(log.pedigree((at, shown)), log.policy)
        assert report.ok or report.steps[-1].code


def test_any_value_in_a_key_statement_that_the_log_took_gets_an_answer():
    dice = random.Random("key")
    for _ in range(200):
        log = SmallLog()
        log.found(REGULATOR)
        kind = dice.choice(["policy", "key"])
        body = log.envelopes[0].statement["policy"] if kind == "policy" else {"op": "register", **MAKER.public()}
        statement = spoilt(log.statement(REGULATOR.party, kind) | {kind: body}, dice)
        log.add({"kind": kind} | statement, REGULATOR, MAKER)
        log.key_indexes = [0, 1]
        made = log.say(MAKER, {"action": "ADD"}, lists={"epcList": PACKS})
        log.seal()
        report = check(log.pedigree((made, log.show(made, {"epcList": PACK}))), log.policy)
        assert report.ok or report.steps[-1].code
