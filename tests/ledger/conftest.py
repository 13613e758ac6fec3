"""In every test of the ledger an outsider looks on: whatever is published, he checks at once, all of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.check_log import CheckedLog, check_log


@dataclass
class Outsider:
    """Reads what the log publishes after each publication, and remembers what he saw."""

    seen: dict[Path, CheckedLog] = field(default_factory=dict)

    def look(self, folder: Path) -> None:
        # Files may run ahead of the checkpoint: a test may have killed the publisher.
        self.seen[folder] = check_log(folder, earlier=self.seen.get(folder), is_moving=True)


@pytest.fixture(autouse=True)
def outsider(request: pytest.FixtureRequest) -> Iterator[Outsider]:
    """`check_log()` after every step that an outsider can see, without anybody remembering to call it."""
    looking = Outsider()
    if request.node.get_closest_marker("uses_db") is None:
        yield looking
        return
    from django.conf import settings

    from ledger.usecases import publish

    write_heads = publish.write_heads

    def write_and_look(*args: Any) -> None:
        write_heads(*args)
        looking.look(Path(settings.LOG_PUBLIC_DIR))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish, "write_heads", write_and_look)
        yield looking
