import doctest
import importlib
import pkgutil

import pytest

from ledger import tlog, verifier

WITHOUT_EXAMPLE = {
    "ledger.tlog.proof",
    "ledger.verifier.__main__",
    "ledger.verifier.archive",
    "ledger.verifier.cli",
    "ledger.verifier.pedigree",
}
PURE = [
    *("ledger.commitment", "ledger.envelope", "ledger.errors", "ledger.frame"),
    *("ledger.key_rules", "ledger.key_statement", "ledger.keyring", "ledger.quorum", "ledger.witness_policy"),
]
MODULES = [
    f"{room.__name__}.{module.name}" for room in (tlog, verifier) for module in pkgutil.iter_modules(room.__path__)
]


@pytest.mark.parametrize("name", sorted({*MODULES, *PURE} - WITHOUT_EXAMPLE))
def test_the_example_at_the_top_of_each_module_holds(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
