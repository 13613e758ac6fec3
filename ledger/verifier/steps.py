"""Numbered steps: what was checked, in order, and the first thing that did not hold.

A report is read at a terminal, and much of its text comes out of the file under test. So whatever cannot be printed is
replaced before it gets here: a party's name must not move the cursor, or write a line that looks like one of ours.

>>> printable("9520001000003\\n  3. ok")
'9520001000003\\ufffd  3. ok'
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from ledger.errors import LedgerError

T = TypeVar("T")
MOST_SHOWN = 500


class StoppedError(Exception):
    """A step failed; those after it would stand on it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check: its number from 1, its stable name, whether it held, and what was seen.

    `code` is set on failure. `about` says in plain words what the item under check claims to be; "" before the items.
    """

    n: int
    name: str
    ok: bool
    detail: str
    code: str | None = None
    about: str = ""


@dataclass
class Report:
    """The steps so far. `subject` is the pack that it is about; `notes` say what even a good result does not prove.

    `cosigned` are the witnesses that count under the policy, by name, with the UTC seconds of their cosignatures.
    """

    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    subject: str = ""
    cosigned: dict[str, int] = field(default_factory=dict)
    quorum: str = ""
    told: str = ""  # what a good result means, where it is not the history of one pack

    @property
    def ok(self) -> bool:
        """Whether there were steps and all of them held."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def step(self, name: str, check: Callable[[], tuple[T, str]], about: str = "") -> T:
        """Run `check`, which gives a result and a sentence on it, and note down how it went.

        Raises:
            StoppedError: the check failed; it stands in the report.
        """
        number, about = len(self.steps) + 1, printable(about)
        try:
            result, detail = check()
        except LedgerError as error:
            self.steps.append(Step(number, name, False, printable(str(error)), error.code, about))
            raise StoppedError from error
        self.steps.append(Step(number, name, True, printable(detail), None, about))
        return result

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "ok": self.ok,
            "subject": self.subject,
            "witnessed": bool(self.cosigned),
            "quorum": self.quorum,
            "cosigned": self.cosigned,
            "steps": [asdict(step) for step in self.steps],
            "not_proven": self.notes,
        }


def printable(text: str) -> str:
    """`text` without line breaks, control and direction marks, cut to `MOST_SHOWN` characters."""
    shown = text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in shown)
