"""What the story must not forget when it is cut off: numbers that were drawn for it, kept in one small file."""

import json
import os
from pathlib import Path
from typing import Any


class Memory:
    """A dictionary in a file. Each change is on disk, whole, before the story goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
