"""What a witness must not lose: its key, and for each log the newest head that it cosigned.

Both lie in one folder: `witness.key` (mode 0600) and `witness.sqlite3`. A head is durable before its cosignature leaves
the house, in the same transaction that compared it with the one before; so two requests at once, or a kill at any
moment, cannot make the witness sign two histories. What was cosigned once stays written down.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.durable import create_file
from ledger.errors import ForkError, MalformedError
from ledger.tlog.note import COSIGNATURE_V1, NoteSignature, Verifier, cosignature_message, make_verifier
from ledger.tlog.witness import cosignature

SEED_SIZE = 32
BUSY_SECONDS = 10
MAX_EVIDENCE = 1_000  # of each sort: it must not fill the disk, and the first ones say enough
SCHEMA = """
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS witness (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS history (
        id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
        time INTEGER NOT NULL, note BLOB NOT NULL, UNIQUE (origin, size)
    );
    CREATE TABLE IF NOT EXISTS head (
        origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS evidence (
        id INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
        what TEXT NOT NULL, time INTEGER NOT NULL, request BLOB NOT NULL, known BLOB NOT NULL,
        UNIQUE (origin, size, root, what)
    );
    CREATE TRIGGER IF NOT EXISTS history_update BEFORE UPDATE ON history
        BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS history_delete BEFORE DELETE ON history
        BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS evidence_update BEFORE UPDATE ON evidence
        BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS evidence_delete BEFORE DELETE ON evidence
        BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS witness_update BEFORE UPDATE ON witness
        BEGIN SELECT RAISE(ABORT, 'a witness keeps its name'); END;
    CREATE TRIGGER IF NOT EXISTS head_delete BEFORE DELETE ON head
        BEGIN SELECT RAISE(ABORT, 'a witness does not forget'); END;
    CREATE TRIGGER IF NOT EXISTS head_grows BEFORE UPDATE ON head
        WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR NEW.time < OLD.time
            OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
        BEGIN SELECT RAISE(ABORT, 'a witness does not go back'); END;
    COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest head of a log that was cosigned: at `time`, UTC seconds. `note` carries the log's signature and ours.

    Size 0 and an empty note before the first one.
    """

    size: int = 0
    root_hash: bytes = b""
    time: int = 0
    note: bytes = b""


class Register:
    """A witness's key and memory, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._key_path = folder / "witness.key"
        self._path = folder / "witness.sqlite3"

    @classmethod
    def open(cls, folder: Path, name: str | None = None) -> "Register":
        """The witness in `folder`; on the first run a new one, which takes `name` for good.

        Raises:
            MalformedError: there is no witness yet and no name for one, or it has another name (WITNESS_NAME).
            ForkError: key or memory is missing (WITNESS_REGISTER, WITNESS_KEY). A witness that forgot would sign
                anything, so it signs nothing.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        register = cls(folder)
        if not register._key_path.exists() and not register._is_used():
            register._create(name)
        known = register.name
        if name is not None and name != known:
            raise MalformedError(f"the witness in {folder} is called {known!r}, not {name!r}", code="WITNESS_NAME")
        register.verifier  # noqa: B018 - a key that cannot be read is found now, not at the first request
        return register

    def _is_used(self) -> bool:
        """Whether heads were cosigned here: then a missing key is a loss, and no first run."""
        if not self._path.exists():
            return False
        with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as database:
            database.executescript(SCHEMA)
            return database.execute("SELECT 1 FROM history LIMIT 1").fetchone() is not None

    def _create(self, name: str | None) -> None:
        if name is None:
            raise MalformedError(
                "no witness here yet: expected a name for it, such as w.example.org/1", code="WITNESS_NAME"
            )
        make_verifier(name, COSIGNATURE_V1, bytes(SEED_SIZE))  # a name that no note could carry is refused before
        # The memory comes first: a key without one is refused below as a memory that somebody lost.
        with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as database:
            database.executescript(SCHEMA)
            database.execute("INSERT OR IGNORE INTO witness VALUES (1, ?)", (name,))
            database.commit()
        create_file(self._key_path, os.urandom(SEED_SIZE))

    @property
    def name(self) -> str:
        with self._database() as database:
            row = database.execute("SELECT name FROM witness").fetchone()
        if row is None:
            raise ForkError(f"{self._path.name}: holds no witness's memory", code="WITNESS_REGISTER")
        return str(row[0])

    @property
    def verifier(self) -> Verifier:
        """The witness's name and public key, as others know it."""
        return make_verifier(self.name, COSIGNATURE_V1, self._private_key().public_key().public_bytes_raw())

    def sign(self, text: str, *, seconds: int) -> NoteSignature:
        """The cosignature over a checkpoint's `text` at `seconds`. Only for a head that `transaction` will keep."""
        key = self._private_key()
        signature = key.sign(cosignature_message(seconds, text))
        return cosignature(self.name, key.public_key().public_bytes_raw(), seconds=seconds, signature=signature)

    def head(self, origin: str) -> Head:
        """The newest head of `origin` that was cosigned."""
        with self._database() as database:
            return read_head(database, origin)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time: between reading a head and writing it nobody else may cosign. Durable on return."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                if database.in_transaction:  # a full disk has ended it already
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def _private_key(self) -> Ed25519PrivateKey:
        try:
            seed = self._key_path.read_bytes()
        except FileNotFoundError as error:
            raise ForkError(
                f"{self._key_path.name}: expected the witness's key, found no file", code="WITNESS_KEY"
            ) from error
        if len(seed) != SEED_SIZE:
            raise ForkError(f"{self._key_path.name}: {len(seed)} bytes, expected {SEED_SIZE}", code="WITNESS_KEY")
        return Ed25519PrivateKey.from_private_bytes(seed)

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            # sqlite3 would make an empty one, and an empty memory signs anything.
            raise ForkError(f"{self._path.name}: expected the witness's memory, found no file", code="WITNESS_REGISTER")
        with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous=FULL")
            yield database


def read_head(database: sqlite3.Connection, origin: str) -> Head:
    row = database.execute("SELECT size, root, time, note FROM head WHERE origin = ?", (origin,)).fetchone()
    return Head(*row) if row else Head()


def keep_head(database: sqlite3.Connection, origin: str, head: Head) -> None:
    """Write `head` down as the newest; a size that was not cosigned before goes into the history too."""
    row = (origin, head.size, head.root_hash, head.time, head.note)
    database.execute("INSERT OR IGNORE INTO history (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?)", row)
    database.execute(
        "INSERT INTO head (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE "
        "SET size = excluded.size, root = excluded.root, time = excluded.time, note = excluded.note",
        row,
    )


def cosigned_before(database: sqlite3.Connection, origin: str, size: int) -> Head | None:
    """What was cosigned for `size` when it was the newest, if it ever was."""
    columns = "SELECT size, root, time, note FROM history WHERE origin = ? AND size = ?"
    row = database.execute(columns, (origin, size)).fetchone()
    return Head(*row) if row else None


def keep_evidence(
    database: sqlite3.Connection, origin: str, shown: Head, *, what: str, request: bytes, known: bytes
) -> None:
    """Write down that a log signed the head `shown`, which came in `request` and does not go with the note `known`.

    `what` is "root" where the two are a proof by themselves: one size, two roots. "proof" may be somebody's mistake, or
    a stranger's: anybody can send an honest note with a wrong proof; so these do not crowd out the others.
    """
    database.execute(
        "INSERT OR IGNORE INTO evidence (origin, size, root, what, time, request, known) SELECT ?, ?, ?, ?, ?, ?, ? "
        "WHERE (SELECT count(*) FROM evidence WHERE what = ?) < ?",
        (origin, shown.size, shown.root_hash, what, shown.time, request, known, what, MAX_EVIDENCE),
    )
