"""What is signed when goods are called back, and what those who hold them sign in answer.

The body of a statement of kind `recall` is one of three. What it says is in the clear: it is meant for everybody.

    {"op": "recall", "action": "recall" | "withdrawal", "scope": SCOPE, "severity": 1 | 2 | 3,
     "depth": "wholesale" | "pharmacy" | "consumer", "reason": <word of REASONS>, "text": <for the public>,
     "respond_by": "YYYY-MM-DD", "time": <UTC, milliseconds, Z>}
    {"op": "narrow", "recall": <entry id, 64 hex>, "scope": SCOPE, "text", "time"}
    {"op": "lift", "recall": <entry id>, "text", "time"}

    SCOPE = {"gtin": <GTIN-14>, "lots"?: [<lot number> …], "serials"?: [{"from", "to"} …], "markets"?: [<country> …]}

A member that is left out of a scope does not limit it: without `lots` the whole product is meant. Lists are in the
order of their text, nothing twice, never empty. A range of serials holds those of the length of its ends that lie
between them, byte by byte. `severity` is class I to III of 21 CFR 7.3(m) and class 1 to 3 of the EU's compilation of
procedures. `depth` says who has to answer, and whether patients are asked to bring packs back; trade in what is called
back stops at every depth. Such a statement needs the signatures of k of n parties (`ledger.quorum`); narrowing and
lifting are statements of the same kind and need the same.

Whoever is addressed answers alone, kind `recall_report`. The first one may come without `quantities`: "we know of it".

    {"recall": <entry id>, "time", "quantities"?: {"quarantined", "returned", "destroyed", "dispensed", "not_found"}}

Quantities are packs, all five, and each report takes the place of the party's earlier one.

>>> lift = {"op": "lift", "recall": "0" * 64, "text": "All clear.", "time": "2026-11-23T08:30:00.000Z"}
>>> parse_body({"recall": lift}).op.value, parse_body({"recall": lift}).as_json() == lift
('lift', True)

Source: design sections 2.6 and 3; 21 CFR part 7; EU compilation of procedures, "Rapid alerts"; domain rules 1.4 (K1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from ledger.errors import MalformedError
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber
from supplychain.recalls.recall import QUANTITIES, Action, Depth, Range, Scope, is_within

RECALL, REPORT = "recall", "recall_report"  # kinds of statements
MOST_LOTS = 1000
MOST_RANGES = 100
MOST_MARKETS = 300
MOST_TEXT = 2000
MOST_PACKS = 10**12
REASONS = (
    "contamination",
    "sterility",
    "impurity",
    "potency",
    "dissolution",
    "stability",
    "foreign_matter",
    "labelling",
    "packaging",
    "temperature",
    "manufacturing_practice",
    "falsification",
    "adverse_events",
    "authorisation",
    "other",
)


class Op(StrEnum):
    """What a statement does to a recall."""

    RECALL = "recall"
    NARROW = "narrow"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a recall statement, parsed. `recall` is empty for `Op.RECALL`; a lift has it, `text` and `time`."""

    op: Op
    text: str
    time: datetime
    recall: str = ""
    scope: Scope | None = None
    action: Action = Action.RECALL
    severity: int = 0
    depth: Depth = Depth.CONSUMER
    reason: str = ""
    respond_by: date = date.max

    def as_json(self) -> dict[str, Any]:
        """What stands in the statement under `recall`."""
        found: dict[str, Any] = {"op": self.op.value, "text": self.text, "time": format_moment(self.time)}
        if self.scope is not None:
            found["scope"] = self.scope.as_json()
        if self.op is not Op.RECALL:
            return found | {"recall": self.recall}
        return found | {
            "action": self.action.value,
            "severity": self.severity,
            "depth": self.depth.name.lower(),
            "reason": self.reason,
            "respond_by": self.respond_by.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a report, parsed. Without `quantities` the party says that it knows of the recall, no more."""

    recall: str
    time: datetime
    quantities: Mapping[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """What stands in the statement under `recall_report`."""
        found: dict[str, Any] = {"recall": self.recall, "time": format_moment(self.time)}
        return found if self.quantities is None else found | {"quantities": dict(self.quantities)}


# --- Reading ----------------------------------------------------------------------------------------------------------

_MEMBERS = {
    Op.RECALL: {"op", "action", "scope", "severity", "depth", "reason", "text", "respond_by", "time"},
    Op.NARROW: {"op", "recall", "scope", "text", "time"},
    Op.LIFT: {"op", "recall", "text", "time"},
}


def parse_body(statement: Mapping[str, Any]) -> Body:
    """The body of a statement of kind `recall`, checked member by member.

    Raises:
        MalformedError: anything but what the module describes (RECALL_STATEMENT).
    """
    body = statement.get(RECALL)
    op = body.get("op") if isinstance(body, dict) else None
    if not isinstance(body, dict) or op not in set(Op):
        raise _bad(f"op {_show(op)}: expected {', '.join(Op)}")
    _check_members(body, _MEMBERS[Op(op)], op)
    text, time = _text(body["text"], "text", MOST_TEXT), parse_moment(body["time"])
    if op == Op.LIFT:
        return Body(Op.LIFT, text, time, recall=_entry(body["recall"]))
    scope = parse_scope(body["scope"])
    if op == Op.NARROW:
        return Body(Op.NARROW, text, time, recall=_entry(body["recall"]), scope=scope)
    return Body(
        Op.RECALL,
        text,
        time,
        scope=scope,
        action=Action(_word(body["action"], "action", set(Action))),
        severity=_severity(body["severity"]),
        depth=Depth[_word(body["depth"], "depth", {one.name.lower() for one in Depth}).upper()],
        reason=_word(body["reason"], "reason", set(REASONS)),
        respond_by=_day(body["respond_by"]),
    )


def parse_answer(statement: Mapping[str, Any]) -> Answer:
    """The body of a statement of kind `recall_report`.

    Raises:
        MalformedError: anything but what the module describes (RECALL_STATEMENT).
    """
    body = statement.get(REPORT)
    if not isinstance(body, dict):
        raise _bad(f"{REPORT}: {_show(body)}, expected an object")
    _check_members(body, {"recall", "time"} | ({"quantities"} & set(body)), "report")
    quantities = body.get("quantities") if "quantities" in body else None
    if "quantities" in body:
        quantities = parse_quantities(body["quantities"])
    return Answer(_entry(body["recall"]), parse_moment(body["time"]), quantities)


def parse_quantities(value: Any) -> dict[str, int]:
    """All five numbers of packs, whole and not negative.

    Raises:
        MalformedError: another set of names, or another kind of number (RECALL_STATEMENT).
    """
    if not isinstance(value, dict) or set(value) != set(QUANTITIES):
        raise _bad(f"quantities: expected {', '.join(QUANTITIES)}")
    for name, number in value.items():
        if type(number) is not int or not 0 <= number <= MOST_PACKS:
            raise _bad(f"{name} {_show(number)}: expected a number of packs, 0 or more")
    return {name: value[name] for name in QUANTITIES}


def parse_scope(value: Any) -> Scope:
    """A scope as it stands in a statement.

    Raises:
        MalformedError: other members, an identifier that is none, a list that is empty, too long, out of order or has
            something twice (RECALL_STATEMENT).
    """
    if not isinstance(value, dict) or not {"gtin"} <= set(value) <= {"gtin", "lots", "serials", "markets"}:
        raise _bad(f"scope {_show(value)}: expected gtin, and lots, serials, markets where they limit it")
    gtin = _text(value["gtin"], "gtin", 14)
    lots = _listed(value["lots"], "lots", MOST_LOTS) if "lots" in value else None
    markets = _listed(value["markets"], "markets", MOST_MARKETS) if "markets" in value else ()
    try:
        Gtin(gtin)
        for lot in lots or ():
            LotNumber(lot)
    except GS1Error as error:
        raise _bad(str(error)) from error
    for country in markets:
        if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
            raise _bad(f"market {_show(country)}: expected two capital letters (ISO 3166-1)")
    return Scope(gtin, lots, _ranges(value["serials"]) if "serials" in value else (), markets)


def _ranges(value: Any) -> tuple[Range, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_RANGES:
        raise _bad(f"serials: expected 1 to {MOST_RANGES} ranges")
    found: list[Range] = []
    for one in value:
        if not isinstance(one, dict) or set(one) != {"from", "to"}:
            raise _bad("serials: a range has other members than from and to")
        first, last = _text(one["from"], "from", 20), _text(one["to"], "to", 20)
        try:
            SerialNumber(first)
            SerialNumber(last)
        except GS1Error as error:
            raise _bad(str(error)) from error
        if not is_within(last, (first, last)) or first.encode() > last.encode():
            raise _bad(f"serials {first!r} to {last!r}: expected ends of one length, the lower first")
        found.append((first, last))
    if found != sorted(set(found)):
        raise _bad("serials: expected each range once, in the order of their text")
    return tuple(found)


def _listed(value: Any, name: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= most or not all(isinstance(one, str) for one in value):
        raise _bad(f"{name}: expected a list of 1 to {most} texts")
    if value != sorted(set(value)):
        raise _bad(f"{name}: expected each once, in the order of their text")
    return tuple(value)


def _check_members(body: Mapping[str, Any], expected: Iterable[str], what: str) -> None:
    if set(body) != set(expected):
        raise _bad(f"{what} with members {', '.join(sorted(body))[:200]}: expected {', '.join(sorted(expected))}")


def _text(value: Any, name: str, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or value != value.strip() or "\0" in value:
        raise _bad(f"{name} {_show(value)}: expected text of 1 to {most} characters, no blanks around it")
    return value


def _word(value: Any, name: str, known: Iterable[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise _bad(f"{name} {_show(value)}: expected one of {', '.join(sorted(known))}")
    return value


def _severity(value: Any) -> int:
    if type(value) is not int or value not in (1, 2, 3):
        raise _bad(f"severity {_show(value)}: expected 1, 2 or 3")
    return value


def _entry(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise _bad(f"recall {_show(value)}: expected an entry id, 64 lower-case hex digits")
    return value


def _day(value: Any) -> date:
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _bad(f"respond_by {_show(value)}: expected YYYY-MM-DD") from error
    if found.isoformat() != value:
        raise _bad(f"respond_by {_show(value)}: expected YYYY-MM-DD")
    return found


def format_moment(moment: datetime) -> str:
    """UTC with milliseconds and a Z, as all our statements write a time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_moment(value: Any) -> datetime:
    """The moment that `format_moment` wrote.

    Raises:
        MalformedError: any other spelling (RECALL_STATEMENT).
    """
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _bad(f"time {_show(value)}: expected UTC with milliseconds") from error
    if moment.tzinfo is None or format_moment(moment) != value:
        raise _bad(f"time {_show(value)}: expected UTC with milliseconds")
    return moment


def _show(value: Any) -> str:
    return repr(value)[:80] if value is None or isinstance(value, bool | int | str) else f"a {type(value).__name__}"


def _bad(message: str) -> MalformedError:
    return MalformedError(f"recall statement: {message}", code="RECALL_STATEMENT")
