import doctest
import importlib
import pkgutil

import pytest

from supplychain import gs1


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(gs1.__path__)))
def test_the_example_at_the_top_of_each_module_holds(name: str) -> None:
    module = importlib.import_module(f"supplychain.gs1.{name}")
    results = doctest.testmod(module)
    assert results.attempted > 0
    assert results.failed == 0
