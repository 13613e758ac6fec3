"""Every door and every caller: the table says who gets in, and this walks up and tries."""

import logging
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from django.urls import reverse

from supplychain import usecases
from supplychain.acts import NAMES
from supplychain.people.duties import KIND_OF
from tests.doors.callers import Scene, make_scene
from tests.doors.door import Door
from tests.doors.table import COMMANDS, ELSEWHERE, TABLE
from tests.doors.walk import METHODS, addresses, commands
from tests.factories import Cast

pytestmark = pytest.mark.django_db

AREAS = {
    "looking": lambda door: door.method == "GET" and door.kind == "page",
    "acting": lambda door: door.method != "GET" and door.kind == "page",
    "reading the API": lambda door: door.method == "GET" and door.kind == "api",
    "acting through the API": lambda door: door.method != "GET" and door.kind == "api",
}


@pytest.fixture
def scene(cast: Cast) -> Iterator[Scene]:
    logging.disable(logging.WARNING)  # two lines for each of some thousand requests
    yield make_scene(cast)
    logging.disable(logging.NOTSET)


def path_of(door: Door, scene: Scene) -> str:
    if door.path:
        return str(scene.fill(door.path))
    return reverse(door.name, kwargs=_typed(scene.fill(door.at)))


def _typed(at: dict[str, Any]) -> dict[str, Any]:
    """The ledger's addresses take hashes as bytes."""
    return {name: bytes.fromhex(value) if name == "entry_id" else value for name, value in at.items()}


# --- The table is whole -----------------------------------------------------------------------------------------------


def test_every_address_stands_in_the_table() -> None:
    ours = {name for name in addresses() if not name.startswith("admin:")}
    missing = sorted(ours - {door.name for door in TABLE} - set(ELSEWHERE))
    assert missing == [], "add a line for each to tests/doors/table.py"


def test_the_table_has_no_door_that_is_gone() -> None:
    assert sorted({door.name for door in TABLE} - set(addresses())) == []
    assert sorted(set(ELSEWHERE) - set(addresses())) == []


def test_every_command_stands_in_the_table() -> None:
    assert commands() == set(COMMANDS), "say in tests/doors/table.py what the command does, and through which use case"


def test_duties_are_of_acts_that_there_are() -> None:
    for module in iter_modules(usecases.__path__):  # one whose only door is a command, too
        import_module(f"{usecases.__name__}.{module.name}")
    assert sorted(set(KIND_OF) - NAMES) == []


# --- And it is true ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", AREAS)
def test_each_door_answers_each_caller_as_the_table_says(scene: Scene, area: str) -> None:
    """And who is refused has changed nothing, also where the refusal is a redirect or the form again."""
    wrong = []
    for door in filter(AREAS[area], TABLE):
        path, sent = path_of(door, scene), scene.fill(door.query if door.method == "GET" else door.body)
        for name in door.callers:
            answer = scene.callers[name].knock(door.method, path, sent, as_json=door.sends_json)
            if answer.status != door.expected(name):
                wrong.append(f"{door.method} {door.name} as {name}: {answer.status}, not {door.expected(name)}")
            if answer.acted and name not in door.to:
                wrong.append(f"{door.method} {door.name} as {name}: refused, and yet it acted")
    assert wrong == []


@pytest.mark.parametrize("name", ["stranger", "superuser", "forger"])
def test_a_method_without_a_line_is_not_allowed(scene: Scene, name: str) -> None:
    wrong = []
    for door_name in {door.name for door in TABLE}:
        doors = [door for door in TABLE if door.name == door_name]
        for method in set(METHODS) - {door.method for door in doors}:
            answer = scene.callers[name].knock(method, path_of(doors[0], scene))
            if answer.status not in (405, 401, 403) and not (name == "stranger" and answer.status == 302):
                wrong.append(f"{method} {door_name} as {name}: {answer.status}")
    assert wrong == []


# --- The operator's pages ---------------------------------------------------------------------------------------------


def test_nobody_but_the_operator_gets_into_the_admin(scene: Scene) -> None:
    login, wrong = reverse("admin:login"), []
    for name in (one for one in addresses() if one.startswith("admin:") and one not in ("admin:login", "admin:logout")):
        path = "/" + addresses()[name].replace("<path:object_id>", "1").replace("<int:content_type_id>", "1")
        path = re.sub(r"<[^>]*>", "1", path).replace("^", "").replace("(?P1.*)$", "x")
        for caller, method in (("stranger", "GET"), ("regulator", "POST")):
            answer = scene.callers[caller].knock(method, path)
            if not (answer.status == 302 and answer.location.startswith(login)):
                wrong.append(f"{method} {path} as {caller}: {answer.status}")
    assert wrong == []
