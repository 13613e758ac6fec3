"""The audit of what is published: each file against the database, which the walk has checked before."""

from collections.abc import Iterator
from pathlib import Path

from ledger.audit_walk import damage
from ledger.errors import MalformedError
from ledger.queries import TileReader, leaves_between
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.tile import TILE_WIDTH, Tile, encode_entry_bundle, entries_path, parse_tile_path, tiles_for


def check_published(folder: Path, size: int) -> Iterator[int]:
    """Check every tile and bundle under `folder` for a tree of which `size` leaves are published; yields how many.

    Raises:
        VerificationError: a file is missing, differs, or is none of this log's.
    """
    for tile in tiles_for(0, size):
        for path in [tile.path, entries_path(tile.index, tile.width)] if tile.level == 0 else [tile.path]:
            if not (folder / path).is_file():
                raise damage(f"published file {path}: missing")
    for done, name in enumerate(sorted(tile_files(folder)), 1):
        try:
            tile = parse_tile_path(name)
        except MalformedError as error:
            raise damage(f"published file {name}: not part of a log") from error
        check_file(folder, tile)
        yield done


def tile_files(folder: Path) -> Iterator[str]:
    for path in (folder / "tile").rglob("*"):
        # A name with a dot in front is what a killed publisher had not finished; no reader asks for it.
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix()


def check_file(folder: Path, tile: Tile) -> None:
    if tile.level < 0:
        first = tile.index * TILE_WIDTH
        expected = encode_entry_bundle(leaves_between(first, first + tile.width))
    else:
        expected = TileReader()(tile.level, tile.index)[: tile.width * HASH_SIZE]
    # A file may run ahead of the checkpoint: its publisher was killed before the last step. Never ahead of the log.
    if (folder / tile.path).read_bytes() != expected:
        raise damage(f"published file {tile.path}: its bytes are not those of the log")
