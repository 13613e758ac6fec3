"""The house rules of CONTRIBUTING.md, as far as a machine can see them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import environment, house

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
TEXT = {
    ".py",
    ".html",
    ".css",
    ".js",
    ".txt",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".sh",
    ".conf",
    ".env",
    ".lock",
    ".json",
    "",
}
CODE = {".py", ".html", ".css", ".js", ".sh", ".yaml"}

# Each is put together here, so that this file does not contain what it looks for.
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(host))
        for host in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs"),
            ("registry", "yarnpkg"),
            ("deb", "debian"),
            ("docker", "io"),
            ("ghcr", "io"),
        ]
    )
)
MACHINE_PATHS = re.compile(
    "|".join(f"/{folder}/" for folder in ("work", "farm", "root")) + "|/tmp/" + "(?:w|bash_jobs)/"
)
OPEN_ENDS = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error|xf" + r"ail)\b|pragma: " + "no cover"
)


def found_in_tree(pattern: re.Pattern[str], suffixes: set[str]) -> list[str]:
    hits = []
    for path in house.tree():
        if path.suffix not in suffixes:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
            if pattern.search(line):
                hits.append(f"{house.relative(path)}:{number}: {line.strip()[:100]}")
    return hits


# --- Rooms ------------------------------------------------------------------------------------------------------------


def test_imports_run_one_way_and_pure_rooms_know_no_framework():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=house.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pure_rooms_read_no_clock_roll_no_dice_and_touch_no_disk():
    hits = {house.relative(path): found for path in house.pure_files() if (found := house.impurities(path.read_text()))}
    assert hits == {}


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "import uuid\nuuid.uuid4()",
        "import os\nos.environ['HOME']",
        "open('file')",
        "from pathlib import Path\nPath('file').read_text()",
        "from os import urandom",
        "import urllib.request",
        "from urllib.request import urlopen",
    ],
)
def test_the_purity_check_sees_each_way_out_of_a_pure_room(source):
    assert house.impurities(source)


def test_the_purity_check_lets_times_and_bytes_through_that_came_as_arguments():
    source = "def is_late(event_time, now):\n    return event_time.time > now\n"
    assert house.impurities(source) == []


def test_every_use_case_file_has_one_function_of_its_name():
    files = [path for path in house.sources() if path.parent.name == "usecases" and path.stem != "__init__"]
    ours = [path for path in files if path.relative_to(house.ROOT).parts[0] in house.APPS]
    missing = [path for path in ours if not re.search(rf"^def {path.stem}\(", path.read_text(), re.MULTILINE)]
    assert ours
    assert [house.relative(path) for path in missing] == []


def test_packages_are_empty_so_that_importing_a_pure_room_imports_nothing_else():
    full = [house.relative(path) for path in house.tree() if path.name == "__init__.py" and path.stat().st_size]
    assert full == []


# --- Sizes ------------------------------------------------------------------------------------------------------------


def test_no_file_is_longer_than_a_reader_can_hold():
    long = {
        house.relative(path): lines
        for path in house.tree()
        if path.suffix in {".py", ".html", ".css", ".js"} and path.parent.name != "migrations"
        if (lines := len(path.read_text(errors="replace").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen():
    long = {
        house.relative(path): found
        for path in house.sources()
        if (found := house.long_functions(path.read_text(), most=LONGEST_FUNCTION))
    }
    assert long == {}


def test_the_length_of_a_function_is_counted_without_its_docstring():
    body = "    x = 1\n" * 5
    assert house.long_functions(f"def f():\n{body}", most=5) == [("f", 6)]
    assert house.long_functions(f'def f():\n    """Said.\n\n    At length.\n    """\n{body}', most=6) == []


# --- What must stand in no file ---------------------------------------------------------------------------------------


def test_no_file_names_a_package_registry():
    assert found_in_tree(REGISTRIES, TEXT) == []


def test_no_file_names_a_path_of_the_machine_that_it_was_written_on():
    assert found_in_tree(MACHINE_PATHS, TEXT) == []


def test_nothing_is_left_open():
    assert found_in_tree(OPEN_ENDS, CODE) == []


def test_the_tests_lay_out_every_variable_that_the_settings_read():
    """A variable that is not laid out would leak from the developer's shell into the tests."""
    settings = (house.ROOT / "supplychain" / "conf" / "settings.py").read_text()
    laid_out = set(environment.lay_out(Path("home"), database_url="", redis_url="", environment={}))
    assert house.variables_read(settings) - laid_out - set(environment.NOT_OURS) == set()
