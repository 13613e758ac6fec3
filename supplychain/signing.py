"""Who signs, and when: a key that we keep for the party signs at once; a key that the party keeps signs in two steps.

The second way is a *rehearsal*: the act runs whole, guards and all, in a transaction that is always rolled back, and
what it would have signed is written down as a draft. The party looks at it and signs with its own key; then the act
runs again and must arrive at the very same bytes, or the signatures fit nothing and the party has to draft anew.

Secrets and minted serials of a draft follow from its seed, so that the second run can repeat the first.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from ledger import custody
from ledger.envelope import Envelope, Signature, entry_id
from ledger.errors import VerificationError
from ledger.models import Entry
from ledger.rehearsal import rehearsing, store_rehearsed
from ledger.usecases.submit import submit

SEED_SIZE = 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement ready to be signed: its bytes, the event and secret that it commits to, and the party's own key.

    Statements of other kinds than `event` say all in the clear; their event and secret are empty.
    """

    payload: bytes
    event: Mapping[str, Any]
    secret: bytes
    keyid: str


class Signer(Protocol):
    """What an act asks of whoever signs for its party."""

    def secret(self, nonce: str) -> bytes:
        """The 32-byte secret of the event of this nonce."""

    def random_bytes(self, nonce: str) -> Callable[[int], bytes]:
        """A source of bytes that nobody can guess, for serials."""

    def submit(self, prepared: Prepared) -> Entry:
        """Sign the statement with the party's key and take it into the log."""

    def sign(self, prepared: Prepared) -> Signature | None:
        """Sign a statement that needs others' signatures, too, before the log takes it. None: only tried out."""

    def stage(self) -> AbstractContextManager[None]:
        """What the whole act runs in."""


class ManagedSigner:
    """The party lets us keep its key."""

    def secret(self, nonce: str) -> bytes:
        return secrets.token_bytes(32)

    def random_bytes(self, nonce: str) -> Callable[[int], bytes]:
        return secrets.token_bytes

    def submit(self, prepared: Prepared) -> Entry:
        signature = custody.managed_key(prepared.keyid).sign(prepared.payload)
        return submit(envelope=Envelope(prepared.payload, (signature,)).encode()).entry

    def sign(self, prepared: Prepared) -> Signature | None:
        return custody.managed_key(prepared.keyid).sign(prepared.payload)

    def stage(self) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass(frozen=True)
class _Seeded:
    seed: bytes

    def secret(self, nonce: str) -> bytes:
        return self._derive("secret", nonce)

    def random_bytes(self, nonce: str) -> Callable[[int], bytes]:
        key, drawn = self._derive("serials", nonce), iter(range(2**32))
        return lambda size: hashlib.shake_256(key + next(drawn).to_bytes(4, "big")).digest(size)

    def _derive(self, purpose: str, nonce: str) -> bytes:
        return hmac.digest(self.seed, f"{purpose}/{nonce}".encode(), "sha256")


@dataclass(frozen=True)
class Rehearsal(_Seeded):
    """Nothing is signed and nothing stays: `statements` are those that the act would have made, in order."""

    statements: list[Prepared] = field(default_factory=list)

    def submit(self, prepared: Prepared) -> Entry:
        self.statements.append(prepared)
        return store_rehearsed(prepared.payload, keyid=prepared.keyid)

    def sign(self, prepared: Prepared) -> Signature | None:
        self.statements.append(prepared)
        return None

    def stage(self) -> AbstractContextManager[None]:
        return rehearsing()


@dataclass(frozen=True)
class Signed(_Seeded):
    """The party has signed what was rehearsed: `signatures` by the entry id of the statement that each belongs to."""

    signatures: Mapping[bytes, Signature]

    def submit(self, prepared: Prepared) -> Entry:
        return submit(envelope=Envelope(prepared.payload, (self.sign(prepared),)).encode()).entry

    def sign(self, prepared: Prepared) -> Signature:
        signature = self.signatures.get(entry_id(prepared.payload))
        if signature is None:
            raise VerificationError(
                "what was signed is no longer what this act would state: something has changed since; draft it anew",
                code="DRAFT_STALE",
            )
        return signature

    def stage(self) -> AbstractContextManager[None]:
        return nullcontext()


MANAGED = ManagedSigner()
