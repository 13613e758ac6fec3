"""The page of the acts names every guard, its code, and a test that is there; and every act that there is."""

import re
from pathlib import Path

import pytest

from supplychain.acts import ACTS
from supplychain.api.refusals import STATUS
from supplychain.disputes.rules import KINDS
from supplychain.usecases import answer_dispute, correct, repackage, sensor_report, verify_return  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "acts.md").read_text()
COUNTS = {"C": 4, "S": 5, "V": 1, "R": 4, "P": 4, "D": 5, "X": 5}
GUARDS = [f"{kind}{number}" for kind, most in COUNTS.items() for number in range(1, most + 1)]
ROWS = {row[1]: row[0] for row in re.finditer(r"^\| ([A-Z]\d) \|.*$", PAGE, re.MULTILINE)}
# Quarantine, recalls and serial numbers have pages of their own.
ELSEWHERE = re.compile(r"hold|release|allocate|reconcile|[a-z]+_recall")


def test_every_guard_has_a_line() -> None:
    assert sorted(ROWS) == sorted(GUARDS)


@pytest.mark.parametrize("guard", GUARDS)
def test_the_test_that_a_guard_names_is_there(guard: str) -> None:
    found = re.search(r"`((?:\.\./)?[\w/]+\.py)(?:::(\w+))?` \|$", ROWS[guard])
    assert found is not None
    path, name = found.groups()
    source = (ROOT / "tests" / "supplychain" / path).resolve().read_text()
    assert name is None or f"def {name}(" in source


@pytest.mark.parametrize("guard", GUARDS)
def test_the_codes_of_a_guard_are_codes_of_refusals_or_of_differences(guard: str) -> None:
    codes = re.findall(r"`([A-Z_]+)`", ROWS[guard].split("|")[3])
    assert codes or guard == "P3"
    assert [code for code in codes if code not in STATUS and code not in KINDS] == []


def test_every_act_stands_in_the_table_of_acts() -> None:
    table = PAGE.partition("## The acts")[2].partition("## Guards")[0]
    named = set(
        re.findall(r"[a-z_]+", " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| ")))
    )
    # Tests have acts of their own.
    ours = {name for name, one in ACTS.items() if one.__module__.startswith("supplychain.")}
    assert {name for name in ours - named if not ELSEWHERE.fullmatch(name)} == set()
