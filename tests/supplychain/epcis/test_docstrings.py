"""The examples in the docstrings of the EPCIS room are true."""

import doctest
import importlib
import pkgutil

import pytest

import supplychain.epcis

MODULES = [f"supplychain.epcis.{module.name}" for module in pkgutil.iter_modules(supplychain.epcis.__path__)]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_are_true(module):
    found = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
    assert found.attempted > 0
