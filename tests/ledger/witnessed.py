"""A log with witnesses: real servers, a policy file, and what outsiders see of it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from ledger.models import Checkpoint, Log
from ledger.usecases.advance import advance
from ledger.usecases.cosign import cosign
from ledger.witness_models import Witness
from tests import witnesses
from tests.check_log import CheckedLog, check_log
from tests.ledger.cast import Cast, put_events
from tests.witnesses import Running


@dataclass
class Witnessed:
    """The open log of `cast` and its witnesses, by the names of the policy: w1, w2, …"""

    cast: Cast
    folder: Path
    running: dict[str, Running] = field(default_factory=dict)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)
    _seen: CheckedLog | None = None

    @property
    def vkey(self) -> str:
        return Log.objects.get().vkey

    def up(self, name: str) -> Running:
        """Start the witness `name`, for the first time or again with what it remembers."""
        stack = ExitStack()
        folder = self.folder / name
        self.running[name] = stack.enter_context(witnesses.running(folder, [self.vkey], name=f"{name}.example/1"))
        self._stacks[name] = stack
        return self.running[name]

    def down(self, name: str) -> None:
        self._stacks.pop(name).close()

    def close(self) -> None:
        for name in list(self._stacks):
            self.down(name)

    def policy(self, quorum: str = "group all all {names}", *lines: str, urls: dict[str, str] | None = None) -> None:
        """Write the operator's policy over the running witnesses; `quorum` names a group line or a single name."""
        names = " ".join(self.running)
        text = f"log {self.vkey}\n"
        for name, one in self.running.items():
            text += f"witness {name} {one.vkey} {(urls or {}).get(name, one.url)}\n"
        text += "".join(lines)
        if quorum.startswith("group "):
            text += quorum.format(names=names) + "\nquorum " + quorum.split(" ")[1] + "\n"
        else:
            text += f"quorum {quorum}\n"
        path = self.folder / "policy"
        path.write_text(text)
        # A file that is written twice within a clock tick looks unchanged by its time.
        from ledger.witnesses import _load

        _load.cache_clear()
        settings.WITNESS_POLICY = str(path)

    def grow(self, count: int = 1) -> Checkpoint:
        """Some entries, sealed and signed. What is published is another matter. Returns the signed head."""
        put_events(self.cast, count)
        advance()
        newest = Checkpoint.objects.order_by("-tree_size").first()
        assert newest is not None
        return newest

    def ask(self) -> int:
        """One round, whatever pauses the witnesses were given, and then what an outsider can see."""
        Witness.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
        cosigned = cosign()
        self.check()
        return cosigned

    def check(self) -> CheckedLog | None:
        """The outsider looks: everything published holds, under its policy, and extends what was there before."""
        public = Path(settings.LOG_PUBLIC_DIR)
        if (public / "checkpoint").exists():
            self._seen = check_log(public, earlier=self._seen)
        return self._seen

    @property
    def published(self) -> int:
        """The size that outsiders see."""
        seen = self.check()
        return seen.size if seen else 0

    def note(self) -> str:
        return (Path(settings.LOG_PUBLIC_DIR) / "checkpoint").read_text()

    def history(self, name: str) -> list[tuple[int, bytes]]:
        """What a witness has cosigned, out of its own memory."""
        database = sqlite3.connect(self.folder / name / "witness.sqlite3")
        found: list[Any] = database.execute("SELECT size, root FROM history ORDER BY id").fetchall()
        database.close()
        return found


@contextmanager
def witnessed(cast: Cast, folder: Path, names: Sequence[str] = ("w1", "w2", "w3")) -> Iterator[Witnessed]:
    log = Witnessed(cast, folder)
    try:
        for name in names:
            log.up(name)
        yield log
    finally:
        log.close()


TEXT = "text/plain; charset=utf-8"


def liar_with(
    status: int, content_type: str, body: str, shown: tuple[int, str] = (404, "nothing")
) -> Callable[[str, bytes], tuple[int, str, str]]:
    """The answers of a witness that says this when it is asked to cosign, and shows that to monitors."""

    def answer(path: str, request: bytes) -> tuple[int, str, str]:
        return (status, content_type, body) if path == "/add-checkpoint" else (shown[0], TEXT, shown[1])

    return answer
