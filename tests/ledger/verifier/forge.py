"""What the verifier's tests share: one honest story, told once, and how to look at what became of a forged file."""

import base64
import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ledger import crypto_fast
from ledger.verifier.pedigree import verify
from ledger.verifier.steps import Report, Step
from tests.ledger.small_log import as_file
from tests.ledger.small_story import Story, tell

WELL_FORMED = "the files are well formed"
POLICY = "the policy names a log"
CHECKPOINT = "the checkpoint is signed"
KEYS = "the keys are in the log"
STORY = "the items are one story"

Document = dict[str, Any]


def in_log(number: int) -> str:
    return f"item {number}: it is in the log"


def signed(number: int) -> str:
    return f"item {number}: its party signed it"


def shown(number: int) -> str:
    return f"item {number}: what is shown is what was signed"


@lru_cache(maxsize=1)
def honest() -> Story:
    """Told once: tests must not write into its log. `tell()` gives one to spoil."""
    return tell()


def document() -> Document:
    """The honest pedigree, to be changed."""
    return copy.deepcopy(_document())


@lru_cache(maxsize=1)
def _document() -> Document:
    return honest().pedigree()


def check(file: bytes | Document, policy: str | None = None) -> Report:
    """Verify with the fast library: what the slow one says is `test_crypto`'s matter, and a few tests' here."""
    data = file if isinstance(file, bytes) else as_file(file)
    return verify(data, honest().log.policy if policy is None else policy, crypto=crypto_fast)


def failing(file: bytes | Document, policy: str | None = None) -> Step:
    """The step that a forged file fails at, and nothing comes after it."""
    report = check(file, policy)
    assert not report.ok, "a forged file passed"
    assert [step.ok for step in report.steps] == [True] * (len(report.steps) - 1) + [False]
    assert [step.n for step in report.steps] == list(range(1, len(report.steps) + 1))
    assert report.steps[-1].code
    assert report.subject == ""
    return report.steps[-1]


def failure(file: bytes | Document, policy: str | None = None) -> tuple[str, str | None]:
    """Name and code of the failing step."""
    step = failing(file, policy)
    return step.name, step.code


def changed(change: Callable[[Document], object]) -> Document:
    """The honest pedigree after `change` has been at it."""
    forged = document()
    change(forged)
    assert forged != _document(), "the test changed nothing"
    return forged


def flip64(text: str, at: int = 0) -> str:
    """Base64 of the same bytes but for one bit."""
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()


def flip16(text: str, at: int = 0) -> str:
    """Hex of the same bytes but for one bit."""
    data = bytearray(bytes.fromhex(text))
    data[at] ^= 1
    return data.hex()
