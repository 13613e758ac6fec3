"""Key and policy entries, folded as they come, for the tests of the keyring's rules."""

from typing import Any

import pytest

from ledger import crypto_fast
from ledger.envelope import Envelope, canonical
from ledger.errors import LedgerError
from ledger.keyring import Keyring
from tests.ledger.small_log import MAKER, ORIGIN, REGULATOR, WHOLESALER, Person, person, seeded

SECOND = person("9520009000012")  # a second authority
MAKERS_NEXT = person(MAKER.party, "next")
REGULATORS_NEXT = person(REGULATOR.party, "next")


class Log:
    """Key and policy entries, one after the other, folded as they come. A leaf index is counted, nothing hashed."""

    def __init__(self) -> None:
        self.ring = Keyring()
        self.size = 0

    def put(self, kind: str, party: str, body: Any, *signers: Person, at: int | None = None) -> int:
        """Apply the statement; a refusal leaves the log as it was."""
        statement = {
            "type": "medtrail.statement.v1", "log": ORIGIN, "party": party, "kind": kind,
            "nonce": seeded(str(self.size)).hex()[:32], "after": [], kind: body,
        }  # fmt: skip
        payload = canonical(statement)
        index = self.size if at is None else at
        self.ring.apply(index, Envelope(payload, tuple(one.sign(payload) for one in signers)), crypto_fast)
        self.size = index + 1
        return index

    def policy(
        self, *authorities: Person, signers: tuple[Person, ...] | None = None, party: str = "", acts: Any = None
    ) -> int:
        named = [{"party": one.party, **one.public()} for one in authorities]
        signers = authorities if signers is None else signers
        return self.put("policy", party or authorities[0].party, {"authorities": named, "acts": acts or {}}, *signers)

    def register(self, one: Person, *signers: Person, custody: str = "client") -> int:
        return self.put("key", one.party, {"op": "register", **one.public(custody)}, *signers)

    def rotate(self, old: Person, new: Person, *signers: Person, custody: str = "client") -> int:
        return self.put("key", new.party, {"op": "rotate", "replaces": old.keyid, **new.public(custody)}, *signers)

    def recover(self, old: Person, new: Person, *signers: Person, **more: Any) -> int:
        body = {"op": "recover", "replaces": old.keyid, "reason": "lost", **new.public(), **more}
        return self.put("key", new.party, body, *signers)

    def revoke(self, one: Person, *signers: Person, party: str = "", **more: Any) -> int:
        body = {"op": "revoke", "keyid": one.keyid, "reason": "lost", **more}
        return self.put("key", party or one.party, body, *signers)

    def skip(self, count: int = 1) -> int:
        """Other entries in between."""
        self.size += count
        return self.size


def opened(*authorities: Person) -> Log:
    log = Log()
    log.policy(*authorities or (REGULATOR,))
    return log


def admitted() -> Log:
    log = opened()
    log.register(MAKER, MAKER, REGULATOR)
    log.register(WHOLESALER, WHOLESALER, REGULATOR)
    return log


def refused(code: str, act, *arguments, **more) -> None:
    """The act is refused with `code`, and the ring is as it was."""
    ring = next(one for one in (*arguments, getattr(act, "__self__", None)) if isinstance(one, Log)).ring
    before = (dict(ring.keys), ring.authorities, ring.policy)
    with pytest.raises(LedgerError) as caught:
        act(*arguments, **more)
    assert caught.value.code == code
    assert (ring.keys, ring.authorities, ring.policy) == before


def counted(*, custody: str = "client", **acts: Any) -> Log:
    """A log whose policy counts maker, wholesaler and regulator in its acts; all three have keys."""
    log = opened()
    log.register(MAKER, MAKER, REGULATOR, custody=custody)
    log.register(WHOLESALER, WHOLESALER, REGULATOR)
    parties = [MAKER.party, WHOLESALER.party, REGULATOR.party]
    log.policy(REGULATOR, acts=acts or {"recall": {"k": 2, "parties": parties}})
    return log


def recoverable(k: int = 2, **more: Any) -> Log:
    return counted(key_recovery={"k": k, "parties": [WHOLESALER.party, REGULATOR.party, MAKER.party]}, **more)
