"""What a log can be rebuilt from: the leaves in its published files, and envelopes wherever they were kept.

Envelopes are no part of what a log publishes. They are in the database, with the parties that signed them, in proof
files and pedigrees; `ledger_envelopes` writes those of a database to a file, one to a line.
"""

import base64
import binascii
import json
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.errors import MalformedError, VerificationError
from ledger.tlog.proof import MAGIC, parse_proof_file
from ledger.tlog.tile import TILE_WIDTH, entries_path, parse_entry_bundle

PAGE = 1000
MAX_DOCUMENT = 64 * 1024 * 1024


def read_leaves(folder: Path, first: int, size: int) -> Iterator[tuple[int, bytes]]:
    """The leaves from `first` on of the tree of `size`, each with its index, out of the entry bundles in `folder`.

    Raises:
        VerificationError: a bundle is missing (BUNDLE_MISSING), or does not parse or reach that far (BUNDLE).
    """
    for index in range(first // TILE_WIDTH, -(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - index * TILE_WIDTH)
        for at, leaf in enumerate(read_bundle(folder, index, width), index * TILE_WIDTH):
            if at >= first:
                yield at, leaf


def read_bundle(folder: Path, index: int, width: int) -> list[bytes]:
    # A mirror may hold the full bundle and not the partial one that this size asks for: that begins with it.
    for name in dict.fromkeys((entries_path(index, width), entries_path(index, TILE_WIDTH))):
        path = folder / name
        if not path.is_file():
            continue
        try:
            leaves = parse_entry_bundle(path.read_bytes())
        except MalformedError as error:
            raise VerificationError(f"{name}: {error}", code="BUNDLE") from error
        if len(leaves) < width:
            raise VerificationError(f"{name}: {len(leaves)} leaves, expected {width}", code="BUNDLE")
        return leaves[:width]
    raise VerificationError(f"{entries_path(index, width)}: not there", code="BUNDLE_MISSING")


class Envelopes:
    """Envelopes by their SHA-256, gathered into a table on disk: there may be more than memory holds.

    Nothing is believed of them: whoever asks for a hash gets bytes that hash to it.
    """

    def __init__(self, scratch: Path) -> None:
        self._table = sqlite3.connect(scratch, isolation_level=None)
        # A scratch file: what a crash leaves behind is gathered anew.
        self._table.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS envelope (sha256 BLOB PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID"
        )

    def close(self) -> None:
        self._table.close()

    def gather(self, source: Path) -> Iterator[int]:
        """Take in every envelope under `source`, a file or a folder of files; yields how many so far.

        Understands envelopes one to a line, proof files, pedigrees; other files are passed over.
        """
        files = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
        count = 0
        for path in files:
            self._table.execute("BEGIN")
            for envelope in envelopes_in(path):
                self._table.execute(
                    "INSERT OR IGNORE INTO envelope VALUES (?, ?)", (sha256(envelope).digest(), envelope)
                )
                count += 1
                if count % PAGE == 0:
                    yield count
            self._table.execute("COMMIT")
        yield count

    def find(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those of the envelopes with these hashes that are here."""
        wanted = list(hashes)
        found: dict[bytes, bytes] = {}
        for at in range(0, len(wanted), PAGE):
            page = wanted[at : at + PAGE]
            marks = ",".join("?" * len(page))
            rows = self._table.execute(f"SELECT sha256, bytes FROM envelope WHERE sha256 IN ({marks})", page)  # noqa: S608
            found.update(rows)
        return found


def envelopes_in(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head == MAGIC.encode():
        try:
            yield parse_proof_file(path.read_bytes()).extra
        except MalformedError:
            return
        return
    if not head.startswith(b"{"):
        return
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b'{"payload"'):
                yield line.rstrip(b"\n")
            elif path.stat().st_size <= MAX_DOCUMENT:
                yield from envelopes_of_pedigree(path.read_bytes())
                return


def envelopes_of_pedigree(data: bytes) -> Iterator[bytes]:
    try:
        document: Any = json.loads(data)
        for item in [*document["items"], *document["keys"]]:
            yield base64.b64decode(item["envelope"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return
