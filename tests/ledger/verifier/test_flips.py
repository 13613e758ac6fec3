"""One changed byte anywhere in the file: refused, with a step named, and never a traceback."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from tests.ledger.small_log import as_file
from tests.ledger.verifier.forge import CHECKPOINT, KEYS, STORY, WELL_FORMED, document, failing, honest

Span = tuple[str, int, int]  # the kind of a member, and where its value begins and ends in the file


def spell(value: Any, kind: str, at: int) -> tuple[str, list[Span]]:
    """The compact JSON of `value`, and the spans of all plain values in it; list positions make no new kind."""
    if isinstance(value, dict):
        inside = [(f"{json.dumps(name)}:", one, f"{kind}.{name}") for name, one in value.items()]
        return spell_parts("{", inside, "}", at)
    if isinstance(value, list):
        return spell_parts("[", [("", one, f"{kind}[]") for one in value], "]", at)
    text = json.dumps(value, ensure_ascii=False)
    return text, [(kind, at, at + len(text.encode()))]


def spell_parts(opening: str, parts: list[tuple[str, Any, str]], closing: str, at: int) -> tuple[str, list[Span]]:
    text, spans = opening, []
    for number, (name, one, kind) in enumerate(parts):
        text += ("," if number else "") + name
        more, found = spell(one, kind, at + len(text.encode()))
        text += more
        spans += found
    return text + closing, spans


@lru_cache(maxsize=1)
def spelt() -> tuple[bytes, dict[str, list[Span]]]:
    text, spans = spell(document(), "", 0)
    kinds = defaultdict(list)
    for span in spans:
        kinds[span[0]].append(span)
    return text.encode(), dict(kinds)


def flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


KINDS = sorted(spelt()[1])


def step_names() -> Iterator[str]:
    yield from (WELL_FORMED, CHECKPOINT, KEYS, STORY)
    for number in range(len(honest().acts)):
        for what in ("it is in the log", "its party signed it", "what is shown is what was signed"):
            yield f"item {number}: {what}"


NAMES = frozenset(step_names())


def test_the_spelling_with_spans_is_the_file_itself():
    data, kinds = spelt()
    assert data == as_file(document())
    assert {
        ".v",
        ".checkpoint",
        ".items[].index",
        ".items[].proof[]",
        ".items[].envelope",
        ".items[].disclosed.lists.epcList.epc",
        ".items[].disclosed.lists.epcList.salt",
        ".items[].disclosed.lists.epcList.index",
        ".items[].disclosed.lists.epcList.proof[]",
        ".items[].disclosed.lists.childEPCs.epc",
        ".items[].disclosed.sealed.parentID.salt",
        ".items[].disclosed.sealed.parentID.value",
        ".keys[].index",
        ".keys[].proof[]",
        ".keys[].envelope",
    } <= set(kinds)


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_in_any_kind_of_member_names_the_failing_step(kind):
    data, kinds = spelt()
    dice = random.Random(kind)
    for _ in range(8):
        _, first, stop = dice.choice(kinds[kind])
        step = failing(flipped(data, dice.randrange(first, stop), dice.randrange(8)))
        assert step.name in NAMES


def test_a_flipped_bit_anywhere_in_the_file_names_the_failing_step():
    data, _ = spelt()
    dice = random.Random("anywhere")
    for _ in range(200):
        step = failing(flipped(data, dice.randrange(len(data)), dice.randrange(8)))
        assert step.name in NAMES


def test_other_bytes_than_the_right_one_are_refused_too():
    data, kinds = spelt()
    for kind in (".items[].envelope", ".items[].proof[]", ".checkpoint", ".items[].disclosed.lists.epcList.salt"):
        _, first, stop = kinds[kind][-1]
        at = (first + stop) // 2
        for value in range(0, 256, 5):
            if value != data[at]:
                failing(data[:at] + bytes([value]) + data[at + 1 :])


def test_a_file_that_ends_early_is_refused():
    data, _ = spelt()
    for size in (0, 1, 2, 100, len(data) // 2, len(data) - 1):
        assert failing(data[:size]).name == WELL_FORMED


def test_a_flipped_bit_anywhere_in_a_proof_file_names_the_failing_step():
    data = honest().log.proof_file(9)
    dice = random.Random("proof")
    for at in sorted(dice.sample(range(len(data)), 200)):
        step = failing(flipped(data, at, dice.randrange(8)))
        assert step.name in {WELL_FORMED, CHECKPOINT, "entry: it is in the log"}
