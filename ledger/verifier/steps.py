"""Numbered steps: what was checked, in order, and the first thing that did not hold."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from ledger.errors import LedgerError

T = TypeVar("T")


class Stopped(Exception):
    """A step failed; those after it would stand on it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its number from 1, what it is about, whether it held, and what was seen."""

    n: int
    name: str
    ok: bool
    detail: str


@dataclass
class Report:
    """The steps so far. `notes` say what even a good result does not prove."""

    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there were steps and all of them held."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def step(self, name: str, check: Callable[[], tuple[T, str]]) -> T:
        """Run `check`, which gives a result and a sentence on it. Raises Stopped when it fails."""
        try:
            result, detail = check()
        except LedgerError as error:
            self.steps.append(Step(len(self.steps) + 1, name, False, f"{error} [{error.code}]"))
            raise Stopped from error
        self.steps.append(Step(len(self.steps) + 1, name, True, detail))
        return result

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {"ok": self.ok, "steps": [asdict(step) for step in self.steps], "not_proven": self.notes}
