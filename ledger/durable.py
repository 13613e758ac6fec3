"""Files that are whole or absent, and there after a power cut."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import ForkError


def create_file(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write `content` to `path` unless something is there already; whoever comes second changes nothing."""
    draft = write_draft(path, content, mode)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, a link never replaces
    finally:
        draft.unlink()
    sync_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`: a reader sees the old bytes or the new ones, never a part."""
    os.replace(write_draft(path, content, 0o644), path)
    sync_folder(path.parent)


def add_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Add `files`, by their path below `folder`, to those that are there. Each is durable on return.

    Raises:
        ForkError: a path is taken by other bytes (PUBLISHED_DIFFERS). What was published once stays.
    """
    touched: set[Path] = set()
    for name, content in files:
        path = folder / name
        if path.exists():
            if path.read_bytes() != content:
                raise ForkError(f"{name}: other bytes are published under this path already", code="PUBLISHED_DIFFERS")
            continue
        touched |= make_folders(path.parent)
        # Whoever races us here writes the same bytes, so a rename may replace them.
        os.replace(write_draft(path, content, 0o644), path)
        touched.add(path.parent)
    for parent in touched:
        sync_folder(parent)


def make_folders(folder: Path) -> set[Path]:
    """Create `folder` and those above it that are missing; return the folders that gained a name."""
    changed = set()
    missing = folder
    while not missing.is_dir():
        missing = missing.parent
        changed.add(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return changed


def write_draft(path: Path, content: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()  # a full disk is not made emptier by what nobody can use
        raise
    return draft


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; a new file's name survives a power cut only after this."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
