"""A line of the table of doors, and the words that it is written in. How to use them stands in `table.py`."""

from dataclasses import dataclass, field
from typing import Any

from tests.doors.callers import MACHINES, NOBODY, PEOPLE, REVOKED

EVERYBODY = [*NOBODY, *PEOPLE]
MEMBERS = list(PEOPLE)
READING = f"{' '.join(MEMBERS)} maker:read wholesaler:all forger:all regulator:all"


@dataclass(frozen=True)
class Door:
    method: str
    name: str
    kind: str
    to: frozenset[str]
    ok: int = 200
    but: dict[str, int] = field(default_factory=dict)
    at: dict[str, Any] = field(default_factory=dict)
    path: str = ""  # instead of `at`, where the address is a regular expression
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    few: bool = False  # asked for by three callers only

    def expected(self, caller: str) -> int:
        if caller in self.but:
            return self.but[caller]
        if caller in self.to:
            return self.ok
        if self.kind == "api":
            return 401 if caller in ("stranger", REVOKED) else 403
        return 302 if caller == "stranger" else 403

    @property
    def sends_json(self) -> bool:
        return self.kind == "api" and self.method != "GET"

    @property
    def callers(self) -> list[str]:
        if self.few:
            return ["stranger", "superuser", "forger"]
        return [*EVERYBODY, *(MACHINES if self.kind == "api" else ()), *([REVOKED] if self.kind == "api" else ())]


def _door(kind: str, method: str, name: str, to: str | list[str], but: str = "", **more: Any) -> Door:
    names = to.split() if isinstance(to, str) else to
    others = {one: int(status) for one, _, status in (pair.partition("=") for pair in but.split())}
    assert set(names) | set(others) <= {*EVERYBODY, *MACHINES, REVOKED}, f"{name}: a caller that nobody knows"
    return Door(method, name, kind, frozenset(names), but=others, **more)


def page(method: str, name: str, to: str | list[str] = MEMBERS, but: str = "", **more: Any) -> Door:
    return _door("page", method, name, to, but, **more)


def api(method: str, name: str, to: str = READING, but: str = "", **more: Any) -> Door:
    return _door("api", method, name, to, but, **more)


def public(method: str, name: str, **more: Any) -> Door:
    """Whoever gets in everywhere is the same to such a door: a few of them are enough."""
    return _door("page", method, name, EVERYBODY, few=True, **more)
