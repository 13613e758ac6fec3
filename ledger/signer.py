"""The holder of the log's key, with a memory of its own.

The signer keeps the last head that it signed in a file outside the database and signs only what provably extends it.
So a database that was restored from yesterday's backup, or that failed over to a replica which had missed a block,
cannot be made to fork the log: the signer refuses, and people have to look. No replication gives that promise.

Ed25519 is deterministic: signing the same head again after a crash gives the same bytes.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.durable import create_file
from ledger.errors import ForkError, MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import verify_consistency
from ledger.tlog.note import ed25519_signature_line, ed25519_vkey

SEED_SIZE = 32
BUSY_SECONDS = 30
SCHEMA = """
    CREATE TABLE IF NOT EXISTS history (
        id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL UNIQUE, root BLOB NOT NULL, note TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS head (
        origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
    );
    CREATE TRIGGER IF NOT EXISTS history_update BEFORE UPDATE ON history
        BEGIN SELECT RAISE(ABORT, 'the signer does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS history_delete BEFORE DELETE ON history
        BEGIN SELECT RAISE(ABORT, 'the signer does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS head_delete BEFORE DELETE ON head
        BEGIN SELECT RAISE(ABORT, 'the signer does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS head_grows BEFORE UPDATE ON head WHEN NEW.size <= OLD.size OR NEW.origin <> OLD.origin
        BEGIN SELECT RAISE(ABORT, 'the signer does not go back'); END;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest tree head that was signed; `size` 0 and an empty note before the first one."""

    size: int
    root_hash: bytes
    note: str


class Signer:
    """The key and the head register of one log, both in `folder`: `log.key` (mode 0600) and `head.sqlite3`."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self._key_path = folder / "log.key"
        self._head_path = folder / "head.sqlite3"

    @classmethod
    def create(cls, folder: Path, origin: str) -> "Signer":
        """Make key and register, unless they are there. Two processes that do this together end up with one key."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signer = cls(folder, origin)
        if not signer._key_path.exists():
            # The register comes first: a key without one is refused below as a register that somebody lost.
            with contextlib.closing(sqlite3.connect(signer._head_path, timeout=BUSY_SECONDS)) as register:
                register.executescript(SCHEMA)
                register.execute("INSERT OR IGNORE INTO head VALUES (?, 0, x'', '')", (origin,))
                register.commit()
            create_file(signer._key_path, os.urandom(SEED_SIZE))
        signer.head()
        return signer

    @property
    def vkey(self) -> str:
        """The log's public key as a note verifier key."""
        return ed25519_vkey(self.origin, self._private_key().public_key().public_bytes_raw())

    def head(self) -> Head:
        """What was signed last.

        Raises:
            ForkError: the register is missing (SIGNER_HEAD_MISSING). Without it nothing may be signed.
        """
        with self._register() as register:
            return self._read_head(register)

    def history(self) -> Iterator[Head]:
        """Everything that was ever signed, oldest first."""
        size = 0
        while True:
            # Page by page: a statement left open would keep the signer from writing.
            with self._register() as register:
                page = register.execute(
                    "SELECT size, root, note FROM history WHERE size > ? ORDER BY size LIMIT 1000", (size,)
                ).fetchall()
            if not page:
                return
            yield from (Head(*row) for row in page)
            size = page[-1][0]

    def sign(self, *, size: int, root_hash: bytes, consistency_proof: Sequence[bytes]) -> str:
        """Sign the head of `size` leaves and return the note.

        1. `size` is not below the last signed size (ROLLBACK); at the same size the root is the same (FORK).
        2. `consistency_proof` leads from the last signed root to `root_hash` (FORK); the first head needs none.
        3. The head is durable in the register before the note leaves this method.

        The caller has made sure that the head is committed in the database.
        """
        if size < 1:
            raise MalformedError(
                f"tree size {size}: expected at least 1, an empty tree is never signed", code="SIZE_ZERO"
            )
        with self._register() as register:
            # One signer at a time: between reading the head and writing it nobody else may sign.
            register.execute("BEGIN IMMEDIATE")
            last = self._read_head(register)
            if size == last.size and root_hash == last.root_hash:
                return last.note
            self._check_extends(last, size, root_hash, consistency_proof)
            checkpoint = Checkpoint(self.origin, size, root_hash)
            key = self._private_key()
            signature = key.sign(checkpoint.text.encode())
            line = ed25519_signature_line(self.origin, key.public_key().public_bytes_raw(), signature)
            note = f"{checkpoint.text}\n{line}"
            register.execute("INSERT INTO history (size, root, note) VALUES (?, ?, ?)", (size, root_hash, note))
            register.execute(
                "UPDATE head SET size = ?, root = ?, note = ? WHERE origin = ?", (size, root_hash, note, self.origin)
            )
            register.execute("COMMIT")
            return note

    def _check_extends(self, last: Head, size: int, root_hash: bytes, proof: Sequence[bytes]) -> None:
        if size < last.size:
            raise ForkError(
                f"asked to sign size {size}, but size {last.size} is signed already: the database has lost leaves",
                code="ROLLBACK",
            )
        if size == last.size:
            raise ForkError(
                f"asked to sign root {root_hash.hex()} at size {size}, but {last.root_hash.hex()} is signed already",
                code="FORK",
            )
        if last.size == 0:
            return
        try:
            verify_consistency(proof, old_size=last.size, new_size=size, old_root=last.root_hash, new_root=root_hash)
        except (MalformedError, VerificationError) as error:
            raise ForkError(f"size {size} does not extend the signed size {last.size}: {error}", code="FORK") from error

    def _read_head(self, register: sqlite3.Connection) -> Head:
        row = register.execute("SELECT size, root, note FROM head WHERE origin = ?", (self.origin,)).fetchone()
        if row is None:
            raise ForkError(
                f"{self._head_path.name} knows no log {self.origin!r}: expected the register of this log's key",
                code="SIGNER_HEAD_MISSING",
            )
        return Head(*row)

    def _private_key(self) -> Ed25519PrivateKey:
        try:
            seed = self._key_path.read_bytes()
        except FileNotFoundError as error:
            raise ForkError(
                f"{self._key_path.name}: expected the log's key, found no file", code="LOG_KEY_MISSING"
            ) from error
        if len(seed) != SEED_SIZE:
            raise MalformedError(f"{self._key_path.name}: {len(seed)} bytes, expected {SEED_SIZE}", code="LOG_KEY_SIZE")
        return Ed25519PrivateKey.from_private_bytes(seed)

    @contextlib.contextmanager
    def _register(self) -> Iterator[sqlite3.Connection]:
        if not self._head_path.exists():
            # sqlite3 would make an empty one, and an empty memory signs anything.
            raise ForkError(
                f"{self._head_path.name}: expected the signer's register, found no file", code="SIGNER_HEAD_MISSING"
            )
        with contextlib.closing(
            sqlite3.connect(self._head_path, timeout=BUSY_SECONDS, isolation_level=None)
        ) as register:
            register.execute("PRAGMA synchronous=FULL")
            yield register
