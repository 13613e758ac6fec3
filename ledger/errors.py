"""The three ways in which the ledger says no. Nothing else leaves this package.

>>> MalformedError("leaf: expected 83 bytes, got 4", code="LEAF_LENGTH").code
'LEAF_LENGTH'
"""


class LedgerError(Exception):
    """Base of the ledger's errors. `code` is stable, for programs; the message is for people."""

    code = "LEDGER"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class MalformedError(LedgerError):
    """It does not parse: whatever it is, it is not what it claims to be."""

    code = "MALFORMED"


class VerificationError(LedgerError):
    """It parses and proves nothing."""

    code = "UNPROVEN"


class ForkError(LedgerError):
    """Two histories: stop, change nothing, and wake somebody up."""

    code = "FORK"
