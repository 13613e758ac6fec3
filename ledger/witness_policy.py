"""The operator's witness policy: which witnesses are asked, where, and whose cosignatures are enough to publish.

A C2SP tlog-policy file, named by the setting WITNESS_POLICY. It is the only place that addresses come from: nothing
that arrives over the network ever adds one. Who only verifies gets the same policy without the addresses.

>>> check_address("ftp://w.example/")
Traceback (most recent call last):
    ...
ledger.errors.MalformedError: witness address 'ftp://w.example/': expected http:// or https:// and a host, no user, \
query or fragment
"""

from pathlib import Path
from urllib.parse import urlsplit

from ledger.errors import MalformedError
from ledger.tlog.policy import MAX_POLICY, NONE, Policy, parse_policy


def load_policy(path: Path, origin: str) -> Policy:
    """The policy in the file at `path`, for the log `origin`.

    Raises:
        MalformedError: the file cannot be read or does not parse, does not name this log, an address is none, or the
            witnesses that have addresses are too few for the quorum (WITNESS_POLICY, or POLICY).
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_POLICY + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedError(f"witness policy {path}: {error}", code="WITNESS_POLICY") from error
    policy = parse_policy(text)
    if origin not in {one.name for one in policy.logs}:
        names = ", ".join(one.name for one in policy.logs)
        raise MalformedError(f"witness policy {path}: of {names}, expected {origin}", code="WITNESS_POLICY")
    for address in policy.addresses.values():
        check_address(address)
    if not policy.is_quorum_met([policy.witnesses[name] for name in policy.addresses]):
        raise MalformedError(
            f"witness policy {path}: quorum {policy.quorum} cannot be met by the witnesses that have an address",
            code="WITNESS_POLICY",
        )
    return policy


def check_address(address: str) -> None:
    """Refuse what is no plain web address.

    Raises:
        MalformedError: WITNESS_POLICY.
    """
    try:
        parts = urlsplit(address)
        is_plain = not (parts.query or parts.fragment or parts.username or parts.password)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_plain = is_web = False
    if not (is_plain and is_web and "?" not in address and "#" not in address):
        raise MalformedError(
            f"witness address {address[:100]!r}: expected http:// or https:// and a host, no user, query or fragment",
            code="WITNESS_POLICY",
        )


def is_witnessed(policy: Policy) -> bool:
    """Whether this policy asks for anybody's word but the log's own."""
    return policy.quorum != NONE
