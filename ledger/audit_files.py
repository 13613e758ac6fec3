"""The audit of what is published: each file against the tiles in the database, which the walk has checked before."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.db import connection

from ledger.audit_rows import damage
from ledger.errors import ForkError, MalformedError
from ledger.processes import map_on_all_cores
from ledger.queries import TileReader
from ledger.tlog.merkle import HASH_SIZE, leaf_hash
from ledger.tlog.tile import Tile, entries_path, parse_entry_bundle, parse_tile_path, tiles_for

BATCH = 64  # files; with their tiles about a megabyte
ALONE_BELOW = 100 * BATCH


def check_published(folder: Path, size: int) -> Iterator[int]:
    """Check every tile and bundle under `folder` for a tree of which `size` leaves are published; yields how many.

    Raises:
        VerificationError: a file is missing, differs, or is none of this log's.
    """
    for tile in tiles_for(0, size):
        for path in [tile.path, entries_path(tile.index, tile.width)] if tile.level == 0 else [tile.path]:
            if not (folder / path).is_file():
                raise damage(f"published file {path}: missing")
    names = sorted(tile_files(folder))
    batches = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]
    is_small = len(names) < ALONE_BELOW or connection.in_atomic_block
    check = partial(check_files, folder)
    done = 0
    for count in map(check, batches) if is_small else map_on_all_cores(check, batches):
        done += count
        yield done


def tile_files(folder: Path) -> Iterator[str]:
    for path in (folder / "tile").rglob("*"):
        # A name with a dot in front is what a killed publisher had not finished; no reader asks for it.
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix()


def check_files(folder: Path, names: list[str]) -> int:
    """Check the files `names`, in order; returns how many they are."""
    tiles: list[tuple[str, Tile]] = []
    misnamed = None
    for name in names:
        try:
            tiles.append((name, parse_tile_path(name)))
        except MalformedError:
            misnamed = damage(f"published file {name}: not part of a log")
            break
    read_tile = TileReader().load({(max(tile.level, 0), tile.index) for _, tile in tiles})
    for name, tile in tiles:
        check_file(name, tile, (folder / name).read_bytes(), read_tile)
    if misnamed is not None:
        raise misnamed
    return len(names)


def check_file(name: str, tile: Tile, content: bytes, read_tile: TileReader) -> None:
    try:
        # A bundle holds the leaves themselves; what they must be, their hashes say.
        hashes = content if tile.level >= 0 else b"".join(map(leaf_hash, parse_entry_bundle(content)))
        expected = read_tile(max(tile.level, 0), tile.index)[: tile.width * HASH_SIZE]
    except (MalformedError, ForkError) as error:
        raise damage(f"published file {name}: its bytes are not those of the log") from error
    # A file may run ahead of the checkpoint: its publisher was killed before the last step. Never ahead of the log.
    if hashes != expected or len(expected) != tile.width * HASH_SIZE:
        raise damage(f"published file {name}: its bytes are not those of the log")
