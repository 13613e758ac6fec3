"""The books of an import: how many lines of each fate, the refused ones for a person, all of them for a file."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TextIO

from supplychain.streams import as_text
from supplychain.usecases.import_products import Fate
from supplychain.usecases.import_table import Account

KEPT = 1_000
HEADER = ("line", "outcome", "code", "value", "reason")


@dataclass(slots=True)
class Books:
    """Counts of every line; of the refused ones the first thousand. A `sink` gets all of them, as they come."""

    sink: TextIO | None = None
    fates: Counter[Fate] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    refused: list[Account] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.sink is not None:
            csv.writer(self.sink).writerow(HEADER)

    @property
    def lines(self) -> int:
        return sum(self.fates.values())

    def enter(self, accounts: Iterable[Account]) -> None:
        writer = csv.writer(self.sink) if self.sink is not None else None
        for one in accounts:
            self.fates[one.fate] += 1
            if one.fate is Fate.REFUSED:
                self.codes[one.code] += 1
                if len(self.refused) < KEPT:
                    self.refused.append(one)
            if writer is not None:
                writer.writerow([one.line, one.fate.value, one.code, as_text(one.value), as_text(one.reason)])
